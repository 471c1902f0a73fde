//! Requests, as a client writes them.

use super::{
    message::{Kind, Message},
    v,
};
use bytes::Bytes;
use dateline_gateway::Config;
use dateline_http::policy::{Client, Match, OnLoss};
use http::{Request, Response};
use http_body_util::Full;

/// A request with host and bearer token, to which more can be added.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// Path and query as written.
    pub(crate) target: String,
    /// The header fields except `Host` and `Content-Length`.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    host: String,
}

/// A `GET`.
pub(crate) fn get(target: &str) -> Ask {
    ask("GET", target)
}

/// A request with another method.
pub(crate) fn ask(method: &str, target: &str) -> Ask {
    let ask = Ask {
        method: method.to_owned(),
        target: target.to_owned(),
        fields: Vec::new(),
        body: Vec::new(),
        host: "gateway.test".to_owned(),
    };
    ask.with("authorization", "Bearer test")
}

/// A configured client, by what its requests are known by.
pub(crate) fn known_client(name: &str, pin: Option<&str>, matcher: Match) -> Client {
    let (name, pin) = (name.to_owned(), pin.map(v));
    Client { name, pin, matcher, upstream_version: None, losses: OnLoss::default() }
}

/// Adds a client that refuses losses: [`strict`] makes a request come from it.
pub(crate) fn refusing(config: &mut Config) {
    let matcher = Match::Host("strict.test".to_owned());
    config.clients.push(Client { losses: OnLoss::Refuse, ..known_client("strict", None, matcher) });
}

/// Makes the request come from the client that refuses losses.
pub(crate) fn strict(ask: Ask) -> Ask {
    ask.host("strict.test")
}

impl Ask {
    /// One more field.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes the fields of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Sets the version header.
    pub(crate) fn pin(self, version: &str) -> Self {
        self.with("api-version-date", version)
    }

    /// Sets the host.
    pub(crate) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Sets a JSON body.
    pub(crate) fn json(self, body: &str) -> Self {
        self.with("content-type", "application/json").body(body)
    }

    /// Sets a form-encoded body.
    pub(crate) fn form(self, body: &str) -> Self {
        self.with("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// Sets a body of any kind.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The request as HTTP/1.1; a body has its length.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.host);
        self.fields.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        if !self.body.is_empty() {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }

    /// The request as HTTP/1.0, in which the end of the connection ends an answer without a length.
    pub(crate) fn bytes10(&self) -> Vec<u8> {
        let bytes = self.bytes();
        let at = bytes.windows(8).position(|eight| eight == b"HTTP/1.1").expect("a request line");
        [&bytes[..at], b"HTTP/1.0", &bytes[at + 8..]].concat()
    }

    /// The request as HTTP/2 takes it.
    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        let uri = format!("http://{}{}", self.host, self.target);
        let mut request = Request::builder().method(self.method.as_str()).uri(uri);
        for (name, value) in &self.fields {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(self.body.clone()))).expect("a request")
    }

    /// Returns the kind of message that the answer is read as.
    pub(crate) fn answer_kind(&self) -> Kind {
        if self.method == "HEAD" { Kind::AnswerToHead } else { Kind::Answer }
    }
}

impl Message {
    /// An answer that was no text on a wire.
    pub(crate) fn of_parts(answer: Response<Bytes>) -> Message {
        let (head, body) = answer.into_parts();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Message {
            start: format!("{:?} {}", head.version, head.status.as_str()),
            fields: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: body.to_vec(),
            raw: Vec::new(),
        }
    }
}
