//! What an earlier run of a sender has stored of its stream, in which another one goes on.

use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use futures_util::StreamExt;
use kws_engine::LinkEdge;
use kws_engine::run::Time;
use kws_link::{Data, Frame, Inbox, Mark, Part};
use std::io;

use super::bus::messages;
use super::seal::unseal;
use crate::delivery::time;
use crate::moving::inbox;
use crate::nats::other;

/// Messages that are read, at first and then, where these do not tell enough.
const BACK: [u64; 3] = [512, 1 << 14, u64::MAX];

/// What an earlier run of a sender has stored.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    /// Its session.
    pub(crate) session: u32,
    /// What there is of each edge.
    pub(crate) edges: Vec<EdgeTail>,
}

/// What an earlier run has stored of an edge.
#[derive(Clone, Debug, Default)]
pub(crate) struct EdgeTail {
    /// The part that comes after the last whole block.
    pub(crate) next: u64,
    /// Blocks of the stream, and ticks lost before the link, up to there.
    pub(crate) blocks: u64,
    pub(crate) lost: u64,
    /// The moment of the last whole block.
    pub(crate) time: Option<Time>,
    /// Whether the stream is over.
    pub(crate) is_over: bool,
}

/// Reads what is stored under a subject of the last session there; `None` where there is nothing.
pub(super) async fn tail(stream: &Stream, subject: &str, edges: &[LinkEdge]) -> io::Result<Option<Tail>> {
    let last = match stream.get_last_raw_message_by_subject(subject).await {
        Ok(last) => last,
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => return Ok(None),
        Err(error) => return Err(other(error)),
    };
    let frame = unseal(&last.payload).map(Frame::read);
    let Some(Ok(Frame::Data(Data { session, .. }))) = frame else { return Ok(None) };
    for back in BACK {
        let from = last.sequence.saturating_sub(back) + 1;
        let mut frames = Vec::new();
        let mut messages = messages(stream, subject.to_owned(), from).await?;
        while let Some(message) = messages.next().await {
            let message = message.map_err(other)?;
            let sequence = message.info().map_err(io::Error::other)?.stream_sequence;
            frames.extend(unseal(&message.payload).map(<[u8]>::to_vec));
            if sequence >= last.sequence {
                break;
            }
        }
        let tails: Option<Vec<_>> = edges.iter().map(|edge| of(&frames, session, edge, from == 1)).collect();
        if let Some(edges) = tails {
            return Ok(Some(Tail { session, edges }));
        }
    }
    Ok(None)
}

/// What there is of an edge; `None` where these frames do not tell.
fn of(frames: &[Vec<u8>], session: u32, edge: &LinkEdge, is_all: bool) -> Option<EdgeTail> {
    let mut parts: Vec<Data<'_>> = frames
        .iter()
        .filter_map(|frame| match Frame::read(frame) {
            Ok(Frame::Data(data)) if data.session == session && data.edge == edge.edge => Some(data),
            _ => None,
        })
        .collect();
    // Some come twice, and late.
    parts.sort_by_key(|data| data.sequence);
    parts.dedup_by_key(|data| data.sequence);
    let mut inbox: Inbox = inbox(edge);
    inbox.begin(session, parts.first().map_or(0, |data| data.sequence));
    let mut tail = EdgeTail::default();
    let mut begun: Option<Mark> = None;
    let mut has_some = false;
    for data in &parts {
        match inbox.take(data) {
            Some(Part::Block { begins, completes, .. }) => {
                begun = begins.or(begun);
                if let Some(mark) = begun.take_if(|_| completes) {
                    tail.blocks += mark.blocks + u64::from(mark.block);
                    tail.lost += mark.lost;
                    tail.time = Some(time(&mark, edge.port.clock));
                    (tail.next, has_some) = (data.sequence + 1, true);
                }
            }
            Some(Part::Over { .. }) => (tail.is_over, has_some) = (true, true),
            None => {}
        }
    }
    (has_some || is_all).then_some(tail)
}
