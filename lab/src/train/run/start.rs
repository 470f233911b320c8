//! Transfer learning: a trained model's layers as the beginning of another one.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::nets::{Graph, Network, fold};
use crate::train::config::Config;

/// A trained model to start from, instead of random weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Folder of the model, relative to the configuration; it must hold `float.bpk` and `train.toml`.
    pub model: PathBuf,
    /// What is trained on.
    #[serde(default)]
    pub train: Part,
}

/// The layers that training changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The last layer alone: for a few dozen clips, and the quicker one.
    #[default]
    Head,
    /// Every layer.
    All,
}

impl Start {
    /// The network to train: the layers of the model, folded, without batch norm. The last one is the model's own
    /// where the labels are the same, else drawn anew.
    ///
    /// # Errors
    /// When the model cannot be opened or has no float twin, or its front end or its layers are not those that
    /// the configuration asks for; the message says in what they differ.
    pub(crate) fn network(&self, config: &Config, graph: Graph, device: &Device) -> Result<Network> {
        self.load(config, graph, device).with_context(|| format!("in `start`, `{}`", self.model.display()))
    }

    fn load(&self, config: &Config, graph: Graph, device: &Device) -> Result<Network> {
        let bundle = Bundle::open(&self.model)?;
        let mut differences = Vec::new();
        front_ends(&bundle.card.front_end, &config.front_end, &mut differences);
        if !differences.is_empty() {
            bail!(
                "the model was trained on other features: {}; copy its `front_end` into the configuration",
                differences.join("; ")
            );
        }
        let float = bundle
            .float
            .context("it has no `float.bpk` with a `train.toml`, so there are no weights to start from")?;
        layers(&float.graph, &graph)?;
        let same_labels = bundle.card.labels == config.labels;
        let mut network = Network::folded(graph, device);
        let kept = network.layers.len() - usize::from(!same_labels);
        // Folding what is folded changes nothing but the device.
        let float = fold(&float, device);
        for (to, from) in network.layers.iter_mut().zip(float.layers).take(kept) {
            *to = from;
        }
        Ok(network)
    }

    /// Layers at the network's beginning that stay as they are.
    pub(crate) fn frozen(&self, network: &Network) -> usize {
        match self.train {
            Part::Head => network.layers.len() - 1,
            Part::All => 0,
        }
    }
}

/// Names what two front ends do not share.
fn front_ends(model: &[toml::Table], ours: &[toml::Table], found: &mut Vec<String>) {
    if model.len() != ours.len() {
        found.push(format!("the model's front end has {} stages, this one {}", model.len(), ours.len()));
        return;
    }
    for (theirs, ours) in model.iter().zip(ours) {
        let kind = |stage: &toml::Table| stage.get("kind").map_or("?".into(), ToString::to_string);
        if theirs.get("kind") != ours.get("kind") {
            found.push(format!("a stage {} in the model, {} here", kind(theirs), kind(ours)));
            continue;
        }
        let keys: std::collections::BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        for key in keys.into_iter().filter(|&key| !alike(theirs.get(key), ours.get(key))) {
            let say = |value: Option<&toml::Value>| value.map_or("not set".to_owned(), ToString::to_string);
            let (there, here) = (say(theirs.get(key)), say(ours.get(key)));
            found.push(format!("`{key}` of {} is {there} in the model, {here} here", kind(ours)));
        }
    }
}

/// Equal, where `30` is as good as `30.0`.
fn alike(a: Option<&toml::Value>, b: Option<&toml::Value>) -> bool {
    let number = |v: &toml::Value| v.as_float().or_else(|| v.as_integer().map(|i| i as f64));
    match (a.and_then(number), b.and_then(number)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// Checks that all layers but the last are the same.
fn layers(model: &Graph, ours: &Graph) -> Result<()> {
    let advice = "copy the model's `architecture` into the configuration";
    ensure!(
        model.steps.len() == ours.steps.len(),
        "the model has {} layers, the configuration's architecture {}; {advice}",
        model.steps.len(),
        ours.steps.len()
    );
    for (index, (theirs, here)) in model.steps.iter().zip(&ours.steps).enumerate().take(ours.steps.len() - 1)
    {
        ensure!(
            theirs.op == here.op && theirs.input == here.input,
            "layer {} is {:?} in the model, {:?} here; {advice}",
            index + 1,
            theirs.op,
            here.op
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(text: &str) -> toml::Table {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn differing_front_ends_are_reported_by_key() {
        let theirs = [stage("kind = \"mel\"\nbands = 40\nlow_hz = 20")];
        let same = [stage("kind = \"mel\"\nbands = 40\nlow_hz = 20.0")];
        let other = [stage("kind = \"mel\"\nbands = 32\nlow_hz = 20.0")];
        let differences = |a: &[toml::Table], b: &[toml::Table]| {
            let mut found = Vec::new();
            front_ends(a, b, &mut found);
            found
        };
        assert!(differences(&theirs, &same).is_empty());
        assert_eq!(differences(&theirs, &other), ["`bands` of \"mel\" is 40 in the model, 32 here"]);
        assert_eq!(differences(&theirs, &[]).len(), 1);
    }
}
