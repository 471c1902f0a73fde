//! Discriminators: a member says which kind of object it stands in.

use super::Discriminator;
use crate::{
    json::{Member, Object, Value, same},
    step::{LossKind, Losses},
};

/// Adds the discriminator at the end of the object; the source version has none, so one that stands there goes.
pub(super) fn tag<'a>(tag: &'a Discriminator, object: &mut Object<'a>, losses: &mut Losses) {
    let Some(inside) = holder(tag, object).and_then(|member| opened(tag, member, losses)) else { return };
    if inside.take(&tag.name).is_some() {
        losses.report(LossKind::Dropped, &tag.holder.member(&tag.name));
    }
    inside.push(&tag.name, Value::text(tag.value.quoted()));
}

/// Takes the discriminator off. An object with another one, or with none, has no form in the target version.
pub(super) fn untag(tag: &Discriminator, object: &mut Object<'_>, losses: &mut Losses) {
    let Some(member) = holder(tag, object) else { return };
    let Some(inside) = opened(tag, member, losses) else { return };
    let is_ours = |member: &Member<'_>| same(&member.value.to_text(), tag.value.quoted());
    if inside.get(&tag.name).is_some_and(is_ours) {
        inside.take(&tag.name);
    } else {
        member.value = Value::text(b"null");
        losses.report(LossKind::Dropped, &tag.holder);
    }
}

/// The member that has the object, unless it is null.
fn holder<'o, 'a>(tag: &Discriminator, object: &'o mut Object<'a>) -> Option<&'o mut Member<'a>> {
    object.at(&tag.holder).filter(|member| !member.value.is_null())
}

/// The object that the member has; another value is reported.
fn opened<'o, 'a>(
    tag: &Discriminator,
    member: &'o mut Member<'a>,
    losses: &mut Losses,
) -> Option<&'o mut Object<'a>> {
    let inside = member.value.open();
    if inside.is_none() {
        losses.report(LossKind::Unconverted, &tag.holder);
    }
    inside
}
