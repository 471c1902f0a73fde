//! The version that an answer says it is in, and the labels by which the client is told.

use super::{Kind, Places, query};
use http::{HeaderMap, HeaderName, HeaderValue, header};

impl Places {
    /// The texts that say which version an answer is in. Repeated fields are one list (RFC 9110, 5.3).
    pub(crate) fn stated<'h>(&self, came: &'h HeaderMap) -> impl Iterator<Item = &'h [u8]> {
        let of_place = |kind: &Kind| match kind {
            Kind::Header(name) => (Some(came.get_all(name)), None),
            Kind::Media(types) => (None, types.of_body(came)),
            Kind::Path | Kind::Query(_) => (None, None),
        };
        self.all.iter().flat_map(move |place| {
            let (values, of_body) = of_place(&place.kind);
            let values = values.into_iter().flatten().map(HeaderValue::as_bytes);
            values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii).chain(of_body)
        })
    }

    /// The only field of an answer that can say its version, if there is only one.
    pub(crate) fn only_header(&self) -> Option<&HeaderName> {
        match self.all.as_slice() {
            [place] => match &place.kind {
                Kind::Header(name) => Some(name),
                Kind::Path | Kind::Query(_) | Kind::Media(_) => None,
            },
            _ => None,
        }
    }

    /// Labels an answer with the version that it is in: the first header field, and the others that the upstream has
    /// sent.
    pub(crate) fn label(&self, headers: &mut HeaderMap, version: HeaderValue) {
        let Some((first, others)) = self.headers.split_first() else { return };
        for name in others {
            if headers.contains_key(name) {
                headers.insert(name, version.clone());
            }
        }
        headers.insert(first, version);
    }

    /// Lets the media type of a body that was in version `from` name version `to`.
    pub(crate) fn label_body(&self, headers: &mut HeaderMap, from: &HeaderValue, to: &HeaderValue) {
        for place in &self.all {
            if let Kind::Media(types) = &place.kind
                && let (Ok(from), Ok(to)) = (from.to_str(), to.to_str())
            {
                types.turn(headers, &header::CONTENT_TYPE, Some(from), to);
            }
        }
    }

    /// A reference without its origin that names version `from`, with `to` in its place and at the address of that
    /// version, which `moved` says; `None` where it holds as it is.
    pub(crate) fn reference(
        &self,
        reference: &[u8],
        from: &str,
        to: &str,
        moved: impl Fn(&str) -> Option<String>,
    ) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(reference).ok()?;
        let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let new_path = self.path_down(path, from, to, moved);
        let mut new_query: Option<String> = None;
        for place in &self.all {
            if let (Kind::Query(name), Some(query)) = (&place.kind, new_query.as_deref().or(query))
                && let Some(turned) = query::turned(query, name, from, to)
            {
                new_query = Some(turned);
            }
        }
        if new_path.is_none() && new_query.is_none() {
            return None;
        }
        let mut new = new_path.unwrap_or_else(|| path.to_owned());
        if let Some(query) = new_query.as_deref().or(query) {
            new.push('?');
            new.push_str(query);
        }
        new.push_str(fragment);
        Some(new.into_bytes())
    }

    fn path_down(
        &self,
        path: &str,
        from: &str,
        to: &str,
        moved: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let Some(segments) = &self.segments else { return moved(path) };
        let Some(found) = segments.find(path) else { return moved(path) };
        if *found.version != *from.as_bytes() {
            return None;
        }
        let (before, behind, segment) =
            (&path[..found.range.start], &path[found.range.end..], segments.segment(to));
        match moved(&[before, behind].concat()) {
            None => Some([before, &segment, behind].concat()),
            Some(moved) => {
                let at = segments.place(&moved)?;
                Some([&moved[..at], &segment, &moved[at..]].concat())
            }
        }
    }
}
