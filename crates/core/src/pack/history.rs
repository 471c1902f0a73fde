//! Checking the versions against each other: rules that contradict, and rules that can match nothing.
//!
//! For every place where resources stand, the steps of all versions are followed in order: which names a version has
//! given away, and which it has made.

use super::{Authored, Module, Pack, Part};
use crate::{
    authored::{Code, Diagnostic, Location},
    json::{Field, Hop},
    step::{Conversion, Direction, Discriminator, Effect, Made, ValueForm},
    version::Version,
};
use std::collections::BTreeMap;

/// Notes every mistake that shows only when versions are seen together.
pub(super) fn check(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    versions(pack, notes);
    for operation in pack.operation_ids() {
        for part in [Part::Query, Part::Body, Part::Response] {
            let mut paths: Vec<&Vec<Hop>> =
                pack.found_in(operation, part).map(|(_, found)| &found.path).collect();
            paths.sort_by_key(|path| path.len());
            paths.dedup();
            for path in &paths {
                let resources: Vec<usize> = pack
                    .found_in(operation, part)
                    .filter(|(_, found)| found.path == **path)
                    .map(|(resource, _)| resource)
                    .collect();
                // One that `holds` puts there is meant to be inside.
                let by_itself: Vec<&Vec<Hop>> = resources
                    .iter()
                    .flat_map(|resource| &pack.resources[*resource].found)
                    .filter(|found| found.operation == operation && found.part == part)
                    .map(|found| &found.path)
                    .collect();
                let is_inside = by_itself.contains(path)
                    && paths.iter().any(|outer| outer.len() < path.len() && path.starts_with(outer));
                follow(pack, &resources, part, is_inside, notes);
            }
        }
    }
    // A resource stands in several places; a mistake in its steps is one mistake.
    let mut seen = Vec::new();
    notes.retain(|note| {
        let key = (note.message.clone(), format!("{:?}", note.at));
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
}

fn versions(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    for pair in pack.modules.windows(2).filter(|pair| pair[0].version == pair[1].version) {
        let message = format!("version {} stands in two files", pair[0].version);
        notes.push(Diagnostic::without_place(Code::Repeated, message));
    }
    match pack.modules.first() {
        None => {
            let hint = "add a file for the oldest one, with its version and title";
            notes.push(Diagnostic::without_place(Code::File, "the pack has no versions").hint(hint));
        }
        Some(Module { version, changes, .. }) => {
            for change in changes {
                let message = format!("{version} is the oldest version: nothing is there to change from");
                notes.push(Diagnostic::new(Code::MatchesNothing, &change.at, message).label("this change"));
            }
        }
    }
    if !pack.modules.is_empty()
        && pack.default_version != Version::EARLIEST
        && !pack.supports(pack.default_version)
    {
        let message =
            format!("requests without a header get {}, which no file describes", pack.default_version);
        notes.push(
            Diagnostic::without_place(Code::UnknownName, message).hint("see `default_version` in api.toml"),
        );
    }
}

/// Follows the steps on one place through all versions.
fn follow(pack: &Pack, resources: &[usize], part: Part, is_inside: bool, notes: &mut Vec<Diagnostic>) {
    let mut names = Names::default();
    for module in &pack.modules {
        for change in module.changes.iter().filter(|change| resources.contains(&change.resource)) {
            if is_inside {
                let resource = &pack.resources[change.resource].name;
                let message = format!("`{resource}` stands inside another resource of the same operation");
                let hint = "say in the outer one that it holds this one: holds = { \"items[*]\" = \"Item\" }";
                notes.push(
                    Diagnostic::new(Code::Unsupported, &change.at, message).label("this change").hint(hint),
                );
            }
            for Authored { step, at } in &change.steps {
                if part == Part::Query && !step.fits_parameters() {
                    let message = format!("a query cannot do this: {}", step.describe(Direction::Up));
                    let hint =
                        "parameters can be moved from name to name, and their values mapped and converted";
                    notes.push(
                        Diagnostic::new(Code::NotForParameters, at, message).label("this step").hint(hint),
                    );
                }
                names.version = Some(module.version);
                for effect in step.effects(Direction::Up) {
                    names.effect(&effect, at, notes);
                }
            }
        }
    }
}

/// The history of a field so far.
#[derive(Clone, Debug)]
struct Fate {
    version: Option<Version>,
    /// The reason why the field no longer exists.
    gone: Option<String>,
    /// The last conversion of the field.
    conversion: Option<Conversion>,
}

#[derive(Default)]
struct Names {
    version: Option<Version>,
    fates: BTreeMap<Field, Fate>,
}

impl Names {
    fn effect(&mut self, effect: &Effect, at: &Location, notes: &mut Vec<Diagnostic>) {
        match effect {
            Effect::Relocate { from, to } => {
                self.must_be_there(from, at, notes);
                self.must_be_free(to, at, notes);
                let conversion = self.fates.get(from).and_then(|fate| fate.conversion);
                self.leave(from, format!("moved to {to}"));
                self.arrive(to, conversion);
            }
            Effect::Reform { field, form: ValueForm::Converted(conversion), .. } => {
                self.must_be_there(field, at, notes);
                let before = self.fates.get(field).and_then(|fate| fate.conversion);
                if let Some(before) = before
                    && !conversion.follows(before)
                {
                    let message = format!("{field} is converted `{conversion}` after `{before}`");
                    let label = "it does not have that form any more";
                    notes.push(Diagnostic::new(Code::Contradiction, at, message).label(label));
                }
                self.arrive(field, Some(*conversion));
            }
            Effect::Reform { field, form: ValueForm::Mapped { .. }, .. } => {
                self.must_be_there(field, at, notes)
            }
            Effect::Make { field, made } => {
                match made {
                    Made::Beside { anchor, .. } => self.must_be_there(anchor, at, notes),
                    Made::Constant { .. } => {}
                }
                self.must_be_free(field, at, notes);
                self.arrive(field, None);
            }
            Effect::Remove { field, .. } => {
                self.must_be_there(field, at, notes);
                self.leave(field, "dropped".into());
            }
            Effect::Widen { from, to, members } => {
                self.must_be_there(from, at, notes);
                let conversion = self.fates.get(from).and_then(|fate| fate.conversion);
                self.fates.retain(|known, _| !known.is_inside(from));
                self.arrive(from, None);
                self.arrive(to, conversion);
                members.iter().for_each(|member| self.arrive(&from.member(&member.name), None));
            }
            Effect::Narrow { from, to, .. } => {
                self.must_be_there(from, at, notes);
                let conversion = self.fates.get(from).and_then(|fate| fate.conversion);
                let inside: Vec<Field> =
                    self.fates.keys().filter(|known| known.is_inside(to)).cloned().collect();
                inside.iter().for_each(|known| self.leave(known, format!("gone with what {to} was")));
                self.leave(from, format!("moved to {to}"));
                let fate = Fate { version: self.version, gone: None, conversion };
                self.fates.insert(to.clone(), fate);
            }
            Effect::Tag(Discriminator { holder, name, .. }) => {
                self.must_be_there(holder, at, notes);
                self.must_be_free(&holder.member(name), at, notes);
                self.arrive(&holder.member(name), None);
            }
            Effect::Untag(Discriminator { holder, name, .. }) => {
                self.must_be_there(&holder.member(name), at, notes);
                self.leave(&holder.member(name), "taken off".into());
            }
        }
    }

    fn must_be_there(&self, field: &Field, at: &Location, notes: &mut Vec<Diagnostic>) {
        let outer = |known: &Field| known == field || field.is_inside(known);
        let gone = self.fates.iter().find(|(known, fate)| outer(known) && fate.gone.is_some());
        if let Some((known, Fate { version, gone: Some(gone), .. })) = gone {
            let since = version.map(|version| format!(" by {version}")).unwrap_or_default();
            let message = format!("{field} can match nothing: {known} is {gone}{since}");
            notes.push(Diagnostic::new(Code::MatchesNothing, at, message).label("this step"));
        }
    }

    fn must_be_free(&self, field: &Field, at: &Location, notes: &mut Vec<Diagnostic>) {
        if let Some(Fate { version: Some(version), gone: None, .. }) = self.fates.get(field) {
            let message = format!("{field} is there already: a rule of {version} names it");
            let label = "two rules on one field";
            notes.push(Diagnostic::new(Code::Contradiction, at, message).label(label));
        }
    }

    fn leave(&mut self, field: &Field, gone: String) {
        self.fates.retain(|known, _| !known.is_inside(field));
        let fate = Fate { version: self.version, gone: Some(gone), conversion: None };
        self.fates.insert(field.clone(), fate);
    }

    fn arrive(&mut self, field: &Field, conversion: Option<Conversion>) {
        // A group that had gone is there again with its new member.
        self.fates.retain(|known, fate| !(field.is_inside(known) && fate.gone.is_some()));
        self.fates.insert(field.clone(), Fate { version: self.version, gone: None, conversion });
    }
}
