//! The sound card.
