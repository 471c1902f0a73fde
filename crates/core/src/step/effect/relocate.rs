//! Values that get another place: renamed, nested into a group, hoisted out of one.
//!
//! A new group stands where its first member stood. Hoisted members stand in the group's order, in its place; a group
//! that is emptied so goes. The source version's name wins where both stand. What is hoisted out of a group that is null
//! is null. A group that stood empty before something was nested into it does not come back, which is told.

use crate::{
    json::{Field, Layout, Member, Name, Object},
    step::{LossKind, Losses, PossibleLoss, When},
};

/// Moves the value of one field to another.
pub(super) fn run<'a>(from: &'a Field, to: &'a Field, object: &mut Object<'a>, losses: &mut Losses) {
    let shared = shared_levels(from, to);
    let Some(level) = object.descend(&from.names()[..shared]) else { return };
    let (source, target) = (&from.names()[shared..], &to.names()[shared..]);
    let Some(index) = level.position(&source[0]) else {
        return null_again(from, shared, to, level, losses);
    };
    if let ([_], [name]) = (source, target) {
        level.members[index].rename(name);
        replace(level, name, index, Some(index), to, losses);
        return;
    }
    let place = Place { index, layout: level.members[index].layout() };
    let member = match take(level, source) {
        Some(member) => member,
        None => match in_the_way(level, source) {
            Some((levels, true)) => {
                let Some(mut null) = take(level, &source[..levels]) else { return };
                null.null_of = Some(&from.names()[..shared + levels]);
                losses.report(LossKind::Dropped, &from.outer(shared + levels));
                null
            }
            Some((_, false)) => return losses.report(LossKind::Unconverted, from),
            None => return null_again(from, shared, to, level, losses),
        },
    };
    put(member, (source, target), place, to, level, losses);
}

/// Puts a member that was taken out at the end of the names of the target.
fn put<'a>(
    mut member: Member<'a>,
    (source, target): (&'a [Name], &'a [Name]),
    place: Place<'a>,
    to: &Field,
    level: &mut Object<'a>,
    losses: &mut Losses,
) {
    match target {
        [name] => {
            member.rename(name);
            member.hoisted_from = source.first().map(Name::text);
            member.set_layout(place.layout);
            let index = replace(level, name, place.index, None, to, losses);
            let index = behind_earlier_siblings(level, index, &member);
            level.members.insert(index, member);
        }
        _ => nest(level, target, place, member, to, losses),
    }
}

/// Hoists once more out of a group that was null, and is gone since the module hoisted something else out of it.
fn null_again<'a>(
    from: &'a Field,
    shared: usize,
    to: &'a Field,
    level: &mut Object<'a>,
    losses: &mut Losses,
) {
    let is_in = |null: &[Name]| null.len() < from.names().len() && from.names().starts_with(null);
    let is_of_it = |member: &Member<'_>| member.null_of.is_some_and(is_in);
    let Some(index) = level.members.iter().rposition(is_of_it) else { return };
    let mut null = level.members[index].clone();
    null.place = null.place.saturating_add(1);
    let place = Place { index: index + 1, layout: null.layout() };
    put(null, (&from.names()[shared..], &to.names()[shared..]), place, to, level, losses);
}

/// The losses that moving can cause, in the order in which it would report them.
pub(super) fn losses(from: &Field, to: &Field) -> Vec<PossibleLoss> {
    let shared = shared_levels(from, to);
    let mut losses = Vec::new();
    if from.names().len() > shared + 1 {
        losses.push(PossibleLoss::new(LossKind::Unconverted, from, When::Odd));
    }
    for levels in shared + 1..from.names().len() {
        losses.push(PossibleLoss::new(LossKind::Dropped, &from.outer(levels), When::Null));
    }
    for levels in shared + 1..=to.names().len() {
        losses.push(PossibleLoss::new(LossKind::Dropped, &to.outer(levels), When::BothStand));
    }
    losses
}

/// The place where the source stood, or the container that it was in.
struct Place<'a> {
    index: usize,
    layout: Layout<'a>,
}

/// Counts the containers that the two fields have in common.
fn shared_levels(from: &Field, to: &Field) -> usize {
    let most = from.names().len().min(to.names().len()).saturating_sub(1);
    from.names().iter().zip(to.names()).take(most).take_while(|(from, to)| from == to).count()
}

/// Takes the member at the end of the names out; containers that this empties go.
fn take<'a>(object: &mut Object<'a>, names: &[Name]) -> Option<Member<'a>> {
    let (name, inner) = names.split_first()?;
    if inner.is_empty() {
        return object.take(name);
    }
    let index = object.position(name)?;
    let container = object.members[index].value.open()?;
    let taken = take(container, inner)?;
    if container.members.is_empty() {
        object.members.remove(index);
    }
    Some(taken)
}

/// Returns the level of the container on the way that is there, but is no object that the field could be in, and whether
/// it is null.
fn in_the_way(object: &mut Object<'_>, names: &[Name]) -> Option<(usize, bool)> {
    let (container, inner) = names.split_first().filter(|(_, inner)| !inner.is_empty())?;
    let value = &mut object.get_mut(container)?.value;
    let is_null = value.is_null();
    match value.open() {
        Some(object) => in_the_way(object, inner).map(|(levels, is_null)| (levels + 1, is_null)),
        None => Some((1, is_null)),
    }
}

/// Removes another member with the target's name than `own`, and tells where `index` is then.
fn replace<'a>(
    level: &mut Object<'a>,
    name: &Name,
    index: usize,
    own: Option<usize>,
    to: &Field,
    losses: &mut Losses,
) -> usize {
    let text = name.text().as_bytes();
    let other =
        (0..level.members.len()).find(|other| level.members[*other].name() == text && own != Some(*other));
    let Some(other) = other else { return index };
    level.members.remove(other);
    losses.report(LossKind::Dropped, to);
    if other < index { index - 1 } else { index }
}

/// Finds the place behind the siblings that stood before the member in the container that both were hoisted from.
fn behind_earlier_siblings(level: &Object<'_>, mut index: usize, member: &Member<'_>) -> usize {
    while index > 0 {
        let before = &level.members[index - 1];
        if before.hoisted_from != member.hoisted_from || before.place < member.place {
            break;
        }
        index -= 1;
    }
    index
}

/// Puts the member where the names lead to, making the containers that are not there yet.
fn nest<'a>(
    object: &mut Object<'a>,
    target: &'a [Name],
    place: Place<'a>,
    mut member: Member<'a>,
    to: &Field,
    losses: &mut Losses,
) {
    let Some((own, containers)) = target.split_last() else { return };
    let shared = to.names().len() - target.len();
    // Below a container that is made now all are new.
    let mut is_new = false;
    let mut level = object;
    for (depth, name) in containers.iter().enumerate() {
        let index = match level.position(name) {
            Some(index) if level.members[index].value.open().is_some() => index,
            odd => {
                let (mut index, layout) = match depth {
                    0 => (place.index, place.layout),
                    _ => (level.members.len(), Layout::default()),
                };
                if let Some(odd) = odd {
                    level.members.remove(odd);
                    index -= usize::from(odd < index);
                    losses.report(LossKind::Dropped, &to.outer(shared + depth + 1));
                }
                is_new = true;
                level.members.insert(index, member.container(name, layout));
                index
            }
        };
        let Some(inner) = level.members[index].value.open() else { return };
        if inner.members.is_empty() && !is_new {
            losses.report(LossKind::Dropped, &to.outer(shared + depth + 1));
        }
        level = inner;
    }
    if level.take(own).is_some() {
        losses.report(LossKind::Dropped, to);
    }
    member.rename(own);
    let last = level.members.last().map(|last| Layout { trail: b"", ..last.layout() });
    member.set_layout(last.unwrap_or_default());
    level.members.push(member);
}
