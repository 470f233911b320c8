//! What the kinds of this crate share: a design that boards run and computers do not.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Node, Port, Role, Site, StageFault};

/// A design from its facts and a closure that writes its code.
pub(crate) struct OnBoard<F> {
    pub(crate) output: Option<Port>,
    pub(crate) cost: Cost,
    pub(crate) code: F,
}

impl<F: Fn(&firmware::EmitSite<'_>) -> Code + Send + Sync + 'static> OnBoard<F> {
    pub(crate) fn boxed(output: Option<Port>, cost: Cost, code: F) -> Box<dyn Design> {
        Box::new(OnBoard { output, cost, code })
    }
}

impl<F: Fn(&firmware::EmitSite<'_>) -> Code + Send + Sync> Design for OnBoard<F> {
    fn output(&self) -> Option<Port> {
        self.output.clone()
    }

    fn cost(&self) -> Cost {
        self.cost
    }

    fn is_device(&self) -> bool {
        true
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Err(StageFault::new("this is a device of a board; a computer has none"))
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        Ok((self.code)(site))
    }
}

/// Milliseconds of a block where neither the file nor the pipeline asks for another.
const BLOCK_MS: u32 = 10;

/// The port of a microphone. Its block is what the file says, else what the pipeline needs, else 10 ms.
pub(crate) fn samples(rate: u32, block: Option<u32>, site: &Site<'_>) -> Port {
    let usual = (rate * BLOCK_MS / 1000).max(1);
    let block = block.map(u64::from).or(site.block).unwrap_or(usual.into());
    Port::source(Element::I16, vec![block as usize], Role::SAMPLES, rate, block)
}

pub(crate) fn default_rate() -> u32 {
    16_000
}

/// The constant of the firmware that stands for a pin: `Light::Red` for the light `red`.
///
/// # Errors
/// When the name could be no constant's.
pub(crate) fn pin(of: &str, name: &str) -> Result<String, DesignError> {
    let parts = name.split('_').map(|part| {
        let mut letters = part.chars();
        let first = letters.next().filter(char::is_ascii_alphanumeric)?;
        letters.all(|letter| letter.is_ascii_alphanumeric()).then_some(())?;
        Some(format!("{}{}", first.to_ascii_uppercase(), part[1..].to_ascii_lowercase()))
    });
    let camel: Option<String> = parts.collect();
    match camel.filter(|camel| camel.starts_with(|first: char| first.is_ascii_alphabetic())) {
        Some(camel) => Ok(format!("crate::{of}::{camel}")),
        None => {
            Err(DesignError::of("pin", format!("found `{name}`, expected letters, digits and underscores"))
                .help(format!("`red_2` means the firmware's `{of}::Red2`")))
        }
    }
}

/// The type of an item in firmware.
pub(crate) fn item(element: Element, code: &mut Code) -> &'static str {
    match element {
        Element::Event => {
            code.uses("kws_engine::Event");
            "Event"
        }
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::pin;

    #[test]
    fn names_of_pins_become_constants() {
        assert_eq!(pin("Light", "red").as_deref(), Ok("crate::Light::Red"));
        assert_eq!(pin("Switch", "top_left_2").as_deref(), Ok("crate::Switch::TopLeft2"));
        for name in ["", "2", "a__b", "a-b", "ä", "Light::Red"] {
            assert!(pin("Light", name).is_err(), "{name}");
        }
    }
}
