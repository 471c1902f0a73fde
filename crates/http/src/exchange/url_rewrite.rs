//! Fields that name a place at the upstream are to name it at the gateway: `Location` and `Content-Location`
//! (RFC 9110, 10.2.2 and 8.7) and the targets of `Link` (RFC 8288).
//!
//! A reference to the upstream's origin becomes one to the configured public origin, never to what a client says that
//! it asked; where a client's path prefix was taken off on the way up, it is put back. Where a path or a query says a
//! version, a reference names the client's. References to other origins hold as they are, and so do those relative to
//! the request's own path, but for their query.

use super::addresses::AddressTables;
use crate::{origin::Origin, places::Places};
use dateline_core::Version;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, Entry},
};
use std::ops::Range;

/// The origins of the upstream, and of the gateway as its clients see it.
#[derive(Debug)]
pub(super) struct UrlRewrites {
    /// The origin of the upstream, or `None` if no request is sent to another server.
    upstream: Option<Origin>,
    /// An origin, or nothing if it is not known.
    public: Option<String>,
    /// The same, parsed.
    public_origin: Option<Origin>,
}

impl UrlRewrites {
    /// Makes the places of an upstream whose clients know the gateway by the origin `public`.
    pub(super) fn new(upstream: Option<&Origin>, public: Option<&str>) -> Self {
        let public_origin = public.and_then(|public| public.parse().ok());
        UrlRewrites { upstream: upstream.cloned(), public: public.map(str::to_owned), public_origin }
    }

    /// Lets the fields of an answer name places at the gateway.
    pub(super) fn rename(&self, headers: &mut HeaderMap, place: PlaceOfClient<'_>) {
        if self.public.is_none()
            && place.prefix.is_empty()
            && place.addresses.is_none()
            && place.versions.is_none()
        {
            return;
        }
        let each = |headers: &mut HeaderMap, name: HeaderName, new: &dyn Fn(&[u8]) -> Option<Vec<u8>>| {
            let Entry::Occupied(mut field) = headers.entry(name) else { return };
            for value in field.iter_mut() {
                if let Some(Ok(new)) = new(value.as_bytes()).map(|new| HeaderValue::from_bytes(&new)) {
                    *value = new;
                }
            }
        };
        let whole = |text: &[u8]| self.renamed(text, place);
        each(headers, header::LOCATION, &whole);
        each(headers, header::CONTENT_LOCATION, &whole);
        each(headers, header::LINK, &|text| self.link(text, PlaceOfClient { keeps_method: false, ..place }));
    }

    /// A reference (RFC 3986, 4.1) to the same place at the gateway, or nothing if it holds as it is.
    fn renamed(&self, reference: &[u8], place: PlaceOfClient<'_>) -> Option<Vec<u8>> {
        let prefix = place.prefix;
        match cut(reference) {
            Some((https, authority, rest)) => {
                let upstream = self.upstream.as_ref()?;
                let is_https = https.unwrap_or(upstream.is_https());
                let is_of = |origin: &Origin| origin.is_named_by(is_https, authority);
                let own = &reference[..reference.len() - rest.len()];
                match &self.public {
                    Some(public) if is_of(upstream) => {
                        let moved = place.rest(rest);
                        Some(
                            [public.as_bytes(), prefix.as_bytes(), moved.as_deref().unwrap_or(rest)].concat(),
                        )
                    }
                    // An upstream may know its public origin; then it names all of it, but for the version.
                    _ if is_of(upstream) || self.public_origin.as_ref().is_some_and(is_of) => {
                        place.versions?;
                        Some([own, &place.rest(rest)?].concat())
                    }
                    _ => None,
                }
            }
            None if reference.starts_with(b"/") => match place.rest(reference) {
                Some(moved) => Some([prefix.as_bytes(), &moved].concat()),
                None if prefix.is_empty() => None,
                None => Some([prefix.as_bytes(), reference].concat()),
            },
            None if reference.starts_with(b"?") => place.rest(reference),
            None => None,
        }
    }

    /// A `Link` whose references are [`renamed`](Self::renamed), all else in it as it was.
    fn link(&self, text: &[u8], place: PlaceOfClient<'_>) -> Option<Vec<u8>> {
        let mut new = Vec::with_capacity(text.len() + 32);
        let mut copied = 0;
        for at in references(text)? {
            if let Some(reference) = self.renamed(&text[at.clone()], place) {
                new.extend_from_slice(&text[copied..at.start]);
                new.extend_from_slice(&reference);
                copied = at.end;
            }
        }
        new.extend_from_slice(&text[copied..]);
        Some(new)
    }
}

/// The differences between the paths that a client knows and those of the upstream.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PlaceOfClient<'e> {
    /// The prefix that was taken off the request's path.
    pub(super) prefix: &'e str,
    /// The addresses of both versions, where they are not all the same.
    pub(super) addresses: Option<&'e AddressTables<'e>>,
    /// True if the client follows a redirection with the method of its request.
    pub(super) keeps_method: bool,
    /// The versions, where a URL says one.
    pub(super) versions: Option<Versions<'e>>,
}

/// The versions of an exchange, and where a URL says them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Versions<'e> {
    pub(super) places: &'e Places,
    pub(super) client: Version,
    pub(super) upstream: Version,
}

impl PlaceOfClient<'_> {
    /// A path with what follows it, at the address of the client's version and with that version; or `None` if it is the
    /// same.
    fn rest(&self, rest: &[u8]) -> Option<Vec<u8>> {
        let moved = |path: &str| self.addresses?.path_for_client(path, self.keeps_method);
        if let Some(Versions { places, client, upstream }) = self.versions {
            return places.reference(rest, upstream.as_str(), client.as_str(), moved);
        }
        let end = rest.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(rest.len());
        let (path, more) = rest.split_at(end);
        let path = moved(std::str::from_utf8(path).ok()?)?;
        Some([path.as_bytes(), more].concat())
    }
}

/// Splits a reference into three parts: whether its scheme is https, if it has one; its authority; and the rest. It
/// returns `None` for a reference without an authority, or with another scheme.
fn cut(reference: &[u8]) -> Option<(Option<bool>, &[u8], &[u8])> {
    let scheme = |name: &[u8]| {
        let (start, rest) = reference.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(rest)
    };
    let (https, rest) = match (scheme(b"https:"), scheme(b"http:")) {
        (Some(rest), _) => (Some(true), rest),
        (_, Some(rest)) => (Some(false), rest),
        _ => (None, reference),
    };
    let rest = rest.strip_prefix(b"//")?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    Some((https, authority, rest))
}

/// Finds the references of a `Link`: each target, and each `anchor`, which changes the page that a link belongs to (RFC
/// 8288, 3.2). It returns `None` if the text is not a list of links (RFC 8288, B.2).
fn references(text: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut urls = Vec::new();
    let mut at = 0;
    let space = |at: usize| at + text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    loop {
        while let Some(b' ' | b'\t' | b',') = text.get(at) {
            at += 1;
        }
        if at == text.len() {
            return Some(urls);
        }
        let target = text[at..].strip_prefix(b"<")?;
        let length = target.iter().position(|byte| *byte == b'>')?;
        urls.push(at + 1..at + 1 + length);
        at = space(at + length + 2);
        while text.get(at) == Some(&b';') {
            at = space(at + 1);
            let name = at..at + text[at..].iter().take_while(|byte| !b" \t=;,".contains(byte)).count();
            at = space(name.end);
            if text.get(at) != Some(&b'=') {
                continue;
            }
            at = space(at + 1);
            let value = match text.get(at) {
                Some(b'"') => at + 1..at + 1 + quoted(&text[at + 1..])?,
                _ => at..at + text[at..].iter().take_while(|byte| !b" \t;,".contains(byte)).count(),
            };
            at = space(value.end + usize::from(text.get(value.end) == Some(&b'"')));
            if text[name].eq_ignore_ascii_case(b"anchor") && !text[value.clone()].contains(&b'\\') {
                urls.push(value);
            }
        }
        if !matches!(text.get(at), None | Some(b',')) {
            return None;
        }
    }
}

/// The length of what is in a quoted string (RFC 9110, 5.6.4), from behind its first quote.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PUBLIC: &str = "https://gateway.test";

    fn urls() -> UrlRewrites {
        UrlRewrites::new(Some(&"https://api.example.com".parse().unwrap()), Some(PUBLIC))
    }

    fn renamed(urls: &UrlRewrites, name: &'static str, text: &str, prefix: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(text).unwrap());
        urls.rename(&mut headers, PlaceOfClient { prefix, ..PlaceOfClient::default() });
        headers[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_upstreams_origin_becomes_the_gateways() {
        for (came, gone) in [
            ("https://api.example.com/a?b#c", "https://gateway.test/a?b#c"),
            ("HTTPS://API.example.com:443/a", "https://gateway.test/a"),
            ("https://api.example.com:", "https://gateway.test"),
            ("https://api.example.com?x", "https://gateway.test?x"),
            ("//api.example.com/a", "https://gateway.test/a"),
        ] {
            for name in ["location", "content-location"] {
                assert_eq!(renamed(&urls(), name, came, ""), gone);
            }
        }
        for held in [
            "http://api.example.com/a",
            "https://api.example.com:8443/a",
            "https://api.example.com.evil.test/a",
            "https://api.example.com@evil.test/a",
            "https://user@api.example.com/a",
            "//other.test/a",
            "ftp://api.example.com/a",
            "https:/api.example.com",
            "/api/v1/plans",
            "../x",
            "?x",
            "",
            "x:https://api.example.com",
        ] {
            assert_eq!(renamed(&urls(), "location", held, ""), held);
        }
    }

    #[test]
    fn a_prefix_is_put_back() {
        for (came, gone) in [
            ("/api/v1/plans", "/legacy/api/v1/plans"),
            ("/", "/legacy/"),
            ("https://api.example.com/a", "https://gateway.test/legacy/a"),
            ("https://api.example.com?a", "https://gateway.test/legacy?a"),
            ("plan_x", "plan_x"),
            ("https://other.test/a", "https://other.test/a"),
        ] {
            assert_eq!(renamed(&urls(), "location", came, "/legacy"), gone);
        }
        let unknown = UrlRewrites::new(Some(&"https://api.example.com".parse().unwrap()), None);
        assert_eq!(renamed(&unknown, "location", "/a", "/legacy"), "/legacy/a");
        let absolute = "https://api.example.com/a";
        assert_eq!(renamed(&unknown, "location", absolute, "/legacy"), absolute, "never a client's Host");
    }

    #[test]
    fn ports_and_addresses_are_part_of_an_origin() {
        let local = UrlRewrites::new(Some(&"http://[::1]:3000".parse().unwrap()), Some(PUBLIC));
        assert_eq!(renamed(&local, "location", "http://[::1]:3000/a", ""), "https://gateway.test/a");
        for held in ["http://[::1]/a", "http://[::1]:300/a", "http://[::1]:99999/a", "http://[::2]:3000/a"] {
            assert_eq!(renamed(&local, "location", held, ""), held);
        }
    }

    #[test]
    fn the_references_of_a_link_are_renamed_and_nothing_else() {
        let link = |text: &str| renamed(&urls(), "link", text, "/legacy");
        assert_eq!(
            link(
                "<https://api.example.com/a?x=1,2;3>; rel=\"next\" ; title=\"<https://api.example.com/t>, \\\"q\",\
                 , </b>;rel=prev, <c>;anchor=\"https://api.example.com/x\";x;y=z"
            ),
            "<https://gateway.test/legacy/a?x=1,2;3>; rel=\"next\" ; title=\"<https://api.example.com/t>, \\\"q\",\
             , </legacy/b>;rel=prev, <c>;anchor=\"https://gateway.test/legacy/x\";x;y=z"
        );
        for no_link in
            ["https://api.example.com/a", "<https://api.example.com/a", "</a> x", "</a>;x=\"", "x </a>"]
        {
            assert_eq!(link(no_link), no_link);
        }
        assert_eq!(link(""), "");
    }

    proptest! {
        #[test]
        fn any_value_is_answered(text in "[ \\t<>;,=\"\\\\/:a-c@?#\\[\\]0-9]{0,40}|[ -~]{0,40}") {
            for name in ["location", "link"] {
                let _ = renamed(&urls(), name, &text, "/legacy");
            }
        }

        #[test]
        fn what_names_no_place_is_byte_for_byte(title in "[ -!#-\\[\\]-~]{0,20}", rel in "[a-z]{1,5}") {
            let link = format!("<x>;rel={rel}; title=\"{title}\",<?y>");
            prop_assert_eq!(renamed(&urls(), "link", &link, "/legacy"), link);
        }
    }
}
