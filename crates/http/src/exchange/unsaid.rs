//! Exchanges that would cross a change which no step can say.
//!
//! None of them is sent in hope: the upstream is asked at the client's own version, or the request is refused, or it is
//! translated as far as that goes and the change is told as a loss.

use super::{BodyFormat, Exchange, Exchanges, Refusal, guarded::Found};
use crate::pin::Pin;
use dateline_core::{
    Version,
    pack::{OperationId, Then, Unsaid as Change},
    step::{Cause, Losses},
    translate::{CrossingRequest, Media, crosses},
};
use http::{HeaderMap, request::Parts};
use std::fmt;

/// A change that cannot be translated, as the client of a refused request is told of it: names of the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsaidChange {
    /// The version that brought the change.
    pub version: Version,
    /// The name of the change.
    pub name: String,
    /// The reason why it cannot be translated.
    pub why: String,
    /// The advice of the pack: what a client can do.
    pub instead: Option<String>,
    /// The exchanges that it concerns, `requests with query.status = draft`; empty for all of the operation.
    pub concerns: String,
    /// The version that the client speaks.
    pub pin: Version,
    /// True if the client's version is the older side of the change.
    pub is_older: bool,
    /// The version that the upstream is spoken to at.
    pub upstream: Version,
}

impl fmt::Display for UnsaidChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnsaidChange { version, name, why, instead, concerns, pin, is_older, upstream } = self;
        let dot = |text: &str| if text.ends_with(['.', '!', '?']) { "" } else { "." };
        write!(
            f,
            "This operation cannot be translated between version {pin} and the upstream's {upstream}. Version {version} \
             brought a change that no translation can make: {name}{} {why}{}",
            dot(name),
            dot(why)
        )?;
        if !concerns.is_empty() {
            write!(f, " It concerns only: {concerns}.")?;
        }
        match instead {
            Some(instead) => write!(f, " {instead}"),
            None if *is_older => write!(f, " Move to version {version} or newer"),
            None => write!(f, " Move to a version before {version}"),
        }
    }
}

/// An upstream at a version of which the pack does not know what changed: nothing can be translated to it or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "The upstream is spoken to at version {upstream}, and it is not known what changed in it, so that nothing can be \
     translated to it or from version {pin}. Send version {upstream}"
)]
pub struct OpaqueUpstream {
    /// The version that the client speaks.
    pub pin: Version,
    /// The version that the upstream is spoken to at.
    pub upstream: Version,
}

/// The changes between the versions of an exchange that no step can say.
#[derive(Debug)]
pub(super) enum Unsaid<'e> {
    /// The body of the request says which of them it crosses.
    Awaited(Box<AwaitedChanges<'e>>),
    /// These are told as losses of the request. Mostly there are none.
    Told(Losses),
    /// This one refuses the exchange.
    Refused(Box<UnsaidChange>),
    /// It is not known what changed in the upstream's version.
    Opaque(Box<OpaqueUpstream>),
}

/// An unsaid change, with the version that brought it.
type Dated<'e> = (Version, &'e Change);

/// Unsaid changes of which some are crossed only by requests with certain bodies.
#[derive(Debug)]
pub(super) struct AwaitedChanges<'e> {
    operation: OperationId,
    /// The changes, each with true where it is crossed whatever the body is.
    changes: Vec<(Dated<'e>, bool)>,
}

impl Unsaid<'_> {
    /// The losses that tell of them.
    pub(super) fn losses(&self) -> Losses {
        match self {
            Unsaid::Told(losses) => losses.clone(),
            Unsaid::Awaited(_) | Unsaid::Refused(_) | Unsaid::Opaque(_) => Losses::default(),
        }
    }
}

impl Exchange<'_> {
    /// Tells whether a change lies between the versions that no step can say, or one of them has no such operation. The
    /// answer of such an exchange is not what the upstream says at the client's version.
    pub fn crosses_unsaid(&self) -> bool {
        match &self.unsaid {
            _ if self.missing.is_some() => true,
            Unsaid::Told(losses) => !losses.is_empty(),
            Unsaid::Awaited(_) | Unsaid::Refused(_) | Unsaid::Opaque(_) => true,
        }
    }

    /// Tells whether the body of the request is to be read before anything else: it says which operation the request is
    /// for, or which unsaid changes are crossed. [`Exchanges::settle`] takes it then.
    pub fn awaits_body(&self) -> bool {
        self.is_open || matches!(self.unsaid, Unsaid::Awaited(_))
    }

    /// The format of a body that is [awaited](Exchange::awaits_body).
    ///
    /// # Errors
    /// [`Refusal::RequestCoding`] where it has a content coding that cannot be decoded, and [`Refusal::RequestCoded`]
    /// where the caller decodes none.
    pub fn awaited_format(&self, headers: &HeaderMap) -> Result<BodyFormat, Refusal> {
        self.body_format(headers)
    }
}

impl Exchanges {
    /// Decides what becomes of an exchange that would cross unsaid changes. One that is spoken natively gets the client's
    /// version as the upstream's.
    pub(super) fn cross(
        &self,
        operation: Option<OperationId>,
        query: Option<&str>,
        pin: &mut Pin<'_>,
    ) -> Unsaid<'_> {
        let Some((client, upstream)) = pin.between() else { return Unsaid::Told(Losses::default()) };
        if self.pack().is_opaque(upstream) {
            // Whatever the operation is: it may have changed.
            if !self.serves.has(client) {
                return Unsaid::Opaque(Box::new(OpaqueUpstream { pin: client, upstream }));
            }
            pin.upstream = client;
            return Unsaid::Told(Losses::default());
        }
        let Some(operation) = operation.filter(|operation| self.has_unsaid(*operation)) else {
            return Unsaid::Told(Losses::default());
        };
        let request = CrossingRequest { query, body: None };
        let decided = |change| Some((change, self.is_crossed(operation, client, change, request)));
        let changes = self.pack().unsaid(operation, client, upstream).filter_map(decided);
        let changes: Vec<_> = changes.filter(|(_, crossed)| *crossed != Some(false)).collect();
        let is_refused = |((_, change), crossed): &(Dated<'_>, Option<bool>)| {
            crossed.is_some() && change.then == Then::Refuse
        };
        if changes.iter().any(|(_, crossed)| crossed.is_none()) && !changes.iter().any(is_refused) {
            let changes = changes.into_iter().map(|(change, crossed)| (change, crossed.is_some())).collect();
            return Unsaid::Awaited(Box::new(AwaitedChanges { operation, changes }));
        }
        let crossed = changes.into_iter().filter(|(_, crossed)| crossed.is_some());
        self.treat(crossed.map(|(change, _)| change).collect(), pin)
    }

    /// Tells whether a request crosses a change; `None` where its body is awaited.
    fn is_crossed(
        &self,
        operation: OperationId,
        client: Version,
        (version, change): Dated<'_>,
        request: CrossingRequest<'_>,
    ) -> Option<bool> {
        let needs_plan = !change.scope.parameters.is_empty();
        let beside = || self.pack().beside(version, client);
        let plan = if needs_plan { self.plans.get(operation, client, beside()) } else { None };
        crosses(change, plan.map(|plan| &**plan), request)
    }

    /// Decides what becomes of an exchange that crosses these changes, oldest first.
    fn treat(&self, crossed: Vec<Dated<'_>>, pin: &mut Pin<'_>) -> Unsaid<'_> {
        let mut told = Losses::default();
        let Some((client, upstream)) = pin.between() else { return Unsaid::Told(told) };
        let first = |then| crossed.iter().find(|(_, unsaid)| unsaid.then == then);
        let refusing = match (first(Then::Refuse), first(Then::Native)) {
            (None, Some(_)) if self.serves.has(client) => {
                // All of the exchange is native then, and nothing of it is crossed.
                pin.upstream = client;
                return Unsaid::Told(told);
            }
            (refused, native) => refused.or(native),
        };
        if let Some((version, unsaid)) = refusing {
            let change = UnsaidChange {
                version: *version,
                name: unsaid.name.clone(),
                why: unsaid.why.clone(),
                instead: unsaid.instead.clone(),
                concerns: unsaid.scope.to_string(),
                pin: client,
                is_older: self.pack().is_older(client, *version),
                upstream,
            };
            return Unsaid::Refused(Box::new(change));
        }
        for (version, unsaid) in crossed {
            told.report_unsaid(&unsaid.loss_name(), Cause { version, change: (*unsaid.name).into() });
        }
        Unsaid::Told(told)
    }

    /// The exchange when the body of its request is there, if that was [awaited](Exchange::awaits_body): whole, without its
    /// content codings, and empty where there is none.
    ///
    /// # Errors
    /// [`Refusal::Unsaid`] where it crosses a change that refuses it, [`Refusal::NoOperation`] where it is for no operation,
    /// and those of [`Exchanges::admit`].
    pub fn settle<'e>(
        &'e self,
        exchange: Exchange<'e>,
        head: &Parts,
        media: Media,
        body: &[u8],
    ) -> Result<Exchange<'e>, Refusal> {
        let exchange = match exchange.is_open {
            true => self.settle_operation(exchange, head, media, body)?,
            false => exchange,
        };
        let (Unsaid::Awaited(awaited), Some((client, upstream))) = (&exchange.unsaid, exchange.pin.between())
        else {
            return Ok(exchange);
        };
        let request = CrossingRequest { query: head.uri.query(), body: Some((media, body)) };
        let is_crossed = |change| self.is_crossed(awaited.operation, client, change, request) != Some(false);
        let crossed = awaited.changes.iter().filter(|(change, crossed)| *crossed || is_crossed(*change));
        let mut pin = exchange.pin;
        match self.treat(crossed.map(|(change, _)| *change).collect(), &mut pin) {
            Unsaid::Refused(change) => Err(Refusal::Unsaid(change)),
            _ if pin.upstream != upstream => {
                let found = Found { operation: exchange.id, rivals: exchange.rivals, is_open: false };
                self.exchange(head, pin, Some(found))
            }
            unsaid => Ok(Exchange { unsaid, ..exchange }),
        }
    }

    /// Tells whether an operation may cross unsaid changes between any two versions.
    pub(super) fn has_unsaid(&self, operation: OperationId) -> bool {
        self.unsaid.get(operation.0).is_some_and(|has| *has)
    }

    /// Tells whether a request with this pin would cross an unsaid change if its path were read as this operation.
    pub(super) fn would_cross(&self, operation: Option<OperationId>, pin: &Pin<'_>) -> bool {
        let (Some(operation), Some((client, upstream))) = (operation, pin.between()) else { return false };
        self.pack().unsaid(operation, client, upstream).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_is_for_the_side_that_the_client_is_on() {
        let version = |text: &str| text.parse().unwrap();
        let [older, between, newer] = ["2025-01-01", "2026-01-01", "2026-07-01"].map(version);
        let told = |pin, is_older, upstream| {
            let (name, why) = ("Split it".to_owned(), "So!".to_owned());
            let concerns = String::new();
            UnsaidChange { version: between, name, why, instead: None, concerns, pin, is_older, upstream }
                .to_string()
        };
        assert!(told(older, true, newer).ends_with(" Split it. So! Move to version 2026-01-01 or newer"));
        assert!(told(newer, false, older).ends_with(" Split it. So! Move to a version before 2026-01-01"));
    }
}
