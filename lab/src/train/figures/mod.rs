//! What a run and a network come to, for people.

pub(crate) mod assess;
pub(crate) mod confidence;
pub(crate) mod curves;
pub(crate) mod metrics;
pub(crate) mod outline;
