//! The confirmation of a difference, on data that may change in the meantime.
//!
//! The two answers are read one after the other, so what differs may have changed in between. On a difference there are
//! [`AGAIN`] readings more, and it stands only where the same path holds the same native value in every native reading
//! and the same translated value in every translated one. Whatever moved, once, is not reported.
//!
//! A value that goes to and fro needs more: replicas that lag, a flag that flaps. So nobody can foretell
//! which way is read next: but for the first two, which are one of each, every reading is drawn. A value that changes by
//! chance, or in a rhythm, with each reading even, is told apart by chance only: in one of 2^[`AGAIN`]/2 cases at most,
//! that is in one of half a million. Since what moves shows it within the first readings, only what is wrong is read
//! this often. The pauses grow, so that what lags for seconds has caught up.

use super::{
    read_paths::Read,
    verdict::{Failure, Outcome, Way},
};
use crate::base::random::random;
use dateline_core::compare::Comparison;
use std::time::Duration;
use tokio::time::sleep;

/// The number of further readings if the first two differ.
const AGAIN: u32 = 20;

/// The most requests of one check, for an answer that exists.
pub(super) const MOST: u32 = 1 + AGAIN;

/// The longest pause is so many times the first one.
const LONGEST: u32 = 32;

/// The subject of a check: one `GET`.
pub(super) trait Subject: Sync {
    /// Reads its answer.
    fn read(&self, way: Way) -> impl Future<Output = Result<Read, Failure>> + Send;

    /// Compares a native answer with a translated one.
    fn compare(
        &self,
        native: Read,
        translated: Read,
    ) -> impl Future<Output = Result<Comparison, Failure>> + Send;
}

/// The result of comparing two answers.
enum Compared {
    Same(Comparison),
    Statuses(u16, u16),
    Differences(Comparison),
}

/// Judges an answer that was translated. The first pause is of so long.
pub(super) async fn judge(subject: &impl Subject, translated: Read, pause: Duration) -> Outcome {
    judged(subject, translated, pause).await.unwrap_or_else(Outcome::Failed)
}

async fn judged(subject: &impl Subject, translated: Read, pause: Duration) -> Result<Outcome, Failure> {
    let native = subject.read(Way::Native).await?;
    let repeat = Repeat { subject, pause, native: native.clone(), translated: translated.clone() };
    match look(subject, native, translated).await? {
        Compared::Same(Comparison { excused, ignored, .. }) => Ok(Outcome::Agreed { excused, ignored }),
        Compared::Statuses(native, translated) => repeat.statuses(native, translated).await,
        Compared::Differences(first) => repeat.differences(first).await,
    }
}

/// The readings that follow on a difference.
struct Repeat<'s, S> {
    subject: &'s S,
    pause: Duration,
    /// The last of each way.
    native: Read,
    translated: Read,
}

impl<S: Subject> Repeat<'_, S> {
    async fn statuses(mut self, native: u16, translated: u16) -> Result<Outcome, Failure> {
        for (number, way) in ways() {
            match self.read(number, way).await? {
                Compared::Statuses(own, other) if (own, other) == (native, translated) => {}
                _ => return Ok(Outcome::Unsettled { paths: Vec::new() }),
            }
        }
        Ok(Outcome::Statuses { native, translated })
    }

    async fn differences(mut self, first: Comparison) -> Result<Outcome, Failure> {
        let mut standing = first.differences.clone();
        for (number, way) in ways() {
            match self.read(number, way).await? {
                Compared::Differences(found) => standing.retain(|known| found.differences.contains(known)),
                Compared::Same(_) | Compared::Statuses(..) => standing.clear(),
            }
            if standing.is_empty() {
                let paths = first.differences.into_iter().map(|difference| difference.path).collect();
                return Ok(Outcome::Unsettled { paths });
            }
        }
        Ok(Outcome::Differed { differences: standing })
    }

    /// Reads one way, before every other reading after a pause, and compares it with the last reading of the other way.
    async fn read(&mut self, number: u32, way: Way) -> Result<Compared, Failure> {
        if number.is_multiple_of(2) {
            let base = self.pause.saturating_mul(1 << (number / 2).min(16));
            let base = base.min(self.pause.saturating_mul(LONGEST));
            sleep(base / 2 + base.saturating_mul(thousandths()) / 1000).await;
        }
        let read = self.subject.read(way).await?;
        match way {
            Way::Native => self.native = read,
            Way::Translated => self.translated = read,
        }
        look(self.subject, self.native.clone(), self.translated.clone()).await
    }
}

/// Returns the order of readings: first one of each way, then random ones.
fn ways() -> impl Iterator<Item = (u32, Way)> {
    let drawn = || if random().is_multiple_of(2) { Way::Native } else { Way::Translated };
    let first = drawn();
    let second = if first == Way::Native { Way::Translated } else { Way::Native };
    [first, second]
        .into_iter()
        .chain(std::iter::repeat_with(drawn))
        .zip(0..AGAIN)
        .map(|(way, number)| (number, way))
}

/// Returns a random number from 0 to 1000.
fn thousandths() -> u32 {
    (random() % 1001) as u32
}

async fn look(subject: &impl Subject, native: Read, translated: Read) -> Result<Compared, Failure> {
    let (own, other) = (native.status, translated.status);
    if own != other {
        return Ok(Compared::Statuses(own.as_u16(), other.as_u16()));
    }
    if !own.is_success() {
        return Err(Failure::Status(own.as_u16()));
    }
    if native.body.is_empty() && translated.body.is_empty() {
        return Ok(Compared::Same(Comparison::default()));
    }
    let compared = subject.compare(native, translated).await?;
    Ok(match compared.differences.is_empty() {
        true => Compared::Same(compared),
        false => Compared::Differences(compared),
    })
}

#[cfg(test)]
mod tests;
