//! Validators of translated answers: one upstream representation is another one in each version.
//!
//! A translated answer's tag is weak, since its bytes are the gateway's, and says which translation made it:
//! `W/"<original>.dl-<version>-<fingerprint>-<s|w>"`, `s` or `w` for what the original was. In `If-None-Match` and
//! `If-Match` only tags of this very translation are turned back; any other names a representation that the
//! upstream does not know.

use dateline_core::Version;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// A tag that no representation has: what is left of an `If-Match` in which nothing can be turned back.
///
/// Without the header a write that was to be conditional would be carried out; answering 412 here would be wrong
/// where the upstream does not evaluate conditions on that operation. So the upstream decides (RFC 9110, 13.1.1).
const NEVER: HeaderValue = HeaderValue::from_static("\"dl-none\"");

/// The tags of one translation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags<'e> {
    pin: Version,
    fingerprint: &'e str,
}

impl<'e> Tags<'e> {
    /// The tags of what `fingerprint` makes for clients at `pin`.
    pub(crate) fn new(pin: Version, fingerprint: &'e str) -> Self {
        Tags { pin, fingerprint }
    }

    /// Returns the suffix for an original tag. Many answers have no tag, so it is made only when needed.
    fn suffix(&self) -> String {
        format!(".dl-{}-{}", self.pin, self.fingerprint)
    }

    /// The upstream's tag as the client gets it, or nothing if it is no entity tag.
    pub(crate) fn down(&self, tag: &HeaderValue) -> Option<HeaderValue> {
        let (weak, opaque, rest) = next_tag(tag.as_bytes())?;
        if !rest.is_empty() {
            return None;
        }
        let kind = if weak { "-w" } else { "-s" };
        let suffix = self.suffix();
        let parts = [b"W/\"", opaque, suffix.as_bytes(), kind.as_bytes(), b"\""];
        HeaderValue::from_bytes(&parts.concat()).ok()
    }

    /// The upstream's tag, where this one is made of it.
    fn up(opaque: &[u8], suffix: &str) -> Option<Vec<u8>> {
        let (rest, weak) = match opaque.strip_suffix(b"-w") {
            Some(rest) => (rest, true),
            None => (opaque.strip_suffix(b"-s")?, false),
        };
        let original = rest.strip_suffix(suffix.as_bytes())?;
        let mark: &[u8] = if weak { b"W/\"" } else { b"\"" };
        Some([mark, original, b"\""].concat())
    }

    /// Returns the value of `If-None-Match` or `If-Match` for the upstream, or `None` if the header must be removed.
    pub(crate) fn condition_up(&self, headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
        let mut values = headers.get_all(name).iter().peekable();
        let first = values.peek()?;
        if first.as_bytes().trim_ascii() == b"*" {
            return Some((*first).clone());
        }
        let (suffix, mut tags) = (self.suffix(), Vec::new());
        for value in values {
            let mut list = value.as_bytes();
            while let Some((_, opaque, rest)) = next_tag(list) {
                tags.extend(Self::up(opaque, &suffix));
                list = rest;
            }
        }
        match HeaderValue::from_bytes(&tags.join(b", ".as_slice())) {
            Ok(value) if !value.is_empty() => Some(value),
            _ => (name == header::IF_MATCH).then_some(NEVER),
        }
    }
}

/// The first entity tag of a list (RFC 9110, 8.8.3): its weakness, what is between the quotes, and the rest.
fn next_tag(list: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let start = list.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
    let list = list.get(start..)?;
    let (weak, list) = match list.strip_prefix(b"W/") {
        Some(list) => (true, list),
        None => (false, list),
    };
    let list = list.strip_prefix(b"\"")?;
    let end = list.iter().position(|byte| *byte == b'"')?;
    Some((weak, list.get(..end)?, list.get(end + 1..)?.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{IF_MATCH, IF_NONE_MATCH};
    use proptest::prelude::*;

    fn tags() -> Tags<'static> {
        Tags::new("2025-01-01".parse().unwrap(), "abc")
    }

    fn down(tag: &'static str) -> Option<String> {
        let value = tags().down(&HeaderValue::from_static(tag))?;
        Some(value.to_str().unwrap().to_owned())
    }

    fn up(name: HeaderName, values: &[&str]) -> Option<String> {
        let values = values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()));
        let value = tags().condition_up(&values.collect(), &name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_tag_says_which_translation_made_it() {
        assert_eq!(down("\"x\"").unwrap(), "W/\"x.dl-2025-01-01-abc-s\"");
        assert_eq!(down("W/\"x\"").unwrap(), "W/\"x.dl-2025-01-01-abc-w\"");
        assert_eq!(down("\"\"").unwrap(), "W/\".dl-2025-01-01-abc-s\"");
        for no_tag in ["x", "\"x", "w/\"x\"", "\"x\" \"y\"", ""] {
            assert_eq!(down(no_tag), None, "{no_tag}");
        }
    }

    #[test]
    fn only_tags_of_this_translation_go_back() {
        let list = "W/\"a,b.dl-2025-01-01-abc-s\", W/\"c.dl-2025-01-01-abc-w\", \"plain\", W/\"d.dl-2026-06-09-abc-s\"";
        assert_eq!(up(IF_NONE_MATCH, &[list]).unwrap(), "\"a,b\", W/\"c\"");
        assert_eq!(up(IF_NONE_MATCH, &["\"plain\"", "W/\"c.dl-2025-01-01-abc-w\""]).unwrap(), "W/\"c\"");
        assert_eq!(up(IF_NONE_MATCH, &["\"plain\", W/\"x.dl-2025-01-01-other-s\""]), None);
        assert_eq!(up(IF_NONE_MATCH, &["junk"]), None);
        assert_eq!(up(IF_NONE_MATCH, &[]), None);
    }

    #[test]
    fn a_star_stays_a_star() {
        assert_eq!(up(IF_NONE_MATCH, &["*"]).unwrap(), "*");
        assert_eq!(up(IF_MATCH, &["*"]).unwrap(), "*");
    }

    #[test]
    fn an_if_match_never_vanishes() {
        assert_eq!(up(IF_MATCH, &["\"plain\""]).unwrap(), "\"dl-none\"");
        assert_eq!(up(IF_MATCH, &["W/\"x.dl-2025-01-01-abc-s\""]).unwrap(), "\"x\"");
        assert_eq!(up(IF_MATCH, &[]), None);
    }

    proptest! {
        #[test]
        fn a_tag_comes_back_as_it_was(opaque in "[!#-~]{0,20}", weak: bool) {
            let tag = format!("{}\"{opaque}\"", if weak { "W/" } else { "" });
            let ours = tags().down(&HeaderValue::from_str(&tag).unwrap()).unwrap();
            prop_assert_eq!(up(IF_NONE_MATCH, &[ours.to_str().unwrap()]), Some(tag));
        }

        #[test]
        fn any_header_is_answered(value in prop::collection::vec(0x20u8..0x7f, 0..60)) {
            let value = String::from_utf8(value).unwrap();
            let _ = up(IF_NONE_MATCH, &[&value]);
            prop_assert!(up(IF_MATCH, &[&value]).is_some());
        }
    }
}
