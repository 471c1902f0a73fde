//! Writes that may be sent twice: `Idempotency-Key`.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use hyper::{Method, Request};
use sha2::{Digest as _, Sha256};

use super::{error::Refusal, reply::Answer, versions::ApiVersion};

/// The number of keys that are remembered. The oldest is forgotten first.
const KEPT: usize = 1000;

type Hash = [u8; 32];

/// The answers given so far, by credential and key.
#[derive(Default)]
pub(super) struct Replays {
    answers: HashMap<Hash, (Hash, Answer)>,
    order: VecDeque<Hash>,
}

/// A write under a key: which key, and which request exactly.
pub(super) struct Attempt {
    key: Hash,
    request: Hash,
}

impl Replays {
    /// Reads the key of a write; `None` if there is none or nothing is written.
    ///
    /// # Errors
    /// A malformed key, or one that was used for a different request.
    pub(super) fn attempt(
        &self,
        version: ApiVersion,
        token: &str,
        request: &Request<Bytes>,
    ) -> Result<Option<Attempt>, Refusal> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(None);
        }
        let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
        let key = key.as_bytes();
        if key.is_empty() || key.len() > 255 || !key.iter().all(u8::is_ascii_graphic) {
            return Err(Refusal::InvalidIdempotencyKey);
        }
        let uri = request.uri();
        let attempt = Attempt {
            key: hash([token.as_bytes(), key]),
            request: hash([
                version.date().as_bytes(),
                request.method().as_str().as_bytes(),
                uri.path().as_bytes(),
                uri.query().unwrap_or_default().as_bytes(),
                request.body(),
            ]),
        };
        match self.answers.get(&attempt.key) {
            Some((earlier, _)) if *earlier != attempt.request => Err(Refusal::IdempotencyConflict),
            _ => Ok(Some(attempt)),
        }
    }

    /// The answer that this attempt got before.
    pub(super) fn stored(&self, attempt: Option<&Attempt>) -> Option<Answer> {
        self.answers.get(&attempt?.key).map(|(_, answer)| answer.replay())
    }

    /// Keeps a successful answer for later attempts.
    pub(super) fn keep(&mut self, attempt: Option<Attempt>, answer: &Answer) {
        let Some(attempt) = attempt else { return };
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.order.push_back(attempt.key);
        self.answers.insert(attempt.key, (attempt.request, answer.clone()));
    }
}

/// Each part goes in behind its length, so that no two lists of parts hash alike.
fn hash<const N: usize>(parts: [&[u8]; N]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
