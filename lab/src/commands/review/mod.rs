//! `kws-lab review`.

mod keys;
mod player;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::review::{Kept, Review as Clips, Verdict};
use serde::Serialize;

use super::json::Json;
use keys::Keys;
use player::Player;

/// Sorts the clips that a run has kept: plays one after the other, and one key says what it is.
///
/// The folder is that of a sink `clips`, which keeps detections, near misses and vetoes, or that of `kws-run --view-clips`. Verdicts go
/// into its `review.csv` at once; the next review begins with the first clip that has none. `kws-lab train --more FOLDER` learns from
/// them, `kws-lab corpus import folder FOLDER` makes a corpus of them, and the folder can stand among the `corpora` of a `train.toml`.
///
/// Keys: `v` valid (the word was said), `i` invalid (it was not), `o` other (another word, a noise), `s` skip, `p` play again,
/// `b` back, `q` quit; where clips are of several words, a digit says which one is valid.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab review kept
  kws-lab train models/lumos --more kept                fine-tunes the model with what was reviewed
  kws-lab review kept --player \"aplay -q -D plughw:1\"    plays through another device
  printf 'viq' | kws-lab review kept --no-play --json - from a script")]
pub(crate) struct Review {
    /// Folder of the clips.
    folder: PathBuf,
    /// A word that clips may say although they were not taken for it; may be given several times.
    #[arg(long = "word", value_name = "WORD")]
    words: Vec<String>,
    /// Does not play the clips.
    #[arg(long, conflicts_with = "player")]
    no_play: bool,
    /// Program that plays a clip, with its arguments; the path of the clip is added [default: the first that is installed of
    /// pw-play, paplay, aplay, afplay, ffplay and SoX's play].
    #[arg(long, value_name = "COMMAND")]
    player: Option<String>,
    /// Goes through the clips that have a verdict, too.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    json: Json,
}

/// What a review came to.
#[derive(Serialize)]
struct Summary {
    clips: usize,
    valid: usize,
    invalid: usize,
    other: usize,
    /// Clips without a verdict.
    left: usize,
    /// Clips that the manifest names and the folder lacks.
    missing: usize,
}

/// What to do after a key.
enum Next {
    Forward,
    Back,
    Stay,
    Quit,
}

impl Review {
    pub(crate) fn run(self) -> Result<()> {
        let mut clips = Clips::open(&self.folder)?;
        let mut words = clips.words();
        words.extend(self.words.iter().filter(|word| !clips.words().contains(word)).cloned());
        let places: Vec<usize> = (0..clips.clips.len())
            .filter(|&place| self.again || clips.clips[place].verdict.is_none())
            .collect();
        let mut player = match (places.is_empty() || self.no_play, &self.player) {
            (true, _) => None,
            (false, Some(command)) => Some(Player::stated(command)?),
            (false, None) => Some(Player::found()?),
        };
        if !places.is_empty() {
            say(&legend(&words));
            let mut keys = Keys::open()?;
            listen(&mut clips, &places, &words, &mut keys, player.as_mut())?;
        }
        let summary = Summary::of(&clips);
        self.json.show(&summary, || summary.text())
    }
}

/// Goes through the clips of some places, as the keys say.
fn listen(
    clips: &mut Clips,
    places: &[usize],
    words: &[String],
    keys: &mut Keys,
    mut player: Option<&mut Player>,
) -> Result<()> {
    let mut turn = 0;
    while turn < places.len() {
        let place = places[turn];
        say(&format!("{:>4} of {}  {}\n", turn + 1, places.len(), line(&clips.clips[place])));
        if let Some(player) = &mut player {
            player.play(&clips.file(place))?;
        }
        let next = loop {
            let Some(key) = keys.next()? else { break Next::Quit };
            if key == 'p' {
                match &mut player {
                    Some(player) => player.play(&clips.file(place))?,
                    None => say("          nothing is played: `--no-play`\n"),
                }
                continue;
            }
            match press(clips, place, words, key)? {
                Next::Stay => {}
                next => break next,
            }
        };
        if let Some(player) = &mut player {
            player.stop();
        }
        match next {
            Next::Forward | Next::Stay => turn += 1,
            Next::Back => turn = turn.saturating_sub(1),
            Next::Quit => break,
        }
    }
    Ok(())
}

/// Does what a key says of a clip.
fn press(clips: &mut Clips, place: usize, words: &[String], key: char) -> Result<Next> {
    let word = clips.clips[place].word.clone();
    // Where all clips are of one word, that is what one without a guess came near to.
    let word = if word.is_empty() && words.len() == 1 { words[0].clone() } else { word };
    let (verdict, word) = match key {
        's' => {
            say("          skipped\n");
            return Ok(Next::Forward);
        }
        'b' => return Ok(Next::Back),
        'q' => return Ok(Next::Quit),
        'v' if word.is_empty() => {
            say(match words {
                [] => "          of which word? start again with `--word WORD`\n",
                _ => "          of which word? press its digit\n",
            });
            return Ok(Next::Stay);
        }
        'v' => (Verdict::Valid, word),
        'i' => (Verdict::Invalid, word),
        'o' => (Verdict::Other, word),
        digit => match digit.to_digit(10).and_then(|number| words.get((number as usize).checked_sub(1)?)) {
            Some(word) => (Verdict::Valid, word.clone()),
            None => {
                say(&legend(words));
                return Ok(Next::Stay);
            }
        },
    };
    clips.judge(place, verdict, &word)?;
    say(&match verdict {
        Verdict::Valid => format!("          valid: `{word}`\n"),
        Verdict::Invalid | Verdict::Other => format!("          {verdict}\n"),
    });
    Ok(Next::Forward)
}

fn legend(words: &[String]) -> String {
    let mut text = "v valid, i invalid, o other, s skip, p play again, b back, q quit".to_owned();
    if words.len() > 1 {
        for (number, word) in (1..=9).zip(words) {
            text += &format!(", {number} valid as `{word}`");
        }
    }
    text + "\n"
}

/// A clip in a line.
fn line(clip: &Kept) -> String {
    let word = if clip.word.is_empty() { "?" } else { &clip.word };
    let decision = if clip.decision.is_empty() { "kept" } else { &clip.decision };
    let verdict = clip.verdict.map_or(String::new(), |verdict| format!("  [{verdict}]"));
    format!("{word:12} {decision:10} {:>6}  {}{verdict}", clip.score, clip.path)
}

/// Tells the person at the terminal; figures go to standard output.
fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    // A terminal that is gone ends the review with its keys.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl Summary {
    fn of(clips: &Clips) -> Self {
        let count =
            |verdict: Option<Verdict>| clips.clips.iter().filter(|clip| clip.verdict == verdict).count();
        Self {
            clips: clips.clips.len(),
            valid: count(Some(Verdict::Valid)),
            invalid: count(Some(Verdict::Invalid)),
            other: count(Some(Verdict::Other)),
            left: count(None),
            missing: clips.missing,
        }
    }

    fn text(&self) -> String {
        let Self { clips, valid, invalid, other, left, missing } = self;
        let gone = if *missing == 0 { String::new() } else { format!("; {missing} files are missing") };
        format!("{clips} clips: {valid} valid, {invalid} invalid, {other} other, {left} left{gone}\n")
    }
}
