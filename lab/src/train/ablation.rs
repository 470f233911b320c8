//! Parts of a training that can be left out, to see what they bring.

use super::config::{Config, Fit};

/// A part of a training: a distortion, a kind of clip, or a way to fit.
#[derive(Clone, Copy, Debug)]
pub struct Ablated {
    /// What it is called, by its key in the configuration.
    pub name: &'static str,
    remove: fn(&mut Config),
}

/// Every part, in the order of the configuration.
pub const PARTS: [Ablated; 18] = [
    Ablated { name: "near_miss", remove: |c| c.mix.near_miss.clear() },
    Ablated { name: "running", remove: |c| c.mix.running = 0.0 },
    Ablated { name: "cut", remove: |c| c.mix.cut = 0.0 },
    Ablated { name: "within", remove: |c| c.mix.within = 0.0 },
    Ablated { name: "gain_db", remove: |c| c.augment.gain_db = [0.0; 2] },
    Ablated { name: "speed", remove: |c| c.augment.speed = [1.0; 2] },
    Ablated { name: "noise", remove: |c| c.augment.noise = 0.0 },
    Ablated { name: "music", remove: |c| c.data.music.clear() },
    Ablated { name: "room", remove: |c| c.augment.room = 0.0 },
    Ablated { name: "measured_room", remove: |c| c.data.rooms.clear() },
    Ablated { name: "far", remove: |c| c.augment.far = 0.0 },
    Ablated { name: "codec", remove: |c| c.augment.codec = 0.0 },
    Ablated { name: "tilt", remove: |c| c.augment.tilt = [0.0; 2] },
    Ablated { name: "neighbour", remove: |c| c.augment.neighbour = 0.0 },
    Ablated { name: "warp", remove: |c| c.augment.warp = [1.0; 2] },
    Ablated { name: "mask", remove: |c| (c.augment.time_mask, c.augment.frequency_mask) = (0, 0) },
    Ablated { name: "smoothing", remove: |c| fits(c, |fit| fit.smoothing = 0.0) },
    Ablated { name: "average", remove: |c| fits(c, |fit| fit.average = None) },
];

fn fits(config: &mut Config, change: impl Fn(&mut Fit)) {
    change(&mut config.fit);
    config.qat.iter_mut().for_each(change);
}

impl Ablated {
    /// The configuration without this part; none where it has none of it.
    #[must_use]
    pub fn removed(&self, config: &Config) -> Option<Config> {
        let mut without = config.clone();
        (self.remove)(&mut without);
        let text = |config: &Config| toml::to_string(config).ok();
        (text(&without) != text(config)).then_some(without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
        name = "test"
        labels = ["silence", "unknown", "yes"]
        architecture = { kind = "tiny_conv", filters = 8 }
        seed = 7
        front_end = []
        data = { corpora = ["corpus"], rooms = ["rooms"] }
        augment = { room = 0.3, noise = 0.0, tilt = [-0.1, 0.1], time_mask = 0, frequency_mask = 0 }
        fit = { epochs = 1, clips = 1, batch = 1, rate = 0.1, average = 0.9 }
        qat = { epochs = 1, clips = 1, batch = 1, rate = 0.1, average = 0.9 }
    "#;

    #[test]
    fn what_a_configuration_has_is_removed_and_nothing_else() {
        let config: Config = toml::from_str(CONFIG).unwrap();
        let without = |name: &str| PARTS.iter().find(|part| part.name == name).unwrap().removed(&config);
        assert_eq!(without("room").unwrap().augment.room, 0.0);
        assert_eq!(without("room").unwrap().augment.tilt, [-0.1, 0.1]);
        assert!(without("measured_room").unwrap().data.rooms.is_empty());
        assert_eq!(without("average").unwrap().qat.unwrap().average, None);
        for absent in ["noise", "music", "codec", "far", "mask", "near_miss"] {
            assert!(without(absent).is_none(), "`{absent}` does not exist");
        }
    }
}
