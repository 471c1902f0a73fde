//! The header that carries the version, and the names that it cannot have.

use crate::authored::{Code, Diagnostic, Text};

/// Headers that have a meaning of their own, with that meaning. A name that ends in `-` stands for all that begin so.
///
/// A client, a server or a proxy on the way writes its own value into them, and the gateway would take it for a
/// version: it would refuse everybody.
const TAKEN: &[(&str, &[&str])] = &[
    (
        "it is for one connection, and each proxy on the way takes it off",
        &[
            "connection",
            "expect",
            "keep-alive",
            "max-forwards",
            "proxy-",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ],
    ),
    (
        "it says where the request goes, or came by",
        &["forwarded", "host", "via", "x-forwarded-", "x-real-ip"],
    ),
    ("it says who asks", &["authorization", "cookie", "from", "origin", "referer", "sec-", "user-agent"]),
    ("it describes the body", &["content-", "digest", "repr-digest", "want-"]),
    ("it says which forms of a response are welcome", &["accept", "accept-", "prefer", "range"]),
    (
        "it is for caches and conditions",
        &[
            "age",
            "cache-control",
            "date",
            "etag",
            "expires",
            "if-",
            "last-modified",
            "pragma",
            "vary",
            "warning",
        ],
    ),
    (
        "it is a field of responses with a meaning of its own",
        &[
            "access-control-",
            "allow",
            "alt-svc",
            "deprecation",
            "link",
            "location",
            "retry-after",
            "server",
            "set-cookie",
            "strict-transport-security",
            "sunset",
            "www-authenticate",
        ],
    ),
    (
        "it belongs to the request, not to the API",
        &[
            "baggage",
            "idempotency-key",
            "signature",
            "signature-input",
            "traceparent",
            "tracestate",
            "x-http-method-override",
            "x-request-id",
        ],
    ),
    ("the gateway writes it", &["dateline-"]),
];

/// The hint where the version is meant to stand in a media type.
const OF_MEDIA: &str = "a version in a media type is written so: \
                        `in = [{ media_type = \"application/vnd.shop.{version}+json\" }]` in `[versions]`";

/// Reads the name of the version header; a name that it cannot have is noted.
pub(super) fn read(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> String {
    let hint = "name the header in which the API's clients say their version, such as `Api-Version`";
    if !is_token(text.text) {
        let message = format!("`{}` is not the name of a header", text.text);
        let label = "letters, digits and hyphens belong here";
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label).hint(hint));
    } else if let Some(meaning) = taken(text.text) {
        let is_media = ["accept", "content-type"].iter().any(|name| text.text.eq_ignore_ascii_case(name));
        let hint = if is_media { OF_MEDIA } else { hint };
        let message = format!("`{}` cannot be the header that carries the version", text.text);
        notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(meaning).hint(hint));
    }
    text.text.into()
}

/// Tells whether a text is the name of a header field, which is a token (RFC 9110, section 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// The meaning that a header has already, if any.
pub(super) fn taken(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let is = |taken: &&str| match taken.ends_with('-') {
        true => name.starts_with(taken),
        false => name == **taken,
    };
    TAKEN.iter().find(|(_, names)| names.iter().any(is)).map(|(meaning, _)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_a_meaning_of_its_own_carries_no_version() {
        for name in [
            "Accept",
            "accept-language",
            "Authorization",
            "Connection",
            "Content-Length",
            "Content-Type",
            "Cookie",
            "Dateline-Loss",
            "Host",
            "If-None-Match",
            "Proxy-Authorization",
            "Sec-Fetch-Site",
            "TE",
            "Transfer-Encoding",
            "Vary",
            "X-Forwarded-For",
            "X-Request-Id",
        ] {
            assert!(taken(name).is_some(), "{name}");
        }
        for name in
            ["Api-Version", "Stripe-Version", "X-API-Version", "Notion-Version", "Version", "X-Accept"]
        {
            assert_eq!(taken(name), None, "{name}");
        }
    }
}
