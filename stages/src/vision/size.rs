//! What a block of pixels is.

/// Extent of an image. Its pixels lie row by row, each with its channels together: shape `[height, width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Values of a pixel: 1 of a grey image, 3 of a coloured one (red, green, blue).
    pub channels: usize,
}

impl Size {
    /// Values of a row.
    pub const fn row(self) -> usize {
        self.width * self.channels
    }

    /// Values of the image.
    pub const fn items(self) -> usize {
        self.height * self.row()
    }
}

#[cfg(feature = "std")]
mod port {
    use kws_engine::{DesignError, Element, Port, Role, Site};

    use super::Size;

    impl Size {
        /// The size of the images that a port carries, `u8` `[height, width, channels]` with 1 or 3 channels.
        ///
        /// # Errors
        /// When it carries something else; `from` is the stage that writes it.
        pub fn of(port: &Port, from: &str) -> Result<Self, DesignError> {
            let images = port.element == Element::U8 && port.role == Role::IMAGE;
            match port.shape[..] {
                [height, width, channels @ (1 | 3)] if images => Ok(Size { height, width, channels }),
                [_, _, channels] if images => {
                    let found = format!(
                        "`{from}` writes images of {channels} channels, expected 1 (grey) or 3 (RGB)"
                    );
                    Err(DesignError::of("input", found))
                }
                _ => Err(DesignError::of(
                    "input",
                    format!("`{from}` writes {port}, expected images, u8[height×width×channels]"),
                )
                .help("a camera's raw formats become images by `colour`")),
            }
        }

        /// The size of the images that a stage reads by its first input.
        ///
        /// # Errors
        /// When that carries something else.
        pub(crate) fn read_by<'a>(site: &'a Site<'_>) -> Result<(&'a Port, Self), DesignError> {
            let port = &site.inputs[0];
            Ok((port, Size::of(port, &site.from[0])?))
        }

        /// The shape of a port of such images.
        pub fn shape(self) -> Vec<usize> {
            vec![self.height, self.width, self.channels]
        }
    }
}
