//! A request or an answer as it was on the wire (RFC 9112).

use serde_json::Value;

/// A whole message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// The request or status line, without its end.
    pub(crate) start: String,
    /// The header fields in order, with names as they were written.
    pub(crate) fields: Vec<(String, String)>,
    /// The body without chunks.
    pub(crate) body: Vec<u8>,
    /// All bytes of the message. Empty for HTTP/2.
    pub(crate) raw: Vec<u8>,
}

/// The kind of message to read. It decides where the body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Answer,
    /// The answer to `HEAD`.
    AnswerToHead,
}

impl Message {
    /// The first message in `bytes`, where it is whole; `closed` says that no more will come.
    pub(crate) fn read(bytes: &[u8], kind: Kind, closed: bool) -> Option<Message> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let mut message = Message::head(&String::from_utf8_lossy(&bytes[..end - 4]));
        let (body, length) = message.cut_body(&bytes[end..], kind, closed)?;
        message.body = body;
        message.raw = bytes[..end + length].to_vec();
        Some(message)
    }

    fn head(text: &str) -> Message {
        let (start, fields) = text.split_once("\r\n").unwrap_or((text, ""));
        let fields = fields.lines().map(|line| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name.to_owned(), value.trim().to_owned())
        });
        Message { start: start.to_owned(), fields: fields.collect(), ..Message::default() }
    }

    /// The body at the start of `bytes`, and how many of them it takes.
    fn cut_body(&self, bytes: &[u8], kind: Kind, closed: bool) -> Option<(Vec<u8>, usize)> {
        let bodiless = kind == Kind::AnswerToHead
            || (kind == Kind::Answer && matches!(self.status(), 100..=199 | 204 | 304));
        if bodiless {
            return Some((Vec::new(), 0));
        }
        if self.field("transfer-encoding") == Some("chunked") {
            return unchunked(bytes);
        }
        match self.field("content-length") {
            Some(length) => {
                let length = length.parse().ok()?;
                Some((bytes.get(..length)?.to_vec(), length))
            }
            None if kind == Kind::Request => Some((Vec::new(), 0)),
            None => closed.then(|| (bytes.to_vec(), bytes.len())),
        }
    }

    /// Returns the status of an answer.
    pub(crate) fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line")
    }

    /// The value of a field that is there at most once; names in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "{name} stands there {} times", values.len());
        values.first().copied()
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The head without the body, as text.
    pub(crate) fn head_text(&self) -> String {
        let fields = self.fields.iter().map(|(name, value)| format!("{name}: {value}\n"));
        format!("{}\n{}", self.start, fields.collect::<String>())
    }

    /// Every byte as text.
    pub(crate) fn raw_text(&self) -> &str {
        std::str::from_utf8(&self.raw).expect("text")
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Status and type of one of the gateway's own errors, which must have the form that they all have.
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        let error = body["error"].as_object().unwrap_or_else(|| panic!("no error: {}", self.text()));
        assert_eq!(error.keys().collect::<Vec<_>>(), ["type", "message", "request_id"], "{body}");
        assert_eq!(self.field("x-request-id"), error["request_id"].as_str(), "{}", self.head_text());
        assert_eq!(self.field("content-type"), Some("application/json"));
        assert_eq!(self.field("cache-control"), Some("no-store"));
        assert!(self.field("api-version-date").is_some() && self.field("dateline-outcome").is_some());
        (self.status(), error["type"].as_str().expect("a type").to_owned())
    }

    /// The `error.message`.
    pub(crate) fn error_message(&self) -> String {
        self.json()["error"]["message"].as_str().expect("a message").to_owned()
    }
}

/// A chunked body without its chunks, and how many bytes it took; trailers are read over.
fn unchunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let line = line(bytes, at)?;
        let size = std::str::from_utf8(&bytes[at..at + line]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        at += line + 2;
        if size == 0 {
            while self::line(bytes, at)? > 0 {
                at += self::line(bytes, at)? + 2;
            }
            return Some((body, at + 2));
        }
        body.extend_from_slice(bytes.get(at..at + size)?);
        bytes.get(at + size..at + size + 2)?;
        at += size + 2;
    }
}

/// The length of the line at `at`, without its end.
fn line(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.windows(2).position(|two| two == b"\r\n")
}
