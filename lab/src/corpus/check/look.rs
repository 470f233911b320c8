//! One image: what can be said of it alone.

use std::path::Path;

use anyhow::{Context, Result};
use sha1::{Digest, Sha1};

use super::{Limits, Problem, Verdict};
use crate::bundle::Bundle;
use crate::features::FrontEnd;
use crate::images::{Light, Viewer, read};

use super::listen::{Heard, objection};

/// What a thread looks with.
pub(super) struct Eye {
    model: Option<(Bundle, FrontEnd, Viewer)>,
}

impl Eye {
    pub(super) fn new(model: Option<&Path>) -> Result<Self> {
        let open = |folder: &Path| -> Result<_> {
            let bundle = Bundle::open(folder)?;
            let view = bundle.card.view.context("it is an audio model, but the corpus contains images")?;
            let front_end = bundle.front_end()?;
            Ok((bundle, front_end, Viewer::new(view)))
        };
        let model =
            model.map(|folder| open(folder).with_context(|| format!("in the model `{}`", folder.display())));
        Ok(Self { model: model.transpose()? })
    }

    pub(super) fn look(&mut self, path: &Path, label: &str, limits: Limits) -> Heard {
        let mut seen = Heard::default();
        if !path.is_file() {
            seen.faults.push(Problem::new("absent", Verdict::Invalid, "it is not in the folder"));
            return seen;
        }
        let image = match read(path) {
            Ok(image) => image,
            Err(why) => {
                seen.faults.push(Problem::new("unreadable", Verdict::Invalid, format!("{why:#}")));
                return seen;
            }
        };
        let mut digest = Sha1::new_with_prefix(format!("{:?}", image.size));
        digest.update(&image.pixels);
        seen.digest = Some(digest.finalize().into());
        let light = Light::of(&image);
        seen.faults.extend(measure(light, limits));
        seen.light = Some(light);
        if let Some((bundle, front_end, viewer)) = &mut self.model
            && let Ok(pixels) = viewer.fit(&image)
        {
            seen.faults.extend(objection(bundle, front_end, &pixels, label, limits));
        }
        seen
    }
}

fn measure(light: Light, limits: Limits) -> Option<Problem> {
    let Light { width, height, brightness } = light;
    let what = format!("its mean luma is {brightness:.3}");
    if light.short_side() < limits.smallest {
        let what =
            format!("it has {width} × {height} pixels, expected at least {} along a side", limits.smallest);
        Some(Problem::new("too-small", Verdict::Invalid, what))
    } else if brightness < limits.dark {
        Some(Problem::new("dark", Verdict::Other, what))
    } else if brightness > limits.bright {
        Some(Problem::new("blown-out", Verdict::Other, what))
    } else {
        None
    }
}
