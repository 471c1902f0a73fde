//! One exchange without its transport: what a request is, and what becomes of the heads on both ways.
//!
//! Nothing here knows hyper, a socket or a body: heads come in and go out as [`http`] types, and the caller moves
//! the bodies. [`Exchanges::decide`] comes first; the [`Exchange`] that it returns answers every later question,
//! on the way up in `request`, on the way down in `response`.

mod addresses;
mod answered;
mod caching;
mod cross_origin;
mod facts;
mod guard;
mod guarded;
pub mod hop;
mod integrity;
mod losing;
pub mod media;
mod message;
mod method_override;
mod native;
mod preflight;
mod refusal;
mod renamed;
mod request;
mod response;
mod retirement;
mod unsaid;
mod url_rewrite;

pub use addresses::{Absence, MissingOperation};
pub use answered::{AnswerHead, StatedVersion};
pub use guard::HeadError;
pub use guarded::NoOperation;
pub use hop::Hop;
pub use integrity::of as integrity_fields;
pub use losing::{Half, WouldLose};
pub use media::is_json;
pub use message::{MovedAnswer, MovedRequest};
pub use native::{is_only_a_reading, reading};
pub use refusal::{OwnAnswer, Refusal, Verdict};
pub use renamed::OriginalBody;
pub use request::{BodyFormat, RequestText, UNEXPECTED_SHAPE};
pub use response::Treatment;
pub use retirement::Retired;
use unsaid::Unsaid;
pub use unsaid::{OpaqueUpstream, UnsaidChange};

use crate::{
    clock::Clock,
    coding::{Accepts, Decoding},
    fields::{OUTCOME, UPSTREAM_REQUEST_ID, only},
    pin::{Pin, PinError, Pinned, Pins, RequestIdentity},
    places::Asked,
    policy::{Client, MethodOverride, Policy, PolicyError, ServedVersions},
};
use addresses::AddressTables;
use caching::Tags;
use dateline_core::{
    Version,
    pack::{OperationId, Pack, Part},
    plan::{Plan, Plans},
    route::{Routes, lenient},
    translate::{FieldValue, MessageField},
};
use facts::{Facts, text};
use guarded::Found;
use hop::Peer;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri, header,
    request::Parts,
    uri::{PathAndQuery, Scheme},
};
use percent_encoding::percent_decode_str;
use retirement::Retirements;
use std::{borrow::Cow, net::IpAddr, sync::Arc};
use url_rewrite::UrlRewrites;

/// The state that all exchanges share.
#[derive(Debug)]
pub struct Exchanges {
    pins: Pins,
    routes: Routes,
    plans: Plans,
    /// The text of every operation, by its id.
    templates: Vec<Arc<str>>,
    /// The methods that a request could ask to be taken for.
    methods: Vec<String>,
    /// By operation: whether any version has an unsaid change of it.
    unsaid: Vec<bool>,
    serves: ServedVersions,
    facts: Facts,
}

/// The facts about one request, and the plan for it.
#[derive(Debug)]
pub struct Exchange<'e> {
    /// The version that the client speaks, and who said so.
    pub pin: Pin<'e>,
    /// The template of the operation, where the pack names it.
    pub operation: Option<&'e Arc<str>>,
    /// The plan, which is never empty.
    pub plan: Option<&'e Arc<Plan>>,
    /// The number of the operation.
    id: Option<OperationId>,
    /// All operations at the address of the client's version, where there are several.
    rivals: Option<Box<[OperationId]>>,
    /// True if the body says which of them it is, and has not been read.
    is_open: bool,
    /// The other operations at the upstream's address, which a body would make of the request.
    others_up: Box<[OperationId]>,
    pack: &'e Pack,
    work: Work,
    /// The changes between its versions that no step can say.
    unsaid: Unsaid<'e>,
    /// The operation that one of its versions does not have, which refuses it.
    missing: Option<Box<MissingOperation>>,
    /// The addresses of both versions, where they are not all the same.
    addresses: Option<Box<AddressTables<'e>>>,
    /// The tags of the path's translated representations, if it has any.
    tags: Option<Tags<'e>>,
    /// The codings that a translated answer can have.
    accepts: Accepts,
    /// The version that the answer is in, once that is there.
    stated: StatedVersion,
    /// The methods that a form must not ask for in place of its own, since their requests are translated differently.
    otherwise: Vec<&'e str>,
    /// The parameters in the path, where the plan moves values.
    parameters: Vec<MessageField>,
    facts: &'e Facts,
}

/// The parts that the plan translates.
#[derive(Debug, Default, Clone, Copy)]
struct Work {
    query: bool,
    /// Values move between the query and the header, or between those and the body.
    moves_request: bool,
    request_body: bool,
    response: bool,
    /// The bodies of some errors change.
    errors: bool,
}

impl Work {
    fn of(plan: &Plan) -> Self {
        Work {
            query: plan.translates_query(),
            moves_request: plan.moves(Part::Request),
            request_body: plan.translates_request_body(),
            response: plan.translates_response(),
            errors: plan.translates_errors(),
        }
    }
}

impl Exchange<'_> {
    /// Tells whether the plan translates the request's body.
    pub fn translates_requests(&self) -> bool {
        self.work.request_body
    }

    /// Tells whether the plan translates bodies of answers: successful ones or errors.
    pub fn translates_answers(&self) -> bool {
        self.work.response || self.work.errors
    }
}

impl Exchanges {
    /// Makes what is the same for all exchanges. `decoding` says whether the caller decodes bodies; `hop` is there where
    /// requests are sent on to another server.
    ///
    /// # Errors
    /// [`PolicyError`] where the policy and the pack do not fit.
    pub fn new(
        pack: Arc<Pack>,
        policy: &Policy,
        decoding: Decoding,
        hop: Option<Hop>,
        clock: Clock,
    ) -> Result<Self, PolicyError> {
        let pins = Pins::new(&pack, policy)?;
        let policy = &policy.resolved(&pack);
        let mut vary = pins.places().fields().to_vec();
        if pins.any_by_key() {
            vary.push(header::AUTHORIZATION);
        }
        Ok(Exchanges {
            routes: Routes::new(&pack),
            methods: method_override::methods(&pack),
            unsaid: pack
                .operation_ids()
                .map(|id| {
                    pack.modules
                        .iter()
                        .flat_map(|module| &module.unsaid)
                        .any(|unsaid| unsaid.operations.contains(&id))
                })
                .collect(),
            serves: policy.serves.clone(),
            templates: pack.operations.iter().map(|operation| operation.to_string().into()).collect(),
            facts: Facts {
                places: Arc::clone(pins.places()),
                loss_header: policy.loss_header,
                error_names: policy.error_names,
                other_version: policy.other_version,
                method_override: policy.method_override,
                untranslatable: policy.untranslatable,
                decoding,
                vary,
                urls: UrlRewrites::new(
                    hop.as_ref().map(|hop| &hop.upstream),
                    hop.as_ref().and_then(|hop| hop.public.as_deref()),
                ),
                hop,
                scheme: pack.scheme.clone(),
                aliases: pack.aliases.iter().map(|alias| (alias.name, alias.version)).collect(),
                texts: pack.versions().filter_map(|version| Some((version, text(version)?))).collect(),
                retirements: Retirements::new(&policy.retirements, clock),
            },
            pins,
            plans: Plans::new(pack),
        })
    }

    /// Decides the version, the operation and the plan of a request.
    ///
    /// A path goes up byte for byte as it came, so it must be one and the same operation's for every server: one that
    /// a lenient server ([`lenient`]) would take for another client's or another operation's is refused.
    ///
    /// # Errors
    /// A [`Refusal`] if the request is refused before anything is sent.
    pub fn decide(&self, head: &Parts) -> Result<Exchange<'_>, Refusal> {
        let Parts { method, uri, headers, .. } = head;
        if method == Method::CONNECT {
            return Err(Refusal::Tunnel);
        }
        guard::check(head, self.facts.places.fields(), self.facts.hop.is_some())?;
        let is_http = uri.scheme().is_none_or(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        if !uri.path().starts_with('/')
            || !is_http
            || (head.version == http::Version::HTTP_2 && !has_path(uri))
        {
            return Err(Refusal::Target);
        }
        let pin = self.pin(head, self.identity(uri, headers))?;
        self.exchange(head, pin, None)
    }

    /// The exchange of a request whose version is known, and whose operation may be known as well. An open one has none
    /// yet.
    fn exchange<'e>(
        &'e self,
        head: &Parts,
        mut pin: Pin<'e>,
        found: Option<Found>,
    ) -> Result<Exchange<'e>, Refusal> {
        let Parts { method, uri, headers, .. } = head;
        let path = pin.path(uri.path());
        let path = &*path;
        let Found { operation, rivals, is_open } = found.unwrap_or_else(|| self.by_head(method, path, &pin));
        let missing = (!is_open).then(|| self.missing(method, path, operation, &mut pin)).flatten();
        let unsaid = self.cross(operation, uri.query(), &mut pin);
        let plan = self.plan(operation, &pin);
        if let Some(read) = lenient(uri.path()) {
            let other = self.pin(head, RequestIdentity { path: &read, ..self.identity(uri, headers) })?;
            let is_another = other.client != pin.client || !other.says_as(&pin);
            let own = (operation, rivals.as_deref().unwrap_or_default());
            if is_another || (!is_open && self.is_another_operation(method, path, &pin, own, plan)) {
                return Err(HeadError::Path.into());
            }
        }
        let mut otherwise = Vec::new();
        if self.facts.method_override == MethodOverride::Refuse {
            let all = || self.translated_otherwise(method, path, &pin, operation, plan);
            if method_override::in_head(uri, headers).any(|value| method_override::names(&value, &all())) {
                return Err(HeadError::Method.into());
            }
            // Frameworks look into a form for it where it is posted.
            if method == Method::POST && media::is_form(headers) {
                otherwise = all();
            }
        }
        let work = plan.map(|plan| Work::of(plan)).unwrap_or_default();
        Ok(Exchange {
            operation: operation.and_then(|id| self.templates.get(id.0)),
            plan,
            id: operation,
            rivals,
            is_open,
            others_up: self.others_up(operation, &pin),
            pack: self.pack(),
            work,
            unsaid,
            missing,
            addresses: match operation {
                None if is_open => None,
                None => {
                    self.asked_about(method, path, headers, &pin).or_else(|| self.tables(None, None, &pin))
                }
                Some(_) => self.tables(operation, plan, &pin),
            },
            accepts: match (work.response || work.errors) && self.facts.decodes() {
                true => Accepts::of(headers),
                false => Accepts::default(),
            },
            tags: self.tags(method, path, &pin, plan),
            stated: StatedVersion::AsAsked,
            parameters: self.parameters(operation, plan, &pin, path),
            pin,
            otherwise,
            facts: &self.facts,
        })
    }

    /// The properties of a request by which any client is identified.
    fn identity<'r>(&self, uri: &'r Uri, headers: &'r HeaderMap) -> RequestIdentity<'r> {
        let authorization = || only(headers, &header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
        RequestIdentity {
            authorization: self.pins.any_by_key().then(authorization).flatten(),
            host: self.pins.any_by_host().then(|| uri.host().or_else(host)).flatten(),
            path: uri.path(),
        }
    }

    fn pin(&self, head: &Parts, identity: RequestIdentity<'_>) -> Result<Pin<'_>, PinError> {
        self.pins.resolve(&head.headers, head.uri.query(), identity).map_err(|error| match error {
            PinError::Unsupported { said, mut supported } => {
                supported.retain(|version| self.facts.retirements.retired(*version).is_none());
                PinError::Unsupported { said, supported }
            }
            other => other,
        })
    }

    /// The configured client that a request is from, for a log line of one that cannot be decided, or nothing if a
    /// lenient server could read its path as another client's.
    pub fn client(&self, uri: &Uri, headers: &HeaderMap) -> Option<&Client> {
        let client = self.pins.whose(self.identity(uri, headers))?;
        let is_clear = lenient(uri.path()).is_none_or(|read| {
            self.pins.whose(RequestIdentity { path: &read, ..self.identity(uri, headers) }) == Some(client)
        });
        is_clear.then_some(client)
    }

    /// The address of a client: that of its connection, or what the proxies say that `listen.trusted_proxies` names.
    pub fn client_address(&self, peer: Peer, headers: &HeaderMap) -> IpAddr {
        hop::client_address(peer.address, headers, |address| self.facts.trusts_address(address))
    }

    /// Checks that the client's version is still answered, that both versions have the operation, and that no change lies
    /// between which cannot be translated.
    ///
    /// # Errors
    /// [`Refusal::Retired`] from the version's sunset on, where it is to be refused then, [`Refusal::Missing`],
    /// [`Refusal::Unsaid`] and [`Refusal::Opaque`].
    pub fn admit(&self, exchange: &Exchange<'_>) -> Result<(), Refusal> {
        let pin = &exchange.pin;
        if let Pinned::Known(version) = pin.pinned
            && let Some(retired) = self.facts.retirements.retired(version)
        {
            let is_served = |version: &Version| self.facts.retirements.retired(*version).is_none();
            let supported = self.pins.supported().iter().copied().filter(is_served).collect();
            let place = self.facts.place();
            return Err(Refusal::Retired { retired, said_by: pin.source, place, supported });
        }
        if let Some(missing) = &exchange.missing {
            return Err(Refusal::Missing(missing.clone()));
        }
        match &exchange.unsaid {
            Unsaid::Told(_) | Unsaid::Awaited(_) => Ok(()),
            Unsaid::Refused(change) => Err(Refusal::Unsaid(change.clone())),
            Unsaid::Opaque(opaque) => Err(Refusal::Opaque(opaque.clone())),
        }
    }

    /// Tells whether the upstream could read a path as another operation of the pack, and one of the two is translated.
    /// Other ambiguous paths pass: refusing them would protect nothing.
    fn is_another_operation(
        &self,
        method: &Method,
        path: &str,
        pin: &Pin<'_>,
        (operation, rivals): (Option<OperationId>, &[OperationId]),
        plan: Option<&Arc<Plan>>,
    ) -> bool {
        let Some(read) = lenient(path) else { return false };
        let is_own_changed = plan.is_some() || self.moves(operation, pin);
        self.found(method.as_str(), &read, pin).any(|other| {
            let is_own = other == operation || other.is_some_and(|other| rivals.contains(&other));
            other.is_some() && !is_own && (is_own_changed || self.is_changed(other, pin))
        })
    }

    /// The methods whose operation at this path is another one and has a plan, or has none where this one has. What
    /// nothing translates may be taken for anything: to refuse it would protect nobody.
    fn translated_otherwise(
        &self,
        method: &Method,
        path: &str,
        pin: &Pin<'_>,
        operation: Option<OperationId>,
        plan: Option<&Arc<Plan>>,
    ) -> Vec<&str> {
        // The upstream gets another path then, at which each method is another operation's.
        let moves = self.moves(operation, pin);
        let is_another = |found: Option<OperationId>| {
            (found.is_none() || found != operation) && (plan.is_some() || self.is_changed(found, pin))
        };
        let is_otherwise = |other: &&str| {
            **other != *method.as_str() && (moves || self.found(other, path, pin).any(is_another))
        };
        self.methods.iter().map(String::as_str).filter(is_otherwise).collect()
    }

    /// The header fields in which a request says its version, and an answer the one that it is in.
    pub fn version_headers(&self) -> &[HeaderName] {
        self.facts.places.headers()
    }

    /// Lets a request say this version, where it says one already or else at the first place.
    ///
    /// # Errors
    /// The version makes no URL.
    pub fn say(&self, head: &mut Parts, version: Version) -> Result<(), http::Error> {
        let asked = self.identity(&head.uri, &head.headers);
        let said = self.pins.resolve(&head.headers, head.uri.query(), asked);
        let (is_said, segment, prefix) = match &said {
            Ok(pin) => (pin.source.is_said(), pin.segment, pin.prefix),
            // What is no version is refused, or is replaced where it is a header.
            Err(_) => (true, None, 0),
        };
        let places = &self.facts.places;
        if places.in_url() {
            let (stripped, path) = head.uri.path().split_at(prefix);
            let path = places.path(path, segment, version.as_str(), is_said);
            let target = match places.query(head.uri.query(), version.as_str(), is_said) {
                Some(query) => format!("{stripped}{path}?{query}"),
                None => format!("{stripped}{path}"),
            };
            let mut parts = head.uri.clone().into_parts();
            parts.path_and_query = Some(PathAndQuery::try_from(target)?);
            head.uri = Uri::from_parts(parts)?;
        }
        if let Some(text) = self.facts.text(version) {
            places.ask(&mut head.headers, text, is_said);
        }
        Ok(())
    }

    /// The text that a request has in place of a version that can be served. It may be anything, a key included.
    pub fn unsupported<'r>(&self, head: &'r Parts) -> Option<Cow<'r, [u8]>> {
        let (headers, query) = (&head.headers, head.uri.query());
        let path = self.pins.below_prefix(self.identity(&head.uri, headers));
        self.pins.unsupported(&Asked { headers, path, query })
    }

    /// Tells whether the path may be written to a log: what stands at the place of a version is one there, and not a key.
    pub fn has_clear_path(&self, head: &Parts) -> bool {
        if !self.facts.places.in_url() {
            return true;
        }
        let (headers, query) = (&head.headers, head.uri.query());
        let path = self.pins.below_prefix(self.identity(&head.uri, headers));
        lenient(path).is_none() && self.pins.names_versions_in_path(&Asked { headers, path, query })
    }

    /// The operation with this template.
    pub fn operation(&self, template: &str) -> Option<OperationId> {
        self.templates.iter().position(|known| **known == *template).map(OperationId)
    }

    /// The text of every operation.
    pub fn templates(&self) -> &[Arc<str>] {
        &self.templates
    }

    /// The pack that is in force.
    pub fn pack(&self) -> &Pack {
        self.plans.pack()
    }

    /// Tells whether the upstream gets the forwarding fields of a request, which include the client's address.
    pub fn sends_forwarding(&self) -> bool {
        self.facts.hop.as_ref().is_some_and(|hop| hop.forwarded)
    }

    /// Tells whether requests of an operation are anything but passed on.
    fn is_changed(&self, operation: Option<OperationId>, pin: &Pin<'_>) -> bool {
        self.plan(operation, pin).is_some() || self.would_cross(operation, pin) || self.moves(operation, pin)
    }

    /// The parameters in the path of a request, where its plan moves values.
    fn parameters(
        &self,
        operation: Option<OperationId>,
        plan: Option<&Arc<Plan>>,
        pin: &Pin<'_>,
        path: &str,
    ) -> Vec<MessageField> {
        let moves = plan.is_some_and(|plan| plan.moves(Part::Request) || plan.moves(Part::Answer));
        let (Some(id), true, Some((client, _))) = (operation, moves, pin.between()) else {
            return Vec::new();
        };
        let Some(address) = self.pack().address(id, client) else { return Vec::new() };
        let found = self.routes.parameters(address, path);
        let named = found
            .iter()
            .flat_map(|found| address.parameters().filter_map(|name| Some((name, found.get(name)?))));
        let field = |(name, value): (&str, &str)| MessageField {
            name: name.into(),
            value: match percent_decode_str(value).decode_utf8() {
                Ok(text) => FieldValue::Text(text.into_owned()),
                Err(_) => FieldValue::Odd,
            },
        };
        named.map(field).collect()
    }

    fn plan(&self, operation: Option<OperationId>, pin: &Pin<'_>) -> Option<&Arc<Plan>> {
        let (client, upstream) = pin.between()?;
        self.plans.get(operation?, client, upstream).filter(|plan| !plan.is_empty())
    }

    /// A validator is about what `GET` answers at a path, whichever method carries it (RFC 9110, 8.8 and 13.1):
    /// so `GET`'s plan says how to read it, and the method's own only where the pack has no such `GET`.
    fn tags<'e>(
        &'e self,
        method: &Method,
        path: &str,
        pin: &Pin<'_>,
        own: Option<&'e Arc<Plan>>,
    ) -> Option<Tags<'e>> {
        let (client, _) = pin.between()?;
        let got = match *method {
            Method::GET | Method::HEAD => None,
            _ => self.plan(self.routes.find("GET", path, pin.spoken()), pin),
        };
        let plan = [got, own].into_iter().flatten().find(|plan| plan.translates_response())?;
        Some(Tags::new(client, plan.fingerprint()))
    }

    /// Returns the body of an answer that is made here.
    pub fn own_body(&self, answer: &OwnAnswer<'_>, request_id: &str) -> Vec<u8> {
        answer.body(request_id, self.pack().errors.as_ref())
    }

    /// Returns the head of an answer that is made here; `pinned` as far as it is known.
    pub fn own_headers(&self, answer: &OwnAnswer<'_>, pinned: Option<Pinned>) -> HeaderMap {
        let version = match pinned {
            Some(Pinned::Known(version) | Pinned::Unknown(Some(version))) => version,
            Some(Pinned::Unknown(None) | Pinned::Upstream) | None => self.pins.fallback(),
        };
        let mut headers = HeaderMap::new();
        let media = self.pack().errors.as_ref().map(|shape| HeaderValue::try_from(&shape.content_type));
        let media = media.and_then(Result::ok).unwrap_or(HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_TYPE, media);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(OUTCOME, HeaderValue::from_static(answer.verdict.outcome.as_str()));
        set(&mut headers, &UPSTREAM_REQUEST_ID, answer.upstream_request_id.cloned());
        if let Some(text) = self.facts.text(version) {
            self.facts.places.label(&mut headers, text);
        }
        if let Some((name, value)) = &answer.advice {
            headers.insert(name, value.clone());
        }
        self.facts.add_vary(&mut headers, &[]);
        self.facts.tell_retirement(&mut headers, pinned);
        headers
    }
}

/// Puts a value in place of whatever is there, if there is one.
fn set(headers: &mut HeaderMap, name: &HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

/// Tells whether the `:path` of an HTTP/2 request began with a path (RFC 9113, 8.3.1). The library accepts `?x` as one,
/// and drops `#x`, which then reads like `/`. An HTTP/1 target may be `http://host?x`.
fn has_path(uri: &Uri) -> bool {
    let is_empty =
        |target: &PathAndQuery| target.as_str() == "/" && *target != PathAndQuery::from_static("/");
    uri.path_and_query().is_some_and(|target| target.as_str().starts_with('/') && !is_empty(target))
}

#[cfg(test)]
mod tests;
