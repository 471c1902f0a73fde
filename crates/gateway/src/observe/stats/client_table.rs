//! The series of every client, and how clients are added and removed.

use super::{
    Client, Credential, Map, SeriesKey, Stats, client::Naming, operation::Operation, series::Series,
};
use crate::base::lock::Locked;
use arc_swap::ArcSwap;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The most clients without a configured name that are counted separately at once. All others are counted as one.
pub(super) const UNNAMED: usize = 1_000;

/// The most series of unnamed clients, and of all other clients. Beyond it, an unnamed client is counted among the
/// others, and a named one under [`SeriesKey::other`].
pub(super) const SERIES: usize = 10_000;

/// The time in seconds that a client must be idle before it may make room for another one.
const IDLE: u64 = 24 * 3600;

/// The number of clients that make room at once, so that the search is not needed for each new client.
const AT_ONCE: usize = UNNAMED / 10;

/// The time in seconds until idle clients are searched again after none was found.
const LOOK_AGAIN: u64 = 60;

/// The most operations with totals of their own, over all packs that were in force.
const OPERATIONS: usize = 1_000;

/// The clients that are counted separately. A change replaces it by a copy.
#[derive(Debug, Default, Clone)]
pub(super) struct ClientTable {
    pub(super) named: Map<Arc<str>, Arc<ClientCounts>>,
    /// The unnamed clients by the mark of their credential.
    pub(super) unnamed: Map<u64, Arc<ClientCounts>>,
}

/// The series of one client.
#[derive(Debug)]
pub(super) struct ClientCounts {
    pub(super) client: Client,
    /// The series. A new one replaces them by a copy.
    pub(super) series: ArcSwap<ClientSeries>,
}

/// The series by their keys. Most are in a map that a new series does not copy: ten thousand series, added one by one,
/// are copied about a hundred times each instead of five thousand times.
#[derive(Debug, Default)]
pub(super) struct ClientSeries {
    settled: Arc<Map<SeriesKey, Arc<Series>>>,
    recent: Map<SeriesKey, Arc<Series>>,
}

impl ClientSeries {
    pub(super) fn get(&self, key: &SeriesKey) -> Option<&Arc<Series>> {
        self.settled.get(key).or_else(|| self.recent.get(key))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&SeriesKey, &Arc<Series>)> {
        self.settled.iter().chain(&self.recent)
    }

    pub(super) fn len(&self) -> usize {
        self.settled.len() + self.recent.len()
    }

    /// Returns a copy with one more series.
    fn with(&self, key: SeriesKey, series: Arc<Series>) -> Self {
        let mut recent = self.recent.clone();
        recent.insert(key, series);
        if recent.len() < 16 + self.settled.len().isqrt() {
            return ClientSeries { settled: Arc::clone(&self.settled), recent };
        }
        let mut settled = Map::clone(&self.settled);
        settled.extend(recent);
        ClientSeries { settled: Arc::new(settled), recent: Map::default() }
    }
}

impl ClientCounts {
    pub(super) fn new(client: Client) -> Self {
        ClientCounts { client, series: ArcSwap::default() }
    }

    pub(super) fn is_unnamed(&self) -> bool {
        matches!(self.client, Client::Unnamed(_))
    }

    fn last_seen(&self) -> u64 {
        self.series.load().iter().map(|(_, series)| series.last_seen()).max().unwrap_or(0)
    }
}

/// The counts that are kept under the lock.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) operations: Map<Option<Arc<str>>, Arc<Operation>>,
    /// The clients that have made room. Requests that found them earlier may still be counted there. Once no request
    /// refers to them, their counts are added to the others.
    pub(super) retired: Vec<Arc<ClientCounts>>,
}

impl Registry {
    /// Tells whether every operation that was asked for has counts of its own.
    pub(super) fn tells_all_apart(&self) -> bool {
        self.operations.len() < OPERATIONS
    }

    fn operation(&mut self, template: Option<&Arc<str>>) -> Arc<Operation> {
        let template = template.filter(|template| {
            self.operations.len() < OPERATIONS || self.operations.contains_key(&Some(Arc::clone(template)))
        });
        let entry = self.operations.entry(template.cloned());
        Arc::clone(entry.or_insert_with(|| Arc::new(Operation::new(template.cloned()))))
    }
}

impl Stats {
    /// Tells whether a client can have no more series.
    pub(super) fn is_full(&self, client_counts: &ClientCounts) -> bool {
        self.series_of(client_counts).load(Relaxed) >= SERIES
    }

    fn series_of(&self, client_counts: &ClientCounts) -> &AtomicUsize {
        if client_counts.is_unnamed() { &self.unnamed_series } else { &self.other_series }
    }

    /// The series of a key, which may be new.
    pub(super) fn open(
        &self,
        registry: &mut Registry,
        client_counts: &ClientCounts,
        key: SeriesKey,
    ) -> Arc<Series> {
        let known = client_counts.series.load();
        if let Some(series) = known.get(&key) {
            return Arc::clone(series);
        }
        let series = Arc::new(Series::new(registry.operation(key.operation.as_ref())));
        client_counts.series.store(Arc::new(known.with(key, Arc::clone(&series))));
        self.series_of(client_counts).fetch_add(1, Relaxed);
        series
    }

    /// The counts of a configured client, which may be new.
    pub(super) fn add_named(&self, name: &str) -> Arc<ClientCounts> {
        let _registry = self.registry.locked();
        let clients = self.clients.load();
        if let Some(client_counts) = clients.named.get(name) {
            return Arc::clone(client_counts);
        }
        let name: Arc<str> = name.into();
        let client_counts = Arc::new(ClientCounts::new(Client::Named(Arc::clone(&name))));
        let mut grown = ClientTable::clone(&clients);
        grown.named.insert(name, Arc::clone(&client_counts));
        self.clients.store(Arc::new(grown));
        client_counts
    }

    /// Returns the counts of a client whose credential was accepted, which may be new, or `None` if there is no room.
    pub(super) fn add_unnamed(
        &self,
        mark: u64,
        credential: &Credential,
        now: u64,
    ) -> Option<Arc<ClientCounts>> {
        if self.full_until.load(Relaxed) > now {
            return None;
        }
        let mut registry = self.registry.locked();
        self.merge_retired(&mut registry);
        let clients = self.clients.load_full();
        if let Some(client_counts) = clients.unnamed.get(&mark) {
            return Some(Arc::clone(client_counts));
        }
        let mut grown = ClientTable::clone(&clients);
        // Otherwise it would keep the clients that make room.
        drop(clients);
        if grown.unnamed.len() >= UNNAMED {
            let retired = grown.make_room(now.saturating_sub(IDLE));
            if retired.is_empty() {
                self.full_until.store(now + LOOK_AGAIN, Relaxed);
                return None;
            }
            registry.retired.extend(retired);
        }
        let client_counts = Arc::new(ClientCounts::new(self.naming.load().name(credential)));
        grown.unnamed.insert(mark, Arc::clone(&client_counts));
        self.clients.store(Arc::new(grown));
        Some(client_counts)
    }

    /// Names unnamed clients with another secret from now on. Clients with names from the previous secret make room.
    pub(crate) fn set_naming_secret(&self, secret: &[u8; 32]) {
        let mut registry = self.registry.locked();
        self.naming.store(Arc::new(Naming::of(secret)));
        let mut grown = ClientTable::clone(&self.clients.load());
        registry.retired.extend(grown.unnamed.drain().map(|(_, client_counts)| client_counts));
        self.clients.store(Arc::new(grown));
        self.full_until.store(0, Relaxed);
        self.merge_retired(&mut registry);
    }

    /// Adds the counts of clients that have made room to the others, once no request can count there any more.
    pub(super) fn merge_retired(&self, registry: &mut Registry) {
        for client_counts in std::mem::take(&mut registry.retired) {
            match Arc::try_unwrap(client_counts) {
                Ok(client_counts) => {
                    let series = client_counts.series.load();
                    self.unnamed_series.fetch_sub(series.len(), Relaxed);
                    for (key, series) in series.iter() {
                        let mut key = key.clone();
                        if self.is_full(&self.others) && self.others.series.load().get(&key).is_none() {
                            key = SeriesKey::other();
                        }
                        self.open(registry, &self.others, key).absorb(series, registry);
                    }
                }
                Err(in_use) => registry.retired.push(in_use),
            }
        }
    }
}

impl ClientTable {
    /// Removes the unnamed clients that were seen longest ago, and not since `idle`.
    fn make_room(&mut self, idle: u64) -> Vec<Arc<ClientCounts>> {
        let seen = self.unnamed.iter().map(|(mark, client_counts)| (client_counts.last_seen(), *mark));
        let mut seen: Vec<(u64, u64)> = seen.filter(|(seen, _)| *seen < idle).collect();
        seen.sort_unstable();
        seen.iter().take(AT_ONCE).filter_map(|(_, mark)| self.unnamed.remove(mark)).collect()
    }
}
