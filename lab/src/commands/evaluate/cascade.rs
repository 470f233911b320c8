//! A cascade on streams.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};
use kws_engine::Pipeline;
use kws_lab::evaluate::shard::Stopwatch;
use kws_lab::evaluate::{Cascade, CascadeReport, listen_cascade};
use kws_lab::page::Page;

use super::streams::held;
use super::{Evaluate, write_json};

/// Whether the file is measured as a cascade. One that cannot be read is left to whoever needs it.
pub(super) fn is_one(pipeline: &Path) -> bool {
    Pipeline::read(pipeline).is_ok_and(|pipeline| Cascade::is_one(&pipeline))
}

impl Evaluate {
    /// Measures a cascade as one detector, and shows what came of it.
    pub(super) fn cascade(&self, path: &Path) -> Result<()> {
        let alone = self.model.is_none() && self.output.is_none() && self.dump.is_none() && !self.record;
        ensure!(
            alone,
            "`{}` is a cascade: several detectors, each with its own model. Measure it without `--model`, `--output`, `--shard`, \
             `--dump` and `--record`, or give a pipeline with one detector",
            path.display()
        );
        let report = self.cascade_report(path)?;
        print!("{}", report.text());
        if let Some(file) = &self.show.json {
            write_json(file, &serde_json::json!({ "cascade": report }))?;
        }
        if let Some(file) = &self.show.html {
            report.page(Page::new(format!("Evaluation of {}", report.pipeline))).write(file)?;
            println!("page: {}", file.display());
        }
        Ok(())
    }

    fn cascade_report(&self, path: &Path) -> Result<CascadeReport> {
        let cascade = Cascade::open(path)?;
        let material = self.material.material()?;
        let items = material.items(cascade.words())?;
        let (heard, broken) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let watch = Stopwatch::start();
        listen_cascade(&cascade, &material, &items.list, |item, outcome| {
            match outcome {
                Ok(one) => held(&heard).push(one),
                Err(why) => held(&broken).push((item.key.clone(), format!("{why:#}"))),
            }
            Ok(())
        })?;
        let mut heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        heard.sort_by_key(|one| one.index);
        let throughput = watch.stop(heard.iter().map(|one| one.samples).sum());
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
        let report = CascadeReport::new(&name, &cascade, &heard).without(broken, &items.keyworded);
        Ok(CascadeReport { throughput: Some(throughput), ..report })
    }
}
