//! The path of an operation that is asked at another address: the parameters of the one path, put into the other.

use super::{Routes, matches_nothing};
use crate::pack::{Address, AffixedParameter, Segment};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// The characters that cannot stand in a segment as they are (RFC 3986, 3.3). The literals of a pack have no others that
/// mean something.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'[')
    .add(b']')
    .add(b'|');

/// All characters but those that are never encoded (RFC 3986, 2.3): a text that is put into a segment means nothing else.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a path by their names, as they were sent: percent-encoded. What surrounds them is kept too.
///
/// A translation may change them before the path is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathParameters<'p> {
    /// The base path as it was sent.
    base: &'p str,
    values: Vec<(&'p str, Cow<'p, str>)>,
    ends_with_slash: bool,
}

impl Routes {
    /// The parameters of a path that was found at this address, or `None` if it was not.
    #[must_use]
    pub fn parameters<'p>(&self, address: &'p Address, path: &'p str) -> Option<PathParameters<'p>> {
        let (base, rest) =
            path.split_at(path.match_indices('/').nth(self.base).map_or(path.len(), |(at, _)| at));
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let mut segments = rest.split('/').filter(|_| !rest.is_empty());
        let mut values = Vec::new();
        for segment in &address.segments {
            let sent = segments.next()?;
            match segment {
                Segment::Parameter(name) => values.push((&**name, Cow::Borrowed(sent))),
                Segment::Affixed(parameter) => {
                    values.push((&*parameter.name, Cow::Borrowed(parameter.value(sent)?)));
                }
                Segment::Literal(_) => {}
            }
        }
        let ends_with_slash = path.len() > 1 && path.ends_with('/');
        segments.next().is_none().then_some(PathParameters { base, values, ends_with_slash })
    }
}

impl<'p> PathParameters<'p> {
    /// The parameter with this name, percent-encoded.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    /// Gives a parameter a value, which must be percent-encoded.
    pub fn set(&mut self, name: &'p str, value: String) {
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, Cow::Owned(value)));
    }

    /// Gives a parameter a text, which is encoded, or takes it away.
    pub fn set_text(&mut self, name: &'p str, text: Option<&str>) {
        match text {
            Some(text) => self.set(name, utf8_percent_encode(text, RESERVED).to_string()),
            None => self.values.retain(|(known, _)| *known != name),
        }
    }

    /// The path of another address with these parameters, or `None` if one of them is missing or cannot stand in a path.
    #[must_use]
    pub fn render(&self, address: &Address) -> Option<String> {
        let mut path = self.base.to_owned();
        let value = |name: &str| {
            let value = self.get(name)?;
            (!matches_nothing(value) && !value.contains(['/', '?', '#'])).then_some(value)
        };
        for segment in &address.segments {
            path.push('/');
            match segment {
                Segment::Literal(text) => path.extend(utf8_percent_encode(text, ESCAPED)),
                Segment::Parameter(name) => path.push_str(value(name)?),
                Segment::Affixed(AffixedParameter { before, name, after }) => {
                    path.extend(utf8_percent_encode(before, ESCAPED));
                    path.push_str(value(name)?);
                    path.extend(utf8_percent_encode(after, ESCAPED));
                }
            }
        }
        if self.ends_with_slash || path.is_empty() {
            path.push('/');
        }
        Some(path)
    }
}
