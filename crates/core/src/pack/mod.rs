//! A pack: one API's dated history, as authored in TOML and checked.
//!
//! `api.toml` says where resources are found; one file a version says what changed in it, from the older version to
//! the newer. Reading reports every mistake, each with file, line, column and a hint, and yields either a [`Pack`]
//! that can be relied on or [`Diagnostics`].

mod api;
mod errors;
mod fields;
mod history;
mod holds;
mod keys;
mod module;
mod operation;
mod schema;
mod source;

pub use crate::authored::{Code, Diagnostic, Diagnostics, Location, NotACode, NotCompiled, parse_path};

pub use holds::HeldResource;

pub use errors::{ErrorFacts, ErrorShape, ShapeMistake};
pub use operation::{Operation, OperationId, Segment};
pub use schema::schema;

use crate::{json::Hop, step::Step, version::Version};
use std::path::Path;

/// One API: its operations, its resources and its versions.
#[derive(Debug, Clone)]
pub struct Pack {
    /// A short name, `whop`.
    pub name: String,
    /// The API's name for people.
    pub title: String,
    /// The origin of the API, `https://api.example.com`, unless the configuration overrides it.
    pub origin: Option<String>,
    /// The header that carries the version, as authored: `Api-Version-Date`.
    pub header: String,
    /// The version of a request without that header.
    pub default_version: Version,
    /// The path below which operations are matched, `/api/v1`; empty for the root.
    pub base_path: String,
    /// The error format of the API, if it is not `{"error":{"type":…,"message":…}}`.
    pub errors: Option<ErrorShape>,
    /// Every operation that the pack names.
    pub operations: Vec<Operation>,
    /// The resources that changes can apply to.
    pub resources: Vec<Resource>,
    /// Every version, oldest first.
    pub modules: Vec<Module>,
    /// Eight hexadecimal digits that differ where the text of its files does.
    pub digest: String,
    /// Diagnostics of what is read all the same, and should be mended.
    pub warnings: Vec<Diagnostic>,
}

/// A resource that changes apply to: an object of the API, or the parameters of some operations.
#[derive(Debug, Clone)]
pub struct Resource {
    /// `BusinessReferral`
    pub name: String,
    /// Every place where it stands by itself.
    pub found: Vec<Found>,
    /// The resources that stand inside it.
    pub holds: Vec<HeldResource>,
    /// Every place where it stands inside another resource.
    pub held: Vec<Found>,
}

impl Resource {
    /// Every place where it stands, by itself and inside other resources.
    pub fn places(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().chain(&self.held)
    }
}

/// A place where a resource stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The operation.
    pub operation: OperationId,
    /// The part of the operation.
    pub part: Part,
    /// The path within that part. It is empty for a query.
    pub path: Vec<Hop>,
    /// The first and the last version whose changes find it there, or `None` for all. Only a resource that is held by
    /// another one moves.
    pub during: Option<(Version, Version)>,
}

impl Found {
    /// Tells whether the changes of a version find the resource there.
    pub fn is_there_for(&self, version: Version) -> bool {
        self.during.is_none_or(|(first, last)| first <= version && version <= last)
    }
}

/// A part of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The query of the request.
    Query,
    /// The body of the request.
    Body,
    /// The body of a successful response.
    Response,
}

impl Part {
    /// The word that a pack has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Query => "query",
            Part::Body => "body",
            Part::Response => "response",
        }
    }
}

/// One version: what changed in it.
#[derive(Debug, Clone)]
pub struct Module {
    /// The version that the changes lead to.
    pub version: Version,
    /// The title in the changelog.
    pub title: String,
    /// The changes in the order in which they apply going up.
    pub changes: Vec<Change>,
}

/// A change of one resource.
#[derive(Debug, Clone)]
pub struct Change {
    /// The name of the change: what it does, beginning with a verb.
    pub name: String,
    /// The reason for the change, for the API's users.
    pub why: String,
    /// An index into [`Pack::resources`].
    pub resource: usize,
    /// The steps in the order in which they apply going up.
    pub steps: Vec<Authored>,
    /// Documents of both versions that translate into each other.
    pub examples: Vec<Example>,
    /// The place where the change is written.
    pub at: Location,
}

/// A step and where it is written.
#[derive(Debug, Clone)]
pub struct Authored {
    /// The step.
    pub step: Step,
    /// The place where the step is written.
    pub at: Location,
}

/// The same thing in both versions: JSON objects, or queries where the resource is a set of parameters.
#[derive(Debug, Clone)]
pub struct Example {
    /// The document in the older version.
    pub old: String,
    /// The document in the newer version.
    pub new: String,
    /// The parts of operations that the example is the whole document of. It is empty if the example is the resource
    /// alone.
    pub whole: Vec<(OperationId, Part)>,
    /// The losses that going up must report, as `field=kind, field=kind`, or `None` if the example does not say.
    pub up_loses: Option<String>,
    /// The losses that coming down must report.
    pub down_loses: Option<String>,
    /// The place where the example is written.
    pub at: Location,
}

impl Example {
    /// Tells whether the example shows parameters of a query rather than a JSON object.
    pub fn is_query(&self) -> bool {
        !self.old.trim_start().starts_with('{')
    }
}

impl Pack {
    /// The pack that is built into the program.
    ///
    /// # Errors
    /// It has mistakes, which the tests rule out.
    pub fn embedded() -> Result<Pack, Diagnostics> {
        Self::read(source::embedded())
    }

    /// Reads the pack in a folder.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn load(folder: &Path) -> Result<Pack, Diagnostics> {
        Self::read(source::folder(folder)?)
    }

    fn read(sources: source::Sources) -> Result<Pack, Diagnostics> {
        let mut diagnostics = sources.diagnostics;
        let mut pack = match &sources.api {
            Some(api) => api::read(api, &mut diagnostics),
            None => api::empty(),
        };
        pack.digest = source::digest(sources.api.iter().chain(&sources.modules));
        for source in &sources.modules {
            let module = module::read(source, &pack, &mut diagnostics);
            pack.modules.extend(module);
        }
        pack.modules.sort_by_key(|module| module.version);
        holds::place(&mut pack, &mut diagnostics);
        history::check(&pack, &mut diagnostics);
        let is_warning = |diagnostic: &Diagnostic| diagnostic.code.is_warning();
        let (warnings, mistakes) = diagnostics.into_iter().partition(is_warning);
        pack.warnings = warnings;
        match Diagnostics::new(mistakes) {
            Some(mistakes) => Err(mistakes),
            None => Ok(pack),
        }
    }

    /// Every version, oldest first.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = Version> + Clone + '_ {
        self.modules.iter().map(|module| module.version)
    }

    /// The newest version.
    pub fn newest(&self) -> Version {
        self.versions().next_back().unwrap_or(self.default_version)
    }

    /// Tells whether the pack knows the version.
    pub fn supports(&self, version: Version) -> bool {
        self.versions().any(|known| known == version)
    }

    /// The operation with this number.
    pub fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[id.0]
    }

    /// The number of the operation that is authored as this text.
    ///
    /// ```
    /// use dateline_core::pack::Pack;
    ///
    /// let pack = Pack::embedded()?;
    /// assert!(pack.find("GET /plans/{id}").is_some());
    /// assert!(pack.find("GET /nothing").is_none());
    /// # Ok::<(), dateline_core::pack::Diagnostics>(())
    /// ```
    pub fn find(&self, operation: &str) -> Option<OperationId> {
        self.operation_ids().find(|id| self.operation(*id).to_string() == operation)
    }

    /// Every operation's number, in the authored order.
    pub fn operation_ids(&self) -> impl Iterator<Item = OperationId> + use<> {
        (0..self.operations.len()).map(OperationId)
    }

    /// Every resource that stands in a part of an operation, by itself or inside another one: the resource's index and
    /// its place.
    pub fn found_in(&self, operation: OperationId, part: Part) -> impl Iterator<Item = (usize, &Found)> {
        self.resources.iter().enumerate().flat_map(move |(resource, stands)| {
            stands
                .places()
                .filter(move |found| found.operation == operation && found.part == part)
                .map(move |found| (resource, found))
        })
    }
}

#[cfg(test)]
pub(crate) mod test;
#[cfg(test)]
mod tests;
