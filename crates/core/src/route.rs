//! Method and path -> operation, at a version; and back: an address and its parameters -> path.

mod reading;
mod target;
mod version_segment;

pub use reading::lenient;
pub use target::PathParameters;
pub use version_segment::{VersionSegment, VersionSegments};

use crate::{
    pack::{AddressSpan, AffixedParameter, Operation, OperationId, Pack, Segment},
    version::{Version, VersionMap},
};
use percent_encoding::{percent_decode, percent_decode_str};
use reading::gives_a_choice;

/// Finds the operation of a request.
///
/// A path is cut at `/` first and each segment is percent-decoded then, so that `%2F` never makes a segment
/// (RFC 3986, 2.4: decode after separating). A literal segment beats a parameter, and one with text around it beats one
/// without, the leftmost first, among the operations that have the method at the version; a trailing slash makes no difference.
///
/// All versions share one tree: an address in it says at which versions it is there.
#[derive(Debug)]
pub struct Routes {
    /// A tree of segments; the root is the first.
    nodes: Vec<RouteNode>,
    /// The number of segments of the base path.
    base: usize,
    /// The places of the versions at which any address changes, oldest first. There are none where no operation moves.
    changes: Vec<usize>,
    /// The place of each version of the pack, from the oldest on.
    places: VersionMap<usize>,
    /// True if the body of some requests says which operation they are for.
    has_guards: bool,
}

#[derive(Debug, Default)]
struct RouteNode {
    /// Decoded text and where it leads, sorted by text.
    literals: Vec<(String, usize)>,
    /// Parameters with text around them and where they lead, those with the longest text first.
    affixed: Vec<(AffixedParameter, usize)>,
    parameter: Option<usize>,
    /// The operations whose path ends here.
    ends: Vec<RouteEnd>,
}

/// An operation whose path ends at a node, and the versions at which it does.
#[derive(Debug)]
struct RouteEnd {
    method: String,
    operation: OperationId,
    since: Option<usize>,
    until: Option<usize>,
    /// True if only requests with a certain body are for it.
    is_guarded: bool,
}

impl RouteEnd {
    fn is_there_at(&self, place: usize) -> bool {
        self.since.is_none_or(|since| since <= place) && self.until.is_none_or(|until| place < until)
    }
}

impl Routes {
    /// The routes of every operation of a pack, below its base path.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        Self::of(&pack.base_path, &pack.operations, pack.versions())
    }

    fn of(base_path: &str, operations: &[Operation], versions: impl Iterator<Item = Version>) -> Self {
        let segments = base_path.split('/').filter(|segment| !segment.is_empty());
        let mut routes = Routes {
            nodes: vec![RouteNode::default()],
            base: segments.clone().count(),
            changes: Vec::new(),
            places: versions.zip(0..).collect(),
            has_guards: false,
        };
        let base = segments.fold(0, |node, segment| routes.literal(node, &decoded(segment)));
        for (index, operation) in operations.iter().enumerate() {
            operation.spans().for_each(|span| routes.add(base, OperationId(index), &span));
            routes.changes.extend(operation.spans().flat_map(|span| [span.since, span.until]).flatten());
        }
        routes.changes.sort_unstable();
        routes.changes.dedup();
        routes
    }

    fn add(&mut self, base: usize, operation: OperationId, span: &AddressSpan<'_>) {
        let AddressSpan { address, since, until, guard } = *span;
        let end = address.segments.iter().fold(base, |node, segment| match segment {
            Segment::Literal(text) => self.literal(node, text),
            Segment::Parameter(_) => self.parameter(node),
            Segment::Affixed(parameter) => self.affixed(node, parameter),
        });
        let is_guarded = guard.is_some();
        self.has_guards |= is_guarded;
        let new = RouteEnd { method: address.method.clone(), operation, since, until, is_guarded };
        // An operation that any body is for comes first: it is the one that is found without a look at the body.
        let ends = &mut self.nodes[end].ends;
        let at = if is_guarded { ends.len() } else { ends.partition_point(|end| !end.is_guarded) };
        ends.insert(at, new);
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

    fn affixed(&mut self, node: usize, parameter: &AffixedParameter) -> usize {
        let around = |one: &AffixedParameter| (one.before.clone(), one.after.clone());
        let mut all = self.nodes[node].affixed.iter();
        if let Some((_, known)) = all.find(|(known, _)| around(known) == around(parameter)) {
            return *known;
        }
        let new = self.grow();
        let length = |one: &AffixedParameter| one.before.len() + one.after.len();
        let all = &mut self.nodes[node].affixed;
        all.insert(
            all.partition_point(|(known, _)| length(known) >= length(parameter)),
            (parameter.clone(), new),
        );
        new
    }

    fn grow(&mut self) -> usize {
        self.nodes.push(RouteNode::default());
        self.nodes.len() - 1
    }

    /// Tells whether any address changes.
    #[must_use]
    pub fn change(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Tells whether both versions find the same operation at every address.
    #[must_use]
    pub fn are_the_same(&self, one: Version, other: Version) -> bool {
        let epoch = |version| {
            let place = self.place(version);
            self.changes.partition_point(|change| *change <= place)
        };
        self.changes.is_empty() || one == other || epoch(one) == epoch(other)
    }

    /// The place of a version among the pack's. One that the pack does not know is taken for the newest.
    fn place(&self, version: Version) -> usize {
        self.places.get(version).copied().unwrap_or(usize::MAX)
    }

    /// The operation of `method` at `path` at a version: the path as sent, base path included, without query.
    ///
    /// `HEAD` finds `GET`'s. An empty segment (`//`), `.` and `..`, encoded or not, match nothing: what the
    /// upstream makes of them is not known here.
    #[must_use]
    pub fn find(&self, method: &str, path: &str, version: Version) -> Option<OperationId> {
        if self.changes.is_empty() {
            return self.find_where(method, path, |_| true);
        }
        let place = self.place(version);
        self.find_where(method, path, |end| end.is_there_at(place))
    }

    /// Tells whether the body of some requests says which operation they are for.
    #[must_use]
    pub fn have_guards(&self) -> bool {
        self.has_guards
    }

    /// Every operation of `method` at `path` at a version, where the body of a request says which of them it is for; none
    /// elsewhere. The one without a guard comes first, if there is one.
    #[must_use]
    pub fn rivals(&self, method: &str, path: &str, version: Version) -> Vec<OperationId> {
        if !self.has_guards {
            return Vec::new();
        }
        let all = self.all_at(method, path, version);
        if all.iter().any(|end| end.is_guarded) {
            all.iter().map(|end| end.operation).collect()
        } else {
            Vec::new()
        }
    }

    /// Tells whether an operation has `method` at `path` at a version, alone or with others.
    #[must_use]
    pub fn leads_to(&self, operation: OperationId, method: &str, path: &str, version: Version) -> bool {
        match self.has_guards {
            false => self.find(method, path, version) == Some(operation),
            true => self.all_at(method, path, version).iter().any(|end| end.operation == operation),
        }
    }

    fn all_at(&self, method: &str, path: &str, version: Version) -> Vec<&RouteEnd> {
        let place = self.place(version);
        let found = self.find_end(method, path, |end| end.is_there_at(place));
        let all = found.into_iter().flat_map(|(node, first)| {
            node.ends.iter().filter(|end| end.method == first.method && end.is_there_at(place))
        });
        all.collect()
    }

    /// The operation of `method` at `path` at the newest version that has one there.
    #[must_use]
    pub fn find_at_any(&self, method: &str, path: &str) -> Option<OperationId> {
        let at = |place: &usize| self.find_where(method, path, |end| end.is_there_at(*place));
        let dated = self.changes.iter().rev().find_map(at);
        dated.or_else(|| self.find_where(method, path, |end| end.since.is_none()))
    }

    fn find_where(
        &self,
        method: &str,
        path: &str,
        is_there: impl Fn(&RouteEnd) -> bool,
    ) -> Option<OperationId> {
        self.find_end(method, path, is_there).map(|(_, end)| end.operation)
    }

    /// The first operation of `method` at `path`, and the node at which it ends.
    fn find_end(
        &self,
        method: &str,
        path: &str,
        is_there: impl Fn(&RouteEnd) -> bool,
    ) -> Option<(&RouteNode, &RouteEnd)> {
        let method = if method == "HEAD" { "GET" } else { method };
        let fits = |end: &RouteEnd| end.method == method && is_there(end);
        // Most paths can be read in one way only: they have no empty segment but at the end, no dots and no escapes.
        let is_plain = !gives_a_choice(path);
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return self.search(0, None, is_plain, &fits);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        if !is_plain && path.split('/').any(matches_nothing) {
            return None;
        }
        self.search(0, Some(path.as_bytes()), is_plain, &fits)
    }

    /// Searches from a node; a plain path has no escapes. The recursion is never deeper than the tree, whatever the path.
    fn search(
        &self,
        node: usize,
        path: Option<&[u8]>,
        is_plain: bool,
        fits: &impl Fn(&RouteEnd) -> bool,
    ) -> Option<(&RouteNode, &RouteEnd)> {
        let node = &self.nodes[node];
        let Some(path) = path else {
            return node.ends.iter().find(|end| fits(end)).map(|end| (node, end));
        };
        let (segment, rest) = match path.iter().position(|byte| *byte == b'/') {
            Some(end) => (&path[..end], Some(&path[end + 1..])),
            None => (path, None),
        };
        // Decoding byte by byte costs most of a search, and hardly any path is encoded.
        let found = node.literals.binary_search_by(|(known, _)| match is_plain {
            true => known.as_bytes().cmp(segment),
            false => known.bytes().cmp(percent_decode(segment)),
        });
        let literal = found.ok().and_then(|at| self.search(node.literals[at].1, rest, is_plain, fits));
        let literal = literal.or_else(|| self.search_affixed(node, segment, rest, is_plain, fits));
        literal.or_else(|| self.search(node.parameter?, rest, is_plain, fits))
    }

    fn search_affixed(
        &self,
        node: &RouteNode,
        segment: &[u8],
        rest: Option<&[u8]>,
        is_plain: bool,
        fits: &impl Fn(&RouteEnd) -> bool,
    ) -> Option<(&RouteNode, &RouteEnd)> {
        if node.affixed.is_empty() {
            return None;
        }
        let segment = std::str::from_utf8(segment).ok()?;
        let mut leads = node.affixed.iter().filter(|(parameter, _)| parameter.value(segment).is_some());
        leads.find_map(|(_, next)| self.search(*next, rest, is_plain, fits))
    }
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
    use crate::pack::{Address, test::of_versions};
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
        Operation::always(Address { method: method.to_owned(), segments: segments.collect() })
    }

    fn find(method: &str, path: &str) -> Option<&'static str> {
        let routes = Routes::of("/api/v1", &TEMPLATES.map(operation), std::iter::empty());
        routes.find(method, path, Version::UNREAD).map(|id| TEMPLATES[id.0])
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
        let root = Operation::always(Address { method: "GET".to_owned(), segments: Vec::new() });
        let routes = Routes::of("/", std::slice::from_ref(&root), std::iter::empty());
        assert_eq!(routes.find("GET", "/", Version::UNREAD), Some(OperationId(0)));
        assert_eq!(routes.find("GET", "//", Version::UNREAD), None);
        let routes = Routes::of("/api/v1", &[root], std::iter::empty());
        assert_eq!(routes.find("GET", "/api/v1/", Version::UNREAD), Some(OperationId(0)));
    }

    const MOVING: &str = "operations = ['GET /disputes/{id}', 'GET /things/stats']
        [operation.update_evidence]
        '2025-01-01' = 'POST /disputes/{id}/update_evidence'
        '2025-01-03' = 'PATCH /disputes/{id}'
        [operation.read]
        '2025-01-01' = 'GET /orders/{id}'
        '2025-01-03' = 'GET /things/{id}'
        [operation.report]
        '2025-01-02' = 'GET /reports/x'
        '2025-01-03' = { gone = 'Ask /stats instead.' }
        [operation.newest]
        '2025-01-04' = 'GET /newest'";

    #[test]
    fn an_operation_is_found_at_its_address_of_the_version() {
        let pack = of_versions(MOVING, 4);
        let routes = Routes::new(&pack);
        let versions: Vec<Version> = pack.versions().collect();
        let found = |method: &str, path: &str| {
            let path = format!("/api/v1{path}");
            let name = |version| routes.find(method, &path, version).map(|id| pack.operation(id).name());
            versions.iter().map(|version| name(*version).unwrap_or("-")).collect::<Vec<_>>().join(" ")
        };
        let moved = "update_evidence update_evidence - -";
        assert_eq!(found("POST", "/disputes/d_1/update_evidence"), moved);
        assert_eq!(found("PATCH", "/disputes/d_1"), "- - update_evidence update_evidence");
        assert_eq!(found("HEAD", "/reports/x"), "- report - -");
        assert_eq!(found("GET", "/newest"), "- - - newest");
        assert_eq!(found("GET", "/things/t_1"), "- - read read");
        assert_eq!(found("GET", "/things/stats"), ["GET /things/stats"; 4].join(" "));
        assert!(
            routes.are_the_same(versions[2], versions[2]) && !routes.are_the_same(versions[2], versions[3])
        );
        let at_any = |path| routes.find_at_any("GET", path).map(|id| pack.operation(id).name());
        assert_eq!(at_any("/api/v1/reports/x"), Some("report"));
        assert_eq!(at_any("/api/v1/disputes/x"), Some("GET /disputes/{id}"));
        assert_eq!(at_any("/api/v1/x"), None);
    }

    #[test]
    fn parameters_go_from_one_address_to_the_other_as_they_were_sent() {
        let address = |text| Address::parse(text).unwrap();
        let routes = Routes::of("/api/v1", &[], std::iter::empty());
        let (old, new) = (address("POST /disputes/{id}/files/{name}/x"), address("PATCH /d/ü^/{name}/{id}"));
        let rendered = |path: &str| routes.parameters(&old, path)?.render(&new);
        for (path, is) in [
            ("/api/v1/disputes/d_1/files/a/x", Some("/api/v1/d/%C3%BC%5E/a/d_1")),
            ("/api/v1/disputes/d%2f1/files/%7E~+;a=1/x/", Some("/api/v1/d/%C3%BC%5E/%7E~+;a=1/d%2f1/")),
            ("/%61pi/v1/disputes/%zz/files/./x", None),
            ("/%61pi/v1/disputes/%zz/files/a/x", Some("/%61pi/v1/d/%C3%BC%5E/a/%zz")),
            ("/api/v1/disputes/d_1/files/a", None),
            ("/api/v1/disputes/d_1/files/a/x/y", None),
        ] {
            assert_eq!(rendered(path).as_deref(), is, "{path}");
        }
        let root = address("GET /");
        let to = |base: &str, path: &str, address: &Address| {
            Routes::of(base, &[], std::iter::empty())
                .parameters(&root, path)
                .unwrap()
                .render(address)
                .unwrap()
        };
        assert_eq!(to("", "/", &address("GET /x")), "/x");
        assert_eq!(to("/v1", "/v1/", &address("GET /x")), "/v1/x/");
        assert_eq!(to("/v1", "/v1", &root), "/v1");
        assert_eq!(to("", "/", &root), "/");
    }

    #[test]
    fn a_parameter_that_was_changed_is_rendered() {
        let (old, new) =
            (Address::parse("GET /a/{id}").unwrap(), Address::parse("GET /b/{id}/{more}").unwrap());
        let routes = Routes::of("", &[], std::iter::empty());
        let mut parameters = routes.parameters(&old, "/a/1").unwrap();
        assert_eq!((parameters.get("id"), parameters.render(&new)), (Some("1"), None));
        parameters.set("more", "x%2Fy".into());
        parameters.set("id", "2".into());
        assert_eq!(parameters.render(&new).as_deref(), Some("/b/2/x%2Fy"));
        for none in ["", ".", "%2e.", "a/b", "a?b"] {
            parameters.set("id", none.into());
            assert_eq!(parameters.render(&new), None, "{none}");
        }
    }

    #[test]
    fn versions_share_one_tree() {
        let routes = |versions: usize| {
            let dated = |number: usize| {
                let addresses = (1..=versions)
                    .map(|version| format!("'2025-01-{version:02}' = 'GET /{version}/o{number}/{{id}}'\n"));
                format!("[operation.o{number}]\n{}", addresses.collect::<String>())
            };
            let operations: String = (0..20).map(dated).collect();
            Routes::new(&of_versions(&format!("operations = []\n{operations}"), versions))
        };
        let ends = |routes: &Routes| routes.nodes.iter().map(|node| node.ends.len()).sum::<usize>();
        assert_eq!(
            (ends(&routes(1)), ends(&routes(10))),
            (20, 200),
            "one for each address, whatever the versions"
        );
        let listed = Routes::new(&of_versions("operations = ['GET /a', 'GET /b']", 20));
        assert_eq!((ends(&listed), listed.changes.len()), (2, 0));
    }

    /// A segment of an address: few words, so that addresses of different operations meet.
    fn template() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "{id}", "{x}", "{id}.b", "a{x}"]), 1..4)
    }

    /// An address: true for a `GET`, and its path. `None` is an operation that is not there.
    type Drawn = Option<(bool, Vec<&'static str>)>;

    /// Operations with addresses at three versions.
    fn tables() -> impl Strategy<Value = Vec<[Drawn; 3]>> {
        let address = || prop::option::weighted(0.8, (any::<bool>(), template()));
        prop::collection::vec([address(), address(), address()], 1..7)
    }

    proptest! {
        #[test]
        fn what_is_rendered_for_another_version_is_found_there_as_the_same(
            tables in tables(),
            ids in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "%61", "d%2Fb", "é"]), 3),
            slash: bool,
        ) {
            let versions = ["2025-01-01", "2025-01-02", "2025-01-03"];
            let versions = versions.map(|version| version.parse::<Version>().unwrap());
            let mut operations: Vec<Operation> = Vec::new();
            for (number, table) in tables.iter().enumerate() {
                let dated = versions.iter().zip(table).map(|(since, address)| {
                    let address = address.as_ref().map(|(reads, segments)| {
                        format!("{} /{}", if *reads { "GET" } else { "POST" }, segments.join("/"))
                    });
                    (*since, address.and_then(|text| Address::parse(&text).ok()))
                });
                let operation = Operation::for_test(&format!("o{number}"), dated);
                // What the loader refuses is left out.
                let is_free = (0..3).all(|version| {
                    operation.address(version).is_none_or(|own| operations.iter().all(|other| {
                        other.address(version).is_none_or(|other| !own.matches_the_same(other))
                    }))
                });
                let names = |address: &Address| {
                    let mut names: Vec<String> = address.parameters().map(str::to_owned).collect();
                    names.sort();
                    names
                };
                let first = operation.addresses().next().map(names);
                let is_alike = operation.addresses().all(|address| Some(names(address)) == first);
                let is_plain = first.iter().flatten().zip(first.iter().flatten().skip(1)).all(|(a, b)| a != b);
                if is_free && is_alike && is_plain {
                    operations.push(operation);
                }
            }
            let routes = Routes::of("/v1", &operations, versions.into_iter());
            for (index, operation) in operations.iter().enumerate() {
                for (one, other) in (0..3).flat_map(|one| (0..3).map(move |other| (one, other))) {
                    let (Some(from), Some(to)) = (operation.address(one), operation.address(other)) else { continue };
                    let mut values = ids.iter().copied().cycle();
                    let path: String = from.segments.iter().map(|segment| match segment {
                        Segment::Literal(text) => format!("/{text}"),
                        Segment::Parameter(_) => format!("/{}", values.next().unwrap_or("c")),
                        Segment::Affixed(AffixedParameter { before, after, .. }) => {
                            format!("/{before}{}{after}", values.next().unwrap_or("c"))
                        }
                    }).collect();
                    let path = format!("/v1{path}{}", if slash { "/" } else { "" });
                    // A literal of another operation may take the path.
                    if routes.find(&from.method, &path, versions[one]) != Some(OperationId(index)) {
                        continue;
                    }
                    let parameters = routes.parameters(from, &path).unwrap();
                    let rendered = parameters.render(to).unwrap();
                    let back = routes.parameters(to, &rendered).unwrap();
                    for name in to.parameters() {
                        prop_assert_eq!(back.get(name), parameters.get(name), "{} {}", path, rendered);
                    }
                    prop_assert_eq!(back.render(from), Some(path));
                    let found = routes.find(&to.method, &rendered, versions[other]);
                    // Only a literal of another operation can take it, which the exchange refuses.
                    let takes = found.filter(|found| found.0 != index).map(|found| &operations[found.0]);
                    let is_literal = |other: &Operation| other.addresses().any(|address| {
                        address.segments.iter().any(|segment| matches!(segment, Segment::Literal(_)))
                    });
                    prop_assert!(found.is_some() && takes.is_none_or(is_literal), "{rendered}: {found:?}");
                }
            }
        }

        #[test]
        fn a_path_of_one_reading_has_no_escape_and_no_segment_that_matches_nothing(path in "[a.%2eE/]{1,12}") {
            if !gives_a_choice(&format!("/{path}")) {
                let segments = path.strip_suffix('/').unwrap_or(&path);
                prop_assert!(!path.contains('%') && !segments.split('/').any(matches_nothing), "{path}");
            }
        }

        #[test]
        fn any_path_gets_an_answer(path in ".{0,60}") {
            let _ = find("GET", &path);
            let _ = find("GET", &format!("/api/v1{path}"));
        }

        #[test]
        fn a_text_that_is_put_into_a_path_comes_out_of_it(text in ".{1,20}") {
            let address = Address::parse("GET /a/{id}/b").unwrap();
            let routes = Routes::of("/v1", &[Operation::always(address.clone())], std::iter::empty());
            let mut parameters = routes.parameters(&address, "/v1/a/x/b").unwrap();
            parameters.set_text("id", Some(&text));
            let Some(path) = parameters.render(&address) else {
                prop_assert!(matches!(&*text, "." | ".."), "{text}");
                return Ok(());
            };
            prop_assert_eq!(routes.find("GET", &path, Version::UNREAD), Some(OperationId(0)), "{}", path);
            let back = routes.parameters(&address, &path).unwrap();
            let back = percent_decode_str(back.get("id").unwrap()).decode_utf8().unwrap();
            prop_assert_eq!(back, &*text);
            parameters.set_text("id", None);
            prop_assert_eq!(parameters.render(&address), None);
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
