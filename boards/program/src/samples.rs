//! Samples as a program has them.

use crate::{Element, Output, Session, SessionError};

/// Samples that are converted at one time.
const PIECE: usize = 256;

/// Items of a source as a program has them. Audio may come in either form, whichever of the two the pipeline reads.
#[derive(Clone, Copy, Debug)]
pub enum Samples<'a> {
    /// Audio of 16 bits.
    I16(&'a [i16]),
    /// Audio from −1 to 1.
    F32(&'a [f32]),
    /// Pixels.
    U8(&'a [u8]),
}

impl Samples<'_> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Samples::I16(items) => items.len(),
            Samples::F32(items) => items.len(),
            Samples::U8(items) => items.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`Session::push`], which takes only the items that the source delivers: here, 16 bits become ±1 and the other
    /// way about, rounded to the nearest and limited, as `kws-run` does it.
    ///
    /// # Errors
    /// As [`Session::push`].
    pub fn push(
        self,
        session: &mut Session,
        source: &str,
        mut see: impl FnMut(Output<'_>),
    ) -> Result<usize, SessionError> {
        let mut sources = session.sources();
        let read = sources.find(|(name, _)| *name == source).map(|(_, port)| port.element);
        drop(sources);
        match (self, read) {
            (Samples::I16(items), Some(Element::F32)) => in_pieces(
                items,
                |sample| f32::from(sample) / 32_768.0,
                |piece| session.push(source, piece, &mut see),
            ),
            (Samples::F32(items), Some(Element::I16)) => {
                in_pieces(items, to_i16, |piece| session.push(source, piece, &mut see))
            }
            (Samples::I16(items), _) => session.push(source, items, see),
            (Samples::F32(items), _) => session.push(source, items, see),
            (Samples::U8(items), _) => session.push(source, items, see),
        }
    }
}

/// A sample of 16 bits from full scale at ±1, rounded to the nearest and limited.
fn to_i16(unit: f32) -> i16 {
    let scaled = unit * 32_768.0;
    // A cast cuts off toward 0 and saturates.
    (scaled + 0.5_f32.copysign(scaled)) as i16
}

/// Pushes converted items until not all of a piece are taken; how many were.
fn in_pieces<T: Copy, U: Copy + Default>(
    items: &[T],
    convert: impl Fn(T) -> U,
    mut push: impl FnMut(&[U]) -> Result<usize, SessionError>,
) -> Result<usize, SessionError> {
    let mut converted = [U::default(); PIECE];
    let mut taken = 0;
    for piece in items.chunks(PIECE) {
        let converted = &mut converted[..piece.len()];
        converted.iter_mut().zip(piece).for_each(|(to, from)| *to = convert(*from));
        let count = push(converted)?;
        taken += count;
        if count < piece.len() {
            break;
        }
    }
    Ok(taken)
}
