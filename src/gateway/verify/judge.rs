//! Whether a difference stands, on data that may move while it is looked at.
//!
//! The two answers are read one after the other, so what differs may have changed in between. On a difference both
//! are read again, [`ROUNDS`] times, and it stands only where the same path holds the same native value in every native
//! reading and the same translated value in every translated one. Whatever moved, once, is not reported.
//!
//! That is not enough for a value that goes to and fro: replicas that lag, a flag that flaps. Were each reading one of two
//! values by chance, the two ways would be told apart by chance in one of 2^(readings - 1) cases, that is in one of two
//! million; and since a value that moves shows it within the first two or three readings, only what is wrong is read
//! this often. What moves by a rhythm is met out of step: the order of the two ways is drawn in every round, and so is a
//! part of each pause. The pauses grow, so that what lags for seconds has caught up.

use super::{
    both::Read,
    verdict::{Failure, Outcome, Way},
};
use crate::{compare::Comparison, gateway::random::random};
use std::time::Duration;
use tokio::time::sleep;

/// How often both are read again.
const ROUNDS: u32 = 10;

/// How many requests one check takes at most, of an answer that is there.
pub(super) const MOST: u32 = 1 + 2 * ROUNDS;

/// The longest pause is so many times the first one.
const LONGEST: u32 = 32;

/// What is judged: one `GET`.
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

/// What two answers differ in.
enum Found {
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
    match look(subject, native, translated).await? {
        Found::Same(Comparison { excused, ignored, .. }) => Ok(Outcome::Agreed { excused, ignored }),
        Found::Statuses(native, translated) => statuses(subject, (native, translated), pause).await,
        Found::Differences(first) => differences(subject, first, pause).await,
    }
}

async fn statuses(
    subject: &impl Subject,
    (native, translated): (u16, u16),
    pause: Duration,
) -> Result<Outcome, Failure> {
    for round in 0..ROUNDS {
        match again(subject, round, pause).await? {
            Found::Statuses(own, other) if (own, other) == (native, translated) => {}
            _ => return Ok(Outcome::Unsettled { paths: Vec::new() }),
        }
    }
    Ok(Outcome::Statuses { native, translated })
}

async fn differences(subject: &impl Subject, first: Comparison, pause: Duration) -> Result<Outcome, Failure> {
    let mut standing = first.differences.clone();
    for round in 0..ROUNDS {
        match again(subject, round, pause).await? {
            Found::Differences(found) => standing.retain(|known| found.differences.contains(known)),
            Found::Same(_) | Found::Statuses(..) => standing.clear(),
        }
        if standing.is_empty() {
            let paths = first.differences.into_iter().map(|difference| difference.path).collect();
            return Ok(Outcome::Unsettled { paths });
        }
    }
    Ok(Outcome::Differed { differences: standing })
}

/// Reads both again, after a pause.
async fn again(subject: &impl Subject, round: u32, pause: Duration) -> Result<Found, Failure> {
    let longest = pause.saturating_mul(LONGEST);
    let base = pause.saturating_mul(1 << round.min(16)).min(longest);
    sleep(base / 2 + base.saturating_mul(thousandths()) / 1000).await;
    let (native, translated) = match random() % 2 {
        0 => {
            let native = subject.read(Way::Native).await?;
            (native, subject.read(Way::Translated).await?)
        }
        _ => {
            let translated = subject.read(Way::Translated).await?;
            (subject.read(Way::Native).await?, translated)
        }
    };
    look(subject, native, translated).await
}

/// Up to 1000.
fn thousandths() -> u32 {
    (random() % 1001) as u32
}

async fn look(subject: &impl Subject, native: Read, translated: Read) -> Result<Found, Failure> {
    let (own, other) = (native.status, translated.status);
    if own != other {
        return Ok(Found::Statuses(own.as_u16(), other.as_u16()));
    }
    if !own.is_success() {
        return Err(Failure::Status(own.as_u16()));
    }
    if native.body.is_empty() && translated.body.is_empty() {
        return Ok(Found::Same(Comparison::default()));
    }
    let compared = subject.compare(native, translated).await?;
    Ok(match compared.differences.is_empty() {
        true => Found::Same(compared),
        false => Found::Differences(compared),
    })
}

#[cfg(test)]
mod tests;
