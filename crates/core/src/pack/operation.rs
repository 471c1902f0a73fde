//! Operations: a name, and the address that an operation has at each version.

use super::{Address, BodyGuard};
use crate::{authored::Location, version::Version};
use std::{fmt, sync::Arc};

/// An operation's place in [`Pack::operations`](super::Pack::operations).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub usize);

/// An operation of the API. Displays as its name: the one that the pack gives it, or its only address.
#[derive(Debug, Clone)]
pub struct Operation {
    name: String,
    addresses: Addresses,
}

/// The addresses of an operation.
#[derive(Debug, Clone)]
enum Addresses {
    /// One for all versions.
    Always(Address),
    /// Addresses from certain versions on, each up to the next one; oldest first.
    Dated {
        /// The version that brings the operation.
        first: Version,
        dated: Vec<DatedAddress>,
    },
}

/// An address of an operation, or its end, from a version on.
#[derive(Debug, Clone)]
pub struct DatedAddress {
    /// The first version.
    pub since: Version,
    /// The place of that version among the pack's.
    pub(super) module: usize,
    /// The address from then on, or the end.
    pub standing: Standing,
    /// The body that its requests have at this address, where other operations have it, too.
    pub guard: Option<Arc<BodyGuard>>,
    /// The place where it is written.
    pub at: Location,
}

/// The address that an operation has from a version on, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The operation has this address.
    At(Address),
    /// The operation is gone. The sentence tells clients what to do instead.
    Gone(String),
}

/// An address of an operation, and the versions at which it is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressSpan<'o> {
    pub(crate) address: &'o Address,
    /// The place of the first version that has it, or `None` if all before have it.
    pub(crate) since: Option<usize>,
    /// The place of the first version that has it no more, or `None` if all after have it.
    pub(crate) until: Option<usize>,
    /// The body that its requests have there, if not any.
    pub(crate) guard: Option<&'o BodyGuard>,
}

impl AddressSpan<'_> {
    /// Tells whether there is a version at which both are there.
    pub(super) fn overlaps(&self, other: &AddressSpan<'_>) -> bool {
        let begins_before = |one: &AddressSpan<'_>, other: &AddressSpan<'_>| match (one.since, other.until) {
            (Some(since), Some(until)) => since < until,
            _ => true,
        };
        begins_before(self, other) && begins_before(other, self)
    }

    /// Tells whether the body of a request says which of both it is for.
    pub(super) fn is_told_from(&self, other: &AddressSpan<'_>) -> bool {
        match (self.guard, other.guard) {
            (Some(guard), Some(other)) => guard.excludes(other),
            (one, other) => one.is_some() || other.is_some(),
        }
    }
}

/// The presence of an operation at a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence<'o> {
    /// It is there, at this address.
    At(&'o Address),
    /// It comes with a later version.
    NotYet {
        /// The version that brings it.
        since: Version,
    },
    /// It is gone.
    Gone {
        /// The first version without it.
        since: Version,
        /// The advice of the pack: what a client can do.
        instead: &'o str,
    },
}

impl Operation {
    /// An operation that has the same address at every version, after which it is named.
    pub(crate) fn always(address: Address) -> Self {
        Operation { name: address.to_string(), addresses: Addresses::Always(address) }
    }

    /// An operation with dated addresses, oldest first; `None` without any.
    pub(super) fn dated(name: String, dated: Vec<DatedAddress>) -> Option<Self> {
        let first = dated.first()?.since;
        Some(Operation { name, addresses: Addresses::Dated { first, dated } })
    }

    /// The name. Logs, metrics and recordings have it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The operation's presence at the version of one of [`Pack::modules`](super::Pack::modules).
    pub(super) fn at(&self, module: usize) -> Presence<'_> {
        let (first, dated) = match &self.addresses {
            Addresses::Always(address) => return Presence::At(address),
            Addresses::Dated { first, dated } => (first, dated),
        };
        let next = dated.partition_point(|dated| dated.module <= module);
        let last = dated.get(..next).and_then(<[_]>::last);
        match last.map(|last| (&last.standing, last.since)) {
            Some((Standing::At(address), _)) => Presence::At(address),
            Some((Standing::Gone(instead), since)) => Presence::Gone { since, instead },
            None => Presence::NotYet { since: *first },
        }
    }

    /// Every address that the operation has had, oldest first.
    pub fn addresses(&self) -> impl DoubleEndedIterator<Item = &Address> {
        let (always, dated) = match &self.addresses {
            Addresses::Always(address) => (Some(address), &[][..]),
            Addresses::Dated { dated, .. } => (None, &**dated),
        };
        let dated = dated.iter().filter_map(|dated| match &dated.standing {
            Standing::At(address) => Some(address),
            Standing::Gone(_) => None,
        });
        always.into_iter().chain(dated)
    }

    /// Every address that the operation has had, with the places of the first version that has it and of the
    /// first one that has it no more.
    /// `None` stands for all before, and for all after.
    pub(crate) fn spans(&self) -> impl Iterator<Item = AddressSpan<'_>> {
        let always = match &self.addresses {
            Addresses::Always(address) => {
                Some(AddressSpan { address, since: None, until: None, guard: None })
            }
            Addresses::Dated { .. } => None,
        };
        let dated = self.dates().iter().enumerate().filter_map(|(index, dated)| match &dated.standing {
            Standing::At(address) => {
                let until = self.dates().get(index + 1).map(|next| next.module);
                let guard = dated.guard.as_deref();
                Some(AddressSpan { address, since: Some(dated.module), until, guard })
            }
            Standing::Gone(_) => None,
        });
        always.into_iter().chain(dated)
    }

    /// The body that requests of the operation have at the version of a module, if not any.
    pub(super) fn guard_at(&self, module: usize) -> Option<&BodyGuard> {
        let is_there = |span: &AddressSpan<'_>| {
            span.since.is_none_or(|since| since <= module) && span.until.is_none_or(|until| module < until)
        };
        self.spans().find(is_there)?.guard
    }

    /// The address that the operation has at the version of a module, or the last one that it had before.
    pub(super) fn last_address(&self, module: usize) -> Option<&Address> {
        let is_before = |span: &AddressSpan<'_>| span.since.is_none_or(|since| since <= module);
        self.spans().take_while(is_before).last().map(|span| span.address)
    }

    /// The dated addresses, oldest first. There are none for an operation that has one address at all versions.
    pub fn dates(&self) -> &[DatedAddress] {
        match &self.addresses {
            Addresses::Always(_) => &[],
            Addresses::Dated { dated, .. } => dated,
        }
    }

    /// The same, to be told where each version is among the pack's.
    pub(super) fn dates_mut(&mut self) -> &mut [DatedAddress] {
        match &mut self.addresses {
            Addresses::Always(_) => &mut [],
            Addresses::Dated { dated, .. } => dated,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

#[cfg(test)]
impl Operation {
    /// An operation with these addresses, one for each version. At a version without one, it is gone.
    pub(crate) fn for_test(name: &str, addresses: impl Iterator<Item = (Version, Option<Address>)>) -> Self {
        let source = crate::authored::Source { name: "api.toml".into(), text: String::new() };
        let at = Location::new(&Arc::new(source), 0..0);
        let dated = addresses.enumerate().map(|(module, (since, address))| {
            let standing = address.map_or(Standing::Gone("Ask another.".into()), Standing::At);
            DatedAddress { since, module, standing, guard: None, at: at.clone() }
        });
        Operation::dated(name.to_owned(), dated.collect()).unwrap()
    }

    /// The address at the version of a module.
    pub(crate) fn address(&self, module: usize) -> Option<&Address> {
        match self.at(module) {
            Presence::At(address) => Some(address),
            Presence::NotYet { .. } | Presence::Gone { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::test::of_versions;

    #[test]
    fn an_operation_is_where_it_is_said_to_be() {
        let pack = of_versions(
            "operations = ['GET /always/{id}']
            [operation.read]
            '2025-01-02' = 'GET /a'
            '2025-01-04' = 'GET /b'
            '2025-01-05' = { gone = 'Ask another.' }
            '2025-01-07' = 'GET /a'",
            8,
        );
        let [first, gone] = ["2025-01-02", "2025-01-05"].map(|text| text.parse::<Version>().unwrap());
        let (old, new) = (Address::parse("GET /a").unwrap(), Address::parse("GET /b").unwrap());
        let read = pack.find("read").unwrap();
        let presence = |text: &str| pack.presence(read, text.parse().unwrap());
        assert_eq!(presence("2025-01-01"), Presence::NotYet { since: first });
        assert_eq!(presence("2025-01-02"), Presence::At(&old));
        assert_eq!(presence("2025-01-03"), Presence::At(&old));
        assert_eq!(presence("2025-01-04"), Presence::At(&new));
        assert_eq!(presence("2025-01-06"), Presence::Gone { since: gone, instead: "Ask another." });
        assert_eq!(presence("2025-01-08"), Presence::At(&old));
        assert_eq!(pack.operation(read).addresses().collect::<Vec<_>>(), [&old, &new, &old]);
        let always = pack.find("GET /always/{id}").unwrap();
        assert_eq!(
            (pack.operation(always).name(), pack.operation(always).dates().len()),
            ("GET /always/{id}", 0)
        );
        assert!(pack.versions().all(|version| pack.address(always, version).is_some()));
    }
}
