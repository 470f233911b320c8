//! Where tensors live while a network is trained.
//!
//! `flex` is the default because it trains faster. Measured in turn, two processor cores shared with other work, seconds
//! of an epoch with its validation: `tiny_conv` 3.6 against 7.0 for `ndarray` (2000 clips) and 5.5 against 15.5 (1000
//! clips, more other work), the streaming network 3.3 against 23.9 and 4.2 against 36.3, `ds_cnn` 17 against more than
//! 300 (100 clips).

use std::fmt;

use anyhow::{Context, Result};
use burn::tensor::Device;

/// What computes a step of training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// This program's own loops, on one thread; tensors live where `Flex` has them.
    #[default]
    Native,
    /// burn's own processor backend.
    Flex,
    /// The `ndarray` crate; burn has deprecated it in favour of `flex`.
    Ndarray,
    /// A graphics processor of NVIDIA's; needs the cargo feature `cuda`.
    #[cfg(feature = "cuda")]
    Cuda,
    /// Any graphics processor; needs the cargo feature `wgpu`.
    #[cfg(feature = "wgpu")]
    Wgpu,
}

impl Backend {
    /// Every backend of this build.
    pub const ALL: &[Self] = &[
        Self::Native,
        Self::Flex,
        Self::Ndarray,
        #[cfg(feature = "cuda")]
        Self::Cuda,
        #[cfg(feature = "wgpu")]
        Self::Wgpu,
    ];

    /// The backend of a name.
    ///
    /// # Errors
    /// Names what this build offers, and the cargo feature that would add the rest.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().copied().find(|b| b.to_string() == name);
        found.with_context(|| {
            let all: Vec<String> = Self::ALL.iter().map(|b| format!("`{b}`")).collect();
            let hint = match name {
                "cuda" | "wgpu" => format!("; build with `--features {name}` for it"),
                _ => String::new(),
            };
            format!("found device `{name}`, expected one of {}{hint}", all.join(", "))
        })
    }

    /// The device itself; a graphics processor is the system's first choice.
    #[must_use]
    pub fn device(self) -> Device {
        match self {
            Self::Native | Self::Flex => Device::flex(),
            #[expect(deprecated, reason = "available for comparison while burn supports it")]
            Self::Ndarray => Device::ndarray(),
            #[cfg(feature = "cuda")]
            Self::Cuda => Device::cuda(burn::tensor::DeviceIndex::Default),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Native => "native",
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            #[cfg(feature = "cuda")]
            Self::Cuda => "cuda",
            #[cfg(feature = "wgpu")]
            Self::Wgpu => "wgpu",
        })
    }
}

/// Lets tests that draw burn's random numbers take turns: there is one generator for the whole program, so a seed holds only as long
/// as nobody else draws.
#[cfg(test)]
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_is_found_by_its_name() {
        for &backend in Backend::ALL {
            assert_eq!(Backend::parse(&backend.to_string()).unwrap(), backend);
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_backend_behind_a_feature_names_the_feature() {
        let error = Backend::parse("cuda").unwrap_err().to_string();
        assert!(error.contains("`--features cuda`") && error.contains("`flex`"), "{error}");
    }
}
