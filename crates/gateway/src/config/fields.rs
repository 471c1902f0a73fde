//! Header fields in a file of their own, so that no key is on a command line or in a configuration.

use http::{HeaderMap, HeaderName, HeaderValue};

/// A line that is not `name: value`, by its number from 1. Its text may be secret, so it is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not `name: value`")]
pub struct NotAField(pub(crate) usize);

/// Reads lines of `name: value`, without blank lines and those that begin with `#`. The values are marked sensitive.
///
/// # Errors
/// A line is no field: the first such line.
pub fn fields(bytes: &[u8]) -> Result<HeaderMap, NotAField> {
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
