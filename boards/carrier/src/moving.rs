//! Between a run's rings and the ends of a link's edges.

use kws_engine::run::{Arrival, LinkEnd, Outgoing, Taken};
use kws_engine::{LinkEdge, StageFault};
use kws_link::{Inbox, Outbox};

use crate::delivery::{Delivery, Item, mark};

/// Parts that a sender may be ahead.
pub(crate) const WINDOW: u64 = 64;

/// The sending end of an edge, which holds as many blocks as the edge says.
pub(crate) fn outbox(edge: &LinkEdge) -> Outbox<Vec<u8>> {
    let bytes = edge.port.bytes();
    Outbox::new(edge.edge, bytes as u32, vec![0; Outbox::room_for(edge.depth, bytes)])
}

/// The receiving end of an edge.
pub(crate) fn inbox(edge: &LinkEdge) -> Inbox {
    Inbox::new(edge.edge, edge.port.bytes() as u32, WINDOW)
}

/// A number that another start of the program does not have.
pub(crate) fn session() -> u32 {
    let number = getrandom::u32().unwrap_or_else(|_| std::process::id());
    number.max(1)
}

/// From the run to an outbox, as long as that has room: else the run's own ring does what its policy says. What is `sent` already
/// goes nowhere. Whether anything moved.
pub(crate) fn fill(
    outgoing: &mut Outgoing,
    outbox: &mut Outbox<Vec<u8>>,
    sent: impl Fn(&Arrival) -> bool,
) -> bool {
    let mut moved = false;
    let port = outgoing.edge.port.clone();
    while outbox.has_room(port.bytes()) {
        match outgoing.take() {
            Taken::Arrival(arrival, _) if sent(&arrival) => {}
            Taken::Arrival(arrival, buffer) => {
                let mut bytes = Vec::new();
                if arrival.block {
                    bytes.reserve(port.bytes());
                    buffer.to_wire(|byte| bytes.push(byte));
                }
                // There is room, which was asked for.
                let _ = outbox.push(mark(&arrival, &port), bytes.len(), bytes.into_iter());
            }
            Taken::Over(dropped) => {
                (0..dropped).for_each(|_| outbox.drop_block(0));
                outbox.end();
                break;
            }
            Taken::Nothing => break,
        }
        moved = true;
    }
    moved
}

/// From what has come of an edge to the run, as long as the run's rings have room. Whether anything moved.
pub(crate) fn hand_on(end: &mut LinkEnd, at: usize, delivery: &mut Delivery) -> Result<bool, StageFault> {
    let mut moved = false;
    let period = end.incoming[at].edge.port.period;
    while let Some(item) = delivery.front() {
        let incoming = &mut end.incoming[at];
        match item {
            Item::Arrival(..) if !incoming.is_ready() && !incoming.is_closed() => break,
            Item::Over(_) if !incoming.end() => break,
            Item::Arrival(..) | Item::Over(_) => {}
        }
        match delivery.pop() {
            Some(Item::Arrival(arrival, bytes)) => {
                incoming.put(arrival, &bytes)?;
                if arrival.dropped > 0 {
                    let own = if arrival.block { period } else { 0 };
                    let lost = arrival.dropped * period;
                    end.gap(at, arrival.stamp.tick.saturating_sub(own), lost);
                }
            }
            Some(Item::Over(blocks)) if blocks > 0 => {
                let (tick, _) = delivery.reached();
                end.gap(at, tick + blocks * period, blocks * period);
            }
            Some(Item::Over(_)) | None => {}
        }
        moved = true;
    }
    delivery.wait(end.incoming[at].waiting());
    if end.is_stopped() {
        end.incoming[at].end();
    }
    Ok(moved)
}
