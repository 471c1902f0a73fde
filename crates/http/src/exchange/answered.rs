//! The version that an answer is in, as the upstream says it, and what that makes of the answer's half of an exchange.

use super::{Exchange, Exchanges, Refusal, Treatment, Work};
use crate::{
    pin::{Pin, Pinned},
    policy::OtherVersion,
};
use dateline_core::Version;
use http::{HeaderMap, StatusCode, request, response};
use std::fmt;

/// The version that the upstream says an answer is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedVersion {
    /// The one that it was asked for, or it says nothing.
    AsAsked,
    /// The answer is in another version of the pack.
    Other(Version),
    /// The answer's version is not in the pack. It is present if the answer states exactly one valid version.
    Unclear(Option<Version>),
}

/// The head of an answer, and whether a body follows it.
#[derive(Debug, Clone, Copy)]
pub struct AnswerHead<'a> {
    /// Status and fields.
    pub head: &'a response::Parts,
    /// True if it is known that there is no body.
    pub is_empty: bool,
}

/// The word for logs, without a text of the upstream's.
impl fmt::Display for StatedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatedVersion::AsAsked => f.write_str("as asked"),
            StatedVersion::Other(version) | StatedVersion::Unclear(Some(version)) => version.fmt(f),
            StatedVersion::Unclear(None) => f.write_str("unreadable"),
        }
    }
}

impl Exchange<'_> {
    /// The version that an answer to this exchange says it is in. Where the upstream was not asked for a version of
    /// the pack, it cannot have answered at another one. `left_out` says that a version field came and was not readable.
    pub fn stated(&self, came: &HeaderMap, left_out: bool) -> StatedVersion {
        match self.pin.pinned {
            Pinned::Known(_) => self.stated_to(self.pin.upstream, came, left_out),
            Pinned::Unknown(_) | Pinned::Upstream => StatedVersion::AsAsked,
        }
    }

    /// The same where the upstream was asked for another version than the exchange's.
    pub fn stated_to(&self, asked: Version, came: &HeaderMap, left_out: bool) -> StatedVersion {
        let facts = self.facts;
        let silent = if left_out { StatedVersion::Unclear(None) } else { StatedVersion::AsAsked };
        if let Some(name) = facts.places.only_header() {
            let mut values = came.get_all(name).iter();
            match (values.next(), values.next()) {
                (None, _) => return silent,
                (Some(only), None) if facts.is_text(asked, only) => return StatedVersion::AsAsked,
                _ => {}
            }
        }
        // An empty text says nothing.
        let mut versions =
            facts.places.stated(came).filter(|member| !member.is_empty()).map(|member| facts.version(member));
        match versions.next() {
            None => silent,
            Some(Some(version)) if versions.all(|other| other == Some(version)) => match version {
                version if version == asked => StatedVersion::AsAsked,
                version if facts.knows(version) => StatedVersion::Other(version),
                version => StatedVersion::Unclear(Some(version)),
            },
            Some(_) => StatedVersion::Unclear(None),
        }
    }
}

impl Exchanges {
    /// An exchange whose answer is in another version than was asked for, for all that is done with the answer: what
    /// is translated is translated from the version that it is in. `reads` where the body can be had.
    ///
    /// A `304` is about what the client has, which was made from an answer as it was asked for; so its tag stays.
    ///
    /// # Errors
    /// [`Refusal::OtherVersion`] where it would have to be translated, and cannot be.
    pub fn as_answered<'e>(
        &'e self,
        exchange: Exchange<'e>,
        asked: &request::Parts,
        came: AnswerHead<'_>,
        stated: StatedVersion,
        reads: bool,
    ) -> Result<Exchange<'e>, Refusal> {
        let is_kept = came.head.status == StatusCode::NOT_MODIFIED;
        let version = match stated {
            StatedVersion::AsAsked => return Ok(exchange),
            StatedVersion::Other(version) => version,
            StatedVersion::Unclear(_) => {
                self.may_pass(&exchange, asked, came, stated)?;
                let tags = exchange.tags.filter(|_| is_kept);
                return Ok(Exchange { plan: None, work: Work::default(), tags, stated, ..exchange });
            }
        };
        let pin = Pin { upstream: version, ..exchange.pin };
        let path = pin.path(asked.uri.path());
        let operation = exchange.id;
        let plan = self.plan(operation, &pin);
        let parameters = self.parameters(operation, plan, &pin, &path);
        let work = plan.map(|plan| Work::of(plan)).unwrap_or_default();
        let tags = if is_kept { exchange.tags } else { self.tags(&asked.method, &path, &pin, plan) };
        let turned = Exchange { pin, plan, work, tags, stated, parameters, ..exchange };
        if reads || !turned.is_translated(asked, came)? {
            return Ok(turned);
        }
        self.may_pass(&turned, asked, came, stated)?;
        let stated = StatedVersion::Unclear(Some(version));
        Ok(Exchange { plan: None, work: Work::default(), tags: None, stated, ..turned })
    }

    /// Checks that an answer of another version may pass untranslated.
    ///
    /// # Errors
    /// A [`Refusal`] if the answer would be translated by `exchange`, which it does not fit.
    fn may_pass(
        &self,
        exchange: &Exchange<'_>,
        asked: &request::Parts,
        came: AnswerHead<'_>,
        stated: StatedVersion,
    ) -> Result<(), Refusal> {
        let is_translated = exchange.is_translated(asked, came)?;
        match self.facts.other_version {
            OtherVersion::Refuse if is_translated => Err(Refusal::OtherVersion(stated)),
            OtherVersion::Refuse | OtherVersion::Pass => Ok(()),
        }
    }
}

impl Exchange<'_> {
    /// Tells whether the version of the answer is unknown to the pack.
    pub fn is_unclear(&self) -> bool {
        matches!(self.stated, StatedVersion::Unclear(_))
    }

    /// Tells whether the plan must translate an answer, or the head of one. One that cannot be decoded is no other.
    fn is_translated(
        &self,
        asked: &request::Parts,
        AnswerHead { head, is_empty }: AnswerHead<'_>,
    ) -> Result<bool, Refusal> {
        match self.treatment(&asked.method, head.status, &head.headers, is_empty) {
            Ok(treatment) => {
                Ok(matches!(treatment, Treatment::Translate | Treatment::Move | Treatment::HeadOnly))
            }
            Err(Refusal::ResponseCoding) => Ok(true),
            Err(refusal) => Err(refusal),
        }
    }
}
