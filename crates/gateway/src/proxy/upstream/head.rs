//! The head of an answer that is not plain, or of which the client library has left something out: the library would
//! lose the answer over one odd field, or would not say that there was one. It gets the status and the fields that say
//! where the answer ends; the rest is read here.

use bytes::Bytes;
use dateline_http::fields::REQUEST_ID;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use memchr::memchr;
use std::fmt;

/// The limits for the head of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadLimits {
    pub(super) fields: usize,
    pub(super) bytes: usize,
}

/// Bytes of a line that may be a status line.
const STATUS_LINE_BYTES: usize = 8 << 10;

/// Fields that are left out are named in a log up to this number, and up to this length.
const NAMED: usize = 8;
const NAME_BYTES: usize = 64;

/// Fields without which an answer would be read as something else, or kept by somebody who must not: they are not
/// left out, in letters only.
const MEANING: [(&str, &str); 8] = [
    ("cachecontrol", "Cache-Control"),
    ("connection", "Connection"),
    ("contentencoding", "Content-Encoding"),
    ("contentrange", "Content-Range"),
    ("contenttype", "Content-Type"),
    ("expires", "Expires"),
    ("surrogatecontrol", "Surrogate-Control"),
    ("vary", "Vary"),
];

/// A reason why the head of an answer is refused: limits and names of this program, nothing that the upstream has
/// written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadFault {
    #[error("more than {0} fields (limits.response_headers)")]
    Fields(usize),
    #[error("more than {0} bytes (limits.response_head_bytes)")]
    Bytes(usize),
    #[error("a Content-Length or Transfer-Encoding that is folded, or has a byte that no field may have")]
    Framing,
    #[error("{0} has a byte that no field may have")]
    Meaning(&'static str),
}

/// Fields of an answer that could not be read, and were left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeftOut {
    names: Vec<HeaderName>,
    nameless: usize,
}

impl LeftOut {
    /// Returns the number of fields.
    pub(crate) fn count(&self) -> usize {
        self.names.len() + self.nameless
    }

    /// Tells whether a field with one of these names is among them.
    pub(crate) fn has_any(&self, names: &[HeaderName]) -> bool {
        names.iter().any(|name| self.names.contains(name))
    }
}

/// Names only, and of those without one how many there are: what stands in place of a name may be anything.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.names.iter().filter(|name| name.as_str().len() <= NAME_BYTES).take(NAMED);
        let mut told = 0;
        for name in short {
            write!(f, "{}{name}", if told > 0 { ", " } else { "" })?;
            told += 1;
        }
        match self.count() - told {
            0 => Ok(()),
            more if told == 0 => write!(f, "{more} without a name"),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// The head of an answer as it was read.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) left_out: LeftOut,
}

/// The start of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeadStart {
    /// The bytes are not the start of an answer.
    Other,
    /// The status line is not complete yet.
    Partial,
    /// The status line is complete.
    Line { status: StatusCode, modern: bool, end: usize },
}

/// Reads the start of an answer. Empty lines before it are skipped, as the library does.
pub(super) fn start(bytes: &[u8]) -> HeadStart {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let line = &bytes[blank..];
    let known = b"HTTP/1.".len().min(line.len());
    if line[..known] != b"HTTP/1."[..known] {
        return HeadStart::Other;
    }
    match memchr(b'\n', line) {
        Some(end) => status_line(&line[..end], blank + end + 1),
        None if line.len() > STATUS_LINE_BYTES => HeadStart::Other,
        None => HeadStart::Partial,
    }
}

fn status_line(line: &[u8], end: usize) -> HeadStart {
    let [_, _, _, _, _, _, _, minor @ (b'0' | b'1'), b' ', digits @ ..] = line else {
        return HeadStart::Other;
    };
    let (digits, behind) = digits.split_at(digits.len().min(3));
    match StatusCode::from_bytes(digits) {
        Ok(status) if matches!(behind.first(), None | Some(b' ' | b'\r')) => {
            HeadStart::Line { status, modern: *minor == b'1', end }
        }
        _ => HeadStart::Other,
    }
}

/// Returns the end of a head whose lines begin at `from`: the offset behind the first empty line.
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let line_end = at + memchr(b'\n', bytes.get(at..)?)?;
        if matches!(&bytes[at..line_end], b"" | b"\r") {
            return Some(line_end + 1);
        }
        at = line_end + 1;
    }
}

/// Reads the fields of a whole head, and writes into `text` what the library has to know of it.
///
/// White space before a colon is taken away (RFC 9112, 5.1) and a folded value is made one line (5.2). A field with a
/// byte that none may have is left out, unless the answer would be another one without it.
///
/// # Errors
/// [`HeadFault`] where the answer is not to be had.
pub(super) fn read(
    head: &[u8],
    start: (StatusCode, bool, usize),
    most: usize,
    text: &mut Vec<u8>,
) -> Result<Head, HeadFault> {
    let (status, modern, from) = start;
    text.extend_from_slice(if modern { b"HTTP/1.1 " } else { b"HTTP/1.0 " });
    text.extend_from_slice(status.as_str().as_bytes());
    text.extend_from_slice(b" \r\n");
    let shared = Bytes::copy_from_slice(head);
    let mut read = Head { status, headers: HeaderMap::new(), left_out: LeftOut::default() };
    let (mut at, mut count) = (from, 0);
    while let Some(length) = memchr(b'\n', &head[at..]) {
        let line = at..at + length - usize::from(length > 0 && head[at + length - 1] == b'\r');
        if line.is_empty() {
            break;
        }
        count += 1;
        if count > most {
            return Err(HeadFault::Fields(most));
        }
        at += length + 1;
        let field = match head.get(at) {
            Some(b' ' | b'\t') => {
                let unfolded = unfolded(head, line, &mut at);
                field(&unfolded, &Bytes::copy_from_slice(&unfolded), 0).and_then(|field| {
                    if is_framing(&field.0) { Err(UnreadableField::Framing) } else { Ok(field) }
                })
            }
            _ => field(&head[line.clone()], &shared, line.start),
        };
        match field {
            Ok((name, value)) => {
                tell(text, modern, &name, &value);
                read.headers.try_append(name, value).map_err(|_| HeadFault::Fields(count))?;
            }
            Err(odd) => read.left_out.add(odd)?,
        }
    }
    text.extend_from_slice(b"\r\n");
    Ok(read)
}

/// A line and those that continue it as one; `at` is moved behind them.
fn unfolded(head: &[u8], line: std::ops::Range<usize>, at: &mut usize) -> Vec<u8> {
    let mut joined = head[line].trim_ascii_end().to_vec();
    while matches!(head.get(*at), Some(b' ' | b'\t')) {
        let Some(length) = memchr(b'\n', &head[*at..]) else { break };
        let more = &head[*at..*at + length];
        let more = more.strip_suffix(b"\r").unwrap_or(more);
        joined.push(b' ');
        joined.extend_from_slice(trimmed(more));
        *at += length + 1;
    }
    joined
}

/// A field that cannot be read.
enum UnreadableField {
    /// A field that may define where the answer ends.
    Framing,
    /// A field that may define what the answer means.
    Meaning(&'static str),
    Named(HeaderName),
    Nameless,
}

/// A line as a field; `shared` has its bytes from `offset` on.
fn field(line: &[u8], shared: &Bytes, offset: usize) -> Result<(HeaderName, HeaderValue), UnreadableField> {
    let Some(colon) = memchr(b':', line) else { return Err(odd(line, None)) };
    let name = trimmed_end(&line[..colon]);
    let Ok(name) = HeaderName::from_bytes(name) else { return Err(odd(name, None)) };
    let value = trimmed(&line[colon + 1..]);
    let begin = match value.is_empty() {
        true => offset,
        false => offset + colon + 1 + leading(&line[colon + 1..]),
    };
    match HeaderValue::from_maybe_shared(shared.slice(begin..begin + value.len())) {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(odd(name.as_str().as_bytes(), Some(&name))),
    }
}

/// Classifies a line that cannot be read by the letters of its name, so that no byte between them hides its meaning.
fn odd(text: &[u8], name: Option<&HeaderName>) -> UnreadableField {
    let letters: String = text
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .map(|byte| byte.to_ascii_lowercase() as char)
        .collect();
    if letters.contains("contentlength") || letters.contains("transferencoding") {
        return UnreadableField::Framing;
    }
    let meaning = MEANING.iter().find(|(plain, _)| letters.starts_with(plain));
    match (meaning, name) {
        (Some((_, told)), _) => UnreadableField::Meaning(told),
        (None, _) if letters.ends_with("cachecontrol") => UnreadableField::Meaning("Cache-Control"),
        (None, Some(name)) => UnreadableField::Named(name.clone()),
        (None, None) => UnreadableField::Nameless,
    }
}

impl LeftOut {
    fn add(&mut self, odd: UnreadableField) -> Result<(), HeadFault> {
        match odd {
            UnreadableField::Framing => return Err(HeadFault::Framing),
            UnreadableField::Meaning(name) => return Err(HeadFault::Meaning(name)),
            UnreadableField::Named(name) => self.names.push(name),
            UnreadableField::Nameless => self.nameless += 1,
        }
        Ok(())
    }
}

fn is_framing(name: &HeaderName) -> bool {
    *name == header::CONTENT_LENGTH || *name == header::TRANSFER_ENCODING
}

/// Tells the library a field that it acts upon, as it was read.
fn tell(text: &mut Vec<u8>, modern: bool, name: &HeaderName, value: &HeaderValue) {
    let is_default = || modern && value.as_bytes().eq_ignore_ascii_case(b"keep-alive");
    if is_framing(name) || (*name == header::CONNECTION && !is_default()) {
        text.extend_from_slice(name.as_str().as_bytes());
        text.push(b':');
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
}

/// The upstream's id of the request, by itself.
pub(super) fn id_of(head: &[u8]) -> HeaderMap {
    find(head, &REQUEST_ID).map(|id| (REQUEST_ID, id)).into_iter().collect()
}

/// The value of the first whole field of this name, whatever else the head is like.
fn find(head: &[u8], name: &HeaderName) -> Option<HeaderValue> {
    let lines = head.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    lines.skip(1).find_map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (found, value) = line.split_at(memchr(b':', line)?);
        let found = trimmed_end(found).eq_ignore_ascii_case(name.as_str().as_bytes());
        found.then(|| HeaderValue::from_bytes(trimmed(&value[1..])).ok())?
    })
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn leading(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_space(**byte)).count()
}

fn trimmed_end(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().rev().take_while(|byte| is_space(**byte)).count();
    &bytes[..bytes.len() - spaces]
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let bytes = trimmed_end(bytes);
    &bytes[leading(bytes)..]
}

#[cfg(test)]
mod tests;
