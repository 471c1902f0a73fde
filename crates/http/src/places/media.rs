//! A version in media types.

use super::Text;
use dateline_core::pack::VersionTemplate;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{borrow::Cow, ops::Range};

/// The fields of a request that name media types with a version.
const FIELDS: [HeaderName; 2] = [header::ACCEPT, header::CONTENT_TYPE];

/// Media types with the version in them, `application/vnd.shop.{version}+json`.
#[derive(Debug)]
pub(super) struct MediaTypes {
    before: String,
    after: String,
    /// The same without a version: `application/json`.
    plain: String,
}

/// A field has a media type that begins like those with a version and is none of them.
#[derive(Debug, PartialEq, Eq)]
struct Unfit;

impl MediaTypes {
    pub(super) fn new(template: &VersionTemplate) -> Self {
        let kind = template.before.split('/').next().unwrap_or_default();
        let suffix = template.after.rsplit('+').next().unwrap_or_default();
        let (before, after) = (template.before.clone(), template.after.clone());
        MediaTypes { before, after, plain: format!("{kind}/{suffix}") }
    }

    /// The version that the media types of a request name.
    pub(super) fn read<'r>(&self, headers: &'r HeaderMap) -> Option<Text<'r>> {
        let mut version: Option<&[u8]> = None;
        for value in FIELDS.iter().flat_map(|name| headers.get_all(name)).map(HeaderValue::as_bytes) {
            let Ok(found) = self.versions(value) else { return Some(Text::One(Cow::Borrowed(b""))) };
            for range in found {
                match version {
                    None => version = Some(&value[range]),
                    Some(known) if *known == value[range.clone()] => {}
                    Some(_) => return Some(Text::Several),
                }
            }
        }
        version.map(|version| Text::One(Cow::Borrowed(version)))
    }

    /// The version that the media type of a body names.
    pub(super) fn of_body<'r>(&self, headers: &'r HeaderMap) -> Option<&'r [u8]> {
        let value = headers.get(header::CONTENT_TYPE)?.as_bytes();
        let range = self.versions(value).ok()?.pop()?;
        Some(&value[range])
    }

    /// Writes a version into the media types of a request that name one. If `adds`, those that name none ask for it, too.
    pub(super) fn ask(&self, headers: &mut HeaderMap, version: &str, adds: bool) {
        for name in &FIELDS {
            self.turn(headers, name, None, version);
        }
        if !adds {
            return;
        }
        let versioned = self.versioned(version);
        if let Some(value) = headers.get_mut(header::CONTENT_TYPE)
            && let Some(new) = self.in_place_of_plain(value.as_bytes(), &versioned)
        {
            *value = new;
        }
        let accepts: Vec<&[u8]> = headers.get_all(header::ACCEPT).iter().map(HeaderValue::as_bytes).collect();
        let joined = accepts.join(b", ".as_slice());
        let new = match joined.trim_ascii().is_empty() {
            true => HeaderValue::try_from(&versioned).ok(),
            false => {
                self.in_place_of_plain(&joined, &versioned).or_else(|| self.before_any(&joined, &versioned))
            }
        };
        if let Some(new) = new {
            headers.insert(header::ACCEPT, new);
        }
    }

    /// Writes version `to` into the media types of a field, where they name `from` or any version.
    pub(super) fn turn(&self, headers: &mut HeaderMap, name: &HeaderName, from: Option<&str>, to: &str) {
        let header::Entry::Occupied(mut field) = headers.entry(name) else { return };
        for value in field.iter_mut() {
            if let Some(new) = self.turned(value.as_bytes(), from, to) {
                *value = new;
            }
        }
    }

    fn turned(&self, value: &[u8], from: Option<&str>, to: &str) -> Option<HeaderValue> {
        let is = |range: &Range<usize>| from.is_none_or(|from| value[range.clone()] == *from.as_bytes());
        let mut ranges = self.versions(value).ok()?.into_iter().filter(is).peekable();
        ranges.peek()?;
        let (mut new, mut copied) = (Vec::with_capacity(value.len() + 16), 0);
        for range in ranges {
            new.extend_from_slice(&value[copied..range.start]);
            new.extend_from_slice(to.as_bytes());
            copied = range.end;
        }
        new.extend_from_slice(&value[copied..]);
        HeaderValue::from_bytes(&new).ok().filter(|_| new != value)
    }

    fn versioned(&self, version: &str) -> String {
        format!("{}{version}{}", self.before, self.after)
    }

    /// The value with the versioned type in place of `application/json`.
    fn in_place_of_plain(&self, value: &[u8], versioned: &str) -> Option<HeaderValue> {
        let is_plain =
            |range: &Range<usize>| value[range.clone()].eq_ignore_ascii_case(self.plain.as_bytes());
        let range = types(value).find(is_plain)?;
        let new = [&value[..range.start], versioned.as_bytes(), &value[range.end..]].concat();
        HeaderValue::from_bytes(&new).ok()
    }

    /// The value with the versioned type before the one that stands for any, with its parameters.
    fn before_any(&self, value: &[u8], versioned: &str) -> Option<HeaderValue> {
        let kind = self.plain.split('/').next().unwrap_or_default();
        let is_any = |range: &Range<usize>| {
            let any = value[range.clone()].strip_suffix(b"/*");
            any.is_some_and(|any| any == b"*" || any.eq_ignore_ascii_case(kind.as_bytes()))
        };
        let range = types(value).find(is_any)?;
        let end = range.end + end_of_element(&value[range.end..]);
        let parameters = value[range.end..end].trim_ascii_end();
        let new = [&value[..range.start], versioned.as_bytes(), parameters, b", ", &value[range.start..]];
        HeaderValue::from_bytes(&new.concat()).ok()
    }

    /// The places of the versions in a list of media types.
    fn versions(&self, value: &[u8]) -> Result<Vec<Range<usize>>, Unfit> {
        let (before, after) = (self.before.as_bytes(), self.after.as_bytes());
        let starts =
            |text: &[u8]| text.get(..before.len()).is_some_and(|start| start.eq_ignore_ascii_case(before));
        // Where it begins elsewhere, as in a quoted text, some servers may find it and others not.
        let begun = (0..value.len()).filter(|at| starts(&value[*at..])).count();
        if begun == 0 {
            return Ok(Vec::new());
        }
        let mut versions = Vec::new();
        for range in types(value).filter(|range| starts(&value[range.clone()])) {
            let end = range.len().checked_sub(after.len()).filter(|end| *end > before.len()).ok_or(Unfit)?;
            if !value[range.start + end..range.end].eq_ignore_ascii_case(after) {
                return Err(Unfit);
            }
            if is_unwanted(&value[range.end..range.end + end_of_element(&value[range.end..])]) {
                return Err(Unfit);
            }
            versions.push(range.start + before.len()..range.start + end);
        }
        match versions.len() == begun {
            true => Ok(versions),
            false => Err(Unfit),
        }
    }
}

/// The places of the media types in a list, without their parameters.
fn types(value: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at > value.len() {
            return None;
        }
        let element = at..at + end_of_element(&value[at..]);
        at = element.end + 1;
        let text = &value[element.clone()];
        let text = &text[..text.iter().position(|byte| *byte == b';').unwrap_or(text.len())];
        let begin = element.start + (text.len() - text.trim_ascii_start().len());
        Some(begin..begin + text.trim_ascii().len())
    })
}

/// The length of an element of a list: up to a comma that is in no quoted text (RFC 9110, 5.6.4).
fn end_of_element(list: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let end = list.iter().position(|byte| {
        let is_end = *byte == b',' && !quoted;
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && quoted && !escaped;
        is_end
    });
    end.unwrap_or(list.len())
}

/// Tells whether parameters say that a media type is not wanted: `q=0` (RFC 9110, 12.4.2).
fn is_unwanted(parameters: &[u8]) -> bool {
    parameters.split(|byte| *byte == b';').any(|parameter| {
        let parameter = parameter.trim_ascii();
        let Some((b'q' | b'Q', value)) = parameter.split_first() else { return false };
        let Some(value) = value.trim_ascii_start().strip_prefix(b"=") else { return false };
        let value = value.trim_ascii();
        value.first() == Some(&b'0') && value.iter().all(|byte| matches!(byte, b'0' | b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn types() -> MediaTypes {
        MediaTypes::new(&VersionTemplate::parse("application/vnd.shop.{version}+json").unwrap())
    }

    fn map(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    fn read(fields: &[(&'static str, &str)]) -> Option<String> {
        types().read(&map(fields)).map(|text| match text {
            Text::One(text) => String::from_utf8_lossy(&text).into_owned(),
            Text::InPath(..) | Text::Several => "several".to_owned(),
        })
    }

    #[test]
    fn all_types_that_name_a_version_name_the_same() {
        let v1 = "application/vnd.shop.v1+json";
        for (fields, version) in [
            ([("accept", v1)].as_slice(), "v1"),
            (&[("accept", "*/*;q=0.1, Application/VND.shop.v1+JSON;q=0.9 ; x=\"a,b\"")], "v1"),
            (&[("accept", "text/html"), ("accept", v1), ("content-type", v1)], "v1"),
            (&[("content-type", "application/vnd.shop.v1+json; charset=utf-8")], "v1"),
            (&[("accept", v1), ("content-type", "application/vnd.shop.v2+json")], "several"),
            (&[("accept", "application/vnd.shop.v1+json, application/vnd.shop.v2+json")], "several"),
        ] {
            assert_eq!(read(fields).as_deref(), Some(version), "{fields:?}");
        }
        for none in ["", "*/*", "application/json", "application/vnd.other.v1+json", "a/b;x=\"vnd.shop.\""] {
            assert_eq!(read(&[("accept", none)]), None, "{none}");
        }
        for unfit in [
            "application/vnd.shop.+json",
            "application/vnd.shop.v1+xml",
            "application/vnd.shop.v1",
            "application/vnd.shop.v1+json;q=0",
            "application/vnd.shop.v1+json; Q = 0.00",
            "text/html;x=\"application/vnd.shop.v1+json\"",
            "application/vnd.shop.v1 application/vnd.shop.v2+json",
        ] {
            assert_eq!(read(&[("accept", unfit)]).as_deref(), Some(""), "{unfit}");
        }
    }

    fn asked(fields: &[(&'static str, &str)], adds: bool) -> Vec<String> {
        let mut headers = map(fields);
        types().ask(&mut headers, "v2", adds);
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn the_upstream_is_asked_for_its_own_version() {
        let came = [
            ("accept", "*/*;q=0.1, application/vnd.shop.v1+json;q=0.9"),
            ("content-type", "application/vnd.shop.v1+json; charset=utf-8"),
        ];
        assert_eq!(
            asked(&came, false),
            [
                "accept: */*;q=0.1, application/vnd.shop.v2+json;q=0.9",
                "content-type: application/vnd.shop.v2+json; charset=utf-8"
            ]
        );
    }

    #[test]
    fn a_client_that_names_no_version_is_given_one() {
        for (came, sent) in [
            ("", "application/vnd.shop.v2+json"),
            ("*/*", "application/vnd.shop.v2+json, */*"),
            (
                "text/csv, application/*;q=0.5",
                "text/csv, application/vnd.shop.v2+json;q=0.5, application/*;q=0.5",
            ),
            ("application/json;q=0.8, */*", "application/vnd.shop.v2+json;q=0.8, */*"),
            ("text/csv", "text/csv"),
        ] {
            assert_eq!(asked(&[("accept", came)], true), [format!("accept: {sent}")], "{came}");
        }
        assert_eq!(asked(&[], true), ["accept: application/vnd.shop.v2+json"]);
        assert!(
            asked(&[("content-type", "application/json; charset=utf-8")], true)
                .contains(&"content-type: application/vnd.shop.v2+json; charset=utf-8".to_owned())
        );
        assert!(
            asked(&[("content-type", "text/plain")], true).contains(&"content-type: text/plain".to_owned())
        );
    }

    proptest! {
        #[test]
        fn any_value_is_answered(value in "(application/vnd\\.shop\\.|v1|\\+json|,|;|q=0|\"|\\\\| |\\*/\\*){0,10}") {
            let _ = read(&[("accept", &value)]);
            let _ = asked(&[("accept", &value)], true);
        }
    }
}
