//! A pack: one API's dated history, as authored in TOML and checked.
//!
//! `api.toml` says where resources are found; one file a version says what changed in it, from the older version to
//! the newer. Reading reports every mistake, each with file, line, column and a hint, and yields either a [`Pack`]
//! that can be relied on or [`Diagnostics`].

mod address;
mod api;
mod body_guard;
mod error_places;
mod errors;
mod exchange;
mod fields;
mod given_away;
mod header;
mod history;
mod holds;
mod keys;
mod module;
mod operation;
mod operations;
mod order;
mod path_moves;
mod schema;
mod source;
mod statuses;
mod unsaid;
mod version_place;
mod versions;

pub use crate::authored::{Code, Diagnostic, Diagnostics, Location, NotACode, NotCompiled, parse_path};

pub use holds::HeldResource;
pub(crate) use holds::RESOURCE;

pub use address::{Address, AffixedParameter, Segment};
pub use body_guard::BodyGuard;
pub(crate) use error_places::ErrorObject;
pub use error_places::ErrorPlaces;
pub use errors::{ErrorFacts, ErrorShape, ShapeMistake};
pub(crate) use exchange::{BODY, HEADER, PATH, QUERY, STATUS, WITHOUT_BODY};
pub(crate) use given_away::renamed_by;
pub(crate) use operation::AddressSpan;
pub use operation::{DatedAddress, Operation, OperationId, Presence, Standing};
pub use schema::schema;
pub use statuses::ErrorStatuses;
pub use unsaid::{AskedParameter, ClientSide, Then, Unsaid, UnsaidScope};
pub use version_place::{VersionPlace, VersionTemplate};
pub use versions::{Alias, OpaqueVersion, UnknownPin, UnknownVersion};

use crate::{
    json::Hop,
    step::{Direction, Lookups, Step},
    version::{Scheme, Version},
};
use std::{path::Path, sync::Arc};

/// One API: its operations, its resources and its versions.
#[derive(Debug, Clone)]
pub struct Pack {
    /// A short name, `whop`.
    pub name: String,
    /// The API's name for people.
    pub title: String,
    /// The origin of the API, `https://api.example.com`, unless the configuration overrides it.
    pub origin: Option<String>,
    /// The places where a request says its version: the first that is there wins.
    pub version_places: Vec<VersionPlace>,
    /// The way in which its versions are named: their order.
    pub scheme: Scheme,
    /// Other names for versions.
    pub aliases: Vec<Alias>,
    /// The treatment of a version that the pack does not know, unless the configuration says otherwise.
    pub unknown: UnknownPin,
    /// The version of a request that says none.
    pub default_version: Version,
    /// The path below which operations are matched, `/api/v1`; empty for the root.
    pub base_path: String,
    /// The error format of the API, if it is not `{"error":{"type":…,"message":…}}`.
    pub errors: Option<ErrorShape>,
    /// The places at which the API's errors name fields.
    pub error_places: Arc<ErrorPlaces>,
    /// Every operation that the pack names.
    pub operations: Vec<Operation>,
    /// The tables that steps look values up in.
    pub lookups: Lookups,
    /// The resources that changes can apply to.
    pub resources: Vec<Resource>,
    /// Every version whose changes are known, oldest first.
    pub modules: Vec<Module>,
    /// The versions whose changes nobody knows, oldest first.
    pub opaque: Vec<OpaqueVersion>,
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
    /// The place where it is written.
    pub at: Location,
}

impl Resource {
    /// Tells whether it is a whole message of an operation, which a change names by the operation.
    pub fn is_message(&self) -> bool {
        self.found.first().is_some_and(|found| found.part.is_whole())
    }

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
    /// The path within that part.
    pub path: Vec<Hop>,
    /// The first and the last of [`Pack::modules`] whose changes find it there, or `None` for all. Only a resource that is
    /// held by another one moves.
    pub during: Option<(usize, usize)>,
}

impl Found {
    /// Tells whether the changes of one of [`Pack::modules`] find the resource there.
    pub fn is_there_for(&self, module: usize) -> bool {
        self.during.is_none_or(|(first, last)| first <= module && module <= last)
    }
}

/// A part of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The query of the request.
    Query,
    /// The body of the request.
    Body,
    /// The body of a successful response.
    Response,
    /// The request as one document: path parameters, query, header fields and body.
    Request,
    /// The successful response as one document: status, header fields and body.
    Answer,
    /// The body of a response that is an error with one of these statuses.
    Errors(ErrorStatuses),
}

/// One word for each, whatever the statuses of errors are.
impl serde::Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Part::Answer => "answer",
            other => other.name(),
        })
    }
}

impl Part {
    /// Every part but errors, those of requests first.
    pub const ALL: [Part; 5] = [Part::Query, Part::Body, Part::Request, Part::Response, Part::Answer];

    /// The word that a pack has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Query => "query",
            Part::Body => "body",
            Part::Request => "request",
            Part::Response | Part::Answer => "response",
            Part::Errors(_) => "errors",
        }
    }

    /// The statuses, if it is a part of errors.
    pub fn errors(self) -> Option<ErrorStatuses> {
        match self {
            Part::Errors(statuses) => Some(statuses),
            Part::Query | Part::Body | Part::Response | Part::Request | Part::Answer => None,
        }
    }

    /// Tells whether it is a part of the response.
    pub fn is_of_response(self) -> bool {
        match self {
            Part::Response | Part::Answer | Part::Errors(_) => true,
            Part::Query | Part::Body | Part::Request => false,
        }
    }

    /// Tells whether it is a message as one document, its head included.
    pub fn is_whole(self) -> bool {
        match self {
            Part::Request | Part::Answer => true,
            Part::Query | Part::Body | Part::Response | Part::Errors(_) => false,
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
    /// The changes that no step can say.
    pub unsaid: Vec<Unsaid>,
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
    /// True if the documents are `name=value` pairs, of a query or a form, rather than JSON.
    pub is_pairs: bool,
    /// The parts of operations that the example is the whole document of. It is empty if the example is the resource
    /// alone.
    pub whole: Vec<(OperationId, Part)>,
    /// The direction that it shows, if it shows one only: the way back gives another document.
    pub way: Option<Direction>,
    /// The losses that going up must report, as `field=kind, field=kind`, or `None` if the example does not say.
    pub up_loses: Option<String>,
    /// The losses that coming down must report.
    pub down_loses: Option<String>,
    /// The place where the example is written.
    pub at: Location,
}

/// Tells whether the text of an example is meant as JSON: a body is an object or a list, and no pair begins like one.
pub(crate) fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
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
        let mut notes = sources.diagnostics;
        let (mut pack, told) = match &sources.api {
            Some(api) => api::read(api, &mut notes),
            None => (api::empty(), api::ApiNotes::default()),
        };
        let is_sound = !has_mistakes(&notes);
        pack.digest = source::digest(sources.api.iter().chain(&sources.modules));
        let mut files = Vec::new();
        for source in &sources.modules {
            let mut of_module = Vec::new();
            let scheme = (!told.versions.scheme_is_broken).then(|| pack.scheme.clone());
            files.extend(module::read(source, &mut pack, scheme.as_ref(), &mut of_module));
            // What api.toml should have said is missed in every file.
            notes.extend(of_module.into_iter().filter(|note| is_sound || note.code != Code::UnknownName));
        }
        if !has_mistakes(&notes) {
            versions::check(&pack, &files, &told.versions, &mut notes);
        }
        versions::place(&mut pack, files);
        if !has_mistakes(&notes) {
            body_guard::add_changes(&mut pack);
            holds::place(&mut pack, &mut notes);
        }
        if !has_mistakes(&notes) {
            default_version(&pack, told.default, &mut notes);
            operations::place(&mut pack, &mut notes);
            unused(&pack, &mut notes);
            version_place::check_used(&pack, &mut notes);
            history::check(&pack, &mut notes);
        }
        let (warnings, mistakes) = notes.into_iter().partition(|note| note.code.is_warning());
        pack.warnings = warnings;
        match Diagnostics::new(mistakes) {
            Some(mistakes) => Err(mistakes),
            None => Ok(pack),
        }
    }

    /// Every version whose changes are known, oldest first.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = Version> + Clone + '_ {
        self.modules.iter().map(|module| module.version)
    }

    /// The header in which requests say their version, and answers the one that they are in. It is the first one of several.
    pub fn version_header(&self) -> Option<&str> {
        self.version_places.iter().find_map(|place| match place {
            VersionPlace::Header(name) => Some(name.as_str()),
            VersionPlace::Path(_) | VersionPlace::Query(_) | VersionPlace::MediaType(_) => None,
        })
    }

    /// The newest version.
    pub fn newest(&self) -> Version {
        self.versions().next_back().unwrap_or(self.default_version)
    }

    /// Tells whether the pack knows the version.
    pub fn supports(&self, version: Version) -> bool {
        self.position(version).is_some()
    }

    /// The operation with this number.
    pub fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[id.0]
    }

    /// The number of the operation with this name, or else with this address at some version, if only one has had it.
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
        let by_name = self.operation_ids().find(|id| self.operation(*id).name() == operation);
        by_name.or_else(|| {
            let mut addressed = self.with_address(operation);
            addressed.next().filter(|_| addressed.next().is_none())
        })
    }

    /// Every operation that has had this address at some version.
    fn with_address<'p>(&'p self, address: &'p str) -> impl Iterator<Item = OperationId> + 'p {
        let written = Address::parse(address).ok();
        let had = move |id: &OperationId| {
            written
                .as_ref()
                .is_some_and(|written| self.operation(*id).addresses().any(|known| known == written))
        };
        self.operation_ids().filter(had)
    }

    /// The presence of an operation at a version. One that the pack does not know is taken for the newest.
    pub fn presence(&self, id: OperationId, version: Version) -> Presence<'_> {
        let newest = self.modules.len().saturating_sub(1);
        self.operation(id).at(self.position(version).unwrap_or(newest))
    }

    /// The address of an operation at a version, or `None` if the operation is not there then.
    ///
    /// ```
    /// use dateline_core::pack::Pack;
    ///
    /// let pack = Pack::embedded()?;
    /// let plan = pack.find("GET /plans/{id}").unwrap();
    /// assert_eq!(pack.address(plan, pack.newest()).unwrap().method, "GET");
    /// # Ok::<(), dateline_core::pack::Diagnostics>(())
    /// ```
    pub fn address(&self, id: OperationId, version: Version) -> Option<&Address> {
        match self.presence(id, version) {
            Presence::At(address) => Some(address),
            Presence::NotYet { .. } | Presence::Gone { .. } => None,
        }
    }

    /// The operation among some at one address that a request is for at a version: the one whose guard its body is, or else
    /// the one without a guard, if there is one.
    pub fn meant(
        &self,
        operations: &[OperationId],
        version: Version,
        is: impl Fn(&BodyGuard) -> bool,
    ) -> Option<OperationId> {
        let newest = self.modules.len().saturating_sub(1);
        body_guard::meant(self, operations, self.position(version).unwrap_or(newest), is)
    }

    /// Tells whether changes of an operation's request move parameters of its path, or give them other values.
    pub fn changes_path(&self, id: OperationId) -> bool {
        !path_moves::changed(self, id).is_empty()
    }

    /// The body that requests of an operation have at a version, if not any.
    pub fn guard(&self, id: OperationId, version: Version) -> Option<&BodyGuard> {
        let newest = self.modules.len().saturating_sub(1);
        self.operation(id).guard_at(self.position(version).unwrap_or(newest))
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

fn has_mistakes(notes: &[Diagnostic]) -> bool {
    notes.iter().any(|note| !note.code.is_warning())
}

/// Notes a default version that no file describes.
fn default_version(pack: &Pack, at: Option<Location>, notes: &mut Vec<Diagnostic>) {
    let (Some(at), version) = (at, pack.default_version) else { return };
    if pack.supports(version) {
        return;
    }
    let message = format!("requests without a version get {version}, which no file describes");
    let versions: Vec<String> = pack.versions().map(|version| version.to_string()).collect();
    let versions = versions.join(", ");
    if pack.is_opaque(version) {
        let message =
            format!("requests without a version get {version}, of which nobody knows what changed in it");
        let hint = format!("write a version whose changes are known: {versions}");
        notes.push(Diagnostic::new(Code::BadValue, &at, message).label("unknown").hint(hint));
        return;
    }
    let hint = format!("write a version that has a file ({versions}), or add {version}.toml");
    notes.push(Diagnostic::new(Code::UnknownName, &at, message).label("no file has it").hint(hint));
}

/// Notes resources that no change names and that hold no others.
fn unused(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    let is_used = |index: usize| {
        let mut changes = pack.modules.iter().flat_map(|module| &module.changes);
        changes.any(|change| change.resource == index) || !pack.resources[index].holds.is_empty()
    };
    for (_, resource) in pack.resources.iter().enumerate().filter(|(index, _)| !is_used(*index)) {
        let message = format!("no change names the resource `{}`", resource.name);
        let hint = "name it in the change that is meant, or leave it out until it changes";
        notes.push(Diagnostic::new(Code::Unused, &resource.at, message).label("not used").hint(hint));
    }
}

#[cfg(test)]
pub(crate) mod test;
#[cfg(test)]
mod tests;
