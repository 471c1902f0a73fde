//! The facts that heads are rewritten with: the same for every exchange of a configuration.

use super::{
    hop::{Hop, Peer},
    retirement::Retirements,
};
use crate::{
    coding::{Codings, Decoding},
    exchange::url_rewrite::UrlRewrites,
    pin::Pinned,
    places::Places,
    policy::{MethodOverride, OtherVersion, UntranslatableBody},
};
use dateline_core::{
    pack::VersionPlace,
    version::{Scheme, Version, VersionMap},
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, Entry},
};
use std::{net::IpAddr, sync::Arc};

/// The facts that heads are rewritten with.
#[derive(Debug)]
pub(super) struct Facts {
    /// The places where a request says its version.
    pub(super) places: Arc<Places>,
    /// True if clients are told about losses.
    pub(super) loss_header: bool,
    /// True if errors are rewritten in the client's words.
    pub(super) error_names: bool,
    /// The treatment of answers in a version that the pack does not have.
    pub(super) other_version: OtherVersion,
    /// The treatment of requests that ask for another method than their own.
    pub(super) method_override: MethodOverride,
    /// The treatment of a request's body that does not fit its plan.
    pub(super) untranslatable: UntranslatableBody,
    /// The ability of the caller to decode bodies.
    pub(super) decoding: Decoding,
    /// The fields that every answer varies by.
    pub(super) vary: Vec<HeaderName>,
    /// The gateway as a hop, or nothing if requests are handled in this process.
    pub(super) hop: Option<Hop>,
    pub(super) urls: UrlRewrites,
    /// The way in which the pack names versions.
    pub(super) scheme: Scheme,
    /// Other names for versions.
    pub(super) aliases: VersionMap<Version>,
    /// The pack's versions as field values.
    pub(super) texts: VersionMap<HeaderValue>,
    pub(super) retirements: Retirements,
}

impl Facts {
    /// Tells the client of a version that is on its way out.
    pub(super) fn tell_retirement(&self, headers: &mut HeaderMap, pinned: Option<Pinned>) {
        if let Some(Pinned::Known(version)) = pinned
            && let Some(notice) = self.retirements.of(version)
        {
            notice.tell(headers);
        }
    }

    pub(super) fn trusts(&self, peer: Option<Peer>) -> bool {
        peer.is_some_and(|peer| self.trusts_address(peer.address))
    }

    /// Tells whether an address belongs to a trusted proxy.
    pub(super) fn trusts_address(&self, address: IpAddr) -> bool {
        self.hop.as_ref().is_some_and(|hop| hop.trusts(address))
    }

    /// Tells whether the caller decodes bodies.
    pub(super) fn decodes(&self) -> bool {
        self.decoding == Decoding::Supported
    }

    /// Returns the codings of a body that is to be read, or `None` if the caller cannot decode one of them.
    pub(super) fn codings(&self, headers: &HeaderMap) -> Option<Codings> {
        Codings::of(headers).filter(|codings| codings.is_plain() || self.decodes())
    }

    /// The first place where a request says its version, as the object of a sentence.
    pub(super) fn place(&self) -> String {
        self.places.first().map(VersionPlace::to_string).unwrap_or_default()
    }

    /// The version that a text of the upstream's stands for, if it is one. What the scheme does not fit may be anything.
    pub(super) fn version(&self, text: &[u8]) -> Option<Version> {
        let label = str::from_utf8(text).ok()?.parse().ok()?;
        self.aliases.get(label).copied().or_else(|| self.scheme.rank(label).is_ok().then_some(label))
    }

    /// Tells whether the pack has a version.
    pub(super) fn knows(&self, version: Version) -> bool {
        self.texts.contains(version)
    }

    /// Tells whether a field value is exactly this version of the pack.
    pub(super) fn is_text(&self, version: Version, value: &HeaderValue) -> bool {
        self.texts.get(version) == Some(value)
    }

    /// A version as a field value.
    pub(super) fn text(&self, version: Version) -> Option<HeaderValue> {
        self.texts.get(version).cloned().or_else(|| text(version))
    }

    /// `Vary` gains what is missing, `more` too, and loses nothing.
    pub(super) fn add_vary(&self, headers: &mut HeaderMap, more: &[HeaderName]) {
        for name in self.vary.iter().chain(more) {
            let same =
                |varied: &[u8]| varied == b"*" || varied.eq_ignore_ascii_case(name.as_str().as_bytes());
            let names_it = |value: &HeaderValue| {
                value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(same)
            };
            match headers.entry(header::VARY) {
                Entry::Occupied(varied) if varied.iter().any(names_it) => {}
                Entry::Occupied(mut varied) => varied.append(HeaderValue::from(name.clone())),
                Entry::Vacant(vary) => {
                    vary.insert(HeaderValue::from(name.clone()));
                }
            }
        }
    }
}

/// A version as a new field value.
pub(super) fn text(version: Version) -> Option<HeaderValue> {
    HeaderValue::from_str(version.as_str()).ok()
}
