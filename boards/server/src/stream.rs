//! A stream of audio from a client, from `audio-start` to `audio-stop`.

use kws::{Event, Session};

use crate::audio::{Format, Level, Loudness, Pcm, Resampler, to_i16};
use crate::plans::Plans;
use crate::view::Place;
use crate::wyoming::ClientError;

/// A stream: one session of every pipeline that the client chose, fed with its audio.
pub(crate) struct Stream {
    pcm: Pcm,
    /// Seconds of the stream before the present format, and frames since.
    before: f64,
    frames: u64,
    anchor: Anchor,
    feeds: Vec<Feed>,
    level: Option<Level>,
}

/// A moment of the stream, and what the client's clock said.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    seconds: f64,
    ms: f64,
}

/// All sessions that take one rate.
struct Feed {
    rate: u32,
    /// `None` where the client sends this rate.
    resampler: Option<Resampler>,
    /// Seconds of the stream at which the sessions began.
    begun: f64,
    listeners: Vec<Listener>,
}

struct Listener {
    pipeline: usize,
    session: Session,
    /// Where it can be looked at.
    place: Option<Place>,
}

/// A detection, in the words of the pipeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit<'a> {
    /// Index of the pipeline.
    pub(crate) pipeline: usize,
    pub(crate) label: &'a str,
    pub(crate) point: &'a str,
    pub(crate) score: f32,
    /// Seconds of the stream: when it was certain, and its first score above the threshold.
    pub(crate) at: f64,
    pub(crate) start: f64,
    /// When it was certain, in milliseconds of the client's clock.
    pub(crate) timestamp: i64,
    pub(crate) loudness: Option<Loudness>,
}

impl Stream {
    /// A client's stream that begins, with sessions of these pipelines.
    ///
    /// # Errors
    /// When the format is not supported, or a session cannot be made.
    pub(crate) fn begin(
        client: &str,
        format: Format,
        timestamp: Option<f64>,
        pipelines: &[usize],
        plans: &mut Plans,
    ) -> Result<Self, ClientError> {
        let anchor = Anchor { seconds: 0.0, ms: timestamp.unwrap_or(0.0) };
        let pcm = Pcm::new(format.checked()?);
        let mut stream = Stream { pcm, before: 0.0, frames: 0, anchor, feeds: Vec::new(), level: None };
        stream.listen(client, pipelines, plans)?;
        Ok(stream)
    }

    /// Sessions of these pipelines from now on: those that are under way go on, others begin or end.
    ///
    /// # Errors
    /// When a session cannot be made.
    pub(crate) fn listen(
        &mut self,
        client: &str,
        pipelines: &[usize],
        plans: &mut Plans,
    ) -> Result<(), ClientError> {
        for feed in &mut self.feeds {
            feed.listeners.retain(|listener| pipelines.contains(&listener.pipeline));
        }
        self.feeds.retain(|feed| !feed.listeners.is_empty());
        let begun = self.seconds();
        for &pipeline in pipelines {
            let is_heard = |feed: &Feed| feed.listeners.iter().any(|listener| listener.pipeline == pipeline);
            if self.feeds.iter().any(is_heard) {
                continue;
            }
            let planned = &plans.all[pipeline];
            let besides = plans.hub.iter().flat_map(|hub| hub.stages(pipeline));
            let (rate, session) = (planned.rate, planned.session(besides)?);
            let place = plans.hub.as_ref().map(|hub| hub.admit(client, pipeline));
            let listener = Listener { pipeline, session, place };
            match self.feeds.iter_mut().find(|feed| feed.rate == rate && feed.begun == begun) {
                Some(feed) => feed.listeners.push(listener),
                None => {
                    let resampler = resampler(self.pcm.format(), rate, plans)?;
                    self.feeds.push(Feed { rate, resampler, begun, listeners: vec![listener] });
                }
            }
        }
        self.level = match (self.feeds.first(), self.level.take()) {
            (Some(_), Some(level)) => Some(level),
            (Some(feed), None) => Some(Level::new(feed.rate)),
            (None, _) => None,
        };
        Ok(())
    }

    /// A chunk of this format begins, and the client's clock says `timestamp` ms.
    ///
    /// # Errors
    /// When the format is not supported.
    pub(crate) fn chunk(
        &mut self,
        format: Format,
        timestamp: Option<f64>,
        plans: &mut Plans,
    ) -> Result<(), ClientError> {
        if format != self.pcm.format() {
            (self.before, self.frames) = (self.seconds(), 0);
            self.pcm = Pcm::new(format.checked()?);
            for feed in &mut self.feeds {
                feed.resampler = resampler(format, feed.rate, plans)?;
            }
        }
        if let Some(ms) = timestamp {
            self.anchor = Anchor { seconds: self.seconds(), ms };
        }
        Ok(())
    }

    /// Takes bytes of a chunk and shows what they complete.
    ///
    /// # Errors
    /// When a pipeline fails.
    pub(crate) fn audio(
        &mut self,
        bytes: &[u8],
        plans: &mut Plans,
        see: &mut impl FnMut(Hit<'_>),
    ) -> Result<(), ClientError> {
        let mut mono = std::mem::take(&mut plans.mono);
        mono.clear();
        self.pcm.read(bytes, &mut mono);
        self.frames += mono.len() as u64;
        let heard = self.feed(plans, see, |resampler, into| match resampler {
            None => into.extend_from_slice(&mono),
            Some(resampler) => resampler.push(&mono, into),
        });
        plans.mono = mono;
        heard
    }

    /// A payload is over. Returns how many bytes of it were no whole frame.
    pub(crate) fn complete(&mut self) -> usize {
        self.pcm.drop_part()
    }

    /// Ends the stream and shows what comes of the rest.
    ///
    /// # Errors
    /// When a pipeline fails.
    pub(crate) fn finish(
        &mut self,
        plans: &mut Plans,
        see: &mut impl FnMut(Hit<'_>),
    ) -> Result<(), ClientError> {
        self.feed(plans, see, |resampler, into| {
            if let Some(resampler) = resampler {
                resampler.finish(into);
            }
        })?;
        for feed in &mut self.feeds {
            let clock = Clock { rate: feed.rate, begun: feed.begun, anchor: self.anchor };
            for listener in &mut feed.listeners {
                listener.hear(Heard::End, plans, clock, self.level.as_ref(), see)?;
            }
        }
        Ok(())
    }

    /// Seconds of audio that have come.
    pub(crate) fn seconds(&self) -> f64 {
        self.before + self.frames as f64 / f64::from(self.pcm.format().rate)
    }

    /// Gives every session what `ready` appends for its feed.
    fn feed(
        &mut self,
        plans: &mut Plans,
        see: &mut impl FnMut(Hit<'_>),
        mut ready: impl FnMut(Option<&mut Resampler>, &mut Vec<f32>),
    ) -> Result<(), ClientError> {
        for (index, feed) in self.feeds.iter_mut().enumerate() {
            let (mut resampled, mut samples) =
                (std::mem::take(&mut plans.resampled), std::mem::take(&mut plans.samples));
            resampled.clear();
            ready(feed.resampler.as_mut(), &mut resampled);
            samples.clear();
            samples.extend(resampled.iter().copied().map(to_i16));
            if let Some(level) = self.level.as_mut().filter(|_| index == 0) {
                level.push(&samples);
            }
            let clock = Clock { rate: feed.rate, begun: feed.begun, anchor: self.anchor };
            let mut listeners = feed.listeners.iter_mut();
            let heard = listeners.try_for_each(|listener| {
                listener.hear(Heard::Samples(&samples), plans, clock, self.level.as_ref(), see)
            });
            (plans.resampled, plans.samples) = (resampled, samples);
            heard?;
        }
        Ok(())
    }
}

fn resampler(format: Format, rate: u32, plans: &mut Plans) -> Result<Option<Resampler>, ClientError> {
    if format.rate == rate { Ok(None) } else { plans.filters.resampler(format.rate, rate).map(Some) }
}

/// What a session is given.
#[derive(Clone, Copy)]
enum Heard<'a> {
    Samples(&'a [i16]),
    End,
}

/// From the ticks of a session to the times of its stream and its client.
#[derive(Clone, Copy)]
struct Clock {
    rate: u32,
    begun: f64,
    anchor: Anchor,
}

impl Clock {
    fn seconds(self, tick: u64) -> f64 {
        self.begun + tick as f64 / f64::from(self.rate)
    }

    /// The client's clock: that of the present chunk, and on from there.
    fn timestamp(self, seconds: f64) -> i64 {
        (self.anchor.ms + (seconds - self.anchor.seconds).max(0.0) * 1000.0).round() as i64
    }
}

impl Listener {
    fn hear(
        &mut self,
        heard: Heard<'_>,
        plans: &Plans,
        clock: Clock,
        level: Option<&Level>,
        see: &mut impl FnMut(Hit<'_>),
    ) -> Result<(), ClientError> {
        let (pipeline, planned) = (self.pipeline, &plans.all[self.pipeline]);
        let place = &mut self.place;
        let show = |output: kws::Output<'_>| {
            if let Some(place) = place {
                place.see(&output);
            }
            let shown =
                |(stage, reader): &(String, String)| (&**stage, &**reader) == (output.stage, output.reader);
            if output.items::<Event>().is_none() || !planned.shown.iter().any(shown) {
                return;
            }
            for detection in output.detections() {
                let at = clock.seconds(output.at);
                see(Hit {
                    pipeline,
                    label: detection.label(),
                    point: detection.point(),
                    score: detection.score(),
                    at,
                    start: clock.seconds(detection.event().start),
                    timestamp: clock.timestamp(at),
                    loudness: level.and_then(Level::now),
                });
            }
        };
        let done = match heard {
            Heard::Samples(samples) => self.session.push(&planned.source, samples, show).map(|_| ()),
            Heard::End => self.session.finish(show),
        };
        done.map_err(|error| ClientError::new("pipeline-failed", format!("`{}`: {error}", planned.plan.name)))
    }
}
