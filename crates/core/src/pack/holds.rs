//! Resources inside resources: what `holds` says, and every place that follows from it.
//!
//! `holds = { "line_items[*]" = "LineItem" }` says where a resource stands inside another one, once, as the newest version
//! has it. So the inner one is found wherever the outer one is. Where a version moves the member that holds it, the
//! place of older versions is followed back through that version's steps.

use super::{Address, Found, Module, Operation, OperationId, Pack, Part, Segment, exchange};
use crate::{
    authored::{Code, Diagnostic, Location, Table, Text, did_you_mean, path},
    json::{Field, Hop, MAX_DEPTH, Name},
    step::{self, Direction, Effect, ElementEffects, Step, ValueForm},
    version::Version,
};

/// The method of an operation that is none: a resource alone.
pub(crate) const RESOURCE: &str = "resource";

/// The most places of one resource that may follow from `holds`. A resource that holds itself by several members has
/// more with every level.
const MOST: usize = 1000;

/// A resource that stands inside another one.
#[derive(Debug, Clone)]
pub struct HeldResource {
    /// The path from the outer resource's own object, as the newest version has it.
    pub path: Vec<Hop>,
    /// The index of the inner resource.
    pub resource: usize,
    /// The place where it is written.
    pub at: Location,
}

/// The entries of one `holds`: each path, and the name of the inner resource.
pub(super) type Named<'t> = Vec<(Vec<Hop>, Text<'t>)>;

/// Reads `holds`. The resources that it names may be declared later.
pub(super) fn read<'t>(table: &mut Table<'t>, notes: &mut Vec<Diagnostic>) -> Named<'t> {
    let mut named: Named<'t> = Vec::new();
    let Some(held) = table.value("holds").and_then(|value| table.inner(value, "`holds`", notes)) else {
        return named;
    };
    for (place, value) in held.names() {
        let Some(name) = held.text(value, "a held resource", notes) else { continue };
        if place.text.starts_with('$') {
            let message = format!(
                "`{}` begins with `$`: a held resource stands in an object, not in a document",
                place.text
            );
            let path = place.text.trim_start_matches('$').trim_start_matches('.');
            let hint = format!("leave it out: holds = {{ \"{path}\" = \"{}\" }}", name.text);
            notes.push(
                Diagnostic::new(Code::BadPath, &place.at, message)
                    .label("not from the document's root")
                    .hint(hint),
            );
            continue;
        }
        let whole = format!("${}{}", if place.text.starts_with('[') { "" } else { "." }, place.text);
        let Some(path) = path(&Text { text: &whole, at: place.at.clone() }, notes) else { continue };
        if named.iter().any(|(known, _)| *known == path) {
            let message = format!("`{}` holds a resource already", place.text);
            notes.push(Diagnostic::new(Code::Repeated, &place.at, message).label("stands twice"));
            continue;
        }
        named.push((path, name));
    }
    named
}

/// Finds the resources by their names.
pub(super) fn resolve(pack: &mut Pack, holder: usize, named: &Named<'_>, notes: &mut Vec<Diagnostic>) {
    for (path, name) in named {
        let Some(resource) = pack.resources.iter().position(|known| known.name == name.text) else {
            let message = format!("`{}` is not a resource of api.toml", name.text);
            let mut note = Diagnostic::new(Code::UnknownName, &name.at, message).label("not a resource");
            note.hint = did_you_mean(name.text, pack.resources.iter().map(|known| &*known.name));
            notes.push(note);
            continue;
        };
        let held = HeldResource { path: path.clone(), resource, at: name.at.clone() };
        pack.resources[holder].holds.push(held);
    }
}

/// Fills in the places that follow from `holds`, once all versions are read.
pub(super) fn place(pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    pack.resources.iter_mut().for_each(|resource| resource.held.clear());
    for holder in 0..pack.resources.len() {
        let found = pack.resources[holder].found.clone();
        for found in found {
            inside(pack, holder, &found, notes);
        }
    }
    exchange::place(pack);
}

impl Pack {
    /// Finds the held resources anew, after steps have changed. What there is to say of `holds` was said when the pack was
    /// read.
    pub(crate) fn place_held(&mut self) {
        place(self, &mut Vec::new());
    }

    /// Returns a resource with all those that stand inside it, at any depth.
    pub(crate) fn with_held(&self, resource: usize) -> Vec<usize> {
        let mut all = vec![resource];
        let messages = self.resources.get(resource).filter(|resource| resource.is_message());
        for message in messages.into_iter().flat_map(|resource| &resource.found) {
            let inside = self.found_in(message.operation, message.part).map(|(resource, _)| resource);
            all.extend(inside.filter(|inside| *inside != resource));
        }
        all.sort_unstable();
        all.dedup();
        let mut next = 0;
        while let Some(holder) = all.get(next).and_then(|index| self.resources.get(*index)) {
            for held in &holder.holds {
                if !all.contains(&held.resource) {
                    all.push(held.resource);
                }
            }
            next += 1;
        }
        all
    }

    /// The pack with an operation more for each resource that stands only inside others: one that answers with it alone.
    /// So it can be looked at without what holds it.
    pub(crate) fn with_each_apart(&self) -> Pack {
        let mut pack = self.clone();
        for resource in 0..pack.resources.len() {
            if !pack.resources[resource].found.is_empty() {
                continue;
            }
            let segments = vec![Segment::Literal(pack.resources[resource].name.clone())];
            let operation = OperationId(pack.operations.len());
            let address = Address { method: RESOURCE.into(), segments };
            pack.operations.push(Operation::always(address));
            let changes = pack.modules.iter().flat_map(|module| &module.changes);
            let mut examples =
                changes.filter(|change| change.resource == resource).flat_map(|change| &change.examples);
            // A form stands in requests alone.
            let as_form = examples.any(|example| example.is_pairs).then_some(Part::Body);
            for part in [Part::Response].into_iter().chain(as_form) {
                let found = Found { operation, part, path: Vec::new(), during: None };
                pack.resources[resource].found.push(found);
            }
        }
        pack.place_held();
        pack
    }
}

/// Adds the places inside an object of a resource that is found there.
fn inside(pack: &mut Pack, holder: usize, outer: &Found, notes: &mut Vec<Diagnostic>) {
    for held in pack.resources[holder].holds.clone() {
        for (path, during) in paths(pack, holder, &held, notes) {
            let path = [&*outer.path, &path].concat();
            let Some(during) = outer.during.map_or(Some(during), |outer| common(outer, during)) else {
                continue;
            };
            // No document is deeper.
            if path.len() >= MAX_DEPTH as usize {
                continue;
            }
            let found = Found { path, during: Some(during), ..outer.clone() };
            let known = &mut pack.resources[held.resource].held;
            if known.contains(&found) {
                continue;
            }
            if known.len() == MOST {
                let name = &pack.resources[held.resource].name;
                let message = format!("`{name}` holds itself in more than {MOST} places");
                let hint = "a resource may hold itself by one member, as a comment has its replies; list the levels \
                            of others one by one, as resources of their own";
                let note = Diagnostic::new(Code::Unsupported, &held.at, message);
                notes.push(note.label("this goes on without an end").hint(hint));
                return;
            }
            known.push(found.clone());
            inside(pack, held.resource, &found, notes);
            if notes.iter().any(|note| note.code == Code::Unsupported) {
                return;
            }
        }
    }
}

/// The first and the last of some modules.
type During = (usize, usize);

fn common(one: During, other: During) -> Option<During> {
    let both = (one.0.max(other.0), one.1.min(other.1));
    (both.0 <= both.1).then_some(both)
}

/// The paths that a member of a resource has, each with the versions whose changes find it there: where it stands just
/// before the version's own changes of its holder. Behind the last version it stands where the newest documents have it.
fn paths(
    pack: &Pack,
    holder: usize,
    held: &HeldResource,
    notes: &mut Vec<Diagnostic>,
) -> Vec<(Vec<Hop>, During)> {
    let behind = pack.modules.len();
    let mut paths: Vec<(Vec<Hop>, During)> = vec![(held.path.clone(), (behind, behind))];
    let mut current = Some(held.path.clone());
    for (at, module) in pack.modules.iter().enumerate().rev() {
        for effect in taken_off(module, holder) {
            let Some(path) = &current else { break };
            match before(&effect, path) {
                Before::At(path) => current = Some(path),
                Before::Nowhere => current = None,
                // Newer versions have no object there.
                Before::OnlyOlder => paths.clear(),
                Before::Unclear => {
                    notes.extend(unclear(held, path, module.version, notes));
                    current = None;
                }
            }
        }
        let Some(path) = &current else { break };
        match paths.last_mut() {
            Some((known, (oldest, _))) if known == path => *oldest = at,
            _ => paths.push((path.clone(), (at, at))),
        }
    }
    paths
}

/// A note on a held resource that a step with a guard moves, unless it is told.
fn unclear(held: &HeldResource, path: &[Hop], version: Version, notes: &[Diagnostic]) -> Option<Diagnostic> {
    let path = Hop::display(path);
    let message = format!(
        "a step with `when` moves {path} in {version}: where the resource stands before that depends on the object"
    );
    let hint = "let a step without `when` move it; or leave this out, and write its changes as steps of the outer resource";
    let note = Diagnostic::new(Code::Unsupported, &held.at, message).label("held here").hint(hint);
    (!notes.iter().any(|known| known.message == note.message)).then_some(note)
}

/// The effects that take a version's changes off a resource, in order.
fn taken_off(module: &Module, resource: usize) -> Vec<Effect> {
    let changes = module.changes.iter().rev().filter(|change| change.resource == resource);
    let lowered = changes.flat_map(|change| {
        let steps: Vec<&Step> = change.steps.iter().rev().map(|authored| &authored.step).collect();
        step::lower(Direction::Down, &steps)
    });
    lowered.collect()
}

/// The place of a held object before a version changed its holder.
enum Before {
    At(Vec<Hop>),
    Nowhere,
    OnlyOlder,
    /// The place depends on the guard of a step.
    Unclear,
}

/// Takes one effect off.
fn before(effect: &Effect, path: &[Hop]) -> Before {
    let is_at = |names: &[Name]| {
        path.len() >= names.len()
            && path.iter().zip(names).all(|(hop, name)| matches!(hop, Hop::Member(own) if own == name))
    };
    let is_list_at = |names: &[Name]| is_at(names) && path.get(names.len()) == Some(&Hop::Elements);
    let follow = |from: &Field, to: &Field| {
        let moved = to.names().iter().cloned().map(Hop::Member);
        Before::At(moved.chain(path[from.names().len()..].iter().cloned()).collect())
    };
    match effect {
        Effect::Relocate { from, to } if is_at(from.names()) => follow(from, to),
        // A list is put into an object, or taken out of one, as any other value that is no object.
        Effect::Narrow { from, to, .. } | Effect::Widen { from, to, .. } if is_list_at(from.names()) => {
            follow(from, to)
        }
        // A list of one becomes what is in it, and the reverse.
        Effect::Reform { field, form: ValueForm::Single { .. }, .. } if is_list_at(field.names()) => {
            let at = field.names().len();
            Before::At([&path[..at], &path[at + 1..]].concat())
        }
        Effect::Reform { field, form: ValueForm::Listed { .. }, .. }
            if is_at(field.names()) && !is_list_at(field.names()) =>
        {
            let at = field.names().len();
            Before::At([&path[..at], &[Hop::Elements], &path[at..]].concat())
        }
        Effect::Remove { field, .. } if is_at(field.names()) => Before::Nowhere,
        // An object becomes a value going down: its older form has no members.
        Effect::Narrow { to, .. } if is_at(to.names()) => Before::Nowhere,
        Effect::Widen { from, .. } if is_at(from.names()) => Before::OnlyOlder,
        Effect::Relocate { .. }
        | Effect::Remove { .. }
        | Effect::Narrow { .. }
        | Effect::Widen { .. }
        | Effect::Make { .. }
        | Effect::Reform { .. }
        | Effect::Tag(_)
        | Effect::Untag(_)
        | Effect::Joint(_) => Before::At(path.to_vec()),
        Effect::Elements(each) => before_elements(each, path),
        Effect::Guarded(guarded) => {
            let stays = |effect: &Effect| matches!(before(effect, path), Before::At(at) if *at == *path);
            if guarded.effects.iter().all(stays) { Before::At(path.to_vec()) } else { Before::Unclear }
        }
    }
}

/// Takes effects on elements off: an element stands in the place of its list while they run.
fn before_elements(each: &ElementEffects, path: &[Hop]) -> Before {
    let list = each.list().names();
    let levels = list.len();
    let is_in = path.iter().zip(list).all(|(hop, name)| matches!(hop, Hop::Member(own) if own == name));
    let (Some(hop), true) = (path.get(levels), is_in && !each.is_of_members()) else {
        return Before::At(path.to_vec());
    };
    let mut inner = [&path[..levels], &path[levels + 1..]].concat();
    for effect in &each.effects {
        match before(effect, &inner) {
            Before::At(moved) => inner = moved,
            other => return other,
        }
    }
    Before::At([&inner[..levels], std::slice::from_ref(hop), &inner[levels..]].concat())
}
