//! Whether a baseline JPEG holds all blocks of its image.
//!
//! Decoders put zeros in the place of what is missing, and the last row of blocks passes them unseen. So this walks the
//! Huffman codes of a scan, and computes nothing.
//!
//! Reference: ITU-T T.81, annexes B (segments), C (tables) and F (codes of blocks).

/// A segment's kind.
const BASELINE: u8 = 0xc0;
const EXTENDED: u8 = 0xc1;
const TABLES: u8 = 0xc4;
const SCAN: u8 = 0xda;
const RESTARTS: u8 = 0xdd;

/// Whether the scans of a JPEG hold all blocks, or none where nobody can know: it is not baseline, say.
///
/// `bytes` begin with the first segment behind the start marker.
pub(super) fn is_complete(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes;
    let (mut tables, mut frame, mut interval) = (Tables::default(), None, 0);
    loop {
        let &[mark, kind, high, low] = rest.get(..4)?.as_array()?;
        if (mark, kind) == (0xff, 0xff) {
            rest = &rest[1..];
            continue;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = rest.get(4..2 + length)?;
        let after = rest.get(2 + length..)?;
        match kind {
            _ if mark != 0xff => return None,
            BASELINE | EXTENDED => frame = Frame::read(body),
            TABLES => tables.read(body)?,
            RESTARTS => interval = usize::from(u16::from_be_bytes(*body.first_chunk()?)),
            SCAN => return walk(body, after, &tables, &frame?, interval),
            // Frames of other processes, whose codes differ.
            0xc2..=0xcf => return None,
            _ => {}
        }
        rest = after;
    }
}

/// What a frame's header says.
struct Frame {
    width: usize,
    height: usize,
    /// Of each component its number and its blocks in a unit, across and down.
    components: Vec<(u8, usize, usize)>,
}

impl Frame {
    fn read(body: &[u8]) -> Option<Self> {
        let &[_, y1, y0, x1, x0, count] = body.first_chunk()?;
        let size = |high, low| usize::from(u16::from_be_bytes([high, low]));
        let entries = body.get(6..6 + 3 * usize::from(count))?.chunks_exact(3);
        let components =
            entries.map(|entry| (entry[0], usize::from(entry[1] >> 4), usize::from(entry[1] & 15)));
        let components: Vec<_> = components.collect();
        let valid = components.iter().all(|&(_, across, down)| across > 0 && down > 0);
        let (width, height) = (size(x1, x0), size(y1, y0));
        (valid && width > 0 && height > 0).then_some(Frame { width, height, components })
    }

    /// Units of a scan of all components.
    fn units(&self) -> usize {
        let most = |of: fn(&(u8, usize, usize)) -> usize| self.components.iter().map(of).max().unwrap_or(1);
        self.width.div_ceil(8 * most(|c| c.1)) * self.height.div_ceil(8 * most(|c| c.2))
    }
}

/// Walks the first scan; none where it does not hold all components, which others then follow.
fn walk(body: &[u8], data: &[u8], tables: &Tables, frame: &Frame, interval: usize) -> Option<bool> {
    let count = usize::from(*body.first()?);
    if count != frame.components.len() {
        return None;
    }
    let entries: Vec<&[u8]> = body.get(1..1 + 2 * count)?.chunks_exact(2).collect();
    let mut blocks = Vec::new();
    for &(number, across, down) in &frame.components {
        let entry = entries.iter().find(|entry| entry[0] == number)?;
        let codes = (tables.of(0, entry[1] >> 4)?, tables.of(1, entry[1] & 15)?);
        // The blocks of a lone component are not grouped.
        let in_a_unit = if count == 1 { 1 } else { across * down };
        blocks.extend(std::iter::repeat_n(codes, in_a_unit));
    }
    let units = match frame.components[..] {
        [_] => frame.width.div_ceil(8) * frame.height.div_ceil(8),
        _ => frame.units(),
    };
    let mut bits = Bits { data, buffer: 0, held: 0 };
    for unit in 0..units {
        if interval > 0 && unit > 0 && unit.is_multiple_of(interval) && bits.restart().is_none() {
            return Some(false);
        }
        if blocks.iter().any(|(first, others)| block(&mut bits, first, others).is_none()) {
            return Some(false);
        }
    }
    Some(true)
}

/// Passes over one block.
fn block(bits: &mut Bits<'_>, first: &Codes, others: &Codes) -> Option<()> {
    let length = bits.symbol(first)?;
    bits.pass(u32::from(length & 15))?;
    let mut at = 1;
    while at < 64 {
        let symbol = bits.symbol(others)?;
        let (zeros, length) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (zeros, length) {
            (15, 0) => at += 16,
            (_, 0) => break,
            _ => {
                bits.pass(length)?;
                at += zeros + 1;
            }
        }
    }
    Some(())
}

/// The Huffman tables so far, by class (0 for the first coefficient, 1 for the others) and number.
#[derive(Default)]
struct Tables {
    held: Vec<(u8, Codes)>,
}

impl Tables {
    fn of(&self, class: u8, number: u8) -> Option<&Codes> {
        self.held.iter().rev().find(|(name, _)| *name == class << 4 | number).map(|(_, codes)| codes)
    }

    fn read(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&name, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let all = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(all)?;
            self.held.push((name, Codes::new(counts, symbols)));
            body = rest;
        }
        Some(())
    }
}

/// Bits of a code that the quick table knows.
const QUICK: u32 = 9;

/// A Huffman table.
struct Codes {
    /// Of each beginning the length of its code and the symbol; length 0 where the code is longer.
    quick: Box<[(u8, u8); 1 << QUICK]>,
    /// Of each length the first code that is too large for it, in 16 bits, and what to add to a code for its place among
    /// the symbols.
    lengths: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Self {
        let mut quick = Box::new([(0, 0); 1 << QUICK]);
        let mut lengths = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_i32);
        for (length, &count) in (1_u32..).zip(counts) {
            let offset = place - code as i32;
            for _ in 0..count {
                if length <= QUICK {
                    let begin = (code << (QUICK - length)) as usize;
                    let entry = (length as u8, symbols[place as usize]);
                    quick.iter_mut().skip(begin).take(1 << (QUICK - length)).for_each(|slot| *slot = entry);
                }
                code += 1;
                place += 1;
            }
            lengths[length as usize] = (code << (16 - length), offset);
            code <<= 1;
        }
        Codes { quick, lengths, symbols: symbols.to_vec() }
    }

    /// The length of the code that 16 bits begin with, and its symbol.
    fn find(&self, beginning: u32) -> Option<(u32, u8)> {
        let (length, symbol) = self.quick[(beginning >> (16 - QUICK)) as usize];
        if length > 0 {
            return Some((u32::from(length), symbol));
        }
        let length = (QUICK + 1..=16).find(|&length| beginning < self.lengths[length as usize].0)?;
        let place = (beginning >> (16 - length)) as i32 + self.lengths[length as usize].1;
        Some((length, *self.symbols.get(usize::try_from(place).ok()?)?))
    }
}

/// The bits of a scan.
struct Bits<'a> {
    data: &'a [u8],
    /// Bits to come, from the top.
    buffer: u64,
    held: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.held <= 56 {
            let byte = match *self.data {
                [0xff, 0x00, ..] => {
                    self.data = &self.data[2..];
                    0xff
                }
                [byte, ..] if byte != 0xff => {
                    self.data = &self.data[1..];
                    byte
                }
                // A marker, or the end.
                _ => return,
            };
            self.buffer |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
    }

    fn pass(&mut self, count: u32) -> Option<()> {
        if self.held < count {
            self.fill();
        }
        self.held = self.held.checked_sub(count)?;
        self.buffer <<= count;
        Some(())
    }

    fn symbol(&mut self, codes: &Codes) -> Option<u8> {
        if self.held < 16 {
            self.fill();
        }
        let (length, symbol) = codes.find((self.buffer >> 48) as u32)?;
        self.pass(length)?;
        Some(symbol)
    }

    /// Goes on behind the restart marker, whose place this is.
    fn restart(&mut self) -> Option<()> {
        (self.buffer, self.held) = (0, 0);
        let at = self.data.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0)?;
        let marker = self.data[at + 1];
        self.data = &self.data[at + 2..];
        (0xd0..=0xd7).contains(&marker).then_some(())
    }
}
