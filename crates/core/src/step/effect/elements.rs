//! Effects that run once for each element of a list, or for each member of an object whose keys are data.
//!
//! They run on the resource's own object as if the element stood alone in the place of its list: `items[*].price` is
//! `items.price` there. So every effect has its meaning in elements, may read what stands around the list, and needs no
//! word of its own for it. A member of an object with free keys stands under the name `*`.

use super::Effect;
use crate::{
    json::{Field, Object, Shape, Span, Value, elements, members, unescape},
    step::{LossKind, Losses, PossibleLoss, When},
};
use std::{borrow::Cow, fmt};

/// An element that has lost its last member: other containers go with it.
const EMPTY: &[u8] = b"{}";

/// Effects and the list whose elements they run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElementEffects {
    /// The field that has the list, or the object whose keys are data.
    list: Field,
    /// The place of one element: the list's own, or the member `*` of the object.
    pub(crate) element: Field,
    /// The effects in the order in which they run. They name fields as if the element stood in its place.
    pub(crate) effects: Vec<Effect>,
    /// The fields that the effects name.
    shape: Shape,
}

impl ElementEffects {
    /// The effects on each element that stands in this place.
    pub(crate) fn new(list: Field, element: Field, effects: Vec<Effect>) -> Self {
        let shape = super::shape(&effects);
        ElementEffects { list, element, effects, shape }
    }

    /// The same elements with other effects.
    pub(super) fn with(&self, effects: Vec<Effect>) -> Self {
        ElementEffects::new(self.list.clone(), self.element.clone(), effects)
    }

    /// The field that has the list, or the object whose keys are data.
    pub(crate) fn list(&self) -> &Field {
        &self.list
    }

    /// Tells whether the elements are the members of an object whose keys are data.
    pub(crate) fn is_of_members(&self) -> bool {
        self.list != self.element
    }

    /// Tells whether other effects run on the same elements.
    pub(super) fn is_beside(&self, other: &ElementEffects) -> bool {
        (&self.list, &self.element) == (&other.list, &other.element)
    }

    /// Opens elements as far as the effects name them, after those have changed.
    pub(super) fn open(&mut self) {
        self.shape = super::shape(&self.effects);
    }

    /// The losses that the effects can cause. Nobody knows whether there is an element.
    pub(super) fn losses(&self) -> Vec<PossibleLoss> {
        let of_effects = self.effects.iter().flat_map(Effect::losses).map(|loss| match loss.when {
            When::Always => PossibleLoss { when: When::Guarded, ..loss },
            _ => loss,
        });
        let odd = [LossKind::Unconverted].map(|kind| PossibleLoss::new(kind, &self.list, When::Odd));
        let mut losses: Vec<PossibleLoss> = of_effects.collect();
        losses.extend(odd.into_iter().filter(|odd| !losses.contains(odd)).collect::<Vec<_>>());
        losses
    }

    /// Calls `work` with each element of a list, which stands in its place, and with the element's number or key. Returns the
    /// new text of the list, or `None` where it stays as it is. An element with a key that stands twice is left out, since
    /// nobody can say which of the two is meant.
    pub(crate) fn each<'v>(
        &'v self,
        object: &Object<'v>,
        list: &'v [u8],
        losses: &mut Losses,
        work: &mut dyn FnMut(Place<'_>, &mut Object<'v>, &mut Losses),
    ) -> Option<Vec<u8>> {
        let spans = self.spans(list)?;
        let mut view = object.view(&self.shape);
        let (mut new, mut copied) = (Vec::new(), 0);
        for (index, Span { key, value }) in spans.into_iter().enumerate() {
            let text = &list[value.clone()];
            let Ok(element) = Value::read(text, self.inside()) else {
                losses.report_refused(LossKind::Unconverted, &self.element);
                continue;
            };
            if view.at(&self.list).is_none() {
                // An element that was emptied went, with what it stood in.
                view = object.view(&self.shape);
            }
            view.put(&self.list, &self.element, element)?;
            let place = key.map_or(Place::Element(index), |key| Place::Member(&list[key]));
            work(place, &mut view, losses);
            let changed = view.at(&self.element).map_or(EMPTY.into(), |member| member.value.to_text());
            if *changed != *text {
                new.extend_from_slice(&list[copied..value.start]);
                new.extend_from_slice(&changed);
                copied = value.end;
            }
        }
        (copied > 0).then(|| {
            new.extend_from_slice(&list[copied..]);
            new
        })
    }

    fn spans(&self, list: &[u8]) -> Option<Vec<Span>> {
        match self.is_of_members() {
            true => members(list),
            false => Some(elements(list)?.into_iter().map(|value| Span { key: None, value }).collect()),
        }
    }

    /// The shape inside an element.
    fn inside(&self) -> &Shape {
        self.element
            .names()
            .iter()
            .fold(&self.shape, |shape, name| shape.get(name.text().as_bytes()).unwrap_or(Shape::none()))
    }

    /// Tells whether a value is what the elements stand in.
    pub(crate) fn is_of(&self, value: &serde_json::Value) -> bool {
        if self.is_of_members() { value.is_object() } else { value.is_array() }
    }

    /// Tells whether a text is what the elements stand in. Null is none, and says nothing.
    fn fits(&self, text: &[u8]) -> bool {
        text.first() == Some(if self.is_of_members() { &b'{' } else { &b'[' })
    }
}

/// The place of an element in what it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'t> {
    /// Its number in a list.
    Element(usize),
    /// Its key in an object, as it is written.
    Member(&'t [u8]),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Element(number) => write!(f, "[{number}]"),
            Place::Member(key) => f.pad(&unescape(key).unwrap_or_default()),
        }
    }
}

/// Runs the effects on each element of the list.
#[inline(never)]
pub(super) fn run(each: &ElementEffects, object: &mut Object<'_>, losses: &mut Losses) {
    let Some(member) = object.at(&each.list).filter(|member| !member.value.is_null()) else { return };
    let text = match &mut member.value {
        Value::Text(text) => std::mem::take(text),
        value @ Value::Object(_) => Cow::Owned(value.to_text().into_owned()),
    };
    let new = match each.fits(&text) {
        true => each.each(object, &text, losses, &mut |_, view, losses| {
            each.effects.iter().for_each(|effect| effect.run(view, losses));
        }),
        false => {
            losses.report(LossKind::Unconverted, &each.list);
            None
        }
    };
    let Some(member) = object.at(&each.list) else { return };
    match (new, &member.value) {
        (Some(new), _) => member.value = Value::Text(Cow::Owned(new)),
        // It was taken out to be read, and is put back; an opened object was only looked at.
        (None, Value::Text(_)) => member.value = Value::Text(text),
        (None, Value::Object(_)) => {}
    }
}
