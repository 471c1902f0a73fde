//! Addresses of operations: a method and a path template.

use std::fmt;

/// A method and a path template below the pack's base path. Displays as it is authored: `GET /users/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The method, in upper case.
    pub method: String,
    /// The segments of the path.
    pub segments: Vec<Segment>,
}

/// One segment of a path template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Plain text that must be the same.
    Literal(String),
    /// `{id}`: any text but none.
    Parameter(String),
    /// `{id}.json`: any text but none, between two others.
    Affixed(AffixedParameter),
}

/// A parameter of a path with plain text before it or behind it, in the same segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AffixedParameter {
    /// The text before it, maybe none.
    pub before: String,
    /// The name.
    pub name: String,
    /// The text behind it, maybe none.
    pub after: String,
}

impl AffixedParameter {
    /// The parameter in a segment as it was sent: percent-encoded. `None` where the segment has another text before it or
    /// behind it, or nothing else. The text around it must not be encoded.
    pub(crate) fn value<'s>(&self, segment: &'s str) -> Option<&'s str> {
        let value = segment.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?;
        // What follows a `%` belongs to it.
        let is_cut = value.ends_with('%') || value.len() > 1 && value.as_bytes()[value.len() - 2] == b'%';
        (!value.is_empty() && (self.after.is_empty() || !is_cut)).then_some(value)
    }
}

impl Address {
    /// Reads `GET /users/{id}`.
    ///
    /// # Errors
    /// The error says what is wrong with the text, for the pack's author.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (method, path) =
            text.split_once(' ').ok_or("an address is a method, a space and a path: `GET /users/{id}`")?;
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err("the method is written in capitals: `GET`");
        }
        if method == "HEAD" {
            return Err("HEAD uses GET's plan; name the GET operation");
        }
        let path = path.strip_prefix('/').ok_or("the path starts with `/`, below the base path")?;
        let segments = match path {
            "" => Vec::new(),
            _ => path.split('/').map(segment).collect::<Result<_, _>>()?,
        };
        Ok(Address { method: method.into(), segments })
    }

    /// The address without the base path that it begins with; `None` where it does not repeat it.
    pub(super) fn below(&self, base_path: &str) -> Option<Address> {
        let segments = self.path_behind(base_path).filter(|_| !base_path.is_empty())?;
        Some(Address { method: self.method.clone(), segments: segments.to_vec() })
    }

    /// The segments behind those of a path.
    fn path_behind(&self, path: &str) -> Option<&[Segment]> {
        let path = path.split('/').filter(|segment| !segment.is_empty());
        path.into_iter().try_fold(&*self.segments, |left, segment| match left.split_first() {
            Some((Segment::Literal(literal), left)) if literal == segment => Some(left),
            _ => None,
        })
    }

    /// The path template, `/users/{id}`; `/` for the base path itself.
    pub(super) fn path(&self) -> String {
        if self.segments.is_empty() {
            return "/".to_owned();
        }
        let mut path = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => path.extend(["/", literal]),
                Segment::Parameter(name) => path.extend(["/{", name, "}"]),
                Segment::Affixed(AffixedParameter { before, name, after }) => {
                    path.extend(["/", before, "{", name, "}", after]);
                }
            }
        }
        path
    }

    /// The method and the path without the names of its parameters: addresses with the same pattern match the same requests.
    pub(super) fn pattern(&self) -> String {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Literal(literal) => literal.clone(),
            Segment::Parameter(_) => "{}".to_owned(),
            Segment::Affixed(AffixedParameter { before, after, .. }) => format!("{before}{{}}{after}"),
        });
        segments.fold(self.method.clone(), |pattern, segment| pattern + "/" + &segment)
    }

    /// The names of the parameters, in the order in which they stand in the path.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) | Segment::Affixed(AffixedParameter { name, .. }) => Some(&**name),
            Segment::Literal(_) => None,
        })
    }

    /// Tells whether both match exactly the same requests. Parameters may have other names.
    pub fn matches_the_same(&self, other: &Address) -> bool {
        self.pattern() == other.pattern()
    }
}

fn segment(text: &str) -> Result<Segment, &'static str> {
    if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        return if plain {
            Ok(Segment::Parameter(name.into()))
        } else {
            Err("a parameter is `{name}`: letters, digits and _")
        };
    }
    match text {
        "" => Err("the path has an empty segment: leave out a slash at its end, or between two others"),
        "." | ".." => Err("the path has a segment of dots"),
        _ if text.contains('{') && text.contains('}') => affixed(text),
        _ if text.starts_with([':', '<']) => Err("a parameter is written in braces: `{id}`"),
        _ if text.contains(['{', '}', '%', '?', '#', ' ']) => {
            Err("segments are plain text, not encoded, without `?`")
        }
        _ => Ok(Segment::Literal(text.into())),
    }
}

/// Reads `{id}.json`.
fn affixed(text: &str) -> Result<Segment, &'static str> {
    let parts = text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (name, after))) = parts else {
        return Err("a parameter is `{name}`: letters, digits and _");
    };
    if [before, after].iter().any(|around| around.contains(['{', '}'])) {
        return Err("a segment has one parameter: `{id}.json`");
    }
    // It is looked for in a segment as that was sent, so it must be what is never encoded.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    let plain = |text: &str| text.bytes().all(is_plain);
    match segment(&format!("{{{name}}}"))? {
        Segment::Parameter(name) if plain(before) && plain(after) => {
            Ok(Segment::Affixed(AffixedParameter { before: before.into(), name, after: after.into() }))
        }
        _ => Err(
            "the text around a parameter is letters, digits and signs that are never encoded: `{id}.json`",
        ),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.method, self.path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_cut_out_of_its_segment_as_it_was_sent() {
        let Ok(Segment::Affixed(own)) = segment("x{id}.json") else { panic!("it is one") };
        for (sent, value) in [
            ("x1.json", Some("1")),
            ("xa%2Fb.json", Some("a%2Fb")),
            ("x.json.json", Some(".json")),
            ("xé.json", Some("é")),
            ("x.json", None),
            ("1.json", None),
            ("x1.JSON", None),
            ("x1%2Ejson", None),
            ("%781.json", None),
        ] {
            assert_eq!(own.value(sent), value, "{sent}");
        }
        let Ok(Segment::Affixed(own)) = segment("{id}2F") else { panic!("it is one") };
        assert_eq!([own.value("a%2F"), own.value("a%22F"), own.value("a2F")], [None, None, Some("a")]);
    }

    #[test]
    fn displays_as_authored() {
        for text in [
            "GET /users/{id}",
            "POST /plans",
            "GET /users/{id}/access/{resource_id}",
            "GET /",
            "GET /orders/{id}.json",
            "GET /v{a}-x/{b}..",
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_could_never_match() {
        for text in [
            "",
            "GET",
            "get /a",
            "HEAD /a",
            "GET a",
            "GET //",
            "GET /a/",
            "GET //a",
            "GET /{}",
            "GET /a?b",
            "GET /../a",
            "GET /a/:id",
            "GET /a/<id>",
            "GET /a/{id}{x}",
            "GET /a/{id}.{x}",
            "GET /a/{id}}",
            "GET /a/x{}",
            "GET /a/{id}%2Ejson",
            "GET /a/}x{",
            "GET /a/ü{id}",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
