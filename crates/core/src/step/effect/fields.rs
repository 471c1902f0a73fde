//! The fields that an effect names, and their names before it ran.

use super::{Effect, GuardedEffects, Made};
use crate::json::{Field, Name, Shape};

impl Effect {
    /// Every field that the effect names.
    pub(crate) fn fields(&self) -> Vec<Field> {
        match self {
            Effect::Relocate { from, to } => vec![from.clone(), to.clone()],
            Effect::Reform { field, .. } => vec![field.clone()],
            Effect::Widen { from: outer, to: inner, members }
            | Effect::Narrow { from: inner, to: outer, members } => {
                let members = members.iter().map(|member| outer.member(&member.name));
                [outer.clone(), inner.clone()].into_iter().chain(members).collect()
            }
            Effect::Make { field, made } | Effect::Remove { field, made } => match made {
                Made::Nothing | Made::Constant { .. } | Made::Default { .. } => vec![field.clone()],
                Made::Beside { anchor, .. } => vec![field.clone(), anchor.clone()],
                Made::Derived(derived) => vec![field.clone(), derived.anchor.clone()],
                Made::Computed(computed) => {
                    let from = computed.from.iter().map(|source| &source.field);
                    [field].into_iter().chain(from).cloned().collect()
                }
            },
            Effect::Tag(tag) | Effect::Untag(tag) => vec![tag.holder.clone(), tag.holder.member(&tag.name)],
            Effect::Joint(joint) => joint.fields(),
            Effect::Guarded(guarded) => {
                let inner = guarded.effects.iter().flat_map(Effect::fields);
                guarded.read().into_iter().chain(inner).collect()
            }
            // An element is named as if it stood alone in the place of its list.
            Effect::Elements(each) => [each.list().clone()]
                .into_iter()
                .chain(each.effects.iter().flat_map(Effect::fields))
                .collect(),
        }
    }

    /// The fields that the effect changes, without those that it only looks at.
    pub(crate) fn changed(&self) -> Vec<&Field> {
        match self {
            Effect::Relocate { from, to }
            | Effect::Widen { from, to, .. }
            | Effect::Narrow { from, to, .. } => vec![from, to],
            Effect::Reform { field, .. } | Effect::Make { field, .. } | Effect::Remove { field, .. } => {
                vec![field]
            }
            Effect::Tag(tag) | Effect::Untag(tag) => vec![&tag.holder],
            Effect::Joint(joint) => joint.sources().iter().chain(joint.coming()).collect(),
            Effect::Guarded(guarded) => guarded.effects.iter().flat_map(Effect::changed).collect(),
            Effect::Elements(each) => each.effects.iter().flat_map(Effect::changed).collect(),
        }
    }

    /// The fields that only the other version has, and this effect puts there.
    pub(crate) fn puts(&self) -> Vec<Field> {
        match self {
            Effect::Relocate { to, .. } | Effect::Widen { to, .. } => vec![to.clone()],
            Effect::Make {
                field,
                made: Made::Constant { .. } | Made::Beside { .. } | Made::Derived(_) | Made::Computed(_),
            } => {
                vec![field.clone()]
            }
            Effect::Tag(tag) => vec![tag.holder.member(&tag.name)],
            Effect::Joint(joint) => joint.coming().cloned().collect(),
            Effect::Make { made: Made::Nothing | Made::Default { .. }, .. }
            | Effect::Reform { .. }
            | Effect::Remove { .. }
            | Effect::Narrow { .. }
            | Effect::Untag(_)
            | Effect::Guarded(_)
            | Effect::Elements(_) => Vec::new(),
        }
    }

    /// Tells whether the effect is one on requests only.
    pub(crate) fn is_of_requests(&self) -> bool {
        match self {
            Effect::Make { made: Made::Default { .. }, .. } => true,
            Effect::Guarded(guarded) => guarded.effects.iter().all(Effect::is_of_requests),
            Effect::Elements(each) => each.effects.iter().all(Effect::is_of_requests),
            Effect::Relocate { .. }
            | Effect::Reform { .. }
            | Effect::Make { .. }
            | Effect::Remove { .. }
            | Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Joint(_) => false,
        }
    }

    /// Tells whether the effect makes a field that may be absent. No other one does anything where there is nothing.
    pub(crate) fn is_making(&self) -> bool {
        match self {
            Effect::Make { .. } => true,
            Effect::Guarded(guarded) => guarded.effects.iter().any(Effect::is_making),
            // Where no list is, no element is.
            Effect::Elements(_)
            | Effect::Relocate { .. }
            | Effect::Reform { .. }
            | Effect::Remove { .. }
            | Effect::Widen { .. }
            | Effect::Narrow { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Joint(_) => false,
        }
    }

    /// The effect with all that runs under its guard or on elements, each told with whether it has a guard.
    pub(crate) fn flat(&self) -> Vec<(&Effect, bool)> {
        match self {
            Effect::Elements(each) => each.effects.iter().flat_map(Effect::flat).collect(),
            Effect::Guarded(guarded) => {
                guarded.effects.iter().flat_map(Effect::flat).map(|(effect, _)| (effect, true)).collect()
            }
            other => vec![(other, false)],
        }
    }

    /// The effects that have a guard among this one and those that run on elements.
    pub(crate) fn guards(&self) -> Vec<&GuardedEffects> {
        match self {
            Effect::Guarded(guarded) => vec![guarded],
            Effect::Elements(each) => each.effects.iter().flat_map(Effect::guards).collect(),
            _ => Vec::new(),
        }
    }

    /// The fields that the value of a field that is made, or goes, follows from. Nothing is said of the lists on the way to
    /// one.
    pub(crate) fn anchors(&self) -> Vec<Field> {
        match self {
            Effect::Make { made: Made::Beside { anchor, .. }, .. }
            | Effect::Remove { made: Made::Beside { anchor, .. }, .. } => vec![anchor.clone()],
            Effect::Make { made: Made::Derived(derived), .. }
            | Effect::Remove { made: Made::Derived(derived), .. } => vec![derived.anchor.clone()],
            Effect::Make { made: Made::Computed(computed), .. }
            | Effect::Remove { made: Made::Computed(computed), .. } => computed.anchors().collect(),
            _ => Vec::new(),
        }
    }

    /// The field that the effect moves wherever it stands, and the place that it gets.
    pub(crate) fn moves(&self) -> Option<(&Field, &Field)> {
        match self {
            Effect::Relocate { from, to }
            | Effect::Widen { from, to, .. }
            | Effect::Narrow { from, to, .. } => Some((from, to)),
            Effect::Reform { .. }
            | Effect::Make { .. }
            | Effect::Remove { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            | Effect::Joint(_)
            | Effect::Guarded(_)
            | Effect::Elements(_) => None,
        }
    }

    /// The place where a field stood before the effect; `None` where that is the same.
    fn before(&self, field: &Field) -> Option<Field> {
        match self {
            Effect::Relocate { from, to } => field.before(from, to),
            // What becomes an object was none, and what an object becomes is none: no members come along.
            Effect::Widen { from, to, .. } | Effect::Narrow { from, to, .. } => {
                (field == to).then(|| from.clone())
            }
            Effect::Reform { .. }
            | Effect::Make { .. }
            | Effect::Remove { .. }
            | Effect::Tag(_)
            | Effect::Untag(_)
            // What it writes are values, and what it only looks at stays.
            | Effect::Joint(_)
            | Effect::Guarded(_)
            | Effect::Elements(_) => None,
        }
    }

    /// The names of the object's own members that stand there after the effect and may not have stood there before.
    pub(crate) fn makes(&self) -> Vec<&Name> {
        let field = match self {
            Effect::Relocate { to, .. } | Effect::Widen { to, .. } | Effect::Narrow { to, .. } => to,
            Effect::Make { field, .. } => field,
            Effect::Tag(tag) => &tag.holder,
            Effect::Reform { .. } | Effect::Remove { .. } | Effect::Untag(_) | Effect::Elements(_) => {
                return Vec::new();
            }
            Effect::Joint(joint) => {
                return joint.coming().filter_map(|field| field.names().first()).collect();
            }
            Effect::Guarded(guarded) => return guarded.effects.iter().flat_map(Effect::makes).collect(),
        };
        field.names().first().into_iter().collect()
    }
}

/// Leaves the effects out that are ones on requests only.
pub(crate) fn leave_requests_out(effects: &mut Vec<Effect>) {
    effects.retain(|effect| !effect.is_of_requests());
    for effect in effects {
        match effect {
            Effect::Guarded(guarded) => leave_requests_out(&mut guarded.effects),
            Effect::Elements(each) => leave_requests_out(&mut each.effects),
            _ => {}
        }
    }
}

/// Tells how far an object is opened for effects that run one after another: every field that one of them names, as the
/// object has it before any of them has run. A move may find nothing to move, so a field may also stand where it is
/// named.
pub(crate) fn shape<'e>(effects: impl IntoIterator<Item = &'e Effect>) -> Shape {
    let mut shape = Shape::default();
    let mut earlier = Vec::new();
    effects.into_iter().for_each(|effect| open(effect, &mut earlier, &mut shape));
    shape
}

fn open<'e>(effect: &'e Effect, earlier: &mut Vec<&'e Effect>, shape: &mut Shape) {
    if let Effect::Elements(each) = effect {
        open_field(each.list().clone(), earlier, shape);
        each.effects.iter().for_each(|effect| open(effect, earlier, shape));
        return;
    }
    // The guard of the way back reads the object once the effects have run.
    if let Effect::Guarded(guarded) = effect {
        guarded.read().into_iter().for_each(|field| open_field(field, earlier, shape));
        guarded.effects.iter().for_each(|effect| open(effect, earlier, shape));
        guarded.read().into_iter().for_each(|field| open_field(field, earlier, shape));
        return;
    }
    effect.fields().into_iter().for_each(|field| open_field(field, earlier, shape));
    earlier.push(effect);
}

fn open_field(field: Field, earlier: &[&Effect], shape: &mut Shape) {
    let mut fields = vec![field];
    for earlier in earlier.iter().rev() {
        for before in fields.iter().filter_map(|field| earlier.before(field)).collect::<Vec<_>>() {
            if !fields.contains(&before) {
                fields.push(before);
            }
        }
    }
    fields.iter().for_each(|field| shape.insert(field));
}
