//! What stands for a pipeline's source on these machines.

use crate::arguments::Pace;
use crate::disturbance::Disturbances;
use crate::machine::Clock;

/// A source that plays what this computer has recorded.
pub trait Source: Sized {
    /// The argument that names what it plays.
    const ARGUMENT: &'static str;
    /// Ticks of its stream in a second.
    const RATE: u32;
    /// What it plays.
    type Recording;

    /// Opens what the argument names.
    ///
    /// # Errors
    /// What is wrong with it.
    fn open(path: &str) -> Result<Self::Recording, &'static str>;

    /// Whether it can play so.
    ///
    /// # Errors
    /// When it has no such pace, or none of these disturbances.
    fn check(_pace: Pace, _disturbances: &Disturbances) -> Result<(), &'static str> {
        Ok(())
    }

    /// Begins to play, and starts the machine's clock.
    fn play(recording: Self::Recording, pace: Pace, disturbances: Disturbances) -> (Self, Clock);
}
