//! Clients and the versions that they speak.

use super::{super::recent::Recent, AnswerClass, fate};
use crate::{
    config::Config,
    observe::stats::{Client, PinSource, Snapshot, VersionLabel},
};
use dateline_core::Version;
use serde::{Serialize, Serializer};
use serde_json::json;
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// One client, and what it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in super::super) struct ClientView {
    #[serde(flatten, serialize_with = "name_and_kind")]
    pub(in super::super) client: Client,
    pub(in super::super) requests: u64,
    pub(in super::super) refused: u64,
    pub(in super::super) failed: u64,
    /// Values that were lost.
    pub(in super::super) losses: u64,
    /// Requests in the last minute.
    pub(in super::super) last_minute: u64,
    /// The time of the last request, or `None` if there was none yet.
    pub(in super::super) last_seen: Option<u64>,
    /// The requests of the client by version.
    #[serde(rename = "versions")]
    pub(in super::super) cells: Vec<Cell>,
    /// The operations of the pack that it asked for, the most frequent first.
    #[serde(skip)]
    pub(in super::super) used: Vec<Used>,
}

/// An operation that a client asked for at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Used {
    pub(in super::super) operation: Arc<str>,
    pub(in super::super) pin: Version,
    pub(in super::super) requests: u64,
}

/// The requests of one client at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in super::super) struct Cell {
    pub(in super::super) pin: VersionLabel,
    pub(in super::super) requests: u64,
    /// The number of requests that were answered with a status below 400.
    pub(in super::super) answered: u64,
    pub(in super::super) last_minute: u64,
    pub(in super::super) last_seen: u64,
    /// The sources from which the version is known, without repetition.
    pub(in super::super) sources: Vec<PinSource>,
}

/// Writes a client as two members: its name and its kind.
pub(super) fn name_and_kind<S: Serializer>(client: &Client, serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "client": client, "kind": client.kind() }).serialize(serializer)
}

impl ClientView {
    fn new(client: Client) -> Self {
        ClientView {
            client,
            requests: 0,
            last_minute: 0,
            refused: 0,
            failed: 0,
            losses: 0,
            last_seen: None,
            cells: Vec::new(),
            used: Vec::new(),
        }
    }

    fn note_use(&mut self, operation: &Arc<str>, pin: Version, requests: u64) {
        match self.used.iter_mut().find(|used| used.pin == pin && used.operation == *operation) {
            Some(used) => used.requests += requests,
            None => self.used.push(Used { operation: operation.clone(), pin, requests }),
        }
    }

    /// Returns the requests of this client at a version.
    pub(in super::super) fn at(&self, pin: VersionLabel) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.pin == pin)
    }

    fn cell(&mut self, pin: VersionLabel) -> &mut Cell {
        let at = self.cells.partition_point(|cell| cell.pin < pin);
        if self.cells.get(at).is_none_or(|cell| cell.pin != pin) {
            let cell =
                Cell { pin, requests: 0, answered: 0, last_minute: 0, last_seen: 0, sources: Vec::new() };
            self.cells.insert(at, cell);
        }
        &mut self.cells[at]
    }
}

pub(super) fn view(snapshot: &Snapshot, recent: &Recent, config: &Config) -> Vec<ClientView> {
    let mut clients = BTreeMap::new();
    for client in &config.clients {
        let client = Client::Named(client.name.as_str().into());
        clients.insert(client.clone(), ClientView::new(client));
    }
    for row in &snapshot.requests {
        let new = || ClientView::new(row.client.clone());
        let client = clients.entry(row.client.clone()).or_insert_with(new);
        let fate = fate(row.key.status);
        client.requests += row.count;
        match fate {
            AnswerClass::Answered => {}
            AnswerClass::Refused => client.refused += row.count,
            AnswerClass::Failed => client.failed += row.count,
        }
        client.last_seen = client.last_seen.max(Some(row.last_seen));
        if let (Some(operation), VersionLabel::Version(pin)) = (&row.key.operation, row.key.pin) {
            client.note_use(operation, pin, row.count);
        }
        let cell = client.cell(row.key.pin);
        cell.requests += row.count;
        cell.answered += if fate == AnswerClass::Answered { row.count } else { 0 };
        cell.last_seen = cell.last_seen.max(row.last_seen);
        if !cell.sources.contains(&row.key.source) {
            cell.sources.push(row.key.source);
        }
    }
    for row in &snapshot.losses {
        if let Some(client) = clients.get_mut(&row.client) {
            client.losses += row.count;
        }
    }
    let mut clients: Vec<ClientView> = clients.into_values().collect();
    for client in &mut clients {
        for cell in &mut client.cells {
            cell.last_minute = recent.last_minute(&client.client, cell.pin, cell.requests, snapshot.at);
        }
        client.last_minute = client.cells.iter().map(|cell| cell.last_minute).sum();
        client.used.sort_by_key(|used| Reverse(used.requests));
    }
    // Named ones first, as they are ordered, among those that are as busy.
    clients.sort_by_key(|client| Reverse(client.requests));
    clients
}
