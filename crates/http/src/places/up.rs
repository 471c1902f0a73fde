//! A request as the upstream is asked: in the same manner, at its own version.

use super::{Kind, Places, Segment, query};
use http::{HeaderMap, HeaderValue};
use std::borrow::Cow;

impl Places {
    /// Tells whether a version can stand in the path or in the query.
    pub(crate) fn in_url(&self) -> bool {
        self.in_url
    }

    /// Writes the upstream's version into the fields of a request: where the client says its own, or at the first place
    /// if it says none (`is_said`).
    pub(crate) fn ask(&self, headers: &mut HeaderMap, version: HeaderValue, is_said: bool) {
        if let Some(name) = self.only_header() {
            headers.insert(name, version);
            return;
        }
        for (index, place) in self.all.iter().enumerate() {
            let adds = index == 0 && !is_said;
            match &place.kind {
                Kind::Header(name) => {
                    if adds || headers.contains_key(name) {
                        headers.insert(name, version.clone());
                    }
                }
                Kind::Media(types) => {
                    if let Ok(version) = version.to_str() {
                        types.ask(headers, version, adds);
                    }
                }
                Kind::Path | Kind::Query(_) => {}
            }
        }
    }

    /// Writes the upstream's version into a path, without a client's prefix: in place of the client's `segment`, or into
    /// the first place. A path that does not begin as the API's stays as it is.
    pub(crate) fn path<'p>(
        &self,
        path: &'p str,
        segment: Option<Segment>,
        version: &str,
        is_said: bool,
    ) -> Cow<'p, str> {
        let Some(segments) = &self.segments else { return Cow::Borrowed(path) };
        let is_first = matches!(self.all.first(), Some(place) if matches!(place.kind, Kind::Path));
        let (begin, end) = match segment {
            Some(Segment { begin, end }) => (begin, end),
            None if is_first && !is_said => match segments.place(path) {
                Some(at) => (at, at),
                None => return Cow::Borrowed(path),
            },
            None => return Cow::Borrowed(path),
        };
        let new = segments.segment(version);
        let (Some(before), Some(behind)) = (path.get(..begin), path.get(end..)) else {
            return Cow::Borrowed(path);
        };
        Cow::Owned([before, &new, behind].concat())
    }

    /// The place of a version in a path that has none.
    pub(crate) fn in_path(&self, path: &str) -> Option<Segment> {
        let at = self.segments.as_ref()?.place(path)?;
        Some(Segment { begin: at, end: at })
    }

    /// Writes the upstream's version into a query, as into a path.
    pub(crate) fn query<'q>(
        &self,
        query: Option<&'q str>,
        version: &str,
        is_said: bool,
    ) -> Option<Cow<'q, str>> {
        let mut new = query.map(Cow::Borrowed);
        for (index, place) in self.all.iter().enumerate() {
            if let Kind::Query(name) = &place.kind
                && let Some(turned) = query::with(new.as_deref(), name, version, index == 0 && !is_said)
            {
                new = Some(Cow::Owned(turned));
            }
        }
        new
    }
}
