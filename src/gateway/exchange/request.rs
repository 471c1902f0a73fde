//! The way up: target, head and body of a request as the upstream gets them.

use super::{
    Exchange, REQUEST_ID,
    hop::{self, Arrival, Nominated},
    media, set,
};
use crate::{
    gateway::{coding::Codings, error::Error},
    pin::Pinned,
    step::Losses,
    translate,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{self, Entry},
    uri::PathAndQuery,
};

/// Digests of a body (RFC 9530, and what it obsoletes), which a translated body no longer has.
pub(super) const DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// Conditions and ranges that name bytes or times of an upstream's representation, not of the client's.
const OF_THE_ORIGINAL: [HeaderName; 3] = [header::RANGE, header::IF_RANGE, header::IF_MODIFIED_SINCE];

impl Exchange<'_> {
    /// The path and query that the upstream is asked for: as the client sent them, without the client's prefix and
    /// with the query parameters of the upstream's version.
    ///
    /// # Errors
    /// [`Error::Internal`] where a translated query is none.
    pub(crate) fn target(&self, uri: &Uri) -> Result<(PathAndQuery, Losses), Error> {
        let sent = uri.path_and_query().ok_or(Error::Target)?;
        let path = self.pin.path(sent.path());
        let query = match (self.plan, sent.query()) {
            (Some(plan), Some(query)) if self.work.query => Some(translate::query(plan, query)),
            _ => None,
        };
        if query.is_none() && path.len() == sent.path().len() {
            return Ok((sent.clone(), Losses::default()));
        }
        let (query, losses) = match &query {
            Some(translated) => (Some(translated.output.as_str()), translated.losses.clone()),
            None => (sent.query(), Losses::default()),
        };
        let target = match query {
            Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
            None => PathAndQuery::try_from(path),
        };
        // The error names no text of the target.
        Ok((target.map_err(|error| Error::Internal(error.to_string()))?, losses))
    }

    /// The kind and the codings of the request's body where it is to be read whole and translated; nothing where it
    /// passes.
    ///
    /// # Errors
    /// [`Error::RequestCoding`] where it would be translated but for a content coding that cannot be undone.
    pub(crate) fn request_body(
        &self,
        headers: &HeaderMap,
        empty: bool,
    ) -> Result<Option<(translate::Media, Codings)>, Error> {
        match media::of(headers).filter(|_| self.work.request_body && !empty) {
            Some(media) => {
                let codings = Codings::of(headers).ok_or(Error::RequestCoding)?;
                Ok(Some((media, codings)))
            }
            None => Ok(None),
        }
    }

    /// The fields that the upstream gets, in the order in which they came.
    ///
    /// `translated` is the length of the body where it was translated; a client's `Content-Length` holds otherwise.
    pub(crate) fn request_headers(
        &self,
        came: HeaderMap,
        arrival: Arrival,
        translated: Option<usize>,
    ) -> HeaderMap {
        let nominated = Nominated::by(&came);
        let stays = |name: &HeaderName| {
            let ends = hop::ends_here(name) || hop::tells_the_way(name) || nominated.contains(name);
            let stale = (self.work.response && OF_THE_ORIGINAL.contains(name))
                || (translated.is_some() && (DIGESTS.contains(name) || name == header::CONTENT_ENCODING));
            // `Expect: 100-continue` has been answered when a handler runs.
            !ends && !stale && name != header::EXPECT
        };
        // Most requests stay as they are; to take a field out of the map would change the order of the others.
        let (mut headers, came) = match came.keys().all(|name| stays(name) && !self.is_condition(name)) {
            true => (came, HeaderMap::new()),
            false => (self.kept(&came, stays), came),
        };
        join_cookies(&mut headers);
        headers.insert(header::HOST, self.facts.host.clone());
        set(&mut headers, &header::CONTENT_LENGTH, translated.map(HeaderValue::from));
        if self.work.response {
            headers.insert(header::ACCEPT_ENCODING, self.accepts.asked());
        }
        if self.facts.forwarded {
            // What a stranger says of the way is forgotten.
            let told = if self.facts.trusts(arrival.peer) { came } else { HeaderMap::new() };
            hop::tell_the_way(&mut headers, &told, arrival);
        }
        let version = match self.pin.pinned {
            Pinned::Known(_) => self.facts.text(self.pin.upstream),
            Pinned::Unknown(version) => self.facts.text(version),
            Pinned::Upstream => None,
        };
        set(&mut headers, &self.facts.version, version);
        headers
    }

    /// The fields that stay, and what becomes of conditions.
    fn kept(&self, came: &HeaderMap, stays: impl Fn(&HeaderName) -> bool) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(came.len() + 2);
        for (name, value) in came {
            match self.condition(came, name) {
                // Its lists are one field now, in the place of the first.
                Some(condition) => {
                    if let (Some(condition), Entry::Vacant(entry)) = (condition, headers.entry(name)) {
                        entry.insert(condition);
                    }
                }
                None if stays(name) => {
                    headers.append(name, value.clone());
                }
                None => {}
            }
        }
        headers
    }

    /// Whether a field is a condition on translated representations.
    fn is_condition(&self, name: &HeaderName) -> bool {
        self.tags.is_some() && (name == header::IF_NONE_MATCH || name == header::IF_MATCH)
    }

    /// Where a field is a condition on translated representations: what the upstream is to get in its place.
    fn condition(&self, came: &HeaderMap, name: &HeaderName) -> Option<Option<HeaderValue>> {
        let tags = self.tags.as_ref().filter(|_| self.is_condition(name))?;
        Some(tags.condition_up(came, name))
    }
}

/// HTTP/2 may split a cookie over fields, HTTP/1.1 may not (RFC 9113, 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1 {
        let joined = HeaderValue::from_bytes(&cookies.join(b"; ".as_slice())).ok();
        set(headers, &header::COOKIE, joined);
    }
}

/// Whether a client's `X-Request-Id` is fit to be kept.
pub(crate) fn keeps_request_id(headers: &HeaderMap) -> bool {
    super::only(headers, &REQUEST_ID).is_some_and(fit_request_id)
}

/// Whether an `X-Request-Id` is fit to be told: visible ASCII (RFC 9110, 5.5), not long.
pub(crate) fn fit_request_id(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    (1..=128).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}
