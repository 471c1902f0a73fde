//! Method and path -> operation.

mod reading;

pub use reading::lenient;

use crate::pack::{Operation, OperationId, Pack, Segment};
use percent_encoding::percent_decode_str;

/// Finds the operation of a request.
///
/// A path is cut at `/` first and each segment is percent-decoded then, so that `%2F` never makes a segment
/// (RFC 3986, 2.4: decode after separating). A literal segment beats a parameter, the leftmost first, among the
/// operations that have the method; a trailing slash makes no difference.
#[derive(Debug)]
pub struct Routes {
    /// A tree of segments; the root is the first.
    nodes: Vec<RouteNode>,
}

#[derive(Debug, Default)]
struct RouteNode {
    /// Decoded text and where it leads, sorted by text.
    literals: Vec<(String, usize)>,
    parameter: Option<usize>,
    /// The operations whose path ends here, by method.
    operations: Vec<(String, OperationId)>,
}

impl Routes {
    /// The routes of every operation of a pack, below its base path.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        Self::of(&pack.base_path, &pack.operations)
    }

    fn of(base_path: &str, operations: &[Operation]) -> Self {
        let mut routes = Routes { nodes: vec![RouteNode::default()] };
        let base = base_path.split('/').filter(|segment| !segment.is_empty());
        let base = base.fold(0, |node, segment| routes.literal(node, &decoded(segment)));
        for (index, operation) in operations.iter().enumerate() {
            let end = operation.segments.iter().fold(base, |node, segment| match segment {
                Segment::Literal(text) => routes.literal(node, text),
                Segment::Parameter(_) => routes.parameter(node),
            });
            routes.nodes[end].operations.push((operation.method.clone(), OperationId(index)));
        }
        routes
    }

    fn literal(&mut self, node: usize, text: &str) -> usize {
        match self.nodes[node].literals.binary_search_by(|(known, _)| known.as_str().cmp(text)) {
            Ok(at) => self.nodes[node].literals[at].1,
            Err(at) => {
                let new = self.grow();
                self.nodes[node].literals.insert(at, (text.to_owned(), new));
                new
            }
        }
    }

    fn parameter(&mut self, node: usize) -> usize {
        if let Some(known) = self.nodes[node].parameter {
            return known;
        }
        let new = self.grow();
        self.nodes[node].parameter = Some(new);
        new
    }

    fn grow(&mut self) -> usize {
        self.nodes.push(RouteNode::default());
        self.nodes.len() - 1
    }

    /// The operation of `method` at `path`: the path as sent, base path included, without query.
    ///
    /// `HEAD` finds `GET`'s. An empty segment (`//`), `.` and `..`, encoded or not, match nothing: what the
    /// upstream makes of them is not known here.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<OperationId> {
        let method = if method == "HEAD" { "GET" } else { method };
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return self.search(0, method, None);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        if is_suspicious(path) && path.split('/').any(matches_nothing) {
            return None;
        }
        self.search(0, method, Some(path))
    }

    /// Searches from a node. The recursion is never deeper than the tree, whatever the path.
    fn search(&self, node: usize, method: &str, path: Option<&str>) -> Option<OperationId> {
        let node = &self.nodes[node];
        let Some(path) = path else {
            return node.operations.iter().find(|(known, _)| known == method).map(|(_, id)| *id);
        };
        let (segment, rest) = match path.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (path, None),
        };
        // Decoding byte by byte costs most of a search, and hardly any segment is encoded.
        let found = match segment.as_bytes().contains(&b'%') {
            false => node.literals.binary_search_by(|(known, _)| known.as_str().cmp(segment)),
            true => {
                node.literals.binary_search_by(|(known, _)| known.bytes().cmp(percent_decode_str(segment)))
            }
        };
        let literal = found.ok().and_then(|at| self.search(node.literals[at].1, method, rest));
        literal.or_else(|| self.search(node.parameter?, method, rest))
    }
}

/// Tells whether a path has a segment that may match nothing: an empty one, or one that begins with a dot or an encoded
/// byte. It is quicker than looking at each segment.
fn is_suspicious(path: &str) -> bool {
    let mut begins = true;
    path.is_empty()
        || path.ends_with('/')
        || path.bytes().any(|byte| {
            let suspicious = begins && matches!(byte, b'/' | b'.' | b'%');
            begins = byte == b'/';
            suspicious
        })
}

fn matches_nothing(segment: &str) -> bool {
    let dots = |text: &[u8]| percent_decode_str(segment).eq(text.iter().copied());
    segment.is_empty() || (segment.len() <= 6 && (dots(b".") || dots(b"..")))
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    const TEMPLATES: [&str; 8] = [
        "GET /users",
        "GET /users/{id}",
        "PATCH /users/me",
        "PATCH /users/{id}",
        "GET /users/{id}/access/{resource_id}",
        "GET /referrals/businesses/earnings",
        "GET /referrals/businesses/{id}",
        "GET /referrals/businesses/{id}/earnings",
    ];

    fn operation(template: &str) -> Operation {
        let (method, path) = template.split_once(' ').unwrap();
        let segments = path.split('/').skip(1).map(|text| match text.strip_prefix('{') {
            Some(name) => Segment::Parameter(name.trim_end_matches('}').to_owned()),
            None => Segment::Literal(text.to_owned()),
        });
        Operation { method: method.to_owned(), segments: segments.collect() }
    }

    fn find(method: &str, path: &str) -> Option<&'static str> {
        let routes = Routes::of("/api/v1", &TEMPLATES.map(operation));
        routes.find(method, path).map(|id| TEMPLATES[id.0])
    }

    #[test]
    fn finds_literals_parameters_and_nothing() {
        assert_eq!(find("GET", "/api/v1/users"), Some("GET /users"));
        assert_eq!(find("GET", "/api/v1/users/user_1"), Some("GET /users/{id}"));
        assert_eq!(find("PATCH", "/api/v1/users/me"), Some("PATCH /users/me"));
        assert_eq!(find("GET", "/api/v1/users/1/access/2"), Some("GET /users/{id}/access/{resource_id}"));
        for path in
            ["/users", "/api/v1", "/api/v1/plans", "/api/v2/users", "/api/v1/users/1/access", "users", ""]
        {
            assert_eq!(find("GET", path), None, "{path}");
        }
        assert_eq!(find("DELETE", "/api/v1/users/1"), None);
        assert_eq!(find("get", "/api/v1/users"), None, "methods are case-sensitive");
    }

    #[test]
    fn a_literal_beats_a_parameter_where_the_method_fits() {
        let earnings = Some("GET /referrals/businesses/earnings");
        assert_eq!(find("GET", "/api/v1/referrals/businesses/earnings"), earnings);
        assert_eq!(
            find("GET", "/api/v1/referrals/businesses/bref_1"),
            Some("GET /referrals/businesses/{id}")
        );
        let below = Some("GET /referrals/businesses/{id}/earnings");
        assert_eq!(find("GET", "/api/v1/referrals/businesses/b/earnings"), below);
        assert_eq!(find("GET", "/api/v1/referrals/businesses/earnings/earnings"), below, "goes back");
        assert_eq!(find("GET", "/api/v1/users/me"), Some("GET /users/{id}"), "only PATCH has the literal");
    }

    #[test]
    fn head_finds_get() {
        assert_eq!(find("HEAD", "/api/v1/users/1"), Some("GET /users/{id}"));
    }

    #[test]
    fn a_trailing_slash_makes_no_difference_but_empty_segments_do() {
        assert_eq!(find("GET", "/api/v1/users/"), Some("GET /users"));
        assert_eq!(find("GET", "/api/v1/users/1/"), Some("GET /users/{id}"));
        for path in
            ["/api/v1/users//", "//api/v1/users", "/api//v1/users", "/api/v1/users//access/1", "//", "/"]
        {
            assert_eq!(find("GET", path), None, "{path}");
        }
    }

    #[test]
    fn segments_are_cut_before_they_are_decoded() {
        assert_eq!(find("GET", "/api/v1/%75sers"), Some("GET /users"));
        assert_eq!(find("GET", "/%61pi/v1/users/a%2Fb"), Some("GET /users/{id}"));
        assert_eq!(find("GET", "/api/v1/users%2F1"), None);
        assert_eq!(find("GET", "/api/v1/users/%zz"), Some("GET /users/{id}"), "no escape: text");
        assert_eq!(find("GET", "/api/v1/users/%ff"), Some("GET /users/{id}"));
    }

    #[test]
    fn dot_segments_match_nothing() {
        for dots in [".", "..", "%2e", "%2E%2e", ".%2E"] {
            assert_eq!(find("GET", &format!("/api/v1/users/{dots}")), None, "{dots}");
            assert_eq!(find("GET", &format!("/api/v1/{dots}/users")), None, "{dots}");
        }
        assert_eq!(find("GET", "/api/v1/users/..."), Some("GET /users/{id}"));
    }

    #[test]
    fn an_operation_may_be_the_base_path_itself() {
        let root = Operation { method: "GET".to_owned(), segments: Vec::new() };
        let routes = Routes::of("/", std::slice::from_ref(&root));
        assert_eq!(routes.find("GET", "/"), Some(OperationId(0)));
        assert_eq!(routes.find("GET", "//"), None);
        let routes = Routes::of("/api/v1", &[root]);
        assert_eq!(routes.find("GET", "/api/v1/"), Some(OperationId(0)));
    }

    proptest! {
        #[test]
        fn a_path_that_is_not_suspicious_has_no_segment_that_matches_nothing(path in "[a.%2eE/]{0,12}") {
            prop_assert!(is_suspicious(&path) || !path.split('/').any(matches_nothing), "{path}");
        }

        #[test]
        fn any_path_gets_an_answer(path in ".{0,60}") {
            let _ = find("GET", &path);
            let _ = find("GET", &format!("/api/v1{path}"));
        }

        #[test]
        fn any_id_is_one_segment_once_encoded(id in ".{1,20}") {
            prop_assume!(id != "." && id != "..");
            let encoded = utf8_percent_encode(&id, NON_ALPHANUMERIC);
            let path = format!("/api/v1/referrals/businesses/{encoded}/earnings");
            prop_assert_eq!(find("GET", &path), Some("GET /referrals/businesses/{id}/earnings"));
        }
    }
}
