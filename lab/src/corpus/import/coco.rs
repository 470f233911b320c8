//! COCO's annotations by the rule of Visual Wake Words.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::images::{NOBODY, PERSON, draft, why_not};
use crate::corpus::{Build, Draft, Ratios};

/// Share of an image that a person covers at least to be seen.
///
/// A. Chowdhery et al., arXiv:1906.05721, section 3: 0.5 %. They speak of boxes; what their data set is made with,
/// TensorFlow's `build_visualwakewords_data_lib.py`, compares the annotation's `area`, that of the person's outline, and
/// takes what is not below the threshold. So does this.
const LEAST: f64 = 0.005;

/// How to read COCO's object annotations.
#[derive(Clone, Debug)]
pub struct Coco {
    /// `instances_*.json`.
    pub annotations: PathBuf,
    /// The folder of the images that it names.
    pub images: PathBuf,
}

/// What is read of the file.
#[derive(Deserialize)]
struct Instances {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: u64,
    file_name: String,
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: u64,
    category_id: u64,
    area: f64,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

impl Coco {
    /// Takes the images, each for the split that a hash of its name gives.
    ///
    /// # Errors
    /// When the annotations cannot be read, or the corpus cannot be written.
    pub fn import(&self, ratios: Ratios, build: &mut Build) -> Result<()> {
        let instances = self.read().with_context(|| {
            format!("cannot read COCO's annotations from `{}`", self.annotations.display())
        })?;
        let largest = instances.largest()?;
        let mut drafts = Vec::new();
        for image in instances.images {
            let source = image.file_name;
            let path = self.images.join(&source);
            let pixels = f64::from(image.width) * f64::from(image.height);
            let area = largest.get(&image.id).map_or(0.0, |area| area / pixels);
            let label = if area >= LEAST { PERSON } else { NOBODY };
            match why_not(&path, &source, label) {
                _ if pixels == 0.0 => {
                    build.exclude(source, "its width or height is missing in the annotations")
                }
                Some(why) => build.exclude(source, why),
                None => {
                    let columns = vec![("area".to_owned(), format!("{area:.5}"))];
                    drafts.push(Draft { columns, ..draft(path, label, source, ratios) });
                }
            }
        }
        build.add(drafts)
    }

    fn read(&self) -> Result<Instances> {
        let text = std::fs::read(&self.annotations)?;
        serde_json::from_slice(&text)
            .context("expected `images`, `annotations` and `categories`, as in `instances_*.json`")
    }
}

impl Instances {
    /// Area in pixels of the largest person of each image that shows one.
    fn largest(&self) -> Result<HashMap<u64, f64>> {
        let person = self.categories.iter().find(|category| category.name == PERSON);
        let person = person.with_context(|| {
            let names: Vec<&str> = self.categories.iter().take(10).map(|c| c.name.as_str()).collect();
            format!("the annotations have no category `{PERSON}`, found `{}`", names.join("`, `"))
        })?;
        let mut largest: HashMap<u64, f64> = HashMap::new();
        for annotation in self.annotations.iter().filter(|a| a.category_id == person.id) {
            let area = largest.entry(annotation.image_id).or_default();
            *area = area.max(annotation.area);
        }
        Ok(largest)
    }
}
