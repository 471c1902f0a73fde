//! Header fields in a file of their own, so that a key stands on no command line and in no configuration.

use http::{HeaderMap, HeaderName, HeaderValue};

/// A line is not `name: value`; its number, from 1. What stands there may be secret, so nothing of it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not `name: value`")]
pub(crate) struct NotAField(pub(crate) usize);

/// The lines of a file, each `name: value`; blank lines and those that begin with `#` are none. The values are marked
/// sensitive.
///
/// # Errors
/// The first line that is no field.
pub(crate) fn fields(bytes: &[u8]) -> Result<HeaderMap, NotAField> {
    let mut headers = HeaderMap::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").map(<[u8]>::trim_ascii).map(HeaderValue::from_bytes);
        match (HeaderName::from_bytes(name), value) {
            (Ok(name), Some(Ok(mut value))) if value.to_str().is_ok() => {
                value.set_sensitive(true);
                headers.append(name, value);
            }
            _ => return Err(NotAField(number + 1)),
        }
    }
    Ok(headers)
}
