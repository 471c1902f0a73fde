//! Excuses: the fields of a document that may differ after a translation, because it reported them lost.

use super::{Place, Translations, across::Crossing};
use crate::{
    json::{Field, Hop, Name},
    pack::{Authored, Module, Pack},
    plan::collect::between,
    step::{Direction, Effect, LossKind, Losses, Made},
    version::Version,
};
use serde_json::Value;

/// A field that may differ, by its path from the root, in this many objects at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excuse {
    pub(crate) path: Vec<Hop>,
    pub(crate) count: u64,
    pub(crate) allows: Allows,
}

/// The difference that an excused field may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allows {
    /// The field was reported lost, and may hold anything, or be missing.
    AnyChange,
    /// The field was missing, which is no loss, and the way back adds it with the value that the other version implies.
    Known,
    /// The field was missing, and the way back adds it as null next to a field that is null.
    Null,
}

impl Allows {
    /// Tells whether the two values may differ like this.
    pub(crate) fn covers(self, expected: Option<&Value>, got: Option<&Value>) -> bool {
        match self {
            Allows::AnyChange => true,
            Allows::Known => expected.is_none(),
            Allows::Null => expected.is_none() && got.is_some_and(Value::is_null),
        }
    }
}

impl Excuse {
    /// Tells whether the excuse is for a parameter with this name.
    ///
    /// `stood` if the first of the two queries has it.
    pub(crate) fn is_of(&self, parameter: &str, stood: bool) -> bool {
        let allows = match self.allows {
            Allows::AnyChange => true,
            Allows::Known => !stood,
            Allows::Null => false,
        };
        allows && matches!(&*self.path, [Hop::Member(name)] if name.text() == parameter)
    }

    /// Tells whether a value at this path is the field, or inside it. A field's name says nothing of the lists that one of
    /// the versions has on the way to it.
    pub(crate) fn covers(&self, path: &[Hop]) -> bool {
        let mut members = path.iter().filter(|hop| **hop != Hop::Elements);
        self.path.iter().filter(|hop| **hop != Hop::Elements).all(|hop| members.next() == Some(hop))
    }
}

/// The fields that are reported lost on the way from a version to another, and back if asked for, by the names that
/// they have in the document; and those that only the way back fills in.
///
/// A loss is named as the version that has the field names it, so the way is walked version by version, and the names
/// are followed back to where the document comes from.
pub(crate) fn excuses(
    translations: &Translations,
    place: Place,
    from: Version,
    to: Version,
    document: &str,
    and_back: bool,
) -> Vec<Excuse> {
    collect(translations, place, (from, to), document, and_back, |_, _| true)
}

/// Returns the excuses of the way there and back for values that no translation can know.
///
/// A value that the pack says is implied (`implied_by`) is none of them: if a document says otherwise, the pack is wrong.
pub(crate) fn unknowable(
    translations: &Translations,
    place: Place,
    from: Version,
    to: Version,
    document: &str,
) -> Vec<Excuse> {
    let pack = translations.pack();
    collect(translations, place, (from, to), document, true, |module, field| {
        !is_known(pack, place, module, field)
    })
}

fn collect(
    translations: &Translations,
    place: Place,
    (from, to): (Version, Version),
    document: &str,
    and_back: bool,
    excuses_it: impl Fn(&Module, &Field) -> bool,
) -> Vec<Excuse> {
    let pack = translations.pack();
    let crossed = between(pack, from, to);
    let homeward = pack.direction(from, to).back();
    let hops = hops(translations, from, to, and_back);
    let mut excuses: Vec<Excuse> = Vec::new();
    let mut text = document.to_owned();
    for (from, to, index) in hops {
        let Ok(translated) = translations.translate(place, from, to, &text) else { break };
        // What is misplaced stays as it is.
        for lost in translated.losses.iter().filter(|lost| !lost.misplaced) {
            let mut fields = vec![Field::new(lost.field.split('.'))];
            if !excuses_it(crossed[index], &fields[0]) {
                continue;
            }
            follow_home(pack, place, &crossed[..=index], homeward, &mut fields);
            add(&mut excuses, pack, place, fields, lost.count, Allows::AnyChange);
        }
        text = translated.output;
    }
    for index in (0..crossed.len()).filter(|_| and_back) {
        for (field, allows) in filled_in(pack, place, crossed[index], homeward) {
            if excuses_it(crossed[index], &field) {
                let mut fields = vec![field];
                follow_home(pack, place, &crossed[..=index], homeward, &mut fields);
                add(&mut excuses, pack, place, fields, u64::MAX, allows);
            }
        }
    }
    for index in 0..crossed.len() {
        let mut fields = guarded_by(pack, place, &crossed[..=index], homeward, &excuses);
        if !fields.is_empty() {
            follow_home(pack, place, &crossed[..=index], homeward, &mut fields);
            add(&mut excuses, pack, place, fields, u64::MAX, Allows::AnyChange);
        }
    }
    // The narrow ones first: one that allows anything is counted, and not to be used up where another would do.
    excuses.sort_by_key(|excuse| excuse.allows == Allows::AnyChange);
    excuses
}

/// Each hop on the way from a version to another, and back if asked for, with the index of the module that it crosses.
fn hops(
    translations: &Translations,
    from: Version,
    to: Version,
    and_back: bool,
) -> Vec<(Version, Version, usize)> {
    let mut stops: Vec<Version> = translations.between(from, to);
    stops.insert(0, from);
    stops.push(to);
    let mut hops: Vec<(Version, Version, usize)> =
        stops.windows(2).enumerate().map(|(index, pair)| (pair[0], pair[1], index)).collect();
    if and_back {
        let back: Vec<_> = hops.iter().rev().map(|(from, to, index)| (*to, *from, *index)).collect();
        hops.extend(back);
    }
    hops
}

/// The fields of a document that were made up of names which its version has in other objects only: where another field
/// has another value. Nothing is said of such a document.
pub(crate) fn strangers(
    translations: &Translations,
    place: Place,
    from: Version,
    to: Version,
    document: &str,
) -> Vec<Excuse> {
    let pack = translations.pack();
    let crossed = between(pack, from, to);
    let homeward = pack.direction(from, to).back();
    let (mut excuses, mut text) = (Vec::new(), document.to_owned());
    for (from, to, index) in hops(translations, from, to, true) {
        for field in Crossing::new(pack, place, from, to).strangers(&text) {
            let mut fields = vec![field];
            follow_home(pack, place, &crossed[..=index], homeward, &mut fields);
            add(&mut excuses, pack, place, fields, u64::MAX, Allows::AnyChange);
        }
        let Ok(translated) = translations.translate(place, from, to, &text) else { break };
        text = translated.output;
    }
    excuses
}

/// Follows fields that the last of these modules names back to the version that the first of them is crossed from. Their
/// name is one that the module knows: of its older version, of its newer, or of one in between.
fn follow_home(pack: &Pack, place: Place, crossed: &[&Module], homeward: Direction, fields: &mut Vec<Field>) {
    let Some((last, before)) = crossed.split_last() else { return };
    fields.extend(renamed(pack, place, last, homeward, fields.clone()));
    for module in before.iter().rev() {
        *fields = renamed(pack, place, module, homeward, std::mem::take(fields));
    }
}

/// The paths of the fields that the way from a version to another copies into others, by the names that they have in the
/// document; `losses` says what was made up.
pub(crate) fn copied(
    translations: &Translations,
    place: Place,
    (from, to): (Version, Version),
    losses: &Losses,
) -> Vec<Vec<Hop>> {
    let pack = translations.pack();
    let crossed = between(pack, from, to);
    let way = pack.direction(from, to);
    let homeward = way.back();
    let is_made = |field: &Field| {
        losses.iter().any(|lost| lost.kind == LossKind::MadeUp && lost.field == field.shared_text())
    };
    let mut excuses = Vec::new();
    for index in 0..crossed.len() {
        for effect in effects(pack, place, crossed[index], way) {
            let is_known = match &effect {
                Effect::Make { made: Made::Beside { .. }, .. } => false,
                Effect::Make { made: Made::Derived(derived), .. } => derived.implied_by.is_some(),
                Effect::Make { made: Made::Computed(computed), .. } => computed.implied_by.is_some(),
                _ => continue,
            };
            if is_known || effect.changed().into_iter().any(is_made) {
                let mut fields = effect.anchors();
                follow_home(pack, place, &crossed[..=index], homeward, &mut fields);
                add(&mut excuses, pack, place, fields, u64::MAX, Allows::AnyChange);
            }
        }
    }
    excuses.into_iter().map(|excuse| excuse.path).collect()
}

/// The fields that a module fills in where they were absent, without a loss to report, and that stay: on the way home, and
/// defaults.
fn filled_in(pack: &Pack, place: Place, module: &Module, homeward: Direction) -> Vec<(Field, Allows)> {
    let filled = |effect: Effect| match effect {
        Effect::Make { field, made: Made::Constant { implied_by: Some(_), .. } | Made::Default { .. } } => {
            vec![(field, Allows::Known)]
        }
        Effect::Make { field, made: Made::Derived(derived) } if derived.implied_by.is_some() => {
            vec![(field, Allows::Known)]
        }
        Effect::Make { field, made: Made::Computed(computed) } if computed.implied_by.is_some() => {
            vec![(field, Allows::Known)]
        }
        Effect::Make { field, made: Made::Beside { .. } | Made::Derived(_) | Made::Computed(_) } => {
            vec![(field, Allows::Null)]
        }
        Effect::Widen { from, members, .. } => {
            let implied = members.iter().filter(|member| member.implied_by.is_some());
            implied.map(|member| (from.member(&member.name), Allows::Known)).collect()
        }
        Effect::Make { made: Made::Nothing | Made::Constant { implied_by: None, .. }, .. }
        | Effect::Relocate { .. }
        | Effect::Reform { .. }
        | Effect::Remove { .. }
        | Effect::Narrow { .. }
        | Effect::Tag(_)
        | Effect::Untag(_)
        | Effect::Joint(_)
        | Effect::Guarded(_)
        | Effect::Elements(_) => Vec::new(),
    };
    // A default is written out on the way there, too, and stays.
    let defaults = effects(pack, place, module, homeward.back()).filter(Effect::is_of_requests);
    effects(pack, place, module, homeward).chain(defaults).flat_map(filled).collect()
}

/// The steps of a module at a place.
fn steps<'p>(pack: &'p Pack, place: Place, module: &'p Module) -> impl Iterator<Item = &'p Authored> {
    let here = move |resource| pack.found_in(place.operation, place.part).any(|(known, _)| known == resource);
    module.changes.iter().filter(move |change| here(change.resource)).flat_map(|change| &change.steps)
}

/// The effects of a module at a place in a direction, the steps in the order in which they are written. Those under a guard
/// are among the others.
fn effects<'p>(
    pack: &'p Pack,
    place: Place,
    module: &'p Module,
    direction: Direction,
) -> impl Iterator<Item = Effect> + use<'p> {
    told(pack, place, module, direction).map(|(effect, _)| effect)
}

/// The same effects, each with whether it runs under a guard.
fn told<'p>(
    pack: &'p Pack,
    place: Place,
    module: &'p Module,
    direction: Direction,
) -> impl Iterator<Item = (Effect, bool)> + use<'p> {
    let runs = move |effect: &Effect| !place.part.is_of_response() || !effect.is_of_requests();
    let effects = steps(pack, place, module).flat_map(move |authored| authored.step.effects(direction));
    let flat = effects.flat_map(|effect| {
        effect.flat().into_iter().map(|(effect, guarded)| (effect.clone(), guarded)).collect::<Vec<_>>()
    });
    flat.filter(move |(effect, _)| runs(effect))
}

/// The fields that a module changes under a guard which reads one of some fields, by their names in the document: where
/// that one is lost, the way back may decide otherwise.
fn guarded_by(
    pack: &Pack,
    place: Place,
    crossed: &[&Module],
    homeward: Direction,
    excuses: &[Excuse],
) -> Vec<Field> {
    let Some(module) = crossed.last() else { return Vec::new() };
    let roots = roots(pack, place);
    let is_lost = |field: &Field| {
        let mut fields = vec![field.clone()];
        follow_home(pack, place, crossed, homeward, &mut fields);
        roots.iter().flat_map(|root| fields.iter().map(|field| path_of(root, field))).any(|path| {
            let meets = |excuse: &&Excuse| excuse.path.starts_with(&path) || path.starts_with(&excuse.path);
            excuses.iter().filter(meets).any(|excuse| excuse.allows == Allows::AnyChange)
        })
    };
    let mut fields = Vec::new();
    for effect in steps(pack, place, module).flat_map(|authored| authored.step.effects(homeward)) {
        let lost = effect.guards().into_iter().filter(|guarded| guarded.read().iter().any(is_lost));
        fields.extend(lost.flat_map(|guarded| &guarded.effects).flat_map(Effect::changed).cloned());
    }
    fields
}

/// Tells whether the newer version implies the value of a field that a module drops.
fn is_known(pack: &Pack, place: Place, module: &Module, field: &Field) -> bool {
    let known = |effect: Effect| match effect {
        Effect::Make { field: made, made: Made::Constant { implied_by, .. } } if made == *field => {
            Some(implied_by.is_some())
        }
        Effect::Make { field: made, made: Made::Derived(derived) } if made == *field => {
            Some(derived.implied_by.is_some())
        }
        Effect::Make { field: made, made: Made::Computed(computed) } if made == *field => {
            Some(computed.implied_by.is_some())
        }
        Effect::Make { field: made, made: Made::Nothing | Made::Beside { .. } } if made == *field => {
            Some(false)
        }
        Effect::Widen { from, members, .. } => {
            let it = members.iter().find(|member| from.member(&member.name) == *field);
            it.map(|member| member.implied_by.is_some())
        }
        Effect::Make { .. }
        | Effect::Relocate { .. }
        | Effect::Reform { .. }
        | Effect::Remove { .. }
        | Effect::Narrow { .. }
        | Effect::Tag(_)
        | Effect::Untag(_)
        | Effect::Joint(_)
        | Effect::Guarded(_)
        | Effect::Elements(_) => None,
    };
    let mut made = effects(pack, place, module, Direction::Down).filter_map(known);
    made.next().is_some_and(|is_known| is_known) && made.all(|is_known| is_known)
}

/// Every name that the fields have on the other side of a module.
fn renamed(pack: &Pack, place: Place, module: &Module, way: Direction, fields: Vec<Field>) -> Vec<Field> {
    let mut effects: Vec<(Effect, bool)> = told(pack, place, module, way).collect();
    if way == Direction::Down {
        effects.reverse();
    }
    let fields = effects.iter().fold(fields, |fields, (effect, guarded)| match (effect, effect.moves()) {
        // Each of the fields may have said what was lost with another one.
        (Effect::Joint(joint), _) => {
            let is_of_it = |field: &Field| joint.sources().contains(field);
            let others = fields.iter().any(is_of_it).then(|| joint.targets().to_vec());
            fields.into_iter().chain(others.into_iter().flatten()).collect()
        }
        (_, Some((source, target))) => {
            // Under a guard it may have stayed as well.
            let stayed = if *guarded { fields.clone() } else { Vec::new() };
            let moved = fields.iter().flat_map(|field| moved(field, source, target));
            let mut all: Vec<Field> = moved.chain(stayed).collect();
            all.sort();
            all.dedup();
            all
        }
        // What follows from a field that was lost is lost with it.
        (Effect::Make { field: made, .. }, None) => {
            let anchors = effect.anchors();
            let is_it = |field: &Field| anchors.iter().any(|anchor| anchor.is_at_or_inside(field));
            let follows = fields.iter().any(is_it).then(|| made.clone());
            fields.into_iter().chain(follows).collect()
        }
        (_, None) => fields,
    });
    let inside = if place.part.is_whole() { moves_inside(pack, place, module, way) } else { Vec::new() };
    inside.iter().fold(fields, |fields, (source, target)| {
        fields.iter().flat_map(|field| moved(field, source, target)).collect()
    })
}

/// The moves of the resources inside a whole message, by their names in the message: `amount` is `body.amount` there.
fn moves_inside(pack: &Pack, place: Place, module: &Module, way: Direction) -> Vec<(Field, Field)> {
    let mut moves = Vec::new();
    for (resource, found) in pack.found_in(place.operation, place.part) {
        let names: Option<Vec<&Name>> = found
            .path
            .iter()
            .map(|hop| match hop {
                Hop::Member(name) => Some(name),
                Hop::Elements => None,
            })
            .collect();
        let Some(names) = names.filter(|names| !names.is_empty()) else { continue };
        let inside = |field: &Field| Field::new(names.iter().copied().chain(field.names()).map(Name::text));
        let changes = module.changes.iter().filter(|change| change.resource == resource);
        let mut effects: Vec<Effect> = changes
            .flat_map(|change| &change.steps)
            .flat_map(|authored| authored.step.effects(way))
            .collect();
        if way == Direction::Down {
            effects.reverse();
        }
        let flat = effects.iter().flat_map(Effect::flat).filter(|(_, is_guarded)| !is_guarded);
        moves.extend(
            flat.filter_map(|(effect, _)| effect.moves())
                .map(|(source, target)| (inside(source), inside(target))),
        );
    }
    moves
}

/// Returns the fields that a field becomes when `source` is moved to `target`: it goes along, or loses a part of
/// itself.
fn moved(field: &Field, source: &Field, target: &Field) -> Vec<Field> {
    if field == source || field.is_inside(source) {
        let rest = &field.names()[source.names().len()..];
        let along = Field::new(target.names().iter().chain(rest).map(Name::text));
        // In an object that is made in the place of a value, others stand beside it; and a value that has no form in the
        // other version has stayed where it was.
        if target.is_inside(source) { vec![field.clone(), along] } else { vec![along] }
    } else if source.is_inside(field) {
        vec![field.clone(), target.clone()]
    } else {
        vec![field.clone()]
    }
}

fn add(
    excuses: &mut Vec<Excuse>,
    pack: &Pack,
    place: Place,
    mut fields: Vec<Field>,
    count: u64,
    allows: Allows,
) {
    fields.sort();
    fields.dedup();
    for root in roots(pack, place) {
        for field in &fields {
            let path = path_of(root, field);
            match excuses.iter_mut().find(|excuse| excuse.path == path && excuse.allows == allows) {
                Some(excuse) => excuse.count = excuse.count.saturating_add(count),
                None => excuses.push(Excuse { path, count, allows }),
            }
        }
    }
}

/// The places of resources, each once.
fn roots(pack: &Pack, place: Place) -> Vec<&[Hop]> {
    let mut roots: Vec<&[Hop]> =
        pack.found_in(place.operation, place.part).map(|(_, found)| &*found.path).collect();
    roots.sort_by_key(|root| Hop::display(root));
    roots.dedup();
    roots
}

fn path_of(root: &[Hop], field: &Field) -> Vec<Hop> {
    root.iter().cloned().chain(field.names().iter().cloned().map(Hop::Member)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{
        Part,
        test::{change, of_changes},
    };
    use std::sync::Arc;

    /// Three versions: a field is put into a group, then dropped from it.
    fn translations() -> Translations {
        let found = "resource.A.found = [{ in = 'GET /a', part = 'response', at = '$[*]' }]";
        let grouped = change("Group", "A", "{ move = 'a', to = 'g.x' }, { move = 'b', to = 'g.y' }");
        let dropped = change("Drop", "A", "{ drop = 'g.x', restore = '0' }");
        Translations::new(Arc::new(of_changes(found, &["", &grouped, &dropped])))
    }

    fn excused(from: &str, to: &str, document: &str, and_back: bool) -> Vec<(String, u64)> {
        let translations = translations();
        let place = Place::new(translations.pack().operation_ids().next().unwrap(), Part::Response);
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let excuses = excuses(&translations, place, from, to, document, and_back);
        excuses.into_iter().map(|excuse| (Hop::display(&excuse.path), excuse.count)).collect()
    }

    #[test]
    fn a_loss_has_the_name_that_its_document_gives_the_field() {
        let document = r#"[{"a":5,"b":1},{"a":6},{"a":0,"b":2}]"#;
        let dropped = [("$[*].a".to_owned(), 2)];
        assert_eq!(excused("2025-01-01", "2025-01-03", document, false), dropped);
        let document = r#"[{"g":{"x":5,"y":1}}]"#;
        assert_eq!(excused("2025-01-02", "2025-01-03", document, false), [("$[*].g.x".to_owned(), 1)]);
        assert_eq!(
            excused("2025-01-03", "2025-01-01", r#"[{"g":{"y":1}}]"#, false),
            [("$[*].g.x".to_owned(), 1)]
        );
    }

    #[test]
    fn a_field_goes_along_with_what_it_is_in() {
        let field = |text: &str| Field::new(text.split('.'));
        let names = |text: &str, source: &str, target: &str| -> Vec<String> {
            moved(&field(text), &field(source), &field(target)).iter().map(ToString::to_string).collect()
        };
        assert_eq!(names("a.b", "a", "c.d"), ["c.d.b"]);
        assert_eq!(names("a", "a.b", "c"), ["a", "c"]);
        assert_eq!(names("a", "a", "a.b"), ["a", "a.b"]);
        assert_eq!(names("a.c", "a", "a.b"), ["a.c", "a.b.c"]);
        assert_eq!(names("ab", "a", "c"), ["ab"]);
    }
}
