//! Walking a spanned TOML tree: every mistake is noted and reading goes on.

use super::{Code, Diagnostic, Location, Source, TableShape};
use crate::alike::closest;
use std::{ops::Range, sync::Arc};
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// A TOML table and the keys that it may have.
pub(crate) struct Table<'t> {
    source: &'t Arc<Source>,
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    /// The kind of table, for messages: "a change".
    what: &'static str,
    /// The keys that mean something here. Where none are listed beforehand, those that the reader has asked for so far.
    known: Vec<&'static str>,
    is_listed: bool,
    /// Old names of keys: the new one, and the old one.
    renamed: Vec<(&'static str, &'static str)>,
}

/// A string and its place.
pub(crate) struct Text<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: Location,
}

impl<'t> Table<'t> {
    /// A whole file's table.
    pub(crate) fn root(
        source: &'t Arc<Source>,
        entries: &'t Spanned<DeTable<'t>>,
        shape: &TableShape,
    ) -> Self {
        Table::new(source, entries.get_ref(), 0..0, shape)
    }

    fn new(
        source: &'t Arc<Source>,
        entries: &'t DeTable<'t>,
        span: Range<usize>,
        shape: &TableShape,
    ) -> Self {
        let known: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
        let is_listed = !known.is_empty();
        let renamed = shape.keys.iter().filter_map(|key| Some((key.name, key.was?))).collect();
        Table { source, entries, span, what: shape.what, known, is_listed, renamed }
    }

    /// The table in a value, or a note that it is not one.
    pub(crate) fn of(
        source: &'t Arc<Source>,
        value: &'t Spanned<DeValue<'t>>,
        shape: &TableShape,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let at = Location::new(source, value.span());
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(source, entries, value.span(), shape)),
            other => {
                notes.push(wrong_type(&at, shape.what, "a table", other));
                None
            }
        }
    }

    /// Returns the place of the table: its first line, for a table with a header.
    pub(crate) fn at(&self) -> Location {
        Location::new(self.source, self.span.clone())
    }

    /// A place in the table's file.
    pub(crate) fn place(&self, span: Range<usize>) -> Location {
        Location::new(self.source, span)
    }

    /// A value, to be read by the caller.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.know(key);
        self.entries.iter().find(|(known, _)| known.get_ref() == key).map(|(_, value)| value)
    }

    /// Takes the key for one that means something here.
    pub(crate) fn know(&mut self, key: &'static str) {
        if !self.known.contains(&key) {
            debug_assert!(!self.is_listed, "`{key}` is not listed for {}", self.what);
            self.known.push(key);
        }
    }

    /// The keys that mean something here.
    pub(crate) fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// Says that a key had another name before.
    pub(crate) fn rename(&mut self, new: &'static str, old: &'static str) {
        self.renamed.push((new, old));
    }

    /// Tells whether the table has a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.get_ref() == key)
    }

    /// The name by which a key with an old name is written. The old one is worth a warning, and a mistake beside the new
    /// one.
    pub(crate) fn renamed(&mut self, new: &'static str, notes: &mut Vec<Diagnostic>) -> &'static str {
        let Some((_, old)) = self.renamed.iter().copied().find(|(renamed, _)| *renamed == new) else {
            return new;
        };
        let Some((key, _)) = self.entries.iter().find(|(key, _)| key.get_ref() == old) else { return new };
        let at = Location::new(self.source, key.span());
        self.known.push(old);
        if self.has(new) {
            let message = format!("`{old}` is the old name of `{new}`, which is written too");
            notes.push(Diagnostic::new(Code::Repeated, &at, message).hint(format!("write `{new}` only")));
            return new;
        }
        let message = format!("`{old}` is an old name, which a later version of Dateline will not read");
        notes.push(Diagnostic::new(Code::OldName, &at, message).hint(format!("write `{new}`")));
        old
    }

    /// A string that may be absent.
    pub(crate) fn string(&mut self, key: &'static str, notes: &mut Vec<Diagnostic>) -> Option<Text<'t>> {
        let value = self.value(key)?;
        self.text(value, &format!("`{key}`"), notes)
    }

    /// The string in a value, or a note that it is none.
    pub(crate) fn text(
        &self,
        value: &'t Spanned<DeValue<'t>>,
        what: &str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<Text<'t>> {
        let at = Location::new(self.source, value.span());
        match value.get_ref() {
            DeValue::String(text) => Some(Text { text, at }),
            other => {
                notes.push(wrong_type(&at, what, "a string", other));
                None
            }
        }
    }

    /// A string that must be there.
    pub(crate) fn required(&mut self, key: &'static str, notes: &mut Vec<Diagnostic>) -> Option<Text<'t>> {
        if !self.has(key) {
            self.know(key);
            let message = format!("{} has no `{key}`", self.what);
            notes.push(
                Diagnostic::new(Code::MissingKey, &self.at(), message).label(format!("`{key}` is missing")),
            );
            return None;
        }
        self.string(key, notes)
    }

    /// An array; empty where it is absent.
    pub(crate) fn array(
        &mut self,
        key: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<&'t DeArray<'t>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Array(array) => Some(array),
            other => {
                notes.push(wrong_type(
                    &Location::new(self.source, value.span()),
                    &format!("`{key}`"),
                    "an array",
                    other,
                ));
                None
            }
        }
    }

    /// One string or an array of them; empty where it is absent.
    pub(crate) fn strings(&mut self, key: &'static str, notes: &mut Vec<Diagnostic>) -> Vec<Text<'t>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let values: Vec<&Spanned<DeValue<'t>>> = match value.get_ref() {
            DeValue::Array(array) => array.iter().collect(),
            _ => vec![value],
        };
        let text = |value: &&'t Spanned<DeValue<'t>>| {
            let at = Location::new(self.source, value.span());
            match value.get_ref() {
                DeValue::String(text) => Some(Text { text, at }),
                other => {
                    let what = format!("`{key}`");
                    notes.push(wrong_type(&at, &what, "a string or an array of strings", other));
                    None
                }
            }
        };
        values.iter().filter_map(text).collect()
    }

    /// A table inside this one whose keys are the author's own, or a note that the value is none.
    pub(crate) fn inner(
        &self,
        value: &'t Spanned<DeValue<'t>>,
        what: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        Table::of(self.source, value, &TableShape { what, keys: &[] }, notes)
    }

    /// A table of names that are the author's own.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Text<'t>, &'t Spanned<DeValue<'t>>)> + use<'t> {
        let (source, entries) = (self.source, self.entries);
        entries.iter().map(move |(key, value)| {
            (Text { text: key.get_ref(), at: Location::new(source, key.span()) }, value)
        })
    }

    /// Notes every key that means nothing here.
    pub(crate) fn finish(self, notes: &mut Vec<Diagnostic>) {
        let is_known = |key: &str| self.known.contains(&key);
        for (key, _) in self.entries.iter().filter(|(key, _)| !is_known(key.get_ref())) {
            let at = Location::new(self.source, key.span());
            let message = format!("{} has no key `{}`", self.what, key.get_ref());
            let known = self.known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            let hint = did_you_mean(key.get_ref(), self.known.iter().copied())
                .unwrap_or_else(|| format!("its keys are {known}"));
            notes.push(Diagnostic::new(Code::UnknownKey, &at, message).label("not a key here").hint(hint));
        }
    }
}

/// A note on a value of another type than it must have.
pub(crate) fn wrong_type(at: &Location, what: &str, wanted: &str, found: &DeValue<'_>) -> Diagnostic {
    let message = format!("{what} is {wanted}, not {}", with_article(found.type_str()));
    Diagnostic::new(Code::WrongType, at, message).label(format!("{wanted} belongs here"))
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// The known name that is most like the one written, if any is.
pub(crate) fn did_you_mean<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    closest(written, known).map(|name| format!("did you mean `{name}`?"))
}
