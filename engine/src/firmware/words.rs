//! Numbers and names as Rust writes them.

use std::fmt::Write as _;

use crate::item::Element;

/// A real number as an expression.
pub fn real(value: f32) -> String {
    match value {
        f32::INFINITY => "f32::INFINITY".to_owned(),
        f32::NEG_INFINITY => "f32::NEG_INFINITY".to_owned(),
        value if value.is_nan() => "f32::NAN".to_owned(),
        value => format!("{value:?}"),
    }
}

/// An expression of the element whose bytes are all zero.
pub const fn zero(element: Element) -> &'static str {
    match element {
        Element::I8 | Element::U8 | Element::I16 => "0",
        Element::F32 => "0.0",
        Element::Event => "Event::ZEROS",
    }
}

/// Names of constants are written in capitals.
pub fn constant_name(parts: &[&str]) -> String {
    let mut name = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let separator = if name.is_empty() { "" } else { "_" };
        let _ = write!(name, "{separator}{}", part.to_ascii_uppercase().replace(['-', '.', ' '], "_"));
    }
    name
}
