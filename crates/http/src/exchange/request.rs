//! The way up: target, head and body of a request as the upstream gets them.

use super::{
    Exchange, HeadError, Refusal,
    hop::{self, Arrival, ConnectionOptions},
    integrity, media, method_override, set,
};
use crate::{
    coding::{Codings, Decoding},
    pin::Pinned,
    policy::UntranslatableBody,
};
use bytes::Bytes;
use dateline_core::{
    Version,
    step::Losses,
    translate::{self, Media, MessageField, Translated, Untranslatable},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{self, Entry},
    uri::PathAndQuery,
};
use std::borrow::Cow;

/// Conditions and ranges that name bytes or times of an upstream's representation, not of the client's.
const OF_THE_ORIGINAL: [HeaderName; 3] = [header::RANGE, header::IF_RANGE, header::IF_MODIFIED_SINCE];

/// The `error.type` of a body that has a list or a scalar where an object is to be translated.
pub const UNEXPECTED_SHAPE: &str = "unexpected_shape";

/// The format of a body: its kind, and how it is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyFormat {
    /// The kind of the decoded body.
    pub media: Media,
    /// The content codings.
    pub codings: Codings,
}

/// The treatment of the whole body of a request.
#[derive(Debug)]
pub enum RequestText {
    /// The body passes: nothing of it is translated.
    Same,
    /// The body is translated, into these bytes if they differ, with these losses.
    Translated(Option<Vec<u8>>, Losses),
    /// The body passes although the plan does not fit it, for the reason with this `error.type`: as these bytes if a
    /// part of it was translated, with these losses.
    Untranslated(&'static str, Option<Vec<u8>>, Losses),
}

impl Exchange<'_> {
    /// The path and query that the upstream is asked for: as the client sent them, without the client's prefix, at the
    /// operation's address and with the query parameters of the upstream's version; and what is lost, unsaid changes
    /// included. Header fields that move are changed in place. A request [that moves values of its
    /// body](Exchange::moves_request_body) is not asked for here.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where a translated query is none, [`Refusal::RequestUntranslatable`] where a parameter has
    /// several values and the upstream's version takes one, or is none that the changes could be made to, and
    /// [`Refusal::Head`] where the upstream could take the path for another operation's.
    pub fn target(&self, uri: &Uri, headers: &mut HeaderMap) -> Result<(PathAndQuery, Losses), Refusal> {
        if self.work.moves_request {
            return self.move_head(uri, headers);
        }
        let sent = uri.path_and_query().ok_or(Refusal::Target)?;
        let path = &*self.path_up(sent.path(), &self.parameters)?;
        let query = match (self.plan, sent.query()) {
            (Some(plan), query) if self.work.query => Some(translate::optional_query(plan, query)),
            _ => None,
        };
        match query {
            Some(Translated { losses, .. })
                if losses.misplaced().next().is_some() && !self.passes_untranslatable() =>
            {
                Err(Refusal::RequestUntranslatable(Untranslatable::Misplaced(losses.only_misplaced())))
            }
            Some(Translated { losses, .. })
                if losses.refused().next().is_some() && !self.passes_untranslatable() =>
            {
                Err(Refusal::RequestUntranslatable(Untranslatable::Several(losses.only_refused())))
            }
            Some(Translated { output, mut losses }) => {
                losses.extend(self.unsaid.losses());
                Ok((self.with_query(sent, path, output.as_deref())?, losses))
            }
            None => Ok((self.with_query(sent, path, sent.query())?, self.unsaid.losses())),
        }
    }

    /// The version that the upstream is told; `None` where what the client sent stays.
    fn asked(&self) -> Option<Version> {
        match self.pin.pinned {
            Pinned::Known(_) => Some(self.pin.upstream),
            Pinned::Unknown(_) | Pinned::Upstream => None,
        }
    }

    /// The path and query that an upstream of the client's version is asked for: as the client sent them, without its
    /// prefix, and with its version where it says none.
    ///
    /// # Errors
    /// [`Refusal::Target`] if there is none.
    pub fn native_target(&self, uri: &Uri) -> Result<PathAndQuery, Refusal> {
        self.target_at(uri, self.native())
    }

    /// The path and query for a request that passes as the client sent it, although it has a plan: at the operation's
    /// address of the upstream's version all the same.
    pub(super) fn unmoved_target(&self, uri: &Uri) -> Result<PathAndQuery, Refusal> {
        let sent = uri.path_and_query().ok_or(Refusal::Target)?;
        self.with_query(sent, &self.path_up(sent.path(), &self.parameters)?, sent.query())
    }

    fn target_at(&self, uri: &Uri, version: Option<Version>) -> Result<PathAndQuery, Refusal> {
        let sent = uri.path_and_query().ok_or(Refusal::Target)?;
        let (path, query) = (self.pin.below_prefix(sent.path()), sent.query());
        let Some(version) = version.filter(|_| self.facts.places.in_url()) else {
            return with_query(sent, path, query);
        };
        let (places, is_said) = (&self.facts.places, self.pin.source.is_said());
        let path = places.path(path, self.pin.segment, version.as_str(), is_said);
        with_query(sent, &path, places.query(query, version.as_str(), is_said).as_deref())
    }

    /// The path that the upstream is asked for: without the client's prefix, at the operation's address, with these
    /// parameters where they are other ones than the client's, and with the version of the upstream.
    pub(super) fn path_up<'p>(
        &self,
        sent: &'p str,
        parameters: &[MessageField],
    ) -> Result<Cow<'p, str>, Refusal> {
        let path = self.pin.below_prefix(sent);
        let places = &self.facts.places;
        let Some(version) = self.asked().filter(|_| places.in_url()) else {
            return self.path(path, parameters);
        };
        let (version, is_said) = (version.as_str(), self.pin.source.is_said());
        let bare = self.pin.path(sent);
        Ok(match self.path(&bare, parameters)? {
            Cow::Borrowed(_) => places.path(path, self.pin.segment, version, is_said),
            Cow::Owned(moved) => {
                let at = self.pin.segment.and_then(|_| places.in_path(&moved));
                Cow::Owned(places.path(&moved, at, version, is_said).into_owned())
            }
        })
    }

    /// Joins a path and a query, with the version of the upstream where the query says it.
    pub(super) fn with_query(
        &self,
        sent: &PathAndQuery,
        path: &str,
        query: Option<&str>,
    ) -> Result<PathAndQuery, Refusal> {
        match self.asked().filter(|_| self.facts.places.in_url()) {
            None => with_query(sent, path, query),
            Some(version) => {
                let is_said = self.pin.source.is_said();
                with_query(sent, path, self.facts.places.query(query, version.as_str(), is_said).as_deref())
            }
        }
    }

    /// The format of the request's body where it is to be read whole: to be translated, or, in a form, to
    /// see which method it asks for. Nothing where it passes.
    ///
    /// # Errors
    /// [`Refusal::RequestCoding`] where it has a content coding that cannot be decoded, and [`Refusal::RequestCoded`]
    /// where the caller decodes none.
    pub fn request_body(&self, headers: &HeaderMap, empty: bool) -> Result<Option<BodyFormat>, Refusal> {
        let is_read = self.work.request_body || !self.otherwise.is_empty() || !self.others_up.is_empty();
        match is_read && !empty {
            true => self.body_format(headers).map(Some),
            false => Ok(None),
        }
    }

    /// The format of a body that is read.
    pub(super) fn body_format(&self, headers: &HeaderMap) -> Result<BodyFormat, Refusal> {
        let codings = self.facts.codings(headers).ok_or(match self.facts.decoding {
            Decoding::Supported => Refusal::RequestCoding,
            Decoding::Unsupported => Refusal::RequestCoded,
        })?;
        Ok(BodyFormat { media: media::of(headers), codings })
    }

    /// Translates the whole body of a request, without its content codings.
    ///
    /// # Errors
    /// It is refused: nothing of it may go up.
    pub fn request_text(&self, media: Media, body: &Bytes) -> Result<RequestText, Refusal> {
        if !self.otherwise.is_empty() {
            let asked = translate::form_values(media, body, method_override::PARAMETER);
            let asked = asked.map_err(Refusal::RequestUntranslatable)?;
            if asked.iter().any(|value| method_override::names(value.as_bytes(), &self.otherwise)) {
                return Err(HeadError::Method.into());
            }
        }
        let Some(plan) = self.plan.filter(|_| self.work.request_body) else {
            self.is_itself_up(media, body)?;
            return Ok(RequestText::Same);
        };
        let Translated { output, losses } = match translate::request_body(plan, media, body) {
            Ok(translated) => translated,
            Err(error) if error.is_well_formed() && self.passes_untranslatable() => {
                self.is_itself_up(media, body)?;
                return Ok(RequestText::Untranslated(error.code(), None, plan.unread_request()));
            }
            Err(error) => return Err(Refusal::RequestUntranslatable(error)),
        };
        let is_in_place = losses.misplaced().next().is_none();
        if !is_in_place && !self.passes_untranslatable() {
            let misplaced = losses.only_misplaced();
            return Err(Refusal::RequestUntranslatable(Untranslatable::Misplaced(misplaced)));
        }
        let is_sayable = losses.refused().next().is_none();
        if !is_sayable && !self.passes_untranslatable() {
            return Err(Refusal::RequestUntranslatable(Untranslatable::Several(losses.only_refused())));
        }
        self.is_itself_up(media, &output)?;
        // What did not change is not written anew.
        let output = (output != **body).then_some(output);
        Ok(match is_in_place && is_sayable {
            true => RequestText::Translated(output, losses),
            false => RequestText::Untranslated(UNEXPECTED_SHAPE, output, losses),
        })
    }

    /// Tells whether a body that does not fit the plan goes up unchanged. A client that refuses losses refuses that as
    /// well.
    pub(super) fn passes_untranslatable(&self) -> bool {
        self.facts.untranslatable == UntranslatableBody::Pass && !self.refuses()
    }

    /// The fields that the upstream gets, in the order in which they came.
    ///
    /// `rewritten` is the length of the body where that is another one now; a client's `Content-Length` holds otherwise.
    pub fn request_headers(&self, came: HeaderMap, arrival: Arrival, rewritten: Option<usize>) -> HeaderMap {
        let hop = self.facts.hop.as_ref();
        let options = ConnectionOptions::by(&came);
        let stays = |name: &HeaderName| {
            let ends = hop.is_some()
                && (hop::is_hop_by_hop(name)
                    || hop::is_forwarding(name)
                    || options.contains(name)
                    // `Expect: 100-continue` has been answered when a handler runs.
                    || name == header::EXPECT);
            let stale = (self.work.response && OF_THE_ORIGINAL.contains(name))
                || (rewritten.is_some()
                    && (name == header::CONTENT_ENCODING
                        || name == header::TRANSFER_ENCODING
                        || integrity::is_one(&came, name)));
            !ends && !stale
        };
        // Most requests stay as they are; to take a field out of the map would change the order of the others.
        let (mut headers, came) = match came.keys().all(|name| stays(name) && !self.is_condition(name)) {
            true => (came, HeaderMap::new()),
            false => (self.kept(&came, stays), came),
        };
        if let Some(hop) = hop {
            join_cookies(&mut headers);
            headers.insert(header::HOST, hop.upstream.authority().clone());
        }
        set(&mut headers, &header::CONTENT_LENGTH, rewritten.map(HeaderValue::from));
        if self.translates_answers() {
            headers.insert(header::ACCEPT_ENCODING, self.accepts.asked());
        }
        if hop.is_some_and(|hop| hop.forwarded) {
            // What a stranger says of the way is forgotten.
            let told = if self.facts.trusts(arrival.peer) { came } else { HeaderMap::new() };
            hop::add_forwarding(&mut headers, &told, arrival);
        }
        self.ask_method(&mut headers);
        if let Some(version) = self.asked().and_then(|version| self.facts.text(version)) {
            self.facts.places.ask(&mut headers, version, self.pin.source.is_said());
        }
        headers
    }

    /// The fields that stay, and what becomes of conditions.
    fn kept(&self, came: &HeaderMap, stays: impl Fn(&HeaderName) -> bool) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(came.len() + 2);
        for (name, value) in came {
            match self.condition(came, name) {
                // Its lists are one field now, in place of the first.
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

    /// Tells whether a field is a condition on translated representations.
    fn is_condition(&self, name: &HeaderName) -> bool {
        self.tags.is_some() && (name == header::IF_NONE_MATCH || name == header::IF_MATCH)
    }

    /// Returns the replacement for a field that is a condition on translated representations, or `None` for other
    /// fields.
    fn condition(&self, came: &HeaderMap, name: &HeaderName) -> Option<Option<HeaderValue>> {
        let tags = self.tags.as_ref().filter(|_| self.is_condition(name))?;
        Some(tags.condition_up(came, name))
    }
}

/// Joins a path and a query, which are mostly those that were sent.
fn with_query(sent: &PathAndQuery, path: &str, query: Option<&str>) -> Result<PathAndQuery, Refusal> {
    if path == sent.path() && query == sent.query() {
        return Ok(sent.clone());
    }
    let target = match query {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    // The error names no text of the target.
    target.map_err(|error| Refusal::Internal(error.to_string()))
}

/// HTTP/2 may split a cookie over fields, HTTP/1.1 may not (RFC 9113, 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    // Few requests have any name twice.
    if headers.len() == headers.keys_len() {
        return;
    }
    let cookies: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1 {
        let joined = HeaderValue::from_bytes(&cookies.join(b"; ".as_slice())).ok();
        set(headers, &header::COOKIE, joined);
    }
}
