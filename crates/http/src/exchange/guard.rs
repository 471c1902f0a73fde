//! Heads that two recipients could read in two ways are refused: what one of them lets through, the other takes for
//! something else.
//!
//! hyper refuses the worst before a handler runs (a length that is none, a bare CR, NUL, a folded line); these are
//! the ones that it accepts.

use super::{
    hop::{self, ConnectionOptions},
    method_override,
};
use crate::fields::IDEMPOTENCY_KEY;
use http::{HeaderMap, HeaderName, StatusCode, Uri, Version, header, request::Parts};

/// A reason why a head is refused. `Display` is for the client and quotes no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// RFC 9112, 6.1 and 6.3.
    #[error(
        "The request has a Transfer-Encoding other than one \"chunked\". Send a Content-Length, or chunks alone"
    )]
    Framing,
    /// RFC 9112, 3.2; RFC 9113, 8.3.1.
    #[error(
        "The request must name one host: in Host, or in the target over HTTP/2, without user information"
    )]
    Host,
    /// RFC 9110, 5.3: none of these is a list.
    #[error("{0} was sent more than once. Send it once")]
    Repeated(HeaderName),
    /// RFC 9110, 7.6.1: an option of `Connection` must not be a field that is meant for every recipient.
    #[error("Connection names {0}, which is meant for the API. Remove it from Connection")]
    ConnectionOption(HeaderName),
    /// Servers that hand fields on as variables (RFC 3875, 4.1.18) do not tell `_` from `-`.
    #[error("A field is {0} but for an underscore. Write its name with hyphens")]
    Underscore(HeaderName),
    /// RFC 9110, 10.1.1.
    #[error("The only supported expectation is 100-continue")]
    Expectation,
    /// See [`Exchanges::decide`](super::Exchanges::decide).
    #[error(
        "The path can be read as that of another operation. Send it without //, dot segments, \\, %2F and the like"
    )]
    Path,
    /// The request asks for another method, in a field or a parameter, and that is refused.
    #[error(
        "The request asks to be treated as another method (X-HTTP-Method-Override, _method), which is translated \
         otherwise. Send it with that method"
    )]
    Method,
}

impl HeadError {
    /// The status that such a head is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            HeadError::Expectation => StatusCode::EXPECTATION_FAILED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The `error.type` that the client and the log see.
    pub fn code(&self) -> &'static str {
        match self {
            HeadError::Framing => "ambiguous_framing",
            HeadError::Host => "invalid_host",
            HeadError::Repeated(_) => "duplicate_header",
            HeadError::ConnectionOption(_) => "nominated_header",
            HeadError::Underscore(_) => "ambiguous_header",
            HeadError::Expectation => "expectation_failed",
            HeadError::Path => "ambiguous_path",
            HeadError::Method => "ambiguous_method",
        }
    }

    /// Tells whether the connection must be closed, since it cannot be trusted any more.
    pub fn closes(&self) -> bool {
        matches!(self, HeadError::Framing | HeadError::Host)
    }
}

/// Fields that stand there at most once, beside the places of the version, for which [`crate::pin`] sees to it.
const ONCE: [HeaderName; 3] = [header::AUTHORIZATION, header::CONTENT_LENGTH, IDEMPOTENCY_KEY];

/// Refuses a head that can be read in two ways, its target aside.
///
/// `versions` are the fields that can say a version. `needs_host` says that a request must name its host: one that goes on to another
/// server does.
pub(crate) fn check(head: &Parts, versions: &[HeaderName], needs_host: bool) -> Result<(), HeadError> {
    let headers = &head.headers;
    // One look at the names spares most heads the search for each of these fields.
    let has_rare = headers.keys().any(is_rare);
    if has_rare {
        check_framing(headers)?;
    }
    check_host(&head.uri, headers, head.version, needs_host)?;
    // Few requests have any name twice.
    if headers.len() > headers.keys_len() {
        let repeated = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
        // Some clients send their media type twice, which leaves no doubt.
        let mut media = headers.get_all(header::CONTENT_TYPE).iter();
        let first = media.next();
        let other_media = media.any(|other| Some(other) != first).then_some(header::CONTENT_TYPE);
        if let Some(name) = other_media.or_else(|| ONCE.into_iter().find(repeated)) {
            return Err(HeadError::Repeated(name));
        }
    }
    if has_rare { check_rare(headers, versions) } else { Ok(()) }
}

/// Tells whether a field of this name is looked for in [`check_framing`] or [`check_rare`].
fn is_rare(name: &HeaderName) -> bool {
    name == header::TRANSFER_ENCODING
        || name == header::CONNECTION
        || name == header::EXPECT
        || name.as_str().contains('_')
}

fn check_framing(headers: &HeaderMap) -> Result<(), HeadError> {
    let chunked = |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match codings.next().is_some_and(|coding| !chunked(coding)) || codings.next().is_some() {
        true => Err(HeadError::Framing),
        false => Ok(()),
    }
}

fn check_rare(headers: &HeaderMap, versions: &[HeaderName]) -> Result<(), HeadError> {
    let mut options = ConnectionOptions::by(headers).options();
    if let Some(name) = options.find_map(|option| for_everyone(option, versions)) {
        return Err(HeadError::ConnectionOption(name));
    }
    let mut expectations = headers.get_all(header::EXPECT).iter();
    if expectations.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(HeadError::Expectation);
    }
    match headers.keys().find_map(|name| meant(name, versions)) {
        Some(name) => Err(HeadError::Underscore(name)),
        None => Ok(()),
    }
}

fn check_host(uri: &Uri, headers: &HeaderMap, version: Version, needs_host: bool) -> Result<(), HeadError> {
    let mut hosts = headers.get_all(header::HOST).iter().map(http::HeaderValue::as_bytes);
    let (host, authority) = (hosts.next(), uri.authority().map(|authority| authority.as_str().as_bytes()));
    let named = match version {
        Version::HTTP_11 => host.is_some(),
        Version::HTTP_2 => host.is_some() || authority.is_some(),
        _ => true,
    };
    let one = match (host, authority) {
        (Some(host), Some(authority)) if version == Version::HTTP_2 => host.eq_ignore_ascii_case(authority),
        _ => true,
    };
    let valid = host.is_none_or(is_host) && authority.is_none_or(is_host);
    match hosts.next().is_none() && (named || !needs_host) && one && valid {
        true => Ok(()),
        false => Err(HeadError::Host),
    }
}

/// A host and perhaps a port (RFC 3986, 3.2.2), without user information and without escapes: an escaped name is
/// another way to write one that a client may be known by.
fn is_host(text: &[u8]) -> bool {
    let is_port = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if let Some(address) = text.strip_prefix(b"[") {
        let Some(end) = address.iter().position(|byte| *byte == b']') else { return false };
        let (address, rest) = address.split_at(end);
        let is_address = !address.is_empty()
            && address.iter().all(|byte| byte.is_ascii_alphanumeric() || b":.-_~".contains(byte));
        return is_address && (rest == b"]" || rest.strip_prefix(b"]:").is_some_and(is_port));
    }
    let (name, port) = match text.iter().position(|byte| *byte == b':') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b"".as_slice()),
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte);
    !name.is_empty() && name.iter().all(is_name) && is_port(port)
}

/// The field of this name, where [`is_for_everyone`] holds for it. The options of nearly every request are none.
fn for_everyone(option: &[u8], versions: &[HeaderName]) -> Option<HeaderName> {
    if option.eq_ignore_ascii_case(b"keep-alive") || option.eq_ignore_ascii_case(b"close") {
        return None;
    }
    HeaderName::from_bytes(option).ok().filter(|name| is_for_everyone(name, versions))
}

/// Tells whether removing this field would change what the request means: its key, its version, the type of its body,
/// or a condition on a write.
fn is_for_everyone(name: &HeaderName, versions: &[HeaderName]) -> bool {
    const GUARDS: [HeaderName; 3] = [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE];
    versions.contains(name)
        || [header::AUTHORIZATION, IDEMPOTENCY_KEY].contains(name)
        || GUARDS.contains(name)
        || name.as_str().starts_with("content-")
}

/// The field that a name with underscores is taken for, where that is one that is read, checked or taken out here.
fn meant(name: &HeaderName, versions: &[HeaderName]) -> Option<HeaderName> {
    const READ: [HeaderName; 4] = [
        header::ACCEPT_ENCODING,
        header::IF_MODIFIED_SINCE,
        header::IF_RANGE,
        HeaderName::from_static("x-request-id"),
    ];
    if !name.as_str().contains('_') {
        return None;
    }
    let meant = HeaderName::from_bytes(name.as_str().replace('_', "-").as_bytes()).ok()?;
    let is_read = is_for_everyone(&meant, versions)
        || hop::is_hop_by_hop(&meant)
        || hop::is_forwarding(&meant)
        || method_override::asks(&meant)
        || READ.contains(&meant);
    is_read.then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Request};
    use proptest::prelude::*;

    fn version() -> HeaderName {
        HeaderName::from_static("api-version-date")
    }

    fn checked(
        version: Version,
        uri: &str,
        fields: &[(&'static str, &'static str)],
    ) -> Result<(), HeadError> {
        let mut head = Request::builder().uri(uri).version(version).body(()).unwrap().into_parts().0;
        for (name, value) in fields {
            head.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        check(&head, &[self::version()], true)
    }

    fn check11(fields: &[(&'static str, &'static str)]) -> Result<(), HeadError> {
        checked(Version::HTTP_11, "/", &[&[("host", "a")], fields].concat())
    }

    #[test]
    fn one_chunked_is_the_only_transfer_coding() {
        for fine in ["chunked", "Chunked"] {
            assert_eq!(check11(&[("transfer-encoding", fine)]), Ok(()));
        }
        for odd in ["gzip, chunked", "chunked, chunked", "identity", "", "chunked,", "xchunked"] {
            assert_eq!(check11(&[("transfer-encoding", odd)]), Err(HeadError::Framing), "{odd}");
        }
        let twice = [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")];
        assert_eq!(check11(&twice), Err(HeadError::Framing));
    }

    #[test]
    fn one_host_is_named() {
        let host = |version, uri: &str, hosts: &[&'static str]| {
            let fields: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            checked(version, uri, &fields).is_ok()
        };
        use Version as V;
        assert!(
            host(V::HTTP_11, "/", &["a"]) && host(V::HTTP_10, "/", &[]) && host(V::HTTP_2, "http://a/", &[])
        );
        assert!(host(V::HTTP_2, "/", &["a"]) && host(V::HTTP_2, "http://a:1/", &["A:1"]));
        assert!(host(V::HTTP_11, "http://b/", &["a"]), "the target's is the one (RFC 9112, 3.2.2)");
        for (version, uri, hosts) in [
            (V::HTTP_11, "/", [].as_slice()),
            (V::HTTP_11, "/", &["a", "a"]),
            (V::HTTP_11, "http://a/", &[]),
            (V::HTTP_11, "http://u:p@a/", &["a"]),
            (V::HTTP_10, "/", &["a", "b"]),
            (V::HTTP_2, "/", &[]),
            (V::HTTP_2, "http://a/", &["b"]),
            (V::HTTP_2, "http://u@a/", &[]),
        ] {
            assert!(!host(version, uri, hosts), "{version:?} {uri} {hosts:?}");
        }
    }

    #[test]
    fn knows_a_host() {
        for host in
            ["a", "A.example.com:8080", "a_b", "a:", "127.0.0.1:1", "[::1]", "[::1]:80", "[fe80::1~x]:"]
        {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for odd in [
            "", ":80", "a/b@c", "u@a", "a:80:80", "a:x", "a b", "a%2eb", "[::1", "[]", "[::1]x", "a,\u{e9}",
            "a?b", "a#b", "a\\b",
        ] {
            assert!(!is_host(odd.as_bytes()), "{odd}");
        }
    }

    #[test]
    fn what_is_no_list_stands_there_once() {
        for name in ["authorization", "idempotency-key", "content-length"] {
            let twice = check11(&[(name, "a"), ("x", "1"), (name, "a")]);
            assert_eq!(twice, Err(HeadError::Repeated(HeaderName::from_static(name))));
        }
        let media = |one, two| check11(&[("content-type", one), ("content-type", two)]);
        assert_eq!(media("a/b", "a/b"), Ok(()));
        assert_eq!(media("a/b", "a/c"), Err(HeadError::Repeated(header::CONTENT_TYPE)));
        assert_eq!(
            check11(&[("accept", "a"), ("accept", "b"), ("cookie", "a=1"), ("cookie", "b=2")]),
            Ok(())
        );
    }

    #[test]
    fn connection_names_only_its_own() {
        for name in
            ["Authorization", "idempotency-key", "API-Version-Date", "content-type", "Content-X", "If-Match"]
        {
            let value = HeaderValue::try_from(format!("close, {name}")).unwrap();
            let mut head = Request::new(()).into_parts().0;
            head.headers.insert(header::HOST, HeaderValue::from_static("a"));
            head.headers.append(header::CONNECTION, HeaderValue::from_static("keep-alive"));
            head.headers.append(header::CONNECTION, value);
            let option = HeaderName::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(check(&head, &[version()], true), Err(HeadError::ConnectionOption(option)));
        }
        assert_eq!(check11(&[("connection", "close, x-once, keep-alive, cookie, range, b@d,,")]), Ok(()));
    }

    #[test]
    fn an_underscore_is_refused_where_it_hides_a_field() {
        for (name, meant) in [
            ("content_length", "content-length"),
            ("api_version-date", "api-version-date"),
            ("idempotency_key", "idempotency-key"),
            ("transfer_encoding", "transfer-encoding"),
            ("x_forwarded_for", "x-forwarded-for"),
            ("if_none_match", "if-none-match"),
            ("x-request_id", "x-request-id"),
        ] {
            assert_eq!(check11(&[(name, "1")]), Err(HeadError::Underscore(HeaderName::from_static(meant))));
        }
        assert_eq!(check11(&[("x_custom", "1"), ("_", "1"), ("my_id", "1")]), Ok(()));
    }

    #[test]
    fn only_a_continue_can_be_expected() {
        assert_eq!(check11(&[("expect", "100-Continue")]), Ok(()));
        for odd in ["y, 100-continue", "", "x", "100-continue=1"] {
            assert_eq!(check11(&[("expect", odd)]), Err(HeadError::Expectation), "{odd}");
        }
        assert_eq!(check11(&[("expect", "x"), ("expect", "100-continue")]), Err(HeadError::Expectation));
    }

    proptest! {
        #[test]
        fn any_host_is_answered(text in prop::collection::vec(any::<u8>(), 0..30)) {
            let _ = is_host(&text);
        }
    }
}
