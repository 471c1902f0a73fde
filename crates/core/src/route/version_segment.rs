//! The segment of a path in which a request says its version.

use crate::pack::{Pack, Segment, VersionPlace};
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, ops::Range};

/// Finds the segment of a path that has the version.
///
/// Segments are cut and decoded as those of an operation are. The segment at the version's place is the version, unless
/// every path of the API goes on there in the same way without one: with the next segment of the base path, or with
/// the first one of an operation.
#[derive(Debug)]
pub struct VersionSegments {
    /// The decoded segments before it.
    before: Vec<String>,
    /// The text around the version in its segment.
    around: (String, String),
    /// The segments that stand at its place in a path without a version.
    without: Vec<String>,
}

/// The segment of a path that has the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSegment<'p> {
    /// The place of the segment in the path, with the slash before it.
    pub range: Range<usize>,
    /// The decoded version. It is empty for a segment that is none: its case, or what stands around the version, is not
    /// as the pack says.
    pub version: Cow<'p, [u8]>,
}

impl VersionSegments {
    /// Makes it for a pack whose requests say their version in the path.
    #[must_use]
    pub fn of(pack: &Pack) -> Option<Self> {
        let template = pack.version_places.iter().find_map(|place| match place {
            VersionPlace::Path(template) => Some(template),
            VersionPlace::Header(_) | VersionPlace::Query(_) | VersionPlace::MediaType(_) => None,
        })?;
        let before: Vec<String> = template.segments_before().map(str::to_owned).collect();
        let mut base = pack.base_path.split('/').filter(|segment| !segment.is_empty()).skip(before.len());
        let without = match base.next() {
            Some(next) => vec![next.to_owned()],
            None => {
                let addresses = pack.operations.iter().flat_map(|operation| operation.addresses());
                let first = addresses.filter_map(|address| match address.segments.first() {
                    Some(Segment::Literal(text)) => Some(text.clone()),
                    Some(Segment::Parameter(_) | Segment::Affixed(_)) | None => None,
                });
                first.collect()
            }
        };
        let (left, right) = template.in_segment();
        Some(VersionSegments { before, around: (left.to_owned(), right.to_owned()), without })
    }

    /// The segment of a path that has the version; `None` for a path that says none.
    #[must_use]
    pub fn find<'p>(&self, path: &'p str) -> Option<VersionSegment<'p>> {
        let (begin, is_exact) = self.behind_prefix(path)?;
        let rest = path[begin..].strip_prefix('/')?;
        let raw = &rest[..rest.find('/').unwrap_or(rest.len())];
        if raw.is_empty() {
            return None;
        }
        let range = begin..begin + 1 + raw.len();
        let decoded: Cow<'p, [u8]> = percent_decode_str(raw).into();
        let is = |text: &String| match is_exact {
            true => text.as_bytes() == &*decoded,
            false => text.as_bytes().eq_ignore_ascii_case(&decoded),
        };
        if self.without.iter().any(is) {
            return None;
        }
        let (left, right) = (self.around.0.as_bytes(), self.around.1.as_bytes());
        if left.is_empty() && right.is_empty() {
            return Some(VersionSegment { range, version: if is_exact { decoded } else { Cow::default() } });
        }
        let starts = decoded.get(..left.len())?.eq_ignore_ascii_case(left);
        let end = decoded.len().checked_sub(right.len()).filter(|end| *end >= left.len())?;
        if !starts || !decoded[end..].eq_ignore_ascii_case(right) {
            return None;
        }
        let is_exact = is_exact && decoded.starts_with(left) && decoded.ends_with(right);
        let version = if is_exact { Cow::Owned(decoded[left.len()..end].to_vec()) } else { Cow::default() };
        Some(VersionSegment { range, version })
    }

    /// The path without the segment that has the version.
    #[must_use]
    pub fn without<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match self.find(path) {
            None => Cow::Borrowed(path),
            Some(VersionSegment { range, .. }) => {
                Cow::Owned([&path[..range.start], &path[range.end..]].concat())
            }
        }
    }

    /// The place in a path where a version can be put: behind what stands before it; `None` for a path that does not
    /// begin so.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<usize> {
        self.behind_prefix(path).filter(|(_, is_exact)| *is_exact).map(|(begin, _)| begin)
    }

    /// The segment of a version, with the slash before it.
    #[must_use]
    pub fn segment(&self, version: &str) -> String {
        format!("/{}{version}{}", self.around.0, self.around.1)
    }

    /// The end of the segments before the version, and whether they are in the pack's case. Some servers read paths in
    /// any case.
    fn behind_prefix(&self, path: &str) -> Option<(usize, bool)> {
        let (mut rest, mut is_exact) = (path, true);
        for wanted in &self.before {
            let segments = rest.strip_prefix('/')?;
            let (segment, after) = segments.split_at(segments.find('/').unwrap_or(segments.len()));
            let decoded: Cow<'_, [u8]> = percent_decode_str(segment).into();
            if !decoded.eq_ignore_ascii_case(wanted.as_bytes()) {
                return None;
            }
            is_exact &= &*decoded == wanted.as_bytes();
            rest = after;
        }
        Some((path.len() - rest.len(), is_exact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segments(before: &[&str], around: (&str, &str), without: &[&str]) -> VersionSegments {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let around = (around.0.to_owned(), around.1.to_owned());
        VersionSegments { before: owned(before), around, without: owned(without) }
    }

    fn found(segments: &VersionSegments, path: &str) -> Option<(String, String)> {
        let found = segments.find(path)?;
        let version = String::from_utf8_lossy(&found.version).into_owned();
        Some((path[found.range].to_owned(), version))
    }

    #[test]
    fn the_segment_at_the_place_is_the_version() {
        let shop = segments(&["admin", "api"], ("", ""), &["orders.json"]);
        let is = |path: &str, segment: &str, version: &str| {
            assert_eq!(found(&shop, path), Some((segment.to_owned(), version.to_owned())), "{path}");
        };
        is("/admin/api/2024-10/orders.json", "/2024-10", "2024-10");
        is("/admin/api/2024-10", "/2024-10", "2024-10");
        is("/admin/api/2024-10/", "/2024-10", "2024-10");
        is("/%61dmin/api/2024%2D10/x", "/2024%2D10", "2024-10");
        is("/admin/api/products.json", "/products.json", "products.json");
        is("/admin/api/2024-10;x/orders.json", "/2024-10;x", "2024-10;x");
        is("/Admin/API/2024-10/orders.json", "/2024-10", "");
        for none in [
            "/admin/api/orders.json",
            "/admin/api/orders%2Ejson",
            "/ADMIN/api/Orders.json",
            "/admin/api",
            "/admin/api/",
            "/admin//api/2024-10",
            "/oauth/token",
            "",
            "*",
        ] {
            assert_eq!(shop.find(none), None, "{none}");
        }
    }

    #[test]
    fn a_text_may_stand_around_it() {
        let numbered = segments(&[], ("v", ""), &["users"]);
        assert_eq!(found(&numbered, "/v68/users"), Some(("/v68".to_owned(), "68".to_owned())));
        assert_eq!(found(&numbered, "/V68/users"), Some(("/V68".to_owned(), String::new())), "no other case");
        for none in ["/users", "/oauth/token", "/"] {
            assert_eq!(numbered.find(none), None, "{none}");
        }
    }

    #[test]
    fn a_version_is_put_behind_what_stands_before_it() {
        let shop = segments(&["admin", "api"], ("v", ""), &["orders.json"]);
        assert_eq!(shop.place("/admin/api/orders.json"), Some(10));
        assert_eq!(shop.segment("2"), "/v2");
        assert_eq!(shop.without("/admin/api/v2/orders.json"), "/admin/api/orders.json");
        assert_eq!(shop.without("/admin/api/orders.json"), "/admin/api/orders.json");
        assert_eq!(shop.place("/Admin/api/orders.json").or(shop.place("/x")), None);
    }

    proptest! {
        #[test]
        fn any_path_is_answered(path in "[/a-cv%2.;é]{0,20}") {
            for segments in [segments(&[], ("", ""), &["a"]), segments(&["a"], ("v", "c"), &[])] {
                if let Some(found) = segments.find(&path) {
                    prop_assert!(path[found.range].starts_with('/'));
                }
            }
        }
    }
}
