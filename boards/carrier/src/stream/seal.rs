//! Frames as messages: with a checksum, by which a frame that was changed anywhere on its way is known.

use kws_link::checksum;

/// A frame and its checksum.
pub fn seal(frame: &[u8]) -> Vec<u8> {
    [frame, &checksum(frame).to_le_bytes()].concat()
}

/// The frame of a message; `None` where the checksum is another's.
pub fn unseal(message: &[u8]) -> Option<&[u8]> {
    let (frame, sum) = message.split_last_chunk()?;
    (checksum(frame) == u32::from_le_bytes(*sum)).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_message_is_none() {
        let message = seal(b"frame");
        assert_eq!(unseal(&message), Some(&b"frame"[..]));
        for bit in 0..8 * message.len() {
            let mut changed = message.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(&changed), None, "{bit}");
        }
        assert_eq!(unseal(b"abc"), None);
    }
}
