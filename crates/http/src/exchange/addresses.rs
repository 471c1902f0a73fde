//! Operations whose address differs between the versions of an exchange, and operations that one of them does not have.
//!
//! A request is found by the addresses of its client's version, and goes to the address of the upstream's version. One
//! whose operation the upstream's version does not have is never sent in hope.

use super::{Exchange, Exchanges, HeadError, Refusal};
use crate::pin::Pin;
use dateline_core::{
    Version,
    pack::{Address, OperationId, Pack, Presence},
    plan::Plan,
    route::{Routes, lenient},
    translate::{MessageField, Untranslatable},
};
use http::Method;
use std::{borrow::Cow, fmt, sync::Arc};

/// An operation that one of the versions of an exchange does not have, as the client of a refused request is told of it:
/// names of the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingOperation {
    /// The name of the operation.
    pub name: String,
    /// An address of the operation.
    pub address: String,
    /// The reason why it is missing.
    pub absence: Absence,
    /// The version that does not have it: the client's or the upstream's.
    pub version: Version,
    /// The version that the client speaks.
    pub pin: Version,
}

/// The reason why a version does not have an operation at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// The operation is gone.
    Gone {
        /// The first version without it.
        since: Version,
        /// The advice of the pack.
        instead: String,
    },
    /// The operation comes with a later version.
    NotYet {
        /// The version that brings it.
        since: Version,
    },
    /// The operation has another address.
    Elsewhere {
        /// The address that it has at the version.
        address: String,
    },
}

impl fmt::Display for MissingOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MissingOperation { address, absence, version, pin, .. } = self;
        let is_upstreams = version != pin;
        match absence {
            Absence::Gone { since, instead } => {
                write!(f, "The operation {address} is gone since version {since}")?;
                if is_upstreams {
                    write!(f, ", and the upstream speaks version {version}")?;
                }
                write!(f, ". {instead}")
            }
            Absence::NotYet { since } if is_upstreams => write!(
                f,
                "The operation {address} came with version {since}, and the upstream still speaks version {version}. \
                 Ask again once the upstream speaks version {since}"
            ),
            Absence::NotYet { since } => write!(
                f,
                "The operation {address} came with version {since}, and this request speaks version {pin}. \
                 Move to version {since} or newer"
            ),
            Absence::Elsewhere { address } => write!(
                f,
                "Version {pin} has no operation with this method and path. The one that other versions have there is \
                 {address} at version {pin}"
            ),
        }
    }
}

/// The addresses of both versions of an exchange, where they are not all the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddressTables<'e> {
    routes: &'e Routes,
    pack: &'e Pack,
    client: Version,
    upstream: Version,
    operation: Option<OperationId>,
    /// True for a browser's question about the operation: the operation itself is not asked.
    is_preflight: bool,
}

impl<'e> AddressTables<'e> {
    /// The addresses of the client's version and of the upstream's.
    pub(super) fn new(
        routes: &'e Routes,
        pack: &'e Pack,
        (client, upstream): (Version, Version),
        operation: Option<OperationId>,
    ) -> Self {
        AddressTables { routes, pack, client, upstream, operation, is_preflight: false }
    }

    /// The same for a browser's question about the operation.
    pub(super) fn of_preflight(self) -> Self {
        AddressTables { is_preflight: true, ..self }
    }

    /// Tells whether this is a browser's question about the operation.
    pub(super) fn is_preflight(&self) -> bool {
        self.is_preflight
    }

    /// The operation's addresses at the client's version and at the upstream's, or `None` if the pack does not name the
    /// operation.
    pub(super) fn addresses(&self) -> Option<(&'e Address, &'e Address)> {
        let at = |version| self.pack.address(self.operation?, version);
        Some((at(self.client)?, at(self.upstream)?))
    }

    /// The path for the upstream: rendered where the operation has another one there, or where the translation has
    /// changed the parameters that were `sent` to those that it has `now`.
    ///
    /// # Errors
    /// [`HeadError::Path`] where the upstream could take that path for another operation's, and
    /// [`Refusal::RequestUntranslatable`] where the request has no value for one of its parameters.
    fn path<'p>(
        &self,
        path: &'p str,
        sent: &[MessageField],
        now: &[MessageField],
    ) -> Result<Cow<'p, str>, Refusal> {
        let (Some(operation), Some((from, to))) = (self.operation, self.addresses()) else {
            return Ok(Cow::Borrowed(path));
        };
        let path = match from.segments == to.segments && sent == now {
            true => Cow::Borrowed(path),
            false => {
                let mut parameters = self.routes.parameters(from, path).ok_or(HeadError::Path)?;
                for field in now.iter().filter(|field| !sent.contains(field)) {
                    parameters.set_text(&field.name, field.value.text());
                }
                if let Some(name) = to.parameters().find(|name| parameters.get(name).is_none()) {
                    // The request itself says the parameter. A browser only asks whether it may send that.
                    if self.is_preflight {
                        return Ok(Cow::Borrowed(path));
                    }
                    return Err(Refusal::RequestUntranslatable(Untranslatable::without_parameter(name)));
                }
                Cow::Owned(parameters.render(to).ok_or(HeadError::Path)?)
            }
        };
        let leads = |path: &str| self.routes.leads_to(operation, &to.method, path, self.upstream);
        let is_found = |path: &str| self.routes.find(&to.method, path, self.upstream).is_some();
        let is_clear = leads(&path) && lenient(&path).is_none_or(|read| !is_found(&read) || leads(&read));
        if is_clear { Ok(path) } else { Err(HeadError::Path.into()) }
    }

    /// The path that the client's version has for a path of the upstream's, or `None` if it is the same or has none there.
    pub(super) fn path_for_client(&self, path: &str, keeps_method: bool) -> Option<String> {
        let own = self.addresses().map(|(_, to)| &*to.method).filter(|_| keeps_method);
        let find = |method: &str| self.routes.find(method, path, self.upstream);
        let id = own.and_then(find).or_else(|| find("GET"))?;
        let (from, to) = (self.pack.address(id, self.upstream)?, self.pack.address(id, self.client)?);
        // A link says nothing but a path, which is not all of a request whose parameters move.
        if from.segments == to.segments || self.pack.changes_path(id) {
            return None;
        }
        let rendered = self.routes.parameters(from, path)?.render(to)?;
        (self.routes.find(&to.method, &rendered, self.client) == Some(id)).then_some(rendered)
    }
}

impl Exchange<'_> {
    /// The method that the upstream is asked with.
    ///
    /// # Errors
    /// [`Refusal::NoHead`] where the request is a `HEAD`, and the upstream's version does not ask with `GET`.
    pub fn method(&self, asked: &Method) -> Result<Method, Refusal> {
        let Some((from, to)) = self.addresses.as_ref().and_then(|tables| tables.addresses()) else {
            return Ok(asked.clone());
        };
        let is_preflight = self.addresses.as_ref().is_some_and(|tables| tables.is_preflight);
        if from.method == to.method || is_preflight {
            return Ok(asked.clone());
        }
        if asked == Method::HEAD {
            return Err(Refusal::NoHead);
        }
        Method::from_bytes(to.method.as_bytes()).map_err(|error| Refusal::Internal(error.to_string()))
    }

    /// The path that the upstream is asked for with these parameters, of one without the client's prefix.
    pub(super) fn path<'p>(
        &self,
        path: &'p str,
        parameters: &[MessageField],
    ) -> Result<Cow<'p, str>, Refusal> {
        match &self.addresses {
            None => Ok(Cow::Borrowed(path)),
            Some(tables) => tables.path(path, &self.parameters, parameters),
        }
    }
}

impl Exchanges {
    /// The operation that one of the versions of an exchange does not have. If the upstream serves the client's version,
    /// there is none: the exchange is native then.
    ///
    /// A path that is no operation at the client's version passes as it is, unless the upstream's version has an operation
    /// there: the client would get what its version does not have.
    pub(super) fn missing(
        &self,
        method: &Method,
        path: &str,
        operation: Option<OperationId>,
        pin: &mut Pin<'_>,
    ) -> Option<Box<MissingOperation>> {
        let (client, upstream) = self.apart(pin)?;
        // What becomes of an exchange with a version of which nothing is known is decided for all operations alike.
        if self.pack().is_opaque(upstream) {
            return None;
        }
        let (id, version, known) = match operation {
            Some(id) => (id, upstream, client),
            None => (self.routes.find(method.as_str(), path, upstream)?, client, upstream),
        };
        let absence = match self.pack().presence(id, version) {
            Presence::At(_) if operation.is_some() => return None,
            Presence::At(address) => Absence::Elsewhere { address: address.to_string() },
            Presence::NotYet { since } => Absence::NotYet { since },
            Presence::Gone { since, instead } => Absence::Gone { since, instead: instead.to_owned() },
        };
        if self.serves.has(client) {
            pin.upstream = client;
            return None;
        }
        let address = self.pack().address(id, known).map(ToString::to_string).unwrap_or_default();
        let name = self.pack().operation(id).name().to_owned();
        Some(Box::new(MissingOperation { name, address, absence, version, pin: client }))
    }

    /// The addresses of both versions of an exchange, or `None` if they are the same, with the same parameters.
    pub(super) fn tables(
        &self,
        operation: Option<OperationId>,
        plan: Option<&Arc<Plan>>,
        pin: &Pin<'_>,
    ) -> Option<Box<AddressTables<'_>>> {
        let changes_path = || plan.is_some_and(|plan| plan.moves_path());
        let between = self.apart(pin).or_else(|| pin.between().filter(|_| changes_path()))?;
        Some(Box::new(AddressTables::new(&self.routes, self.pack(), between, operation)))
    }

    /// The versions of an exchange, if any address differs between them.
    fn apart(&self, pin: &Pin<'_>) -> Option<(Version, Version)> {
        // In most packs no operation ever moves.
        let between = self.routes.change().then(|| pin.between()).flatten();
        between.filter(|(client, upstream)| !self.routes.are_the_same(*client, *upstream))
    }

    /// Tells whether an operation has another address at the upstream's version, or none at one of the two.
    pub(super) fn moves(&self, operation: Option<OperationId>, pin: &Pin<'_>) -> bool {
        let (Some(operation), Some((client, upstream))) = (operation, pin.between()) else { return false };
        let at = |version| self.pack().address(operation, version);
        !self.pack().operation(operation).dates().is_empty() && at(client) != at(upstream)
    }

    /// The operations at a path: at the client's version, and at the upstream's where that has others.
    pub(super) fn found(
        &self,
        method: &str,
        path: &str,
        pin: &Pin<'_>,
    ) -> impl Iterator<Item = Option<OperationId>> {
        let own = self.routes.find(method, path, pin.spoken());
        let upstreams = (!self.routes.are_the_same(pin.spoken(), pin.upstream))
            .then(|| self.routes.find(method, path, pin.upstream));
        [own].into_iter().chain(upstreams)
    }
}
