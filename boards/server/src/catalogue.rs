//! What the service offers, and what a client chooses of it.

use std::sync::Arc;

use kws::Plan;
use kws_stages::decide::is_word;
use serde_json::{Value, json};

use crate::ServerError;
use crate::plans::{Planned, Plans};
use crate::wyoming::write;

/// Name of the one program of the service.
pub(crate) const PROGRAM: &str = "kws";

/// The models of the service: every pipeline, and of a pipeline with several words every word besides.
pub(crate) struct Catalogue {
    offers: Vec<Offer>,
    /// The words of pipelines with a single one, where nothing else has that name: not listed, but understood.
    aliases: Vec<Offer>,
    /// The answer to `describe`, as bytes.
    pub(crate) info: Vec<u8>,
}

/// A name that clients may ask for.
struct Offer {
    name: Arc<str>,
    /// Index of the pipeline.
    pipeline: usize,
    /// The only word that counts; `None` for all.
    word: Option<String>,
    phrase: String,
    /// Whether a client that names nothing gets its events by this name: the most precise one.
    default: bool,
}

/// The models that a client chose, most precise first.
pub(crate) type Choice = Vec<Chosen>;

/// A chosen model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Index of the pipeline.
    pub(crate) pipeline: usize,
    /// The only word that counts; `None` for all.
    pub(crate) word: Option<String>,
    /// The name by which the client hears of it.
    pub(crate) name: Arc<str>,
}

impl Catalogue {
    /// What these pipelines offer.
    ///
    /// # Errors
    /// When two pipelines have one name.
    pub(crate) fn new(plans: &Plans) -> Result<Self, ServerError> {
        let (mut offers, mut aliases): (Vec<Offer>, Vec<Offer>) = (Vec::new(), Vec::new());
        for (pipeline, Planned { plan, shown, .. }) in plans.all.iter().enumerate() {
            if offers.iter().any(|offer| *offer.name == *plan.name) {
                let message =
                    format!("two pipelines are named `{}`; give one another `name` in its file", plan.name);
                return Err(ServerError::Pipeline(message));
            }
            let words = words(plan, shown);
            let spoken: Vec<String> = words.iter().map(|word| word.replace('_', " ")).collect();
            let several = words.len() > 1;
            let name = Arc::from(plan.name.as_str());
            let phrase = spoken.join(" or ");
            if let [word] = &*words {
                let (name, phrase) = (Arc::from(word.as_str()), phrase.clone());
                aliases.push(Offer { name, pipeline, word: None, phrase, default: false });
            }
            offers.push(Offer { name, pipeline, word: None, phrase, default: !several });
            for (word, phrase) in words.iter().zip(&spoken).filter(|_| several) {
                let taken = offers.iter().any(|offer| *offer.name == **word);
                let name = if taken { format!("{}/{word}", plan.name) } else { word.clone() };
                let (name, word, phrase) = (Arc::from(name), Some(word.clone()), phrase.clone());
                offers.push(Offer { name, pipeline, word, phrase, default: true });
            }
        }
        let info = info(plans, &offers);
        aliases.retain(|alias| !offers.iter().any(|offer| offer.name == alias.name));
        Ok(Catalogue { offers, aliases, info })
    }

    /// Names that clients may ask for.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.offers.iter().map(|offer| &*offer.name).collect()
    }

    /// Everything, each event by its most precise name: for clients that name nothing.
    pub(crate) fn everything(&self) -> Choice {
        self.offers.iter().filter(|offer| offer.default).map(Offer::chosen).collect()
    }

    /// What clients ask for by names, and the names that there are not.
    pub(crate) fn choose(&self, names: &[String]) -> (Choice, Vec<String>) {
        let all = || self.offers.iter().chain(&self.aliases);
        let asked = |offer: &&Offer| names.iter().any(|name| **name == *offer.name);
        let mut choice: Choice = all().filter(asked).map(Offer::chosen).collect();
        choice.sort_by_key(|chosen| chosen.word.is_none());
        let unknown = |name: &&String| !all().any(|offer| *offer.name == ***name);
        (choice, names.iter().filter(unknown).cloned().collect())
    }
}

impl Offer {
    fn chosen(&self) -> Chosen {
        Chosen { pipeline: self.pipeline, word: self.word.clone(), name: self.name.clone() }
    }
}

/// The words that a pipeline can find: labels of its events, as far as a trigger watches for them.
fn words(plan: &Plan, shown: &[(String, String)]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for stage in shown.iter().filter_map(|(stage, _)| plan.stage(stage)) {
        let points = stage.params.get("points").and_then(Value::as_array);
        let named = |point: &Value| point.get("label").and_then(Value::as_str).map(str::to_owned);
        let watched: Option<Vec<String>> = points.and_then(|points| points.iter().map(named).collect());
        let labels = stage.output.iter().flat_map(|port| &port.labels);
        for label in labels {
            let counts = watched.as_ref().map_or_else(|| is_word(label), |watched| watched.contains(label));
            if counts && !words.contains(label) {
                words.push(label.clone());
            }
        }
    }
    words
}

/// The message `info`: every list that readers expect, `null` where something is not known.
fn info(plans: &Plans, offers: &[Offer]) -> Vec<u8> {
    let attribution = json!({"name": "kws", "url": env!("CARGO_PKG_REPOSITORY")});
    let version = env!("CARGO_PKG_VERSION");
    let model = |offer: &Offer| {
        let mut description = offer.phrase.clone();
        if offer.word.is_none() {
            let about = &plans.all[offer.pipeline].plan.name;
            if *about != offer.phrase {
                description = format!("{description} ({about})");
            }
        }
        json!({
            "name": &*offer.name, "description": description, "phrase": offer.phrase, "version": version,
            "installed": true, "languages": [], "attribution": attribution,
        })
    };
    let names: Vec<&str> = plans.all.iter().map(|planned| planned.plan.name.as_str()).collect();
    let program = json!({
        "name": PROGRAM, "description": format!("kws: {}", names.join(", ")), "version": version,
        "installed": true, "attribution": attribution,
        "models": offers.iter().map(model).collect::<Vec<Value>>(),
    });
    let data = json!({
        "asr": [], "tts": [], "handle": [], "intent": [], "wake": [program], "mic": [], "snd": [],
    });
    let mut bytes = Vec::new();
    write(&mut bytes, "info", &data);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws::Pipeline;

    fn catalogue(names: &[&str]) -> Result<Catalogue, ServerError> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/");
        let read = |name: &&str| Pipeline::read(format!("{folder}{name}.toml").as_ref());
        let pipelines: Vec<Pipeline> = names.iter().map(read).collect::<Result<_, _>>()?;
        Catalogue::new(&Plans::new(&pipelines)?)
    }

    #[test]
    fn pipelines_are_models_and_so_are_the_words_of_one_with_several() {
        let catalogue = catalogue(&["yes_no", "computer"]).unwrap();
        assert_eq!(catalogue.names(), ["yes_no", "yes", "no", "computer"]);
        let all: Vec<String> = catalogue.everything().iter().map(|chosen| chosen.name.to_string()).collect();
        assert_eq!(all, ["yes", "no", "computer"]);
        let (choice, unknown) = catalogue.choose(&["yes_no".into(), "alexa".into(), "yes".into()]);
        let chosen = |chosen: &Chosen| (chosen.pipeline, chosen.word.clone(), chosen.name.to_string());
        let expected = [(0, Some("yes".to_owned()), "yes".to_owned()), (0, None, "yes_no".to_owned())];
        assert_eq!(choice.iter().map(chosen).collect::<Vec<_>>(), expected);
        assert_eq!(unknown, ["alexa"]);
    }

    #[test]
    fn the_word_of_a_pipeline_with_one_is_understood_but_not_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/");
        let mut pipeline = Pipeline::read(format!("{folder}computer.toml").as_ref()).unwrap();
        pipeline.name = "kitchen".to_owned();
        let only = Catalogue::new(&Plans::new(std::slice::from_ref(&pipeline)).unwrap()).unwrap();
        assert_eq!(only.names(), ["kitchen"]);
        for name in ["kitchen", "computer"] {
            let (choice, unknown) = only.choose(&[name.to_owned()]);
            let expected = Chosen { pipeline: 0, word: None, name: Arc::from(name) };
            assert_eq!((choice, unknown), (vec![expected], vec![]));
        }
        // A pipeline of that name comes first.
        let other = Pipeline::read(format!("{folder}computer.toml").as_ref()).unwrap();
        let both = Catalogue::new(&Plans::new(&[pipeline, other]).unwrap()).unwrap();
        let (choice, _) = both.choose(&["computer".to_owned()]);
        assert_eq!(choice.iter().map(|chosen| chosen.pipeline).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn two_pipelines_of_one_name_are_refused() {
        let error = catalogue(&["yes_no", "yes_no"]).err().unwrap().to_string();
        assert!(
            error.contains("two pipelines are named `yes_no`") && error.contains("another `name`"),
            "{error}"
        );
    }

    #[test]
    fn a_pipeline_of_images_is_refused() {
        let error = catalogue(&["person"]).err().unwrap().to_string();
        assert!(error.contains("expected `mic`"), "{error}");
    }
}
