//! Fields that vouch for the bytes of a body: digests and signatures. They are untrue of a body that was rewritten, so
//! they are left out of its head, and the log says which.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Digests of a body (RFC 9530, and what it obsoletes).
pub(super) const DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// Message signatures (RFC 9421, and the draft before it).
const SIGNATURE: &str = "signature";
/// The field that lists what message signatures cover.
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");

/// The components that a message signature can cover and a rewritten body changes.
const COVERED: [&str; 6] =
    ["content-digest", "repr-digest", "digest", "content-md5", "content-length", "content-encoding"];

/// Tells whether a field of this head vouches for the bytes of its body.
pub(super) fn is_one(headers: &HeaderMap, name: &HeaderName) -> bool {
    told(headers, name).is_some()
}

/// Returns the names, for the log, of the fields that vouch for the body, or `None` if there are none. If the sender
/// could choose a name freely, only its form is shown.
pub fn of(headers: &HeaderMap) -> Option<String> {
    let mut names: Vec<&str> = headers.keys().filter_map(|name| told(headers, name)).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| names.join(", "))
}

fn told(headers: &HeaderMap, name: &HeaderName) -> Option<&'static str> {
    if let Some(at) = DIGESTS.iter().position(|digest| digest == name) {
        return ["content-md5", "digest", "content-digest", "repr-digest"].get(at).copied();
    }
    let text = name.as_str();
    match text.as_bytes().first() {
        Some(b's') if text == SIGNATURE => covers_the_body(headers).then_some(SIGNATURE),
        Some(b's') if *name == SIGNATURE_INPUT => covers_the_body(headers).then_some("signature-input"),
        Some(b'x') if text.starts_with("x-") => of_a_vendor(text),
        _ if text.ends_with("-signature") && text != "accept-signature" => Some("*-signature"),
        _ => None,
    }
}

/// `X-Hub-Signature-256`, `X-Shopify-Hmac-Sha256` and what else has such a word in its name.
fn of_a_vendor(text: &str) -> Option<&'static str> {
    match text {
        "x-signature" => Some("x-signature"),
        "x-hub-signature" => Some("x-hub-signature"),
        "x-hub-signature-256" => Some("x-hub-signature-256"),
        _ if text.starts_with("x-signature-") => Some("x-signature-*"),
        _ => text.split('-').any(|word| word == "signature" || word == "hmac").then_some("x-*-signature-*"),
    }
}

/// Tells whether the message signatures of a head cover its body, or do not say what they cover.
fn covers_the_body(headers: &HeaderMap) -> bool {
    let has = |value: &HeaderValue, quote: &str, name: &str| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        value.contains(&format!("{quote}{name}{quote}"))
    };
    let mut inputs = headers.get_all(&SIGNATURE_INPUT).iter().peekable();
    if inputs.peek().is_some() {
        return inputs.any(|value| COVERED.iter().any(|name| has(value, "\"", name)));
    }
    // The draft has a list of names in the signature itself, and the date where it has none.
    headers.get_all(SIGNATURE).iter().any(|value| {
        let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        match text.split_once("headers=\"").and_then(|(_, list)| list.split_once('"')) {
            Some((list, _)) => list.split(' ').any(|name| COVERED.contains(&name)),
            None => !text.contains("keyid="),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&'static str, &'static str)]) -> Option<String> {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        super::of(&fields.iter().map(field).collect())
    }

    #[test]
    fn row_14_1k_what_vouches_for_a_body_is_known() {
        for (name, told) in [
            ("digest", "digest"),
            ("content-md5", "content-md5"),
            ("repr-digest", "repr-digest"),
            ("x-signature", "x-signature"),
            ("x-signature-ed25519", "x-signature-*"),
            ("x-hub-signature-256", "x-hub-signature-256"),
            ("x-shopify-hmac-sha256", "x-*-signature-*"),
            ("x-slack-signature", "x-*-signature-*"),
            ("stripe-signature", "*-signature"),
        ] {
            assert_eq!(of(&[(name, "a")]).as_deref(), Some(told), "{name}");
        }
        for name in
            ["accept-signature", "x-designature", "x-request-id", "signatures", "authorization", "etag"]
        {
            assert_eq!(of(&[(name, "a")]), None, "{name}");
        }
    }

    #[test]
    fn row_14_1k_a_message_signature_counts_where_it_covers_the_body() {
        let signed = |input| of(&[("signature", "sig1=:YQ==:"), ("signature-input", input)]);
        let both = Some("signature, signature-input".to_owned());
        assert_eq!(signed("sig1=(\"@method\" \"content-digest\");created=1"), both);
        assert_eq!(signed("sig1=(\"@method\"), sig2=(\"Content-Length\")"), both);
        assert_eq!(signed("sig1=(\"@method\" \"authorization\" \"x-content-digest\")"), None);
        let drafted = |value| of(&[("signature", value)]);
        let one = Some("signature".to_owned());
        assert_eq!(drafted("keyId=\"a\",headers=\"(request-target) digest\",signature=\"x\""), one);
        assert_eq!(drafted("keyId=\"a\",headers=\"(request-target) date\",signature=\"x\""), None);
        assert_eq!(drafted("keyId=\"a\",signature=\"x\""), None);
        assert_eq!(drafted("0123abcd"), one, "of what, nobody says");
    }
}
