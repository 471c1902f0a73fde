//! Operations that share an address: the body of a request says which of them it is for.
//!
//! The body is read only where that makes a difference between the two versions of an exchange. Until then such an exchange
//! is open: it has no operation and no plan.

use super::{Exchange, Exchanges, Refusal};
use crate::pin::Pin;
use dateline_core::{
    Version,
    pack::{BodyGuard, OperationId},
    translate::{self, Media},
};
use http::{Method, request::Parts};
use std::fmt;

/// The operation of a request, as far as its head says it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) operation: Option<OperationId>,
    /// All operations at the address of the client's version, where there are several.
    pub(super) rivals: Option<Box<[OperationId]>>,
    /// True if the body says which of them it is.
    pub(super) is_open: bool,
}

/// A request whose body makes it none of the operations at its address, or another one at the upstream's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoOperation {
    /// The address, as the pack has it.
    pub address: String,
    /// The version that has several operations there: the client's or the upstream's.
    pub version: Version,
    /// The operation that the upstream would take it for, if it is for one at the client's version.
    pub taken_for: Option<String>,
}

impl fmt::Display for NoOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoOperation { address, version, taken_for } = self;
        if let Some(other) = taken_for {
            return write!(
                f,
                "The upstream speaks version {version}, at which a request with this body at {address} is another \
                 operation, {other}. Move to version {version}, or send another body"
            );
        }
        write!(
            f,
            "Version {version} has several operations at {address}, and the request body says which one is meant. This body is \
             none that it has for one of them. Send exactly the members that the operation takes"
        )
    }
}

impl Exchanges {
    /// The operation that the head of a request says.
    pub(super) fn by_head(&self, method: &Method, path: &str, pin: &Pin<'_>) -> Found {
        let operation = self.routes.find(method.as_str(), path, pin.spoken());
        // In most packs the head says all.
        match self.routes.have_guards() {
            true => self.among_rivals(method, path, operation, pin),
            false => Found { operation, ..Found::default() },
        }
    }

    #[cold]
    fn among_rivals(
        &self,
        method: &Method,
        path: &str,
        operation: Option<OperationId>,
        pin: &Pin<'_>,
    ) -> Found {
        let rivals = self.routes.rivals(method.as_str(), path, pin.spoken());
        if rivals.is_empty() {
            return Found { operation, ..Found::default() };
        }
        let is_open = rivals.iter().any(|rival| self.is_changed(Some(*rival), pin));
        // Where it makes no difference, nobody knows which one it is but where any body is for one.
        let named = rivals.iter().find(|id| self.pack().guard(**id, pin.spoken()).is_none()).copied();
        let operation = named.filter(|_| !is_open);
        Found { operation, rivals: Some(rivals.into()), is_open }
    }

    /// Decides an open exchange by the whole body of its request, without content codings, and admits it.
    ///
    /// # Errors
    /// [`Refusal::NoOperation`] where the body is for none of the operations, and [`Refusal::RequestUntranslatable`] where
    /// it cannot be read.
    #[cold]
    pub(super) fn settle_operation<'e>(
        &'e self,
        exchange: Exchange<'e>,
        head: &Parts,
        media: Media,
        body: &[u8],
    ) -> Result<Exchange<'e>, Refusal> {
        let Exchange { pin, rivals: Some(rivals), .. } = exchange else { return Ok(exchange) };
        let version = pin.spoken();
        for guard in rivals.iter().filter_map(|id| self.pack().guard(*id, version)) {
            translate::is_guard(guard, media, body).map_err(Refusal::RequestUntranslatable)?;
        }
        let is = |guard: &BodyGuard| translate::is_guard(guard, media, body).is_ok_and(|is| is);
        let Some(operation) = self.pack().meant(&rivals, version, is) else {
            let address = rivals.first().and_then(|id| self.pack().address(*id, version));
            let address = address.map(ToString::to_string).unwrap_or_default();
            return Err(Refusal::NoOperation(Box::new(NoOperation { address, version, taken_for: None })));
        };
        let found = Found { operation: Some(operation), rivals: Some(rivals), is_open: false };
        let exchange = self.exchange(head, pin, Some(found))?;
        self.admit(&exchange)?;
        Ok(exchange)
    }
}

impl Exchanges {
    /// The other operations at the address of an operation at the upstream's version, which a body would make of a request
    /// for it.
    pub(super) fn others_up(&self, operation: Option<OperationId>, pin: &Pin<'_>) -> Box<[OperationId]> {
        match (operation, pin.between()) {
            (Some(own), Some((_, upstream))) if self.routes.have_guards() => self.others_at(own, upstream),
            _ => Box::default(),
        }
    }

    #[cold]
    fn others_at(&self, own: OperationId, version: Version) -> Box<[OperationId]> {
        let pack = self.pack();
        let Some(address) = pack.address(own, version).filter(|_| pack.guard(own, version).is_none()) else {
            return Box::default();
        };
        let is_other = |id: &OperationId| {
            let is_there = pack.address(*id, version).is_some_and(|other| other.matches_the_same(address));
            *id != own && is_there && pack.guard(*id, version).is_some()
        };
        pack.operation_ids().filter(is_other).collect()
    }
}

impl Exchange<'_> {
    /// Checks that the body which goes up does not make the request another operation at the upstream's version.
    pub(super) fn is_itself_up(&self, media: Media, body: &[u8]) -> Result<(), Refusal> {
        let Some((_, version)) = self.pin.between().filter(|_| !self.others_up.is_empty()) else {
            return Ok(());
        };
        for other in &self.others_up {
            let Some(guard) = self.pack.guard(*other, version) else { continue };
            if translate::is_guard(guard, media, body).map_err(Refusal::RequestUntranslatable)? {
                let address = self.pack.address(*other, version).map(ToString::to_string).unwrap_or_default();
                let taken_for = Some(self.pack.operation(*other).name().to_owned());
                return Err(Refusal::NoOperation(Box::new(NoOperation { address, version, taken_for })));
            }
        }
        Ok(())
    }
}
