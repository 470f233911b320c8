//! Posteriors as classifiers write them.

use kws_engine::Item;

/// A posterior: f32, or i8 with its scale. Bytes are summed as whole numbers, and so alike on every machine and in any
/// order.
pub trait Posterior: Item {
    /// A sum of posteriors.
    type Sum: Copy + Default;

    /// The sum with one more.
    fn plus(sum: Self::Sum, value: Self) -> Self::Sum;

    /// The real mean of the `count` posteriors of a sum.
    fn mean(sum: Self::Sum, count: u16, scale: Scale) -> f32;
}

/// How stored posteriors map to real ones: `real = step × (stored − zero_point)`. Reals are stored as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Real value of one step.
    pub step: f32,
    /// The stored value that means 0.
    pub zero_point: i32,
}

impl Scale {
    /// Stored values are the real ones.
    pub const REAL: Scale = Scale { step: 1.0, zero_point: 0 };
}

impl Posterior for f32 {
    type Sum = f32;

    #[inline]
    fn plus(sum: f32, value: f32) -> f32 {
        sum + value
    }

    #[inline]
    fn mean(sum: f32, count: u16, _: Scale) -> f32 {
        sum / f32::from(count)
    }
}

impl Posterior for i8 {
    type Sum = i32;

    #[inline]
    fn plus(sum: i32, value: i8) -> i32 {
        sum + i32::from(value)
    }

    #[inline]
    fn mean(sum: i32, count: u16, scale: Scale) -> f32 {
        // At most 2¹⁶ times 2⁸ steps: a single holds them exactly.
        (sum - i32::from(count) * scale.zero_point) as f32 * scale.step / f32::from(count)
    }
}

#[cfg(feature = "std")]
mod port {
    use kws_engine::firmware::Code;
    use kws_engine::{DesignError, Element, Port, Role, Site};

    use super::Scale;

    impl Scale {
        /// The scale as an expression, which uses its name.
        pub(crate) fn expression(self, code: &mut Code) -> String {
            code.uses("kws_stages::decide::Scale");
            format!("{self:?}")
        }
    }

    /// The posteriors that a stage reads, and how they are stored.
    pub(crate) fn posteriors<'a>(site: &'a Site<'_>) -> Result<(&'a Port, Scale), DesignError> {
        let input = site
            .input_as(&[Element::F32, Element::I8], &[Role::POSTERIOR])
            .map_err(|error| error.help("put a `classifier` before it"))?;
        Ok((input, stored(input, &site.from[0])?))
    }

    /// How the posteriors of a port, which `from` writes, are stored.
    pub(crate) fn stored(port: &Port, from: &str) -> Result<Scale, DesignError> {
        match (port.element, port.quant) {
            (Element::I8, Some(quant)) => Ok(Scale { step: quant.scale, zero_point: quant.zero_point }),
            (Element::I8, None) => {
                Err(DesignError::of("input", format!("`{from}` writes {port} without a scale, expected one")))
            }
            _ => Ok(Scale::REAL),
        }
    }
}
#[cfg(feature = "std")]
pub(super) use port::{posteriors, stored};
