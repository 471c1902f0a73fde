//! The policy of an API: which version each client speaks, and what happens where a translation is not exact.
//!
//! These are parsed values. Whoever embeds the library writes them in code; the gateway's configuration builds them.

pub use dateline_core::pack::UnknownPin;

use dateline_core::{Version, day::Day, pack::Pack, version::Scheme};
use sha2::{Digest, Sha256};

/// A client that is known by something else than the version header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The unique name, which stands in logs.
    pub name: String,
    /// The version of its requests that have no version header.
    pub pin: Option<Version>,
    /// The rule that identifies its requests. No other client has the same.
    pub matcher: Match,
    /// The version that the upstream is asked for on behalf of this client, where it is not the usual one.
    pub upstream_version: Option<Version>,
    /// The treatment of translations that are not exact.
    pub losses: OnLoss,
}

/// The mark by which the requests of a [`Client`] are known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Match {
    /// The SHA-256 of the bearer token, as [`bearer_sha256`] makes it.
    Bearer([u8; 32]),
    /// The host that the request is for, in lower case, without the port.
    Host(String),
    /// A path prefix on segment boundaries, such as `/legacy`. It is taken off before the request goes on.
    PathPrefix(String),
}

/// Returns the SHA-256 that stands for a bearer token in the configuration.
///
/// A plain hash is enough here: keys are long and random, so there is nothing to guess.
pub fn bearer_sha256(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The treatment of a translation that is not exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnLoss {
    /// The loss is reported and counted.
    #[default]
    Report,
    /// The translation is refused where that still helps: see `docs/refusing.md`.
    Refuse,
}

/// The version of a request that has no version header and no client with a pin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DefaultPin {
    /// The pack's `default_version`.
    #[default]
    Pack,
    /// This version.
    Version(Version),
    /// `"upstream"`: no version header is sent up and nothing is translated.
    Upstream,
}

/// The retirement of one version, as its clients are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// The version. No other retirement has the same.
    pub pin: Version,
    /// The day from which it is deprecated (RFC 9745). There is this, `sunset`, or both.
    pub deprecated: Option<Day>,
    /// The day from which it may no longer be answered (RFC 8594), not before `deprecated`.
    pub sunset: Option<Day>,
    /// The URL of a page about it: `http` or `https`, fit for a header field.
    pub link: Option<String>,
    /// The treatment of its requests from its sunset on.
    pub after_sunset: AfterSunset,
}

/// The treatment of a request at a version whose sunset has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AfterSunset {
    /// The request is answered as before.
    #[default]
    Serve,
    /// The request is answered 410.
    Refuse,
}

/// The treatment of a request body that its plan does not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UntranslatableBody {
    /// The request is answered 400 or 415, and nothing is sent.
    #[default]
    Refuse,
    /// The request is forwarded unchanged. The client, the log and the metrics are told that it was not translated.
    Pass,
}

/// The treatment of an answer in a version that was not asked for and that the pack does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OtherVersion {
    /// The client gets a 502 where the answer would be translated. It passes where nothing would be.
    #[default]
    Refuse,
    /// The answer passes unchanged, labelled with the version that the upstream states.
    Pass,
}

/// The versions that the upstream still serves beside the one that it is asked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServedVersions {
    /// These, which may be none.
    Listed(Vec<Version>),
    /// Every version of the pack.
    All,
}

impl ServedVersions {
    /// Tells whether a version is served.
    pub fn has(&self, version: Version) -> bool {
        match self {
            ServedVersions::Listed(versions) => versions.contains(&version),
            ServedVersions::All => true,
        }
    }
}

impl Default for ServedVersions {
    fn default() -> Self {
        ServedVersions::Listed(Vec::new())
    }
}

/// The treatment of `X-HTTP-Method-Override`, of its relatives, and of a `_method` among the parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MethodOverride {
    /// The upstream may honour them. A request that asks for a method which is translated otherwise is refused.
    #[default]
    Refuse,
    /// The upstream is known not to honour them. They are not looked at.
    Ignored,
}

/// The policy of one API.
///
/// The default is strict where a mistake could cost something, and silent nowhere:
///
/// ```
/// use dateline_http::policy::{DefaultPin, Policy};
///
/// let policy = Policy { default: DefaultPin::Version("2026-06-09".parse()?), ..Policy::default() };
/// assert!(policy.loss_header);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The version that the upstream is asked for, where it is not the pack's newest.
    pub upstream: Option<Version>,
    /// The versions that the upstream serves as well. It is asked in a client's own version where the pack says that a
    /// change cannot be translated.
    pub serves: ServedVersions,
    /// The version of a request that has no version header and no client with a pin.
    pub default: DefaultPin,
    /// The treatment of a request at a version that the pack does not have. The default is the pack's.
    pub unknown: Option<UnknownPin>,
    /// The clients that are known by something else than the version header.
    pub clients: Vec<Client>,
    /// The versions that are on their way out.
    pub retirements: Vec<Retirement>,
    /// The treatment of a request body that its plan does not fit.
    pub untranslatable: UntranslatableBody,
    /// The treatment of requests that ask to be taken for another method.
    pub method_override: MethodOverride,
    /// The treatment of answers in a version that was not asked for.
    pub other_version: OtherVersion,
    /// True if `Dateline-Loss` reports the losses of a translation, and those that it may have.
    pub loss_header: bool,
    /// True if an error of the upstream names parameters as the client did.
    pub error_names: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            upstream: None,
            serves: ServedVersions::default(),
            default: DefaultPin::default(),
            unknown: None,
            clients: Vec::new(),
            retirements: Vec::new(),
            untranslatable: UntranslatableBody::default(),
            method_override: MethodOverride::default(),
            other_version: OtherVersion::default(),
            loss_header: true,
            error_names: true,
        }
    }
}

/// The reason why a policy and a pack do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The pack's version header cannot be a field.
    #[error("the pack's header {0:?} is not a field name (RFC 9110, 5.1)")]
    Header(String),
    /// The policy names versions that the pack does not have.
    #[error("the pack does not have {}. It has {}", unknown_text(.unknown), list(.supported))]
    UnknownVersions {
        /// The places in the policy, and the versions there.
        unknown: Vec<(String, Version)>,
        /// The pack's versions, oldest first.
        supported: Vec<Version>,
    },
    /// Unknown versions are to be taken for the closest older one, and the pack's have no age of their own.
    #[error(
        "the pack lists its versions, so nobody knows which of them is older than one that is not listed"
    )]
    NoAge,
    /// A client's path prefix would fit paths that it does not name.
    #[error(
        "the path prefix {prefix:?} of {client} is not a path: it begins with / and names a segment, as /legacy does"
    )]
    PathPrefix {
        /// The name of the client.
        client: String,
        /// The prefix, as it was given.
        prefix: String,
    },
}

fn unknown_text(unknown: &[(String, Version)]) -> String {
    let text = |(place, version): &(String, Version)| format!("{version} (of {place})");
    unknown.iter().map(text).collect::<Vec<_>>().join(", ")
}

impl Policy {
    /// Returns every version that is named here, with the place that names it.
    fn versions(&self) -> impl Iterator<Item = (String, Version)> {
        let default = match self.default {
            DefaultPin::Version(version) => Some(version),
            DefaultPin::Pack | DefaultPin::Upstream => None,
        };
        let own = [("upstream", self.upstream), ("default", default)];
        let own = own.into_iter().filter_map(|(place, version)| Some((place.to_owned(), version?)));
        let of_clients = self.clients.iter().flat_map(|Client { name, pin, upstream_version, .. }| {
            [pin, upstream_version]
                .into_iter()
                .flatten()
                .map(move |version| (format!("client {name:?}"), *version))
        });
        let retired = self.retirements.iter().map(|retired| ("retirements".to_owned(), retired.pin));
        own.chain(of_clients).chain(retired)
    }

    /// The same with versions in place of the pack's aliases for them.
    #[must_use]
    pub fn resolved(&self, pack: &Pack) -> Policy {
        let mut policy = self.clone();
        let resolve = |version: &mut Version| *version = pack.resolve(*version);
        policy.upstream.iter_mut().for_each(resolve);
        if let ServedVersions::Listed(served) = &mut policy.serves {
            served.iter_mut().for_each(resolve);
        }
        if let DefaultPin::Version(version) = &mut policy.default {
            resolve(version);
        }
        for client in &mut policy.clients {
            client.pin.iter_mut().chain(&mut client.upstream_version).for_each(resolve);
        }
        policy.retirements.iter_mut().for_each(|retirement| resolve(&mut retirement.pin));
        policy
    }

    /// Checks that a pack has every version that is named here.
    ///
    /// # Errors
    /// [`PolicyError::UnknownVersions`], with all of them, [`PolicyError::PathPrefix`] and [`PolicyError::NoAge`].
    pub fn check(&self, pack: &Pack) -> Result<(), PolicyError> {
        for Client { name, matcher, .. } in &self.clients {
            if let Match::PathPrefix(prefix) = matcher
                && !prefix.strip_prefix('/').is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            {
                return Err(PolicyError::PathPrefix { client: name.clone(), prefix: prefix.clone() });
            }
        }
        if self.unknown == Some(UnknownPin::Older) && matches!(pack.scheme, Scheme::Listed(_)) {
            return Err(PolicyError::NoAge);
        }
        let supported = pack.all_versions();
        let unknown: Vec<_> =
            self.versions().filter(|(_, version)| !supported.contains(&pack.resolve(*version))).collect();
        match unknown.is_empty() {
            true => Ok(()),
            false => Err(PolicyError::UnknownVersions { unknown, supported }),
        }
    }
}

/// Returns versions as text, and a word if there are none.
pub fn list(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "none".to_owned();
    }
    versions.iter().map(Version::to_string).collect::<Vec<_>>().join(", ")
}
