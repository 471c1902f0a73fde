//! Steps on the elements of a list: `items[*].price` in place of a field, in any step.
//!
//! A step names the elements of one list, or of lists inside each other. What it changes is in the innermost element; what it
//! only reads may stand around it.

use super::{
    Direction, Effect, ElementEffects, Joint, KindFacts, Step, guarded::in_order, kind::Holds, lower,
};
use crate::{
    authored::{Code, Diagnostic, InLists, Table, Text, in_lists},
    json::Field,
};

/// Steps that run on each element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements {
    /// The list.
    pub list: Field,
    /// The place of one element, as its steps name it.
    pub element: Field,
    /// The steps in the order in which they run going up: one that is written may stand for several.
    pub steps: Vec<Step>,
}

impl Elements {
    /// The effects in this direction: those of all steps on each element.
    pub(crate) fn effects(&self, direction: Direction) -> Vec<Effect> {
        let effects = lower(direction, &in_order(direction, &self.steps));
        let each = ElementEffects::new(self.list.clone(), self.element.clone(), effects);
        vec![Effect::Elements(Box::new(each))]
    }

    /// Describes in words what the steps do in this direction, and where.
    pub fn describe(&self, direction: Direction) -> String {
        let steps: Vec<String> =
            in_order(direction, &self.steps).iter().map(|step| step.describe(direction)).collect();
        format!("in each of {}: {}", self.list, steps.join(", "))
    }
}

/// Reads which lists the fields of a step go through, outermost first. Those that do not go together are noted, with what
/// the step changes outside of them.
pub(super) fn read(
    kind: &KindFacts,
    table: &Table<'_>,
    steps: &[Step],
    notes: &mut Vec<Diagnostic>,
) -> Vec<Field> {
    let fields = written(kind, table);
    let Some(deepest) = fields.iter().rev().max_by_key(|(_, field)| field.lists.len()) else {
        return Vec::new();
    };
    let lists = deepest.1.lists.clone();
    for (text, InLists { field, lists: own }) in &fields {
        let shared = lists.iter().filter(|list| field.is_at_or_inside(list)).count();
        if !lists.starts_with(own) {
            let other = &deepest.0.text;
            let message = format!("`{}` and `{other}` are elements of two lists", text.text);
            let hint = "a step goes through one list: nobody can say which element of the one belongs to which of the other";
            notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("another list").hint(hint));
            return Vec::new();
        }
        let names_list = shared == own.len() + 1 && lists.get(own.len()) == Some(field);
        if shared > own.len() && !names_list {
            let message = format!("`{}` stands in a list, and names no element of it", text.text);
            let hint = format!("write `{}`", bracketed(field, &lists));
            notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("no element").hint(hint));
            return Vec::new();
        }
    }
    let Some(innermost) = lists.last() else { return Vec::new() };
    if kind.key == "compute" {
        let message =
            format!("`compute` makes a field of the resource's own object, and {innermost} is a list");
        let hint = "name the objects of the list as a resource, which is held by this one: `holds = { \"items[*]\" = \"Item\" }`";
        notes.push(Diagnostic::new(Code::BadPath, &table.at(), message).label("this step").hint(hint));
        return Vec::new();
    }
    let effects =
        [Direction::Up, Direction::Down].map(|way| steps.iter().flat_map(move |step| step.effects(way)));
    for effect in effects.into_iter().flatten() {
        if let Some(outside) = changed_outside(&effect, innermost) {
            notes.push(outside_of(outside, innermost, &lists, table));
            return Vec::new();
        }
    }
    lists
}

/// The fields of a step as they are written, and those that its guard reads.
fn written<'t>(kind: &KindFacts, table: &Table<'t>) -> Vec<(Text<'t>, InLists)> {
    let fields = kind.keys().filter(|key| matches!(key.holds, Holds::Field | Holds::Fields));
    let own = fields.flat_map(|key| table.texts_of(key.name));
    let guards = ["when", "when_new"].into_iter().flat_map(|key| table.keys_of(key));
    let read = |text: Text<'t>| {
        // The elements of a list get another form in their list.
        let last = if kind.changes_elements() { text.text.strip_suffix("[*]") } else { None };
        let field = in_lists(last.unwrap_or(text.text))?;
        Some((text, field))
    };
    own.chain(guards).filter_map(read).collect()
}

/// A field of an effect that stands outside of the elements of a list, and is changed by it.
fn changed_outside<'e>(effect: &'e Effect, list: &Field) -> Option<&'e Field> {
    let may_be_element = match effect {
        Effect::Relocate { .. } | Effect::Make { .. } | Effect::Remove { .. } => false,
        Effect::Joint(joint) => matches!(**joint, Joint::Scaled(_)),
        Effect::Reform { .. }
        | Effect::Widen { .. }
        | Effect::Narrow { .. }
        | Effect::Tag(_)
        | Effect::Untag(_)
        | Effect::Guarded(_)
        | Effect::Elements(_) => true,
    };
    let is_in = |field: &&Field| field.is_inside(list) || (may_be_element && *field == list);
    effect.changed().into_iter().find(|field| !is_in(field))
}

fn outside_of(field: &Field, list: &Field, lists: &[Field], table: &Table<'_>) -> Diagnostic {
    let (message, hint) = match field == list {
        true => (
            format!("a step on the elements of {list} cannot take one away, or put one there"),
            format!(
                "name the list, `{list}`, to change it as a whole; or what is in an element, `{list}[*].name`"
            ),
        ),
        false => (
            format!("{field} is changed by a step on the elements of {list}, and stands in none of them"),
            format!(
                "a step changes what is in an element, `{}[*].name`; it may read what stands around the list, in `copy`, \
                 `lookup`, `by` and `when`",
                bracketed(list, &lists[..lists.len().saturating_sub(1)])
            ),
        ),
    };
    Diagnostic::new(Code::BadPath, &table.at(), message).label("this step").hint(hint)
}

/// A field with the brackets of the lists that it goes through.
fn bracketed(field: &Field, lists: &[Field]) -> String {
    let mut text = String::new();
    for (at, name) in field.names().iter().enumerate() {
        text.extend([if at > 0 { "." } else { "" }, name.text()]);
        if lists.iter().any(|list| *list == field.outer(at + 1)) && at + 1 < field.names().len() {
            text.push_str("[*]");
        }
    }
    text
}

/// A text in which the fields of an effect have the brackets of the lists that they go through.
pub(crate) fn with_brackets(effect: &Effect, text: &str) -> String {
    let Effect::Elements(each) = effect else { return text.to_owned() };
    let inner = each.effects.iter().fold(text.to_owned(), |text, effect| with_brackets(effect, &text));
    if each.is_of_members() {
        return inner;
    }
    let name = format!("{}.", each.list());
    let mut written = String::new();
    let mut rest = &*inner;
    while let Some(at) = rest.find(&name) {
        let is_name =
            |text: &str| text.ends_with(|last: char| last.is_alphanumeric() || "_.-".contains(last));
        let (before, behind) = (&rest[..at], &rest[at + name.len()..]);
        let brackets = if is_name(before) || behind.starts_with([' ', '\n']) || behind.is_empty() {
            "."
        } else {
            "[*]."
        };
        written.extend([before, &name[..name.len() - 1], brackets]);
        rest = behind;
    }
    written + rest
}

/// Puts steps on the elements of lists, which are given from the outermost on.
pub(super) fn in_elements(lists: &[Field], steps: Vec<Step>) -> Vec<Step> {
    lists.iter().rev().fold(steps, |steps, list| {
        vec![Step::Elements(Box::new(Elements { list: list.clone(), element: list.clone(), steps }))]
    })
}
