//! The JSONPaths of `record.redact`, and the values of a document that they lead to.

use jsonpath_rust::parser::{
    model::{Segment, Selector},
    parse_json_path,
};

/// JSONPaths (RFC 9535) of names, `[*]` and `..`, which are looked for in every document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths(Vec<Vec<Hop>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hop {
    /// True for a step to any depth.
    descends: bool,
    /// The name of the member, or `None` for every member and element.
    name: Option<String>,
}

/// A text that is not a usable path, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} {why}")]
pub struct NotAPath {
    path: String,
    why: &'static str,
}

impl Paths {
    /// Paths such as `$.data[*].name`, `$.*.phone` or `$..phone`.
    ///
    /// # Errors
    /// The first that is no JSONPath, or has more than names, `[*]` and `..`.
    pub fn parse<T: AsRef<str>>(paths: &[T]) -> Result<Self, NotAPath> {
        paths.iter().map(|path| parse(path.as_ref())).collect::<Result<_, _>>().map(Paths)
    }

    /// Returns the position at the root of a document.
    pub(crate) fn start(&self) -> PathPosition<'_> {
        PathPosition { left: self.0.iter().map(Vec::as_slice).collect() }
    }
}

fn parse(path: &str) -> Result<Vec<Hop>, NotAPath> {
    let refused = |why| NotAPath { path: path.to_owned(), why };
    let query = parse_json_path(path).map_err(|_| refused("is not a JSONPath"))?;
    let mut hops = Vec::new();
    for segment in &query.segments {
        let (descends, segment) = match segment {
            Segment::Descendant(inner) => (true, inner.as_ref()),
            plain => (false, plain),
        };
        let name = match segment {
            Segment::Selector(Selector::Name(name)) => Some(name.clone()),
            Segment::Selector(Selector::Wildcard) => None,
            _ => return Err(refused("has more than names, [*] and ..")),
        };
        hops.push(Hop { descends, name });
    }
    Ok(hops)
}

/// A place in a document: what is left of every path that can still lead to something below it.
#[derive(Debug, Clone)]
pub(crate) struct PathPosition<'p> {
    left: Vec<&'p [Hop]>,
}

impl PathPosition<'_> {
    /// Tells whether a path ends here.
    pub(crate) fn is_end(&self) -> bool {
        self.left.iter().any(|left| left.is_empty())
    }

    /// The place of a member; of an element where there is no name.
    pub(crate) fn below(&self, name: Option<&str>) -> Self {
        let mut next = Vec::new();
        for left in &self.left {
            let Some((hop, rest)) = left.split_first() else { continue };
            if hop.name.is_none() || hop.name.as_deref() == name {
                next.push(rest);
            }
            if hop.descends {
                next.push(left);
            }
        }
        PathPosition { left: next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(path: &str, way: &[&str]) -> bool {
        let paths = Paths::parse(&[path]).unwrap();
        let step = |place: PathPosition<'_>, name: &&str| match *name {
            "*" => place.below(None).left.into_iter().map(<[Hop]>::to_vec).collect::<Vec<_>>(),
            name => place.below(Some(name)).left.into_iter().map(<[Hop]>::to_vec).collect(),
        };
        let end = way.iter().fold(paths.0.clone(), |left, name| {
            step(PathPosition { left: left.iter().map(Vec::as_slice).collect() }, name)
        });
        end.iter().any(Vec::is_empty)
    }

    #[test]
    fn paths_lead_where_rfc_9535_says() {
        for (path, way) in [
            ("$", &[][..]),
            ("$.data[*].name", &["data", "*", "name"]),
            ("$['a b']", &["a b"]),
            ("$.*.x", &["a", "x"]),
            ("$[*]", &["a"]),
            ("$..phone", &["phone"]),
            ("$..phone", &["data", "*", "user", "phone"]),
            ("$.a..b[*]", &["a", "x", "*", "b", "*"]),
        ] {
            assert!(leads(path, way), "{path} {way:?}");
        }
        for (path, way) in [
            ("$", &["a"][..]),
            ("$.data[*].name", &["data", "name"]),
            ("$.data", &["*", "data"]),
            ("$..phone", &["phone", "x"]),
            ("$.a..b", &["b"]),
        ] {
            assert!(!leads(path, way), "{path} {way:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused() {
        for path in ["", "data", "$.a[0]", "$.a[1:2]", "$[?@.a]", "$.a['b','c']", "$."] {
            assert!(Paths::parse(&[path]).is_err(), "{path}");
        }
        let error = Paths::parse(&["$.a[0]"]).unwrap_err().to_string();
        assert_eq!(error, "\"$.a[0]\" has more than names, [*] and ..");
    }
}
