//! Numbers that a manifest of images has in its columns, as groups.

/// What stands for images without a person: how large nobody is says nothing.
pub(crate) const NO_PERSON: &str = "(no person)";

/// The column of the share that the largest person covers.
pub(crate) const SIZE: &str = "area";

/// A band begins at its number and ends where the next one does. In the order of the alphabet they are in that of the
/// numbers, too.
type Bands = &'static [(f64, &'static str)];

/// Share of the image that the largest person covers. Below the first band the rule of Visual Wake Words sees nobody.
const AREA: Bands = &[
    (0.0, NO_PERSON),
    (0.005, "0.005 to 0.02"),
    (0.02, "0.02 to 0.1"),
    (0.1, "0.1 to 0.3"),
    (0.3, "0.3 and more"),
];

/// Mean luma, from 0 to 1.
const BRIGHTNESS: Bands =
    &[(0.0, "0 to 0.25"), (0.25, "0.25 to 0.4"), (0.4, "0.4 to 0.55"), (0.55, "0.55 and more")];

/// The band that a number in a column belongs to; none where the column has no bands, or the text is no number.
pub(crate) fn band(column: &str, text: &str) -> Option<&'static str> {
    let bands = match column {
        SIZE => AREA,
        "brightness" => BRIGHTNESS,
        _ => &[],
    };
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    bands.iter().rev().find(|(from, _)| number >= *from).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_belongs_to_the_band_that_it_begins() {
        let cases = [
            ("area", "0.00000", Some(NO_PERSON)),
            ("area", "0.00499", Some(NO_PERSON)),
            ("area", "0.005", Some("0.005 to 0.02")),
            ("area", "1", Some("0.3 and more")),
            ("area", "kitchen", None),
            ("area", "", None),
            ("area", "-1", None),
            ("brightness", "0.4", Some("0.4 to 0.55")),
            ("brightness", "nan", None),
            ("width", "0.4", None),
        ];
        for (column, text, expected) in cases {
            assert_eq!(band(column, text), expected, "{column} {text}");
        }
        for bands in [AREA, BRIGHTNESS] {
            assert!(bands.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{bands:?}");
        }
    }
}
