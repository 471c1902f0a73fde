//! Series: the keys that requests are counted under, and their counts.

use super::{Registry, operation::Operation};
use arc_swap::ArcSwapOption;
use dateline_core::{
    step::{Cause, LossKind, Losses, Lost},
    version::{ByLabel, Version},
};
use dateline_http::pin::{Pinned, Source};
use http::StatusCode;
use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The most losses that a series counts separately: more than a plan has. Further ones are counted for the field
/// [`OTHER`].
const LOSSES: usize = 256;

/// The label of everything that has no room for counts of its own.
pub(crate) const OTHER: &str = "other";

/// The label for an absent value.
const NONE: &str = "none";

/// The key under which requests of a client are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeriesKey {
    /// The template of the operation, where the pack has it.
    pub(crate) operation: Option<Arc<str>>,
    /// The version that the client speaks.
    pub(crate) pin: VersionLabel,
    /// The source of that version.
    pub(crate) source: PinSource,
    /// The version that the upstream was spoken to at.
    pub(crate) upstream: VersionLabel,
    /// The status that the client got.
    pub(crate) status: Status,
}

/// The version that a client or the upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum VersionLabel {
    /// A version of the pack.
    Version(Version),
    /// A version that the pack does not know, whichever.
    Unknown,
    /// No version: the upstream chose its own for a request without one.
    Upstream,
    /// The request was refused before that was known.
    None,
    /// A version that had no room for counts of its own.
    Other,
}

/// The source of a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PinSource {
    /// A header field.
    Header,
    /// The path.
    Path,
    /// The query.
    Query,
    /// A media type.
    MediaType,
    /// The configured client.
    Client,
    /// The configured or the pack's default.
    Default,
    /// The request was refused before that was known.
    None,
    /// A source that had no room for counts of its own.
    Other,
}

/// The status of an answer to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Status {
    /// A registered status code.
    Code(u16),
    /// Any other code, by its first digit.
    Class(u16),
    /// No answer: it left before.
    None,
    /// A status that had no room for counts of its own.
    Other,
}

impl SeriesKey {
    pub(super) fn new(
        operation: Option<Arc<str>>,
        pinned: Option<(Pinned, Source, Version)>,
        status: Option<StatusCode>,
    ) -> Self {
        let (pin, source, upstream) = match pinned {
            Some((Pinned::Known(pin), source, upstream)) => {
                (VersionLabel::Version(pin), source.into(), VersionLabel::Version(upstream))
            }
            Some((Pinned::Unknown(_), source, _)) => {
                (VersionLabel::Unknown, source.into(), VersionLabel::Unknown)
            }
            Some((Pinned::Upstream, source, _)) => {
                (VersionLabel::Upstream, source.into(), VersionLabel::None)
            }
            None => (VersionLabel::None, PinSource::None, VersionLabel::None),
        };
        SeriesKey { operation, pin, source, upstream, status: Status::of(status) }
    }

    /// Returns the key for everything that has no room for a key of its own.
    pub(super) fn other() -> Self {
        let (pin, upstream) = (VersionLabel::Other, VersionLabel::Other);
        SeriesKey { operation: None, pin, source: PinSource::Other, upstream, status: Status::Other }
    }

    /// The operation as metrics name it.
    pub(crate) fn operation(&self) -> &str {
        self.operation.as_deref().unwrap_or(OTHER)
    }
}

/// Hashes once for each request, so in few and large pieces.
impl Hash for SeriesKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.operation().as_bytes());
        self.pin.hash(state);
        self.upstream.hash(state);
        state.write_u64(u64::from(self.status.number()) << 8 | self.source as u64);
    }
}

impl From<Source> for PinSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Header => PinSource::Header,
            Source::Path => PinSource::Path,
            Source::Query => PinSource::Query,
            Source::MediaType => PinSource::MediaType,
            Source::Client => PinSource::Client,
            Source::Default => PinSource::Default,
        }
    }
}

impl PinSource {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            PinSource::Header => "header",
            PinSource::Path => "path",
            PinSource::Query => "query",
            PinSource::MediaType => "media_type",
            PinSource::Client => "client",
            PinSource::Default => "default",
            PinSource::None => NONE,
            PinSource::Other => OTHER,
        }
    }
}

impl serde::Serialize for PinSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Writes the version as its text.
impl serde::Serialize for VersionLabel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl VersionLabel {
    fn as_str(&self) -> &str {
        match self {
            VersionLabel::Version(version) => version.as_str(),
            VersionLabel::Unknown => "unknown",
            VersionLabel::Upstream => "upstream",
            VersionLabel::None => NONE,
            VersionLabel::Other => OTHER,
        }
    }

    /// The place in lists: versions by their labels, then the others.
    fn place(self) -> (u8, Option<ByLabel>) {
        match self {
            VersionLabel::Version(version) => (0, Some(ByLabel(version))),
            VersionLabel::Unknown => (1, None),
            VersionLabel::Upstream => (2, None),
            VersionLabel::None => (3, None),
            VersionLabel::Other => (4, None),
        }
    }
}

impl Ord for VersionLabel {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for VersionLabel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for VersionLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Status {
    fn number(self) -> u16 {
        match self {
            Status::Code(code) => code,
            Status::Class(digit) => digit,
            Status::None => 1000,
            Status::Other => 1001,
        }
    }

    fn of(status: Option<StatusCode>) -> Self {
        match status {
            Some(status) if status.canonical_reason().is_some() => Status::Code(status.as_u16()),
            Some(status) => Status::Class(status.as_u16() / 100),
            None => Status::None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Code(code) => code.fmt(f),
            Status::Class(digit) => write!(f, "{digit}xx"),
            Status::None => f.pad(NONE),
            Status::Other => f.pad(OTHER),
        }
    }
}

/// The counts of one key.
#[derive(Debug)]
pub(super) struct Series {
    count: AtomicU64,
    /// Unix time in seconds.
    last_seen: AtomicU64,
    /// The part of the count that the usage store has taken.
    taken: AtomicU64,
    losses: ArcSwapOption<Vec<Arc<LossCount>>>,
    /// The times and sizes of these requests.
    pub(super) operation: Arc<Operation>,
}

/// The number of times that one loss happened.
#[derive(Debug)]
pub(super) struct LossCount {
    pub(super) field: Arc<str>,
    pub(super) kind: LossKind,
    pub(super) cause: Option<Arc<Cause>>,
    count: AtomicU64,
}

impl LossCount {
    fn new(field: Arc<str>, kind: LossKind, cause: Option<Arc<Cause>>) -> Self {
        LossCount { field, kind, cause, count: AtomicU64::new(0) }
    }

    fn is(&self, field: &Arc<str>, kind: LossKind, cause: Option<&Arc<Cause>>) -> bool {
        // Texts of the same plan are the same, so this is seldom a comparison of bytes.
        self.kind == kind && self.field == *field && self.cause.as_ref() == cause
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }
}

impl Series {
    pub(super) fn new(operation: Arc<Operation>) -> Self {
        Series {
            count: AtomicU64::new(0),
            last_seen: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            losses: ArcSwapOption::empty(),
            operation,
        }
    }

    pub(super) fn add(&self, now: u64) {
        self.count.fetch_add(1, Relaxed);
        self.last_seen.store(now, Relaxed);
    }

    /// Counts the losses that have happened before, and returns the others.
    pub(super) fn lose<'l>(&self, losses: &'l Losses) -> Vec<&'l Lost> {
        let known = self.losses.load();
        let known = known.as_deref().map(Vec::as_slice).unwrap_or_default();
        let is_new = |lost: &&Lost| {
            let same = known.iter().find(|loss| loss.is(&lost.field, lost.kind, lost.cause.as_ref()));
            same.map(|loss| loss.count.fetch_add(lost.count, Relaxed)).is_none()
        };
        losses.iter().filter(is_new).collect()
    }

    /// Counts losses that have not happened before, or for which there is no room.
    pub(super) fn lose_new(&self, losses: &[&Lost], _registry: &Registry) {
        let mut known = self.losses().to_vec();
        for lost in losses {
            add_loss(&mut known, &lost.field, lost.kind, lost.cause.as_ref(), lost.count);
        }
        self.losses.store(Some(Arc::new(known)));
    }

    /// Adds what was counted under the same key for a client that has made room.
    pub(super) fn absorb(&self, other: &Series, _registry: &Registry) {
        self.count.fetch_add(other.count(), Relaxed);
        self.taken.fetch_add(other.taken.load(Relaxed), Relaxed);
        self.last_seen.fetch_max(other.last_seen(), Relaxed);
        let lost = other.losses();
        if !lost.is_empty() {
            let mut known = self.losses().to_vec();
            for loss in lost.iter() {
                add_loss(&mut known, &loss.field, loss.kind, loss.cause.as_ref(), loss.count());
            }
            self.losses.store(Some(Arc::new(known)));
        }
    }

    /// Returns the count since the last call.
    pub(super) fn take(&self, _registry: &Registry) -> u64 {
        let count = self.count();
        count - self.taken.swap(count, Relaxed)
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    pub(super) fn last_seen(&self) -> u64 {
        self.last_seen.load(Relaxed)
    }

    pub(super) fn losses(&self) -> Arc<Vec<Arc<LossCount>>> {
        self.losses.load_full().unwrap_or_default()
    }
}

/// The counts stay what they are: whoever has them goes on counting in them.
fn add_loss(
    known: &mut Vec<Arc<LossCount>>,
    field: &Arc<str>,
    kind: LossKind,
    cause: Option<&Arc<Cause>>,
    count: u64,
) {
    let at = known.iter().position(|loss| loss.is(field, kind, cause));
    let loss = match at.and_then(|at| known.get(at)) {
        Some(loss) => loss,
        None if known.len() < LOSSES => {
            known.push(Arc::new(LossCount::new(Arc::clone(field), kind, cause.cloned())));
            return add_loss(known, field, kind, cause, count);
        }
        None => {
            let other: Arc<str> = OTHER.into();
            match known.iter().find(|loss| loss.is(&other, kind, None)) {
                Some(loss) => loss,
                None => {
                    let loss = LossCount::new(other, kind, None);
                    loss.count.store(count, Relaxed);
                    return known.push(Arc::new(loss));
                }
            }
        }
    };
    loss.count.fetch_add(count, Relaxed);
}
