//! The credentials that an exchange shows in its heads: nothing equal to one may be in its capture.

use super::text::names_a_secret;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

/// Every one, as it is written and without its percent-encoding. Never written anywhere.
pub(crate) fn of_request(headers: &HeaderMap) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match name {
            &header::COOKIE => value.split(';').for_each(|cookie| all.extend(value_of(cookie))),
            &header::AUTHORIZATION | &header::PROXY_AUTHORIZATION => authorization(&value, &mut all),
            name if names_a_secret(name.as_str()) => all.push(value.trim().to_owned()),
            _ => {}
        }
    }
    cleaned(all)
}

/// Returns the credentials that an answer gives to the client.
pub(crate) fn of_answer(headers: &HeaderMap) -> Vec<String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let cookies = headers.get_all(header::SET_COOKIE).iter().map(text);
    let mut all: Vec<String> =
        cookies.filter_map(|cookie| value_of(cookie.split(';').next().unwrap_or_default())).collect();
    let is_one = |name: &HeaderName| *name != header::SET_COOKIE && names_a_secret(name.as_str());
    all.extend(headers.iter().filter(|(name, _)| is_one(name)).map(|(_, value)| text(value)));
    cleaned(all)
}

/// A scheme and a token, or a token by itself; a name and a password have two.
fn authorization(value: &str, all: &mut Vec<String>) {
    let value = value.trim();
    let Some((scheme, token)) = value.split_once(char::is_whitespace) else {
        return all.push(value.to_owned());
    };
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = BASE64_STANDARD.decode(token).ok().and_then(|pair| String::from_utf8(pair).ok());
        if let Some((name, password)) = pair.as_ref().and_then(|pair| pair.split_once(':')) {
            all.extend([name.to_owned(), password.to_owned()]);
        }
    }
    // Of `Digest username="…", response="…"`, too.
    all.extend(token.split([',', ' ']).filter_map(value_of));
    all.extend([token.to_owned(), value.to_owned()]);
}

/// `name=value`, without quotes.
fn value_of(pair: &str) -> Option<String> {
    pair.split_once('=').map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

/// The longest first, so that none is taken apart by another.
fn cleaned(mut all: Vec<String>) -> Vec<String> {
    let decoded: Vec<String> =
        all.iter().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()).collect();
    all.extend(decoded);
    all.retain(|text| !text.is_empty());
    all.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn credentials_are_found_in_every_field_that_has_one() {
        for (name, value, found) in [
            ("authorization", "Bearer key_1", &["Bearer key_1", "key_1"][..]),
            ("authorization", "key_1", &["key_1"]),
            ("authorization", "Basic dTpw", &["Basic dTpw", "dTpw", "p", "u"]),
            ("proxy-authorization", "Bearer a%2Fb", &["Bearer a%2Fb", "Bearer a/b", "a%2Fb", "a/b"]),
            ("cookie", "a=one; b=\"two\"; c", &["one", "two"]),
            ("x-api-key", " key_1", &["key_1"]),
            ("x-whop-token", "key_1", &["key_1"]),
            ("accept", "application/json", &[]),
            ("authorization", "", &[]),
        ] {
            let field =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(of_request(&field), found, "{name}: {value}");
        }
        let answer = headers(&[("set-cookie", "a=one; Path=/"), ("x-new-token", "two"), ("etag", "three")]);
        assert_eq!(of_answer(&answer), ["one", "two"]);
    }
}
