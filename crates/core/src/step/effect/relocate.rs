//! Values that get another place: renamed, nested into a group, hoisted out of one.
//!
//! A new group stands where its first member stood. Hoisted members stand in the group's order, in its place; a group
//! that is emptied so goes. The source version's name wins where both stand.

use crate::{
    json::{Field, Layout, Member, Name, Object},
    step::{LossKind, Losses, PossibleLoss, When},
};

/// Moves the value of one field to another.
pub(super) fn run<'a>(from: &'a Field, to: &'a Field, object: &mut Object<'a>, losses: &mut Losses) {
    let shared = shared_levels(from, to);
    let Some(level) = object.descend(&from.names()[..shared]) else { return };
    let (source, target) = (&from.names()[shared..], &to.names()[shared..]);
    let Some(index) = level.position(&source[0]) else { return };
    if let ([_], [name]) = (source, target) {
        level.members[index].rename(name);
        replace(level, name, index, Some(index), to, losses);
        return;
    }
    let place = Place { index, layout: level.members[index].layout() };
    let Some(mut member) = take(level, source) else {
        if is_blocked(level, source) {
            losses.report(LossKind::Unconverted, from);
        }
        return;
    };
    match target {
        [name] => {
            member.rename(name);
            member.hoisted_from = Some(source[0].text());
            member.set_layout(place.layout);
            let index = replace(level, name, place.index, None, to, losses);
            let index = behind_earlier_siblings(level, index, &member);
            level.members.insert(index, member);
        }
        _ => nest(level, target, place, member, to, losses),
    }
}

/// The losses that moving can cause, in the order in which it would report them.
pub(super) fn losses(from: &Field, to: &Field) -> Vec<PossibleLoss> {
    let shared = shared_levels(from, to);
    let mut losses = Vec::new();
    if from.names().len() > shared + 1 {
        losses.push(PossibleLoss::new(LossKind::Unconverted, from, When::Odd));
    }
    for levels in shared + 1..=to.names().len() {
        let replaced = Field::new(to.names()[..levels].iter().map(Name::text));
        losses.push(PossibleLoss::new(LossKind::Dropped, &replaced, When::BothStand));
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

/// Tells whether a container on the way is there, but is no object that the field could be in.
fn is_blocked(object: &mut Object<'_>, names: &[Name]) -> bool {
    let [container, inner @ ..] = names else { return false };
    match object.get_mut(container) {
        Some(member) if !inner.is_empty() => {
            member.value.open().is_none_or(|object| is_blocked(object, inner))
        }
        _ => false,
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
                    let replaced = to.names()[..=shared + depth].iter().map(Name::text);
                    losses.report(LossKind::Dropped, &Field::new(replaced));
                }
                level.members.insert(index, member.container(name, layout));
                index
            }
        };
        let Some(inner) = level.members[index].value.open() else { return };
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
