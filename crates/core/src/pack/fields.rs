//! The fields of a document as a tree: what the rules of all versions so far have made of them.
//!
//! A field is known as a value, as an object with some members, or as gone; or it is there and may be anything. An
//! object is open where it may have members that no rule has named, and closed where rules have made all of them. What
//! the oldest version has there, and in which form, follows from the rules, too: no two rules may need two forms.

mod conflict;
mod node;
mod oldest;
#[cfg(test)]
mod tests;

pub(super) use conflict::Conflict;

use crate::{
    json::{Field, Object, Scanner, Shape},
    step::{
        Conversion, Discriminator, Effect, ElementEffects, Guard, GuardedEffects, Joint, Losses, Made,
        MadeMember, Scaled, Scaling, ValueForm,
    },
    version::Version,
};
use node::{FieldNode, FieldState, KnownValue};
use oldest::Oldest;
use std::sync::Arc;

/// The fields of a document at one version.
#[derive(Debug, Clone)]
pub(super) struct FieldTree {
    root: FieldNode,
    oldest: Oldest,
    /// The version whose rules are followed.
    version: Option<Version>,
    /// The fields of objects for which a guard of the same change holds.
    guarded: Vec<(Guard, FieldTree)>,
}

impl FieldTree {
    /// The tree of the oldest version, of which nothing is known.
    pub(super) fn new() -> Self {
        FieldTree { root: FieldNode::root(), oldest: Oldest::default(), version: None, guarded: Vec::new() }
    }

    /// Goes on with the rules of the next change.
    pub(super) fn enter(&mut self, version: Version) {
        self.version = Some(version);
        self.guarded.clear();
    }

    /// Follows one effect. Where it is refused, the tree goes on as if it had been possible.
    ///
    /// # Errors
    /// The effect contradicts an earlier one, or can match nothing.
    pub(super) fn follow(&mut self, effect: &Effect) -> Result<(), Conflict> {
        if !matches!(effect, Effect::Guarded(_)) {
            // Whether it can match anything there is not asked: it is one of all objects.
            self.guarded.iter_mut().for_each(|(_, fields)| _ = fields.follow(effect));
        }
        match effect {
            Effect::Relocate { from, to } => {
                let node = self.take(from, format!("moved to {to}"))?;
                self.prune(from, to);
                self.put(to, node)
            }
            Effect::Reform { field, form, .. } => self.reform(field, form),
            Effect::Make { field, made } => self.make(field, made),
            Effect::Remove { field, .. } => {
                self.take(field, "dropped".into())?;
                if field.names().len() > 1
                    && let FieldState::Object(object) =
                        &mut self.reach(&field.outer(field.names().len() - 1))?.state
                {
                    object.stays = true;
                }
                Ok(())
            }
            Effect::Widen { from, to, members } => self.widen(from, to, members),
            Effect::Narrow { from, to, .. } => self.narrow(from, to),
            Effect::Tag(Discriminator { holder, name, value }) => {
                self.object(holder)?;
                let tag = FieldState::constant(value.quoted());
                self.put(&holder.member(name), FieldNode::made(tag))
            }
            Effect::Untag(Discriminator { holder, name, .. }) => {
                self.take(&holder.member(name), "taken off".into()).map(drop)
            }
            Effect::Joint(joint) => self.join(joint),
            Effect::Guarded(guarded) => self.follow_guarded(guarded),
            Effect::Elements(each) => self.follow_elements(each),
        }
    }

    /// Follows effects that run on some objects only: what they do is known of those, and not of others.
    fn follow_guarded(&mut self, guarded: &GuardedEffects) -> Result<(), Conflict> {
        let known = self.guarded.iter().position(|(guard, _)| *guard == guarded.guard);
        let mut fields = match known {
            Some(at) => self.guarded.remove(at).1,
            None => FieldTree { guarded: Vec::new(), ..self.clone() },
        };
        let needed = guarded.guard.needs().try_for_each(|field| fields.needs(field));
        let followed = fields.follow_all(&guarded.effects);
        let guard = guarded.back.as_ref().unwrap_or(&guarded.guard);
        self.guarded.push((guard.clone(), fields));
        // An amount that some objects have is given a unit in all later versions, too.
        let scaled = guarded.effects.iter().flat_map(Effect::flat).try_for_each(|(effect, _)| match effect {
            Effect::Joint(joint) => match &**joint {
                Joint::Scaled(scaled) => self.note_scaled(scaled),
                Joint::Tuples(_) | Joint::Parted(_) => Ok(()),
            },
            _ => Ok(()),
        });
        needed.and(scaled).and(followed)
    }

    /// Follows effects on the elements of a list: each stands alone in the place of the list.
    fn follow_elements(&mut self, each: &ElementEffects) -> Result<(), Conflict> {
        if each.is_of_members() {
            self.object(each.list())?;
            return self.follow_all(&each.effects);
        }
        let list = self.value(each.list())?;
        let element = list.take_element();
        let list = std::mem::replace(list, element);
        // What is known of some objects is known of lists, and not of one element.
        let guarded = std::mem::take(&mut self.guarded);
        let followed = self.follow_all(&each.effects);
        self.guarded = guarded;
        if let Ok(node) = self.reach(each.list()) {
            let element = std::mem::replace(node, list);
            if let FieldState::Value(value) = &mut node.state {
                value.element = Some(Box::new(element));
            }
        }
        followed
    }

    /// Follows effects to the last, whichever of them is refused.
    fn follow_all(&mut self, effects: &[Effect]) -> Result<(), Conflict> {
        let followed: Vec<_> = effects.iter().map(|effect| self.follow(effect)).collect();
        followed.into_iter().collect()
    }

    /// Needs a field to be there, if anything is known of it.
    ///
    /// # Errors
    /// It was moved or dropped.
    pub(super) fn needs(&mut self, field: &Field) -> Result<(), Conflict> {
        self.reach(field).map(drop)
    }

    /// The node of a field, which is there.
    fn reach(&mut self, field: &Field) -> Result<&mut FieldNode, Conflict> {
        self.root.reach(field, &mut self.oldest, self.version)
    }

    /// The node of a field that is there and no object.
    fn value(&mut self, field: &Field) -> Result<&mut FieldNode, Conflict> {
        let node = self.root.reach(field, &mut self.oldest, self.version)?;
        match node.close(&mut self.oldest, self.version) {
            Ok(()) => Ok(node),
            Err(()) => Err(Conflict::object(field, node.by)),
        }
    }

    /// Needs a field to be there, as an object.
    fn object(&mut self, field: &Field) -> Result<(), Conflict> {
        let node = self.root.reach(field, &mut self.oldest, self.version)?;
        let levels = field.names().len();
        match node.open(&mut self.oldest, self.version) {
            Ok(()) => Ok(()),
            Err(()) => Err(Conflict::no_object(field, levels, node.by)),
        }
    }

    /// Takes a field out.
    fn take(&mut self, field: &Field, how: String) -> Result<FieldNode, Conflict> {
        let by = self.version;
        let node = self.reach(field)?;
        Ok(std::mem::replace(node, FieldNode { origin: None, by, state: FieldState::Gone(how) }))
    }

    /// Takes the containers away that are empty for certain since a field has left them.
    fn prune(&mut self, from: &Field, to: &Field) {
        let (by, mut is_certain) = (self.version, true);
        for levels in (1..from.names().len()).rev() {
            let outer = from.outer(levels);
            let Ok(node) = self.reach(&outer) else { return };
            if let FieldState::Object(object) = &mut node.state {
                object.stays = false;
            }
            if node.is_there() {
                return;
            }
            // What may have other members may be there, and so may all that it is in.
            is_certain &= !node.is_open();
            if is_certain {
                let state = FieldState::Gone(format!("gone with what was moved to {to}"));
                *node = FieldNode { origin: None, by, state };
            }
        }
    }

    /// Puts a node where a field is to be.
    fn put(&mut self, to: &Field, node: FieldNode) -> Result<(), Conflict> {
        let node = FieldNode { by: self.version, ..node };
        self.root.put(to, node, &mut self.oldest, self.version)
    }

    /// Makes a field in a container that is there: an anchor may say so.
    fn make(&mut self, field: &Field, made: &Made) -> Result<(), Conflict> {
        let node = match made {
            Made::Nothing => return Ok(()),
            // Both versions have the field.
            Made::Default { .. } => return self.reach(field).map(|_| ()),
            Made::Constant { text, .. } => FieldNode::made(FieldState::constant(text)),
            Made::Beside { anchor, text: None, .. } => self.reach(anchor)?.clone(),
            Made::Derived(derived) if derived.lookup.is_none() => self.reach(&derived.anchor)?.clone(),
            // Which values a table has is not followed.
            Made::Derived(derived) => {
                self.value(&derived.anchor)?;
                FieldNode::made(FieldState::Value(KnownValue::default()))
            }
            // Which value it is, and of which type, is not followed.
            Made::Computed(computed) => {
                for source in &computed.from {
                    self.reach(&source.field)?;
                }
                FieldNode::made(FieldState::Any)
            }
            Made::Beside { anchor, text: Some(text), .. } => {
                self.reach(anchor)?;
                FieldNode::made(FieldState::constant(text))
            }
        };
        if field.names().len() > 1 {
            self.object(&field.outer(field.names().len() - 1))?;
        }
        self.put(field, node)
    }

    fn reform(&mut self, field: &Field, form: &ValueForm) -> Result<(), Conflict> {
        if let ValueForm::Listed { .. } = form {
            // What becomes a list may be an object; a list is none.
            let by = self.version;
            let node = self.reach(field)?;
            let element = Some(Box::new(std::mem::replace(node, FieldNode::root())));
            let list = FieldState::Value(KnownValue { element, ..KnownValue::default() });
            *node = FieldNode { by, ..FieldNode::made(list) };
            return Ok(());
        }
        self.value(field)?;
        let node = self.root.reach(field, &mut self.oldest, self.version)?;
        if let (ValueForm::Single { .. }, FieldState::Value(KnownValue { text: None, .. })) =
            (form, &node.state)
        {
            *node = FieldNode { by: self.version, ..node.take_element() };
            return Ok(());
        }
        let FieldState::Value(value) = &mut node.state else { return Ok(()) };
        if let Some(text) = &value.text {
            let reformed = reformed(form, text).ok_or_else(|| Conflict::constant(field, text))?;
            value.text = Some(reformed);
            return Ok(());
        }
        let ValueForm::Converted(conversion) = form else { return Ok(()) };
        if let (Conversion::Scale(_), Some((_, before))) = (conversion, value.scaled.last()) {
            return Err(Conflict::scaled(field, conversion, *before));
        }
        match value.last.replace(*conversion) {
            Some(before) if !conversion.follows(before) => {
                Err(Conflict::converted(field, *conversion, before))
            }
            Some(_) => Ok(()),
            None if self.oldest.is_value(node.origin.as_deref(), Some(*conversion)) => Ok(()),
            None => Err(Conflict::copied(field, *conversion)),
        }
    }

    fn widen(&mut self, from: &Field, to: &Field, members: &[MadeMember]) -> Result<(), Conflict> {
        let by = self.version;
        let node = self.value(from)?;
        let mut inside = std::mem::replace(node, FieldNode::root());
        for name in to.names().iter().skip(from.names().len()).rev() {
            inside = FieldNode::made(FieldState::closed([(name.clone(), FieldNode { by, ..inside })]));
        }
        if let FieldState::Object(object) = &mut inside.state {
            let made =
                |member: &MadeMember| FieldNode { by, ..FieldNode::made(FieldState::constant(&member.text)) };
            object.members.extend(members.iter().map(|member| (member.name.clone(), made(member))));
        }
        *node = FieldNode { by, ..inside };
        Ok(())
    }

    /// Takes the values of some fields together, and puts others that nobody knows in the fields of the newer version.
    fn join(&mut self, joint: &Joint) -> Result<(), Conflict> {
        for field in joint.looks_at() {
            self.value(field)?;
        }
        for field in joint.sources() {
            let scaled = match joint {
                Joint::Tuples(_) | Joint::Parted(_) => Vec::new(),
                Joint::Scaled(scaled) => self.scale(field, scaled.scaling)?,
            };
            self.value(field)?.state = FieldState::Value(KnownValue { scaled, ..KnownValue::default() });
        }
        let to = joint.targets().iter().map(Field::to_string).collect::<Vec<_>>().join(" and ");
        joint.going().try_for_each(|field| self.take(field, format!("put into {to}")).map(drop))?;
        joint
            .coming()
            .try_for_each(|field| self.put(field, FieldNode::made(FieldState::Value(KnownValue::default()))))
    }

    /// Notes that an amount of some objects is given a unit.
    fn note_scaled(&mut self, scaled: &Scaled) -> Result<(), Conflict> {
        for field in &scaled.field {
            let scaled = self.scale(field, scaled.scaling)?;
            if let FieldState::Value(value) = &mut self.value(field)?.state {
                value.scaled = scaled;
            }
        }
        Ok(())
    }

    /// The units that an amount has been given, with another one.
    ///
    /// An amount whose unit nobody knows stays as it is. A rule of another version must not take it for one that has been
    /// given the unit: it may only take amounts of another type.
    fn scale(
        &mut self,
        field: &Field,
        scaling: Scaling,
    ) -> Result<Vec<(Option<Version>, Scaling)>, Conflict> {
        let by = self.version;
        let FieldState::Value(value) = &self.value(field)?.state else { return Ok(vec![(by, scaling)]) };
        let mut earlier = value.scaled.iter().filter(|(version, _)| *version != by);
        match earlier.find(|(_, before)| value.last.is_some() || !scaling.tells_apart(*before)) {
            Some((_, before)) => Err(Conflict::scaled(field, &scaling, *before)),
            None => Ok([&*value.scaled, &[(by, scaling)]].concat()),
        }
    }

    fn narrow(&mut self, from: &Field, to: &Field) -> Result<(), Conflict> {
        let by = self.version;
        let inside = self.value(from)?.clone();
        *self.reach(to)? = FieldNode { by, ..inside };
        Ok(())
    }
}

/// The text that a rule writes, in another form; `None` where it has none.
fn reformed(form: &ValueForm, text: &[u8]) -> Option<Arc<[u8]>> {
    let field = Field::new(["value"]);
    let document = [b"{\"value\":", text, b"}"].concat();
    let mut object = Object::read(&mut Scanner::new(&document), Shape::none()).ok()?;
    let mut losses = Losses::default();
    let effect = Effect::Reform { field: field.clone(), form: form.clone(), told: field.clone() };
    effect.run(&mut object, &mut losses);
    let (_, name) = field.split()?;
    losses.is_empty().then(|| object.get(name).map(|member| member.value.to_text().as_ref().into()))?
}
