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
            }
        }
        path
    }

    /// The method and the path without the names of its parameters: addresses with the same pattern match the same requests.
    pub(super) fn pattern(&self) -> String {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Literal(literal) => literal,
            Segment::Parameter(_) => "{}",
        });
        segments.fold(self.method.clone(), |pattern, segment| pattern + "/" + segment)
    }

    /// The names of the parameters, in the order in which they stand in the path.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(&**name),
            Segment::Literal(_) => None,
        })
    }

    /// Tells whether both match exactly the same requests. Parameters may have other names.
    pub fn matches_the_same(&self, other: &Address) -> bool {
        let alike = |(one, other): (&Segment, &Segment)| match (one, other) {
            (Segment::Literal(one), Segment::Literal(other)) => one == other,
            (Segment::Parameter(_), Segment::Parameter(_)) => true,
            (Segment::Literal(_), Segment::Parameter(_)) | (Segment::Parameter(_), Segment::Literal(_)) => {
                false
            }
        };
        self.method == other.method
            && self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(alike)
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
        _ if text.starts_with([':', '<']) => Err("a parameter is written in braces: `{id}`"),
        _ if text.contains(['{', '}', '%', '?', '#', ' ']) => {
            Err("segments are plain text, not encoded, without `?`")
        }
        _ => Ok(Segment::Literal(text.into())),
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
    fn displays_as_authored() {
        for text in ["GET /users/{id}", "POST /plans", "GET /users/{id}/access/{resource_id}", "GET /"] {
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
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
