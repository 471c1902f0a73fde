//! The requests of the last hour by the minute, by version and by client, sampled off the path of requests.

use crate::observe::stats::{Client, Snapshot, VersionLabel};
use serde::{Serialize, Serializer};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

/// The time between two samples.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// The number of minutes that are kept.
pub(super) const MINUTES: u64 = 60;

/// The seconds that a rate looks back.
const RATE: u64 = 60;

/// Requests by client and version.
type RecentTotals = HashMap<(Client, VersionLabel), u64>;

/// The last hour.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The samples: their time and the totals until then. The oldest comes first, and one of them is `RATE` old or older.
    moments: VecDeque<(u64, RecentTotals)>,
    /// The minutes in which something came, oldest first.
    minutes: VecDeque<Minute>,
    /// The totals at the last sample.
    totals: BTreeMap<VersionLabel, u64>,
}

/// The requests of one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Minute {
    /// The number of the minute since 1970; in JSON, the second at which it begins.
    #[serde(rename = "minute", serialize_with = "first_second")]
    pub(super) number: u64,
    pub(super) requests: BTreeMap<VersionLabel, u64>,
}

impl Recent {
    /// Takes note of what has come since the last time.
    pub(super) fn note(&mut self, snapshot: &Snapshot) {
        let now = snapshot.at;
        let (mut totals, mut by_version) = (RecentTotals::new(), BTreeMap::new());
        for row in &snapshot.requests {
            *totals.entry((row.client.clone(), row.key.pin)).or_default() += row.count;
            *by_version.entry(row.key.pin).or_default() += row.count;
        }
        let before = std::mem::replace(&mut self.totals, by_version);
        for (pin, total) in &self.totals {
            let more = total.saturating_sub(before.get(pin).copied().unwrap_or(0));
            if more > 0 {
                *minute(&mut self.minutes, now / 60).requests.entry(*pin).or_default() += more;
            }
        }
        while self.minutes.front().is_some_and(|minute| minute.number + MINUTES <= now / 60) {
            self.minutes.pop_front();
        }
        let every = EVERY.as_secs();
        if self.moments.back().is_none_or(|(at, _)| at + every <= now) {
            self.moments.push_back((now, totals));
        }
        while self.moments.get(1).is_some_and(|(at, _)| at + RATE <= now) {
            self.moments.pop_front();
        }
    }

    /// Returns the requests of a client at a version in the last minute, to within a few seconds. `total` is their
    /// number since the start.
    pub(super) fn last_minute(&self, client: &Client, pin: VersionLabel, total: u64, now: u64) -> u64 {
        let past = self.moments.iter().rev().find(|(at, _)| at + RATE <= now);
        let before = past.and_then(|(_, totals)| totals.get(&(client.clone(), pin)));
        total.saturating_sub(before.copied().unwrap_or(0))
    }

    /// The minutes in which something came, oldest first.
    pub(super) fn minutes(&self) -> Vec<Minute> {
        self.minutes.iter().cloned().collect()
    }
}

fn first_second<S: Serializer>(minute: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(minute * 60)
}

fn minute(minutes: &mut VecDeque<Minute>, number: u64) -> &mut Minute {
    // The clock may be set back: what came then is this minute's, too.
    let at = minutes.partition_point(|minute| minute.number < number);
    if minutes.get(at).is_none_or(|minute| minute.number != number) {
        minutes.insert(at, Minute { number, requests: BTreeMap::new() });
    }
    &mut minutes[at]
}
