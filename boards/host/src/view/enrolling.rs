//! Speakers who enrol on the page, while the run goes on.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded, select};
use kws_view::{Feed, Heard};
use serde::Deserialize;
use serde_json::json;

use crate::enrol::{Prompt, Recorder, TAKES, next, write};

/// The longest name, and the longest consent, in bytes.
const NAME: usize = 40;
const CONSENT: usize = 1000;

/// Where speakers enrol, one at a time.
pub(super) struct Enrolling {
    folder: PathBuf,
    /// What ends the one under way.
    under_way: Arc<Mutex<Option<Sender<()>>>>,
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    consent: String,
}

impl Enrolling {
    /// # Errors
    /// When there is no such folder.
    pub(super) fn new(folder: PathBuf) -> io::Result<Enrolling> {
        if !folder.is_dir() {
            let text = format!("the folder `{}` does not exist", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        Ok(Enrolling { folder, under_way: Arc::default() })
    }

    /// Begins to record a speaker.
    ///
    /// # Errors
    /// Without consent, or a name that can be a folder's, or when somebody enrols already.
    pub(super) fn begin(&self, feed: &Arc<Feed>, body: &[u8]) -> Result<(), String> {
        let wanted: Wanted = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let (name, consent) = (wanted.name.trim().to_owned(), wanted.consent.trim().to_owned());
        if consent.is_empty() {
            return Err("no consent: ask the speaker, and write what they agreed to".to_owned());
        }
        if consent.len() > CONSENT {
            return Err(format!("the consent is longer than {CONSENT} bytes"));
        }
        let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        if name.is_empty() || name.len() > NAME || name.starts_with('-') || !name.chars().all(plain) {
            return Err(format!(
                "a name consists of letters, digits, spaces, `-` and `_`, begins with another than `-`, and has at most {NAME} bytes"
            ));
        }
        let folder = self.folder.join(&name);
        if folder.exists() {
            return Err(format!("`{}` exists already; choose another name", folder.display()));
        }
        let mut under_way = self.lock();
        if under_way.is_some() {
            return Err("somebody enrols already".to_owned());
        }
        let (ending, ended) = bounded(1);
        let enrolment = Enrolment { feed: feed.clone(), folder, name, consent, good: 0 };
        let (heard, free) = (feed.listen(), self.under_way.clone());
        let record = move || {
            enrolment.record(&heard, &ended);
            *free.lock().unwrap_or_else(PoisonError::into_inner) = None;
        };
        std::thread::Builder::new()
            .name("enrolment".to_owned())
            .spawn(record)
            .map_err(|error| error.to_string())?;
        *under_way = Some(ending);
        Ok(())
    }

    /// Ends what is under way; nothing is written.
    pub(super) fn end(&self) {
        // The place becomes free when its thread has ended. Who asks twice has been heard.
        if let Some(ending) = self.lock().as_ref() {
            let _ = ending.try_send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sender<()>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One speaker.
struct Enrolment {
    feed: Arc<Feed>,
    folder: PathBuf,
    name: String,
    consent: String,
    /// Takes that are good.
    good: usize,
}

impl Enrolment {
    fn record(mut self, heard: &Receiver<Heard>, ended: &Receiver<()>) {
        let mut recorder: Option<(Recorder, u32)> = None;
        let mut expected = 0;
        self.stand("room", json!({}));
        loop {
            select! {
                recv(heard) -> piece => {
                    let Ok(piece) = piece else { return self.failed("the sound ended; nothing was written") };
                    let (recorder, rate) =
                        recorder.get_or_insert_with(|| (Recorder::new(piece.rate), piece.rate));
                    let missed = if expected > 0 && piece.start > expected { recorder.lose() } else { None };
                    expected = piece.start + piece.samples.len() as u64;
                    for prompt in missed.into_iter().chain(recorder.hear(&piece.samples)) {
                        if prompt == Prompt::Done {
                            return self.finish(recorder, *rate);
                        }
                        self.tell(&prompt);
                    }
                }
                recv(ended) -> _ => return self.failed("stopped; nothing was written"),
            }
        }
    }

    fn tell(&mut self, prompt: &Prompt) {
        match prompt {
            // The page shows the level of all sound, and it says the word's number besides.
            Prompt::Level(_) | Prompt::Room(_, false) | Prompt::NoOthers | Prompt::Done => {}
            Prompt::Room(level, true) => self.stand("loud", json!({ "level": level })),
            Prompt::Say(_) => self.stand("say", json!({})),
            Prompt::Good(take, level) => {
                self.good = *take;
                self.stand("good", json!({ "level": level }));
            }
            Prompt::Again(why) => self.stand("again", json!({ "why": why })),
            Prompt::Others => self.stand("others", json!({})),
        }
    }

    fn finish(&self, recorder: &Recorder, rate: u32) {
        // Somebody may have made it in the meantime.
        let written = if self.folder.exists() {
            Err(io::Error::from(io::ErrorKind::AlreadyExists))
        } else {
            write(&self.folder, recorder, rate)
        };
        match written {
            Ok(()) => {
                let next = next(&self.folder, &self.name, &self.consent, recorder);
                let others = !recorder.others.is_empty();
                self.stand("done", json!({ "folder": self.folder, "next": next, "others": others }));
            }
            Err(error) => {
                self.failed(&format!("cannot write `{}`: {error}", self.folder.display()));
            }
        }
    }

    fn failed(&self, why: &str) {
        self.stand("failed", json!({ "why": why }));
    }

    /// Tells every viewer how it stands.
    fn stand(&self, state: &str, more: serde_json::Value) {
        let mut stands = json!({ "state": state, "name": self.name, "good": self.good, "takes": TAKES });
        if let (Some(stands), serde_json::Value::Object(more)) = (stands.as_object_mut(), more) {
            stands.extend(more);
        }
        self.feed.stand("enrol", &json!({ "enrol": stands }));
    }
}
