//! A part of an image.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::Size;

/// Cuts a rectangle out of each image.
///
/// What it reads and writes: [`CropParams`](super::CropParams).
///
/// # Parameters
/// `width`, `height`, or `aspect` for the largest region of that shape; `x`, `y`, without which it lies in the centre.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::vision::{Crop, Region, Size};
///
/// let from = Size { height: 2, width: 3, channels: 1 };
/// let mut crop = Crop::new(from, Region { x: 1, y: 0, width: 2, height: 1 });
/// let mut out = [0; 2];
/// crop.process(Block { at: 1, items: &[1, 2, 3, 4, 5, 6] }, &mut out)?;
/// assert_eq!(out, [2, 3]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Crop {
    from: Size,
    region: Region,
}

/// A rectangle of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Pixels left of it.
    pub x: usize,
    /// Rows above it.
    pub y: usize,
    /// Pixels of a row of it.
    pub width: usize,
    /// Rows of it.
    pub height: usize,
}

impl Crop {
    /// Cuts `region`, which lies inside, out of images of size `from`.
    pub const fn new(from: Size, region: Region) -> Self {
        Crop { from, region }
    }
}

impl Stage for Crop {
    type In = u8;
    type Out = u8;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [u8]) -> Result<Flow, StageFault> {
        let Crop { from, region } = *self;
        let row = region.width * from.channels;
        if input.len() != from.items() || output.len() != region.height * row {
            return Err(StageFault::new("`crop` received images of another size"));
        }
        let rows = input.chunks_exact(from.row()).skip(region.y);
        for (row_in, row_out) in rows.zip(output.chunks_exact_mut(row)) {
            row_out.copy_from_slice(&row_in[region.x * from.channels..][..row]);
        }
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::firmware::{self, Code};
    use kws_engine::{Cost, Design, DesignError, Element, Kind, Role, Site, Trace};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Crop, Region};
    use crate::resolved::{Emit, Resolved};
    use crate::vision::Size;

    /// Crops a rectangle of each image: of a given size, or the largest with a given aspect ratio.
    ///
    /// # Reads
    /// `image` u8 `[height, width, channels]`.
    ///
    /// # Writes
    /// `image` u8 `[region height, region width, channels]`, one for each.
    #[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct CropParams {
        /// Width of the region; by default that of the image.
        #[schemars(range(min = 1), extend("unit" = "pixels"))]
        pub width: Option<usize>,
        /// Height of the region; by default that of the image.
        #[schemars(range(min = 1), extend("unit" = "pixels"))]
        pub height: Option<usize>,
        /// Aspect ratio as two integers, width and height: crops the largest such region.
        pub aspect: Option<[u32; 2]>,
        /// Pixels to the left of the region; by default it is centred.
        #[schemars(extend("unit" = "pixels"))]
        pub x: Option<usize>,
        /// Rows above the region; by default it is centred.
        #[schemars(extend("unit" = "pixels"))]
        pub y: Option<usize>,
    }

    impl CropParams {
        /// The region that these parameters cut out of images of a size.
        ///
        /// # Errors
        /// When it does not lie inside, or the parameters contradict each other.
        pub fn region(&self, of: Size) -> Result<Region, DesignError> {
            let (width, height) = match (self.aspect, self.width, self.height) {
                (None, width, height) => (width.unwrap_or(of.width), height.unwrap_or(of.height)),
                (Some(aspect), None, None) => largest(aspect, of)?,
                _ => {
                    let found = "found `aspect` together with `width` or `height`, expected one or the other";
                    return Err(DesignError::of("aspect", found));
                }
            };
            let inside = |key: &str, length: usize, at: Option<usize>, whole: usize, axis: &str| {
                let begin = at.unwrap_or(whole.saturating_sub(length) / 2);
                if length == 0 || length > whole {
                    return Err(DesignError::of(
                        key,
                        format!("found {length}, expected 1 to {whole}, the size of the image"),
                    ));
                }
                if begin > whole - length {
                    let last = whole - length;
                    return Err(DesignError::of(
                        axis,
                        format!(
                            "found {begin}, expected at most {last}, otherwise the region leaves the image"
                        ),
                    ));
                }
                Ok(begin)
            };
            let x = inside("width", width, self.x, of.width, "x")?;
            let y = inside("height", height, self.y, of.height, "y")?;
            Ok(Region { x, y, width, height })
        }
    }

    /// The largest extent of an aspect ratio inside an image.
    fn largest([wide, high]: [u32; 2], of: Size) -> Result<(usize, usize), DesignError> {
        if wide == 0 || high == 0 {
            return Err(DesignError::of(
                "aspect",
                format!("found [{wide}, {high}], expected numbers above 0"),
            ));
        }
        let (wide, high) = (wide as usize, high as usize);
        let fitting = of.height.saturating_mul(wide) / high;
        if fitting <= of.width {
            return Ok((fitting.max(1), of.height));
        }
        Ok((of.width, (of.width.saturating_mul(high) / wide).max(1)))
    }

    impl Emit for Crop {
        fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
            let mut code = Code::new(site);
            for name in ["Crop", "Region", "Size"] {
                code.uses(&format!("kws_stages::vision::{name}"));
            }
            Ok(code.is("Crop", format!("Crop::new({:?}, {:?})", self.from, self.region)))
        }
    }

    impl Kind for CropParams {
        const NAME: &'static str = "crop";
        const TRACE: Trace = Trace::Conditioning;

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
            let (input, from) = Size::read_by(site)?;
            let region = self.region(from)?;
            let size = Size { height: region.height, width: region.width, ..from };
            let output = input.then(Element::U8, size.shape(), Role::IMAGE);
            Ok(Resolved { output, cost: Cost::default(), stage: Crop::new(from, region) }.boxed())
        }
    }
}
#[cfg(feature = "std")]
pub use kind::CropParams;
