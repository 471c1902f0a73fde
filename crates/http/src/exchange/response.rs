//! The way down: what becomes of the upstream's answer, and its head as the client gets it.

use super::{
    Exchange, Refusal, StatedVersion,
    hop::{self, ConnectionOptions},
    integrity, media, set,
    url_rewrite::{PlaceOfClient, Versions},
};
use crate::{
    coding::{Coding, Codings},
    fields::{LOSS, REQUEST_ID, UPSTREAM_REQUEST_ID, UPSTREAM_VERSION},
    pin::Pinned,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// The treatment of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Passes as it came, and is in the client's version.
    Pass,
    /// Is translated.
    Translate,
    /// Is read whole and translated together with its head.
    Move,
    /// An answer to `HEAD`: it has no body, but the head of a translated answer.
    HeadOnly,
    /// Is not JSON where a plan would translate it: passes in the upstream's version.
    Foreign,
    /// Is an error that names things as the client does.
    Reword,
}

impl Treatment {
    /// The word for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::Pass => "passed",
            Treatment::Translate | Treatment::Move => "translated",
            Treatment::HeadOnly => "head",
            Treatment::Foreign => "foreign",
            Treatment::Reword => "reworded",
        }
    }
}

impl Exchange<'_> {
    /// Decides the treatment of an answer. `empty` means that it is known to have no body.
    ///
    /// # Errors
    /// A [`Refusal`] if the client's version of the answer cannot be had.
    pub fn treatment(
        &self,
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
        empty: bool,
    ) -> Result<Treatment, Refusal> {
        if status.is_informational() {
            return Err(Refusal::UnexpectedUpgrade);
        }
        if !self.work.response || !status.is_success() {
            return Ok(Treatment::Pass);
        }
        // Range was not forwarded (RFC 9110, 14.2).
        if status == StatusCode::PARTIAL_CONTENT {
            return Err(Refusal::UnexpectedPart);
        }
        let head = method == Method::HEAD;
        let moves = self.moves_answer_body();
        if empty && !head {
            return Ok(if moves { Treatment::Move } else { Treatment::Pass });
        }
        match media::is_json(headers) {
            true if self.facts.codings(headers).is_none() => Err(Refusal::ResponseCoding),
            true if moves => Ok(Treatment::Move),
            true if head => Ok(Treatment::HeadOnly),
            true => Ok(Treatment::Translate),
            false => Ok(Treatment::Foreign),
        }
    }

    /// The codings of an answer that is read, and the one that the client's has in their place.
    pub fn codings(&self, came: &HeaderMap) -> (Codings, Option<Coding>) {
        let codings = self.facts.codings(came).unwrap_or_default();
        (codings, self.accepts.answer(codings))
    }

    /// Tells whether the client gets another representation than the upstream sent, so that fields which vouch for its
    /// bytes are removed.
    pub fn is_changed(&self, status: StatusCode, treatment: Treatment) -> bool {
        let is_translated = matches!(treatment, Treatment::Translate | Treatment::Move | Treatment::HeadOnly);
        is_translated || treatment == Treatment::Reword || self.is_not_modified(status)
    }

    fn is_not_modified(&self, status: StatusCode) -> bool {
        status == StatusCode::NOT_MODIFIED && self.tags.is_some()
    }

    /// The fields that the client gets, in the order in which they came.
    ///
    /// `length` is that of the body where all of it is there; `coding` is what a translated one is in; `losses` as
    /// [`Exchange::loss_text`] makes it.
    /// `Last-Modified` stays: it is true of the resource in every version, and no condition on it goes up.
    /// So does `X-Request-Id`, whose place the gateway's own takes.
    pub fn response_headers(
        &self,
        came: HeaderMap,
        status: StatusCode,
        treatment: Treatment,
        length: Option<usize>,
        coding: Option<Coding>,
        losses: Option<&str>,
    ) -> HeaderMap {
        let not_modified = self.is_not_modified(status);
        let recoded = matches!(treatment, Treatment::Translate | Treatment::Move | Treatment::HeadOnly);
        let reworded = treatment == Treatment::Reword;
        let changed = self.is_changed(status, treatment);
        let tags = self
            .tags
            .as_ref()
            .filter(|_| not_modified || (status.is_success() && treatment != Treatment::Foreign));
        let tag = tags.and_then(|tags| Some(tags.down(came.get(header::ETAG)?)));
        let hop = self.facts.hop.as_ref();
        let options = ConnectionOptions::by(&came);
        let stays = |name: &HeaderName| {
            let ends = hop.is_some() && (hop::is_hop_by_hop(name) || options.contains(name));
            let stale = changed
                && ((name == header::CONTENT_LENGTH && length.is_none())
                    || name == header::TRANSFER_ENCODING
                    || name == header::ACCEPT_RANGES
                    || integrity::is_one(&came, name));
            let is_undone = name == header::CONTENT_ENCODING && recoded && coding.is_none();
            let is_no_tag = name == header::ETAG && (reworded || matches!(tag, Some(None)));
            let is_for_shared = self.pin.by_key() && tells_shared_caches(name);
            !ends && !stale && !is_undone && !is_no_tag && !is_for_shared
        };
        // To take a field out of the map would change the order of the others.
        let mut headers = match came.keys().all(stays) {
            true => came,
            false => {
                let kept = came.iter().filter(|(name, _)| stays(name));
                let mut headers = HeaderMap::with_capacity(came.len() + 6);
                headers.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
                headers
            }
        };
        set(&mut headers, &header::ETAG, tag.flatten());
        set(&mut headers, &header::CONTENT_LENGTH, length.map(HeaderValue::from));
        let coding = coding.filter(|_| recoded).map(|coding| HeaderValue::from_static(coding.name()));
        set(&mut headers, &header::CONTENT_ENCODING, coding);
        if let (Some(_), Some(theirs)) = (hop, headers.get(REQUEST_ID).cloned()) {
            headers.append(UPSTREAM_REQUEST_ID, theirs);
        }
        set(&mut headers, &LOSS, losses.and_then(|losses| HeaderValue::try_from(losses).ok()));
        self.label(&mut headers, treatment);
        let is_negotiated = self.translates_answers() && self.facts.decodes();
        self.facts.add_vary(&mut headers, if is_negotiated { &[header::ACCEPT_ENCODING] } else { &[] });
        if self.pin.by_key() {
            make_private(&mut headers);
        }
        self.allow_method(&mut headers);
        self.rename_in_lists(&mut headers);
        self.facts.expose(&mut headers);
        self.rename(&mut headers, status);
        self.facts.tell_retirement(&mut headers, Some(self.pin.pinned));
        headers
    }

    /// Says which version the body is in, and which the upstream was spoken to at.
    fn label(&self, headers: &mut HeaderMap, treatment: Treatment) {
        let text = |version| self.facts.text(version);
        if let StatedVersion::Unclear(version) = self.stated {
            // What the upstream says of the version is there, and nothing else is known.
            headers.remove(UPSTREAM_VERSION);
            return set(headers, &UPSTREAM_VERSION, version.and_then(text));
        }
        let places = &self.facts.places;
        let stated = || headers.get(places.headers().first()?).cloned();
        let (is_in, upstream) = match (self.pin.pinned, treatment) {
            // What nothing is known of is in no other version than the one that the upstream was asked for.
            (Pinned::Known(pin), treatment) => {
                let upstream = text(self.pin.upstream);
                let is_upstreams = treatment == Treatment::Foreign || self.operation.is_none();
                let is_in =
                    if is_upstreams || pin == self.pin.upstream { upstream.clone() } else { text(pin) };
                (is_in, upstream)
            }
            (Pinned::Unknown(Some(pin)), _) => {
                (stated().or_else(|| text(pin)), stated().or_else(|| text(pin)))
            }
            (Pinned::Unknown(None) | Pinned::Upstream, _) => (stated(), stated()),
        };
        if let (Pinned::Known(_), Some(is_in), Some(upstream)) = (self.pin.pinned, &is_in, &upstream) {
            places.label_body(headers, upstream, is_in);
        }
        if let Some(is_in) = is_in {
            places.label(headers, is_in);
        }
        set(headers, &UPSTREAM_VERSION, upstream);
    }

    /// Lets the fields that name places name them as the client does: at the gateway, and in its version.
    fn rename(&self, headers: &mut HeaderMap, status: StatusCode) {
        let places = &*self.facts.places;
        let between = self.pin.between().filter(|_| places.in_url());
        let place = PlaceOfClient {
            prefix: self.pin.stripped(),
            addresses: self.addresses.as_deref(),
            keeps_method: matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT),
            versions: between.map(|(client, upstream)| Versions { places, client, upstream }),
        };
        self.facts.urls.rename(headers, place);
    }
}

/// Keeps an answer out of shared caches (RFC 9111, 5.2.2), which do not know whose key it was for.
fn make_private(headers: &mut HeaderMap) {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let is = |directive: &str, name: &str| {
        directive.split('=').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(name))
    };
    let mut directives: Vec<&str> = values.flat_map(directives).collect();
    // `private="field"` keeps only that field out.
    if directives.iter().any(|directive| {
        directive.eq_ignore_ascii_case("private") || directive.eq_ignore_ascii_case("no-store")
    }) {
        return;
    }
    directives.retain(|directive| {
        !is(directive, "public") && !is(directive, "s-maxage") && !is(directive, "private")
    });
    directives.push("private");
    let joined = HeaderValue::try_from(directives.join(", "));
    headers.insert(header::CACHE_CONTROL, joined.unwrap_or(HeaderValue::from_static("private")));
}

/// Tells whether a field gives some shared caches other rules than `Cache-Control` (RFC 9213, and its predecessors).
fn tells_shared_caches(name: &HeaderName) -> bool {
    name.as_str().ends_with("-cache-control") || name.as_str() == "surrogate-control"
}

/// The directives of a `Cache-Control`, cut at commas outside quotes.
fn directives(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value
        .split(move |letter| {
            quoted ^= letter == '"';
            letter == ',' && !quoted
        })
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
}
