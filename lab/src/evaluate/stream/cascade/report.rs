//! Figures of a cascade, as the JSON file holds them.

use serde::Serialize;

use super::path::Cascade;
use super::run::CascadeOutcome;
use crate::evaluate::shard::Throughput;
use crate::evaluate::stream::figures::Figures;
use crate::evaluate::stream::report::hours;
use crate::evaluate::stream::tally::Tally;

/// Figures of a cascade over streams.
#[derive(Clone, Debug, Serialize)]
pub struct CascadeReport {
    /// Name of the pipeline.
    pub pipeline: String,
    /// What its last steps listen for.
    pub words: Vec<String>,
    /// Hours of each part of the material and how often a word is said in it.
    pub material: Vec<(String, f64, usize)>,
    /// What each step lets through, in their order.
    pub steps: Vec<StepFigures>,
    /// What each link carries.
    pub links: Vec<LinkFigures>,
    /// What each place takes.
    pub places: Vec<PlaceFigures>,
    /// Recordings that were left out, and why.
    pub excluded: Vec<(String, String)>,
    /// The time that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
}

/// One step of a cascade.
#[derive(Clone, Debug, Serialize)]
pub struct StepFigures {
    /// Its trigger.
    pub step: String,
    /// Its place; empty where the pipeline names none.
    pub place: String,
    /// Whether another step judges what it finds: then any word stands for any other.
    pub is_judged: bool,
    /// Share of the stream that it is let hear.
    pub hears: f64,
    /// Detections in an hour, right and wrong ones.
    pub detections_per_hour: f64,
    /// Milliseconds of its latency that serial lines take, at their stated rates.
    pub line_ms: f64,
    /// Misses of all words that were said, false accepts, and the time from the end of a word to when its detection is out.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One edge between two places.
#[derive(Clone, Debug, Serialize)]
pub struct LinkFigures {
    /// The place that sends.
    pub from: String,
    /// The place that receives.
    pub to: String,
    /// The stage whose blocks it carries.
    pub stage: String,
    /// What they are.
    pub role: String,
    /// Blocks in an hour.
    pub blocks_per_hour: f64,
    /// Bytes in an hour, as on the wire.
    pub bytes_per_hour: f64,
}

/// One place.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceFigures {
    /// Its name.
    pub place: String,
    /// Its board; none for a computer.
    pub board: Option<String>,
    /// Share of the time that the board's core works, an estimate.
    pub awake: Option<f64>,
    /// Bytes that it sends in an hour.
    pub bytes_per_hour: f64,
    /// Joules that the board takes from its battery in a day, by the currents of `boards.toml`.
    pub joules_a_day: Option<f64>,
    /// Its mean current in milliamperes.
    pub milliamperes: Option<f64>,
}

impl CascadeReport {
    /// Figures of what came of streams.
    #[must_use]
    pub fn new(name: &str, cascade: &Cascade, heard: &[CascadeOutcome]) -> Self {
        let samples: u64 = heard.iter().map(|heard| heard.samples).sum();
        let hours = hours(samples);
        let links = links(cascade, heard, hours);
        Self {
            pipeline: name.to_owned(),
            words: cascade.words().to_vec(),
            material: material(heard),
            steps: (0..cascade.steps.len()).map(|step| figures(cascade, heard, step, samples)).collect(),
            places: places(cascade, &links),
            links,
            excluded: Vec::new(),
            throughput: None,
        }
    }

    /// The report with what was left out: what could not be read, and what says a word that is listened for.
    #[must_use]
    pub fn without(mut self, mut broken: Vec<(String, String)>, keyworded: &[(String, String)]) -> Self {
        broken.sort();
        broken.extend(keyworded.iter().map(|(key, word)| (key.clone(), format!("it contains `{word}`"))));
        self.excluded = broken;
        self
    }
}

/// Hours of each part and how often a word is said in it, in the order in which the parts come first.
fn material(heard: &[CascadeOutcome]) -> Vec<(String, f64, usize)> {
    let mut rows: Vec<(String, f64, usize)> = Vec::new();
    for one in heard {
        let said = one.steps.iter().map(|tally| tally.said).max().unwrap_or(0);
        match rows.iter_mut().find(|row| row.0 == one.part) {
            Some(row) => *row = (row.0.clone(), row.1 + hours(one.samples), row.2 + said),
            None => rows.push((one.part.clone(), hours(one.samples), said)),
        }
    }
    rows
}

fn figures(cascade: &Cascade, heard: &[CascadeOutcome], index: usize, samples: u64) -> StepFigures {
    let step = &cascade.steps[index];
    let parts: Vec<(&str, f64, Tally)> =
        heard.iter().map(|one| (one.part.as_str(), hours(one.samples), one.steps[index].clone())).collect();
    let reached: u64 = heard.iter().map(|one| one.reached[index]).sum();
    let detections: usize = heard.iter().map(|one| one.detections[index]).sum();
    StepFigures {
        step: step.name.clone(),
        place: cascade.placed.places[step.place].name.clone(),
        is_judged: step.is_judged,
        hears: reached as f64 / samples.max(1) as f64,
        detections_per_hour: detections as f64 / hours(samples),
        line_ms: step.line_ms,
        figures: Figures::new(&parts),
    }
}

fn links(cascade: &Cascade, heard: &[CascadeOutcome], hours: f64) -> Vec<LinkFigures> {
    let plan = &cascade.placed;
    let link = |(index, cut): (usize, &kws_engine::Cut)| {
        let blocks: u64 = heard.iter().map(|one| one.crossed[index]).sum();
        let port = plan.cut_port(cut);
        LinkFigures {
            from: plan.places[plan.stages[cut.from].place].name.clone(),
            to: plan.places[cut.to].name.clone(),
            stage: plan.stages[cut.from].name.clone(),
            role: port.map_or_else(String::new, |port| port.role.to_string()),
            blocks_per_hour: blocks as f64 / hours,
            bytes_per_hour: blocks as f64 * port.map_or(0.0, |port| port.wire_bytes() as f64) / hours,
        }
    };
    plan.cuts.iter().enumerate().map(link).collect()
}

fn places(cascade: &Cascade, links: &[LinkFigures]) -> Vec<PlaceFigures> {
    let place = |((place, board), awake): ((&kws_engine::Place, &Option<_>), &Option<f64>)| {
        let board: &Option<kws_engine::firmware::Board> = board;
        let sent: f64 =
            links.iter().filter(|link| link.from == place.name).map(|link| link.bytes_per_hour).sum();
        let power = board.as_ref().and_then(|board| board.power).zip(*awake);
        let joules = power.map(|(power, awake)| power.joules_a_day(awake, sent / 3600.0));
        PlaceFigures {
            place: place.name.clone(),
            board: place.board.clone(),
            awake: *awake,
            bytes_per_hour: sent,
            joules_a_day: joules,
            milliamperes: joules.zip(power).map(|(joules, (power, _))| joules / power.volts / 86.4),
        }
    };
    cascade.placed.places.iter().zip(&cascade.boards).zip(&cascade.awake).map(place).collect()
}
