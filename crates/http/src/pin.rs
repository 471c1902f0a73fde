//! Headers and policy -> pin: which version does this client speak, and which the upstream with it?

mod labels;

use crate::{
    places::{Asked, Place, Places, Segment, Text},
    policy::{Client, DefaultPin, Match, Policy, PolicyError, ServedVersions, bearer_sha256, list},
};
use dateline_core::{
    Version,
    pack::{Pack, VersionPlace},
};
use http::{HeaderMap, HeaderName};
use labels::Labels;
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, collections::HashMap, fmt, sync::Arc};

/// The pins of the clients of one pack.
///
/// A request is that of at most one client. Where several match, the one with its bearer token is chosen, then the
/// one with its host, then the one with its longest path prefix. A prefix is stripped where its client is chosen,
/// and only there: a request of a bearer's client keeps the path that it was sent with.
#[derive(Debug)]
pub struct Pins {
    places: Arc<Places>,
    labels: Labels,
    supported: Vec<Version>,
    default: Pinned,
    serves: ServedVersions,
    upstream: Version,
    clients: Vec<Client>,
    bearers: HashMap<[u8; 32], usize>,
    /// Lower case, without port.
    hosts: HashMap<String, usize>,
    /// The prefixes without a trailing slash, longest first.
    prefixes: Vec<(String, usize)>,
}

/// The properties of a request that identify its client, except the version that it says.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestIdentity<'r> {
    /// The value of `Authorization`, where there is exactly one.
    pub authorization: Option<&'r [u8]>,
    /// `Host` or `:authority`, with or without port.
    pub host: Option<&'r str>,
    /// The path as sent, without query.
    pub path: &'r str,
}

/// The version that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// A version of the pack.
    Known(Version),
    /// A version that is spoken natively: one that the pack does not know and that `pins.unknown = "pass"` lets through
    /// untouched, or one of which it does not know what changed. It is `None` for a name that the scheme does not fit, such
    /// as `latest`: such a name may be anything, a key included, and is repeated nowhere.
    Unknown(Option<Version>),
    /// No version: the upstream chooses its own (`pins.default = "upstream"`).
    Upstream,
}

/// The versions of an exchange, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpokenVersions {
    /// The version that the client speaks.
    pub client: Option<Version>,
    /// The version that the upstream is spoken to at.
    pub upstream: Option<Version>,
}

impl Pinned {
    /// Returns both versions of an exchange. `upstream` is the version that the upstream is spoken to at if the client's is
    /// known.
    #[must_use]
    pub fn versions(self, upstream: Version) -> SpokenVersions {
        match self {
            Pinned::Known(pin) => SpokenVersions { client: Some(pin), upstream: Some(upstream) },
            Pinned::Unknown(pin) => SpokenVersions { client: pin, upstream: pin },
            Pinned::Upstream => SpokenVersions::default(),
        }
    }
}

/// The source of a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A header field of the request.
    Header,
    /// The path of the request.
    Path,
    /// The query of the request.
    Query,
    /// A media type of the request.
    MediaType,
    /// The configured client.
    Client,
    /// The configured or the pack's default.
    Default,
}

impl Source {
    /// The name that logs, traces and recordings have for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Header => "header",
            Source::Path => "path",
            Source::Query => "query",
            Source::MediaType => "media_type",
            Source::Client => "client",
            Source::Default => "default",
        }
    }
}

impl Source {
    /// The source of a version that is said at a place.
    fn of(place: &VersionPlace) -> Self {
        match place {
            VersionPlace::Header(_) => Source::Header,
            VersionPlace::Path(_) => Source::Path,
            VersionPlace::Query(_) => Source::Query,
            VersionPlace::MediaType(_) => Source::MediaType,
        }
    }

    /// Tells whether the request itself says the version.
    #[must_use]
    pub fn is_said(self) -> bool {
        !matches!(self, Source::Client | Source::Default)
    }
}

/// The versions of an exchange, and its client.
#[derive(Debug, Clone, Copy)]
pub struct Pin<'p> {
    /// The version that the client speaks.
    pub pinned: Pinned,
    /// The source of that version.
    pub source: Source,
    /// The configured client whose request this is.
    pub client: Option<&'p Client>,
    /// The version that the upstream is spoken to at if the client's version is known.
    pub upstream: Version,
    /// The length of the client's prefix in the path, in bytes.
    pub prefix: usize,
    /// The segment that has the version, in the path without the client's prefix.
    pub segment: Option<Segment>,
}

impl Pin<'_> {
    /// The client's version and the upstream's where the two differ and a plan may exist.
    #[must_use]
    pub fn between(&self) -> Option<(Version, Version)> {
        match self.pinned {
            Pinned::Known(version) if version != self.upstream => Some((version, self.upstream)),
            Pinned::Known(_) | Pinned::Unknown(_) | Pinned::Upstream => None,
        }
    }

    /// The version by whose addresses a request is found: the client's, or the upstream's where that is not known.
    #[must_use]
    pub fn spoken(&self) -> Version {
        match self.pinned {
            Pinned::Known(version) => version,
            Pinned::Unknown(_) | Pinned::Upstream => self.upstream,
        }
    }

    /// Tells whether the client was identified by its key.
    #[must_use]
    pub fn by_key(&self) -> bool {
        self.client.is_some_and(|client| matches!(client.matcher, Match::Bearer(_)))
    }

    /// The client's prefix where it was taken off the path, as configured.
    #[must_use]
    pub fn stripped(&self) -> &str {
        match self.client.map(|client| &client.matcher) {
            Some(Match::PathPrefix(prefix)) if self.prefix > 0 => prefix.trim_end_matches('/'),
            _ => "",
        }
    }

    /// Tells whether another reading of the same request says its version as this one does.
    pub(crate) fn says_as(&self, other: &Pin<'_>) -> bool {
        self.pinned == other.pinned && self.segment.is_some() == other.segment.is_some()
    }

    /// The path without the client's prefix.
    #[must_use]
    pub fn below_prefix<'r>(&self, path: &'r str) -> &'r str {
        without_prefix(path, self.prefix)
    }

    /// The path by which an operation is found: without the client's prefix, and without a version.
    #[must_use]
    pub fn path<'r>(&self, path: &'r str) -> Cow<'r, str> {
        let path = self.below_prefix(path);
        let cut =
            self.segment.and_then(|Segment { begin, end }| Some((path.get(..begin)?, path.get(end..)?)));
        match cut {
            None => Cow::Borrowed(path),
            Some(("", "")) => Cow::Borrowed("/"),
            Some((before, behind)) => Cow::Owned([before, behind].concat()),
        }
    }
}

fn without_prefix(path: &str, prefix: usize) -> &str {
    match path.get(prefix..) {
        Some("") => "/",
        Some(rest) => rest,
        None => path,
    }
}

/// The request is refused before the upstream is asked. `Display` is for the client, and does not repeat what was
/// sent: a key in the wrong header would be in every log on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinError {
    /// What stands at the version's place is not exactly a version that can be served.
    Unsupported {
        /// The version at that place, as the subject of a sentence.
        said: String,
        /// Oldest first.
        supported: Vec<Version>,
    },
    /// It is not known what changed in the version, and the upstream does not serve it.
    Opaque {
        /// The version, which is the pack's.
        version: Version,
        /// The versions that can be served, oldest first.
        supported: Vec<Version>,
    },
    /// The header was sent more than once.
    Repeated {
        /// The header's name.
        header: String,
    },
    /// The query parameter was sent more than once, or in a spelling that not every server reads.
    RepeatedParameter {
        /// The parameter's name.
        name: String,
    },
    /// The request says two versions.
    Contradiction {
        /// The place of the first one.
        first: String,
        /// The place of the other one.
        other: String,
    },
}

impl PinError {
    /// The `error.type` that the client sees.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PinError::Unsupported { .. } | PinError::Opaque { .. } => "unsupported_api_version",
            PinError::Repeated { .. } => "duplicate_header",
            PinError::RepeatedParameter { .. } | PinError::Contradiction { .. } => "ambiguous_version",
        }
    }
}

impl std::error::Error for PinError {}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PinError::Unsupported { said, supported } => {
                write!(f, "{said} is not a supported version. Supported versions: {}", list(supported))
            }
            PinError::Opaque { version, supported } => {
                write!(
                    f,
                    "Version {version} cannot be translated, since it is not known what changed in it, and the upstream \
                     does not serve it. Supported versions: {}",
                    list(supported)
                )
            }
            PinError::Repeated { header } => {
                write!(f, "{header} was sent more than once. Send it once, with the version that you speak")
            }
            PinError::RepeatedParameter { name } => {
                write!(
                    f,
                    "The query parameter {name} was sent more than once, or in another spelling. Send it once, written so"
                )
            }
            PinError::Contradiction { first, other } if first == other => {
                write!(f, "The request names more than one version: {first} stands for several. Name one")
            }
            PinError::Contradiction { first, other } => {
                write!(
                    f,
                    "The request names more than one version: {first} says another one than {other}. Name one"
                )
            }
        }
    }
}

/// The version that a request says and its source, and the segment of its path that has it.
type SaidVersion = (Option<(Pinned, Source)>, Option<Segment>);

impl Pins {
    /// Makes the pins of a pack's clients out of a policy.
    ///
    /// # Errors
    /// [`PolicyError`], with every version of the policy that the pack does not have.
    pub fn new(pack: &Pack, policy: &Policy) -> Result<Self, PolicyError> {
        policy.check(pack)?;
        let policy = policy.resolved(pack);
        let labels = Labels::new(pack, policy.unknown.unwrap_or(pack.unknown));
        let default = match policy.default {
            DefaultPin::Pack => Pinned::Known(pack.default_version),
            DefaultPin::Version(version) => labels.of(version),
            DefaultPin::Upstream => Pinned::Upstream,
        };
        let upstream = policy.upstream.unwrap_or(pack.newest());
        let is_served = |version: &Version| {
            !labels.is_opaque(*version) || *version == upstream || policy.serves.has(*version)
        };
        let supported: Vec<_> = pack.all_versions().into_iter().filter(is_served).collect();
        let pins = Pins {
            labels,
            places: Arc::new(Places::of(pack)?),
            supported,
            default,
            serves: policy.serves,
            upstream,
            clients: policy.clients,
            bearers: HashMap::new(),
            hosts: HashMap::new(),
            prefixes: Vec::new(),
        };
        Ok(pins.indexed())
    }

    fn indexed(mut self) -> Self {
        for (index, client) in self.clients.iter().enumerate() {
            match &client.matcher {
                Match::Bearer(hash) => {
                    self.bearers.entry(*hash).or_insert(index);
                }
                Match::Host(host) => {
                    self.hosts.entry(host.to_ascii_lowercase()).or_insert(index);
                }
                Match::PathPrefix(prefix) => {
                    self.prefixes.push((prefix.trim_end_matches('/').to_owned(), index));
                }
            }
        }
        self.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self
    }

    /// The header fields in which a request says its version.
    #[must_use]
    pub fn version_headers(&self) -> &[HeaderName] {
        self.places.headers()
    }

    /// The places where a request says its version.
    pub(crate) fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// The pack's versions, oldest first.
    #[must_use]
    pub fn supported(&self) -> &[Version] {
        &self.supported
    }

    /// Tells whether any client is identified by its key: answers then vary by `Authorization`.
    #[must_use]
    pub fn any_by_key(&self) -> bool {
        !self.bearers.is_empty()
    }

    /// Tells whether any client is identified by the host that it asks.
    #[must_use]
    pub(crate) fn any_by_host(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// The version that an answer is labelled with when the request's own could not be found out.
    #[must_use]
    pub fn fallback(&self) -> Version {
        match self.default {
            Pinned::Known(version) => version,
            Pinned::Unknown(_) | Pinned::Upstream => self.upstream,
        }
    }

    /// Finds the version of a request: the one that it says, else that of its client, else the default.
    ///
    /// # Errors
    /// [`PinError`] where the request says several versions, or none that can be served.
    pub fn resolve(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        identity: RequestIdentity<'_>,
    ) -> Result<Pin<'_>, PinError> {
        let (client, prefix) = match self.client(identity) {
            Some((index, prefix)) => (self.clients.get(index), prefix),
            None => (None, 0),
        };
        let asked = Asked { headers, path: without_prefix(identity.path, prefix), query };
        let (said, segment) = self.said(&asked)?;
        let (pinned, source) = match (said, client.and_then(|client| client.pin)) {
            (Some(said), _) => said,
            (None, Some(pin)) => (self.labels.of(pin), Source::Client),
            (None, None) => (self.default, Source::Default),
        };
        let upstream = client.and_then(|client| client.upstream_version).unwrap_or(self.upstream);
        if let Pinned::Unknown(Some(version)) = pinned
            && version != upstream
            && self.labels.is_opaque(version)
            && !self.serves.has(version)
        {
            return Err(PinError::Opaque { version, supported: self.supported.clone() });
        }
        Ok(Pin { pinned, source, client, upstream, prefix, segment })
    }

    /// The version that a request says, and the segment of its path that has it.
    fn said(&self, asked: &Asked<'_>) -> Result<SaidVersion, PinError> {
        let (mut first, mut segment) = (None, None);
        for place in self.places.iter() {
            let text = match self.places.read(place, asked) {
                None => continue,
                Some(Text::One(text)) => text,
                Some(Text::InPath(text, at)) => {
                    segment = Some(at);
                    text
                }
                Some(Text::Several) => return Err(several(place.named())),
            };
            let pinned = self.accept(&text, place)?;
            match &first {
                None => first = Some((pinned, place, text)),
                Some((known, known_place, known_text)) => {
                    // Two names that nobody knows are one version where they are the same text.
                    let is_same =
                        *known == pinned && (pinned != Pinned::Unknown(None) || *known_text == text);
                    if !is_same {
                        let (first, other) = (known_place.named().to_string(), place.named().to_string());
                        return Err(PinError::Contradiction { first, other });
                    }
                }
            }
        }
        Ok((first.map(|(pinned, place, _)| (pinned, Source::of(place.named()))), segment))
    }

    /// The text that a request has in place of a version that can be served, for a log that shows what may be shown.
    pub(crate) fn unsupported<'r>(&self, asked: &Asked<'r>) -> Option<Cow<'r, [u8]>> {
        self.places.iter().find_map(|place| match self.places.read(place, asked)? {
            Text::One(text) | Text::InPath(text, _) => self.accept(&text, place).is_err().then_some(text),
            Text::Several => None,
        })
    }

    /// Tells whether all that stands at the place of a version in the path is the name of one.
    pub(crate) fn names_versions_in_path(&self, asked: &Asked<'_>) -> bool {
        self.places.iter().all(|place| match self.places.read(place, asked) {
            Some(Text::InPath(text, _)) => {
                matches!(self.labels.read(&text), Some(Pinned::Known(_) | Pinned::Unknown(Some(_))))
            }
            Some(Text::One(_) | Text::Several) | None => true,
        })
    }

    /// The configured client whose request this is, whatever version it asks for.
    #[must_use]
    pub fn whose(&self, identity: RequestIdentity<'_>) -> Option<&Client> {
        self.client(identity).and_then(|(index, _)| self.clients.get(index))
    }

    /// The path of a request without its client's prefix.
    pub(crate) fn below_prefix<'r>(&self, identity: RequestIdentity<'r>) -> &'r str {
        let prefix = self.client(identity).map_or(0, |(_, prefix)| prefix);
        without_prefix(identity.path, prefix)
    }

    fn accept(&self, value: &[u8], place: &Place) -> Result<Pinned, PinError> {
        self.labels.read(value).ok_or_else(|| {
            let said = place.named().subject();
            PinError::Unsupported { said, supported: self.supported.clone() }
        })
    }

    /// The client's index and the length of its prefix.
    fn client(&self, identity: RequestIdentity<'_>) -> Option<(usize, usize)> {
        let bearer = || {
            let token = bearer_token(identity.authorization.filter(|_| !self.bearers.is_empty())?)?;
            self.bearers.get(&bearer_sha256(token))
        };
        let host = || {
            let host = without_port(identity.host.filter(|_| !self.hosts.is_empty())?);
            self.hosts.get(host.to_ascii_lowercase().as_str())
        };
        if let Some(index) = bearer().or_else(host) {
            return Some((*index, 0));
        }
        self.prefixes.iter().find_map(|(prefix, index)| Some((*index, below(identity.path, prefix)?)))
    }
}

/// The refusal of a place that has several texts.
fn several(place: &VersionPlace) -> PinError {
    match place {
        VersionPlace::Header(name) => PinError::Repeated { header: name.clone() },
        VersionPlace::Query(name) => PinError::RepeatedParameter { name: name.clone() },
        VersionPlace::Path(_) | VersionPlace::MediaType(_) => {
            PinError::Contradiction { first: place.to_string(), other: place.to_string() }
        }
    }
}

/// Returns the token of `Bearer <token>` (RFC 6750, 2.1; the scheme in any case, RFC 9110, 11.1).
pub fn bearer_token(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(6)?;
    let starts = scheme.eq_ignore_ascii_case(b"bearer") && token.first() == Some(&b' ');
    Some(token.trim_ascii()).filter(|token| starts && !token.is_empty())
}

/// The name without a port and without the dot that ends an absolute one (RFC 1034, 3.1).
fn without_port(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

/// The length of what is the prefix at the start of a path, on a segment's boundary: segments are decoded, as those
/// of an operation are.
fn below(path: &str, prefix: &str) -> Option<usize> {
    let mut rest = path;
    for wanted in prefix.split('/').skip(1) {
        let segments = rest.strip_prefix('/')?;
        let (segment, after) = segments.split_at(segments.find('/').unwrap_or(segments.len()));
        if !percent_decode_str(segment).eq(wanted.bytes()) {
            return None;
        }
        rest = after;
    }
    Some(path.len() - rest.len())
}

#[cfg(test)]
mod tests;
