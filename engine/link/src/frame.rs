//! What travels over a link.

use crate::bytes::{Reader, Writer};

/// The version of the protocol, which both ends must share.
pub const PROTOCOL: u8 = 2;

/// The most bytes of a block in one data frame.
pub const PART: usize = 1024;

/// The most edges that a link has in each direction.
pub const HELLO_EDGES: usize = 8;

/// Bytes of a frame before a part of a block: kind, edge, session, number, mark.
const HEAD: usize = 128;

/// The most bytes of a frame.
pub const MAX_FRAME: usize = PART + HEAD;

/// What travels over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "there is no allocator to box it with")]
pub enum Frame<'a> {
    /// The first frame of a connection, and the answer to it.
    Hello(Hello),
    /// A part of an edge's stream.
    Data(Data<'a>),
    /// What has come of an edge's stream.
    Ack(Ack),
    /// From where a receiver that starts again goes on, which its sender keeps for it.
    Bookmark(Bookmark),
    /// What a receiver has of an edge's stream, for a sender that starts again.
    Tail(Tail),
    /// The other end is there.
    Ping,
    /// The other end leaves in order: it has nothing more to send, and has all that it is to receive.
    End,
}

/// Who speaks, and what it knows of the streams that it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u8,
    /// The session of the hello that it answers; 0 where it asks for an answer itself.
    pub answers: u32,
    /// What the two places must agree about: the edges between them and all that stands before those.
    pub pipeline: u64,
    /// The number of the sender's session.
    pub session: u32,
    /// What the sender wants, and what whoever is answered wanted.
    pub wants: Wants,
    /// See [`wants`](Self::wants); nothing where it asks itself.
    pub answers_to: Wants,
    /// The session whose streams this one goes on with; 0 where they begin anew.
    pub continues: u32,
    /// For each edge that it sends its number, and the bytes of a block.
    pub sends: [Option<(u8, u32)>; HELLO_EDGES],
    /// For each edge that it receives its number, and what it has.
    pub has: [Option<(u8, Known)>; HELLO_EDGES],
}

/// What the sender of a hello wants of whoever answers: bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants(pub(crate) u8);

impl Wants {
    /// It has started again, and what it receives is to go on from its bookmark, which it wants to have first.
    pub(crate) const BOOKMARK: Wants = Wants(1);
    /// It has started again, and does not know yet whether what it sends goes on: it wants to know first what the receiver has.
    pub(crate) const TAILS: Wants = Wants(2);
    /// It reads again what an earlier run has acknowledged.
    pub(crate) const AGAIN: Wants = Wants(4);
    /// In an answer: there is a bookmark.
    pub(crate) const MARKED: Wants = Wants(8);
    /// What must be answered before anything else.
    const QUESTIONS: u8 = 3;

    pub(crate) const fn has(self, other: Wants) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn set(&mut self, other: Wants) {
        self.0 |= other.0;
    }

    pub(crate) const fn unset(&mut self, other: Wants) {
        self.0 &= !other.0;
    }

    /// Whether both ask for the same.
    pub(crate) const fn asks_as(self, other: Wants) -> bool {
        self.0 & Wants::QUESTIONS == other.0 & Wants::QUESTIONS
    }
}

/// What a receiver has of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The session of the sender whose stream it has; 0 where it has none.
    pub session: u32,
    /// The first part that it does not have.
    pub next: u64,
    /// The sender may send parts below this.
    pub limit: u64,
}

/// A part of an edge's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'a> {
    /// The edge.
    pub edge: u8,
    /// The session of its sender.
    pub session: u32,
    /// Counts the parts of the stream.
    pub sequence: u64,
    /// What it is, see [`Outbox`](crate::Outbox).
    pub body: &'a [u8],
}

/// What has come of an edge's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The edge.
    pub edge: u8,
    /// What its receiver has.
    pub known: Known,
    /// Whether something is missing, so that the sender must go back.
    pub again: bool,
}

/// From where a receiver that starts again goes on. Only the receiver knows what a moment is: the sender keeps it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// The session of the sender whose streams it is in.
    pub session: u32,
    /// What the receiver adds to the sender's ticks: the time that earlier sessions took, as a tick of a clock.
    pub base: (u64, u32),
    /// All up to here is done with, and other places have what goes there.
    pub done: (u64, u32),
    /// All up to here is done with but for what other places do not have yet.
    pub heard: (u64, u32),
    /// Edges by their numbers, and the first part of each that is read again.
    edges: [u8; HELLO_EDGES],
    from: [u64; HELLO_EDGES],
    len: u8,
}

/// What a receiver has of an edge's stream: all blocks before a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The edge.
    pub edge: u8,
    /// The session of the sender whose stream it has; 0 where it has none.
    pub session: u32,
    /// The part that comes after the last whole block.
    pub next: u64,
    /// Blocks of the stream, and ticks lost before the link, up to there.
    pub blocks: u64,
    /// See [`blocks`](Self::blocks).
    pub lost: u64,
    /// The tick of the last block, and its place in the order of things where that does not say it.
    pub last: Option<(u64, Option<Moment>)>,
    /// Whether the stream is over.
    pub over: bool,
}

/// When a block was complete, and what its sender counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether there is a block; else it is mere progress.
    pub block: bool,
    /// Tick that completed it.
    pub tick: u64,
    /// Blocks of the stream, up to and with this one, those that were lost included.
    pub blocks: u64,
    /// Ticks lost before the link, of the whole stream up to here.
    pub lost: u64,
    /// Its place in the order of things, where the tick does not say it.
    pub order: Option<Order>,
}

/// The place of a block in the order of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// That of the block.
    pub time: Moment,
    /// Whatever comes next is later than this.
    pub known: Moment,
}

/// A moment of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Ticks since the start.
    pub tick: u64,
    /// Ticks in a second.
    pub clock: u32,
    /// Counts those of one tick from 0.
    pub nth: u32,
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

const HELLO: u8 = b'H';
const DATA: u8 = b'D';
const ACK: u8 = b'A';
const BOOKMARK: u8 = b'B';
const TAIL: u8 = b'T';
const PING: u8 = b'P';
const END: u8 = b'E';

impl<'a> Frame<'a> {
    /// Writes the frame; how many bytes it took.
    ///
    /// # Errors
    /// When `out` is too short: [`MAX_FRAME`] bytes are always enough.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, Broken> {
        let mut writer = Writer::new(out);
        match self {
            Frame::Hello(hello) => hello.write(&mut writer),
            Frame::Data(data) => {
                data_head(&mut writer, data.edge, data.session, data.sequence);
                writer.bytes(data.body);
            }
            Frame::Ack(Ack { edge, known, again }) => {
                writer.bytes(&[ACK, *edge, u8::from(*again)]);
                known.write(&mut writer);
            }
            Frame::Bookmark(bookmark) => bookmark.write(&mut writer),
            Frame::Tail(tail) => tail.write(&mut writer),
            Frame::Ping => writer.byte(PING),
            Frame::End => writer.byte(END),
        }
        writer.finish().ok_or(Broken)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Broken> {
        Frame::parse(bytes).ok_or(Broken)
    }

    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let frame = match reader.byte()? {
            HELLO => Frame::Hello(Hello::read(&mut reader)?),
            DATA => {
                let edge = reader.byte()?;
                let session = u32::from_le_bytes(reader.array()?);
                let sequence = reader.number()?;
                return Some(Frame::Data(Data { edge, session, sequence, body: reader.rest() }));
            }
            ACK => {
                let (edge, again) = (reader.byte()?, reader.byte()? != 0);
                Frame::Ack(Ack { edge, again, known: Known::read(&mut reader)? })
            }
            BOOKMARK => Frame::Bookmark(Bookmark::read(&mut reader)?),
            TAIL => Frame::Tail(Tail::read(&mut reader)?),
            PING => Frame::Ping,
            END => Frame::End,
            _ => return None,
        };
        reader.is_empty().then_some(frame)
    }
}

/// Writes what stands before the body of a data frame.
pub(crate) fn data_head(writer: &mut Writer<'_>, edge: u8, session: u32, sequence: u64) {
    writer.bytes(&[DATA, edge]);
    writer.bytes(&session.to_le_bytes());
    writer.number(sequence);
}

impl Hello {
    /// Says nothing.
    pub(crate) const NOBODY: Hello = Hello {
        protocol: PROTOCOL,
        answers: 0,
        pipeline: 0,
        session: 0,
        wants: Wants(0),
        answers_to: Wants(0),
        continues: 0,
        sends: [None; HELLO_EDGES],
        has: [None; HELLO_EDGES],
    };

    fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&[HELLO, self.protocol]);
        writer.bytes(&self.answers.to_le_bytes());
        writer.bytes(&self.pipeline.to_le_bytes());
        writer.bytes(&self.session.to_le_bytes());
        writer.bytes(&[self.wants.0, self.answers_to.0]);
        writer.bytes(&self.continues.to_le_bytes());
        writer.byte(self.sends.iter().flatten().count() as u8);
        for (edge, bytes) in self.sends.iter().flatten() {
            writer.byte(*edge);
            writer.number(u64::from(*bytes));
        }
        writer.byte(self.has.iter().flatten().count() as u8);
        for (edge, known) in self.has.iter().flatten() {
            writer.byte(*edge);
            known.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let protocol = reader.byte()?;
        let answers = u32::from_le_bytes(reader.array()?);
        let pipeline = u64::from_le_bytes(reader.array()?);
        let session = u32::from_le_bytes(reader.array()?);
        let mut hello = Hello { protocol, answers, pipeline, session, ..Hello::NOBODY };
        if protocol != PROTOCOL {
            // All versions begin like this, which is enough to refuse the others.
            *reader = Reader(&[]);
            return Some(hello);
        }
        (hello.wants, hello.answers_to) = (Wants(reader.byte()?), Wants(reader.byte()?));
        hello.continues = u32::from_le_bytes(reader.array()?);
        for index in 0..usize::from(reader.byte()?) {
            *hello.sends.get_mut(index)? = Some((reader.byte()?, reader.small()?));
        }
        for index in 0..usize::from(reader.byte()?) {
            *hello.has.get_mut(index)? = Some((reader.byte()?, Known::read(reader)?));
        }
        Some(hello)
    }
}

impl Bookmark {
    /// A bookmark from whose parts on each edge is read again.
    pub fn new(
        session: u32,
        base: (u64, u32),
        done: (u64, u32),
        heard: (u64, u32),
        from: impl IntoIterator<Item = (u8, u64)>,
    ) -> Self {
        let none = [0; HELLO_EDGES];
        let edges = [0; HELLO_EDGES];
        let mut bookmark = Bookmark { session, base, done, heard, edges, from: none, len: 0 };
        let places = bookmark.edges.iter_mut().zip(&mut bookmark.from);
        for ((edge, place), from) in places.zip(from) {
            (*edge, *place) = from;
            bookmark.len += 1;
        }
        bookmark
    }

    /// For each edge the first part that is read again.
    fn places(&self) -> impl Iterator<Item = (u8, u64)> {
        self.edges.into_iter().zip(self.from).take(usize::from(self.len))
    }

    /// The first part of an edge that is read again.
    pub fn from(&self, edge: u8) -> u64 {
        self.places().find(|(of, _)| *of == edge).map_or(0, |(_, from)| from)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.byte(BOOKMARK);
        writer.bytes(&self.session.to_le_bytes());
        for (tick, clock) in [self.base, self.done, self.heard] {
            writer.number(tick);
            writer.number(u64::from(clock));
        }
        writer.byte(self.len);
        for (edge, from) in self.places() {
            writer.byte(edge);
            writer.number(from);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let session = u32::from_le_bytes(reader.array()?);
        let mut moment = || Some((reader.number()?, reader.small()?));
        let (base, done, heard) = (moment()?, moment()?, moment()?);
        let mut bookmark = Bookmark::new(session, base, done, heard, []);
        bookmark.len = reader.byte()?;
        for index in 0..usize::from(bookmark.len) {
            *bookmark.edges.get_mut(index)? = reader.byte()?;
            *bookmark.from.get_mut(index)? = reader.number()?;
        }
        Some(bookmark)
    }
}

impl Tail {
    fn write(&self, writer: &mut Writer<'_>) {
        let of = |is: bool, flag: u8| if is { flag } else { 0 };
        let time = self.last.and_then(|(_, time)| time);
        let flags = of(self.last.is_some(), 1) | of(time.is_some(), 2) | of(self.over, 4);
        writer.bytes(&[TAIL, self.edge]);
        writer.bytes(&self.session.to_le_bytes());
        writer.byte(flags);
        [self.next, self.blocks, self.lost].into_iter().for_each(|number| writer.number(number));
        if let Some((tick, _)) = self.last {
            writer.number(tick);
        }
        if let Some(time) = time {
            time.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let edge = reader.byte()?;
        let session = u32::from_le_bytes(reader.array()?);
        let flags = reader.byte()?;
        let (next, blocks, lost) = (reader.number()?, reader.number()?, reader.number()?);
        let last = match flags & 3 {
            0 => None,
            1 => Some((reader.number()?, None)),
            3 => Some((reader.number()?, Some(Moment::read(reader)?))),
            _ => return None,
        };
        Some(Tail { edge, session, next, blocks, lost, last, over: flags & 4 != 0 })
    }
}

impl Moment {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.number(self.tick);
        writer.number(u64::from(self.clock));
        writer.number(u64::from(self.nth));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Moment { tick: reader.number()?, clock: reader.small()?, nth: reader.small()? })
    }
}

impl Known {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.session.to_le_bytes());
        writer.number(self.next);
        writer.number(self.limit);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let session = u32::from_le_bytes(reader.array()?);
        Some(Known { session, next: reader.number()?, limit: reader.number()? })
    }
}

/// What the first byte of a body says.
pub(crate) mod body {
    /// A part begins a block, or is mere progress: a mark follows, then the bytes of the block in all.
    pub(crate) const FIRST: u8 = 1;
    /// With [`FIRST`]: there is a block.
    pub(crate) const BLOCK: u8 = 2;
    /// With [`FIRST`]: the order follows the mark.
    pub(crate) const ORDER: u8 = 4;
    /// The sender has nothing older: what was before this part has come, or will never come.
    pub(crate) const OLDEST: u8 = 16;
    /// The stream is over: the counts of blocks and of lost ticks follow.
    pub(crate) const OVER: u8 = 8;
}

impl Mark {
    pub(crate) fn write(&self, writer: &mut Writer<'_>, bytes: usize) {
        let of = |is: bool, flag: u8| if is { flag } else { 0 };
        writer.byte(body::FIRST | of(self.block, body::BLOCK) | of(self.order.is_some(), body::ORDER));
        writer.number(self.tick);
        writer.number(self.blocks);
        writer.number(self.lost);
        for moment in self.order.iter().flat_map(|order| [order.time, order.known]) {
            moment.write(writer);
        }
        writer.number(bytes as u64);
    }

    /// The mark and the bytes of the block in all, behind the flags.
    pub(crate) fn read(flags: u8, reader: &mut Reader<'_>) -> Option<(Self, usize)> {
        let (tick, blocks, lost) = (reader.number()?, reader.number()?, reader.number()?);
        let order = match flags & body::ORDER {
            0 => None,
            _ => Some(Order { time: Moment::read(reader)?, known: Moment::read(reader)? }),
        };
        let mark = Mark { block: flags & body::BLOCK != 0, tick, blocks, lost, order };
        Some((mark, usize::try_from(reader.number()?).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back() {
        let known = Known { session: 0xDEAD_BEEF, next: 1 << 40, limit: u64::MAX };
        let mut hello = Hello {
            protocol: PROTOCOL,
            answers: 0x0102_0304,
            pipeline: u64::MAX - 5,
            session: 7,
            wants: Wants::TAILS,
            answers_to: Wants::BOOKMARK,
            continues: 0x0A0B_0C0D,
            sends: [Some((3, 640)); HELLO_EDGES],
            has: [Some((255, known)); HELLO_EDGES],
        };
        let body = [9; PART];
        let last = Some((8, Some(Moment { tick: 1, clock: 2, nth: 3 })));
        let tail = Tail { edge: 4, session: 6, next: 300, blocks: 200, lost: 1 << 33, last, over: false };
        let data = Data { edge: 200, session: u32::MAX, sequence: u64::MAX, body: &body };
        let frames = [
            Frame::Hello(hello),
            Frame::Data(data),
            Frame::Ack(Ack { edge: 0, known, again: true }),
            Frame::Bookmark(Bookmark::new(
                5,
                (u64::MAX, u32::MAX),
                (7, 16_000),
                (8, 16_000),
                [(9, u64::MAX); HELLO_EDGES],
            )),
            Frame::Bookmark(Bookmark::new(5, (0, 1), (0, 1), (0, 1), [])),
            Frame::Tail(Tail { last: Some((8, None)), ..tail }),
            Frame::Tail(Tail { last: None, over: true, ..tail }),
            Frame::Tail(tail),
            Frame::Ping,
            Frame::End,
        ];
        let mut out = [0; MAX_FRAME];
        for frame in frames {
            let len = frame.write(&mut out).unwrap();
            assert_eq!(Frame::read(&out[..len]), Ok(frame));
            assert_eq!(frame.write(&mut out[..len - 1]), Err(Broken), "no room");
            if !matches!(frame, Frame::Data(_)) {
                assert_eq!(Frame::read(&out[..len + 1]), Err(Broken), "something follows");
                assert_eq!(Frame::read(&out[..len - 1]), Err(Broken), "cut short");
            }
        }
        hello.has[1..].fill(None);
        let len = Frame::Hello(hello).write(&mut out).unwrap();
        assert_eq!(Frame::read(&out[..len]), Ok(Frame::Hello(hello)));
    }

    #[test]
    fn a_hello_of_another_version_is_known_by_its_beginning() {
        let hello = Hello { protocol: 1, answers: 0, pipeline: 5, session: 7, ..Hello::NOBODY };
        let mut out = [0; MAX_FRAME];
        let len = Frame::Hello(hello).write(&mut out).unwrap();
        // What follows in that version is nothing that this one can know.
        out[len..len + 9].fill(0xFF);
        assert_eq!(Frame::read(&out[..len + 9]), Ok(Frame::Hello(hello)));
    }
}
