//! Which part of an image the events that come of it are about.

use kws_engine::Port;
use kws_stages::vision::{CropParams, Size};
use serde_json::Value;

/// A part of an image, in shares of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

const WHOLE: Part = Part { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

/// The part of `images` that is left after the stages between them and `events`; `None` where that is all, or where
/// the events come of other images.
pub(super) fn looked_at(images: &Port, mut size: Size, events: &Port) -> Option<Part> {
    let steps = events.made_by.strip_prefix(&images.made_by[..])?;
    let mut part = WHOLE;
    for step in steps {
        match step.kind.as_str() {
            "crop" => {
                let params: CropParams = serde_json::from_value(step.params.clone()).ok()?;
                let region = params.region(size).ok()?;
                let (wide, high) = (part.width / size.width as f64, part.height / size.height as f64);
                part = Part {
                    x: part.x + region.x as f64 * wide,
                    y: part.y + region.y as f64 * high,
                    width: region.width as f64 * wide,
                    height: region.height as f64 * high,
                };
                (size.width, size.height) = (region.width, region.height);
            }
            "resize" => {
                let side = |key| step.params.get(key).and_then(Value::as_u64).map(|side| side as usize);
                (size.width, size.height) = (side("width")?, side("height")?);
            }
            _ => {}
        }
    }
    (part != WHOLE).then_some(part)
}

#[cfg(test)]
mod tests {
    use kws_engine::{Element, Role, Step};
    use serde_json::json;

    use super::*;

    fn port(steps: &[(&str, Value)]) -> Port {
        let mut port = Port::source(Element::U8, vec![100, 200, 3], Role::IMAGE, 1_000_000, 100_000);
        port.made_by = steps
            .iter()
            .map(|(kind, params)| Step {
                kind: (*kind).to_owned(),
                params: params.clone(),
                is_conditioning: false,
            })
            .collect();
        port
    }

    const SIZE: Size = Size { height: 100, width: 200, channels: 3 };

    #[test]
    fn crops_are_composed() {
        let steps = [
            ("crop", json!({"aspect": [1, 1]})),
            ("resize", json!({"width": 50, "height": 50, "method": "area"})),
            ("crop", json!({"width": 25, "x": 0})),
            ("classifier", json!({})),
        ];
        let expected = Part { x: 0.25, y: 0.0, width: 0.25, height: 1.0 };
        assert_eq!(looked_at(&port(&[]), SIZE, &port(&steps)), Some(expected));
        assert_eq!(
            looked_at(&port(&steps[..1]), SIZE, &port(&steps[..2])),
            None,
            "after the images nothing is cut off"
        );
        assert_eq!(looked_at(&port(&steps[2..]), SIZE, &port(&steps)), None, "not of these images");
    }
}
