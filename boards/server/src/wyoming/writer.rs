//! Writing messages.

use serde_json::{Value, json};

/// Appends a message without payload. Its data goes out of line, as the Python package writes it: peers limit the
/// length of a header.
pub(crate) fn write(out: &mut Vec<u8>, kind: &str, data: &Value) {
    let version = env!("CARGO_PKG_VERSION");
    let empty = data.as_object().is_none_or(serde_json::Map::is_empty);
    let data = if empty { Vec::new() } else { data.to_string().into_bytes() };
    let mut header = json!({"type": kind, "version": version});
    if !empty {
        header["data_length"] = data.len().into();
    }
    out.extend_from_slice(header.to_string().as_bytes());
    out.push(b'\n');
    out.extend_from_slice(&data);
}
