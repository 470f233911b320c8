//! Images on their way into a pipeline: decoded, and fitted to the size and colours that the pipeline asks for.

pub(crate) use kws_stages::vision::file::{decode, is_image};
pub(crate) use kws_stages::vision::{Fitter, Frames, Image};
