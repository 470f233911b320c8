//! Which of several channels a pipeline hears.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which channels are heard: their mean, or one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Channel {
    /// All of them.
    All(All),
    /// One, counted from 0.
    One(u16),
}

/// All channels as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// Their mean.
    Mix,
}

impl Default for Channel {
    fn default() -> Self {
        Channel::All(All::Mix)
    }
}

impl Channel {
    /// Whether there is such a channel among so many.
    pub fn is_among(self, channels: usize) -> bool {
        match self {
            Channel::All(All::Mix) => channels > 0,
            Channel::One(index) => usize::from(index) < channels,
        }
    }

    /// Adds one sample for every frame of equally long planes, one plane for each channel. The mean is summed in the
    /// order of the channels, so that it is the same everywhere.
    pub fn append(self, planes: &[Vec<f32>], into: &mut Vec<f32>) {
        match (self, planes) {
            (_, []) => {}
            (Channel::All(All::Mix), [only]) => into.extend_from_slice(only),
            (Channel::All(All::Mix), [first, others @ ..]) => {
                let begin = into.len();
                into.extend_from_slice(first);
                for plane in others {
                    into[begin..].iter_mut().zip(plane).for_each(|(sum, sample)| *sum += sample);
                }
                let share = 1.0 / planes.len() as f32;
                into[begin..].iter_mut().for_each(|sum| *sum *= share);
            }
            (Channel::One(index), planes) => {
                if let Some(plane) = planes.get(usize::from(index)) {
                    into.extend_from_slice(plane);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(channel: Channel) -> Vec<f32> {
        let mut into = vec![9.0];
        channel.append(&[vec![0.5, -0.5], vec![0.25, 0.0], vec![0.0, 0.125]], &mut into);
        into
    }

    #[test]
    fn mixes_or_picks_behind_what_there_is() {
        assert_eq!(mixed(Channel::default()), [9.0, 0.25, -0.125]);
        assert_eq!(mixed(Channel::One(1)), [9.0, 0.25, 0.0]);
    }

    #[test]
    fn knows_which_channels_there_are() {
        assert!(Channel::One(1).is_among(2));
        assert!(!Channel::One(2).is_among(2));
        assert!(Channel::default().is_among(1));
    }
}
