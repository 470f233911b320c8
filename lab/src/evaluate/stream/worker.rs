//! A listener at work: planned and built once, it listens to one stream after the other.

use anyhow::Result;
use kws_engine::Plan;

use super::listener::{Detection, Listener, Point, Recorded};
use crate::features::Chain;

/// Stages for the streams of one thread.
pub struct Worker<'a> {
    listener: &'a Listener,
    front: Chain,
    own: Plan,
    swept: Vec<Plan>,
    points: usize,
}

impl<'a> Worker<'a> {
    /// Plans and builds the stages; `points` are tried beside the pipeline's own.
    ///
    /// # Errors
    /// When the pipeline cannot be planned, or a point is refused.
    pub fn new(listener: &'a Listener, points: &[Point]) -> Result<Self> {
        let (front, own) = (listener.front()?, listener.planned()?);
        Ok(Self { listener, front, own, swept: listener.planned_at(points)?, points: points.len() })
    }

    /// Runs the stages up to the classifier over a stream; they forget the one before.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn record(&mut self, samples: &[i16]) -> Result<Recorded> {
        Recorded::new(&mut self.front, samples)
    }

    /// Detections at the pipeline's own operating points.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn detections(&self, recorded: &Recorded) -> Result<Vec<Detection>> {
        self.listener.decide(&self.own, recorded)
    }

    /// Detections at each of the points that are tried.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn swept(&self, recorded: &Recorded) -> Result<Vec<Vec<Detection>>> {
        self.listener.sorted(&self.swept, recorded, self.points)
    }
}
