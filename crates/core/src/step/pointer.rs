//! Effects on a JSON Pointer (RFC 6901): a field that is renamed is renamed in a pointer, too.

use super::{Effect, ElementEffects};
use crate::json::{Field, Name};

impl Effect {
    /// Runs the effect on a pointer, as its tokens, into a resource; tells whether that says all of what it does.
    ///
    /// Only a field that keeps its container and its value can be said so. `has_value` where what is pointed at comes
    /// with a value, or takes one along: whatever the effect does inside of it cannot be said.
    pub(crate) fn run_on_pointer(&self, pointer: &mut [String], has_value: bool) -> bool {
        let is_above = |pointer: &[String], field: &Field| {
            pointer.len() < field.names().len() && starts_with(field.names(), pointer)
        };
        let leads_into = |pointer: &[String], field: &Field| {
            pointer.len() >= field.names().len() && starts_with(field.names(), pointer)
        };
        // Nobody knows whether a guard holds: `moves` is nothing where there is one, so its fields cannot be said.
        if let Some((from, to)) = self.renames()
            && leads_into(pointer, from)
        {
            let last = from.names().len() - 1;
            if let (Some(token), Some(name)) = (pointer.get_mut(last), to.names().last()) {
                name.text().clone_into(token);
            }
            return true;
        }
        if let Effect::Elements(each) = self {
            return run_on_elements(each, pointer, has_value);
        }
        self.fields()
            .iter()
            .all(|field| !(leads_into(pointer, field) || (has_value && is_above(pointer, field))))
    }

    /// The field that gets another name in its container, and the name.
    fn renames(&self) -> Option<(&Field, &Field)> {
        self.moves().filter(|(from, to)| from.is_beside(to))
    }
}

/// Runs effects on the elements of a list on a pointer: an element is pointed at by its number, or by its key.
fn run_on_elements(each: &ElementEffects, pointer: &mut [String], has_value: bool) -> bool {
    let list = each.list().names();
    if !starts_with(list, pointer) {
        return true;
    }
    if pointer.len() <= list.len() {
        return !has_value;
    }
    let token = std::mem::take(&mut pointer[list.len()]);
    let said = match each.is_of_members() {
        true => {
            "*".clone_into(&mut pointer[list.len()]);
            each.effects.iter().all(|effect| effect.run_on_pointer(pointer, has_value))
        }
        false => {
            let mut inner: Vec<String> = pointer.to_vec();
            inner.remove(list.len());
            let said = each.effects.iter().all(|effect| effect.run_on_pointer(&mut inner, has_value));
            let rest = inner.into_iter().skip(list.len());
            pointer[list.len() + 1..].iter_mut().zip(rest).for_each(|(token, new)| *token = new);
            said
        }
    };
    pointer[list.len()] = token;
    said
}

/// Tells whether the shorter of the two is the start of the longer one.
fn starts_with(names: &[Name], pointer: &[String]) -> bool {
    names.iter().zip(pointer).all(|(name, token)| name.text() == token)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Conversion, ValueForm, test::field},
        *,
    };

    fn run(effect: &Effect, pointer: &str, has_value: bool) -> Option<String> {
        let mut tokens: Vec<String> = pointer.split('/').skip(1).map(str::to_owned).collect();
        let said = effect.run_on_pointer(&mut tokens, has_value);
        said.then(|| tokens.iter().map(|token| format!("/{token}")).collect())
    }

    #[test]
    fn row_14_1c_only_a_rename_is_said_of_a_pointer() {
        let moved = |from: &str, to: &str| Effect::Relocate { from: field(from), to: field(to) };
        let rename = moved("a.b", "a.c");
        assert_eq!(run(&rename, "/a/b/0/x", true).as_deref(), Some("/a/c/0/x"));
        for same in ["/b", "/a/d", "/x/a/b"] {
            assert_eq!(run(&rename, same, true).as_deref(), Some(same));
        }
        assert_eq!(run(&rename, "/a", true), None, "its value has the field inside");
        assert_eq!(run(&rename, "/a", false).as_deref(), Some("/a"), "removed with all that is inside");
        assert_eq!(run(&rename, "/a/c", true), None, "the other version's own name");
        let nest = moved("total", "amount.total");
        for blocked in ["/total", "/total/x", "/amount/total"] {
            assert_eq!(run(&nest, blocked, false), None, "{blocked}");
        }
        assert_eq!(run(&nest, "/amounts", true).as_deref(), Some("/amounts"));
        let form = ValueForm::Converted(Conversion::NumberToDecimal);
        let convert = Effect::Reform { field: field("price"), form, told: field("price") };
        assert_eq!(run(&convert, "/price", true), None);
        assert_eq!(run(&convert, "/prices", true).as_deref(), Some("/prices"));
    }
}
