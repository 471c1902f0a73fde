//! Walking a spanned TOML tree: every mistake is noted and reading goes on.

use super::{Code, Diagnostic, Location, Source};
use crate::alike::closest;
use std::{ops::Range, sync::Arc};
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// A TOML table that knows which of its keys were asked for.
pub(crate) struct Table<'t> {
    source: &'t Arc<Source>,
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    /// The kind of table, for messages: "a change".
    what: &'static str,
    asked: Vec<&'static str>,
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
        what: &'static str,
    ) -> Self {
        Table { source, entries: entries.get_ref(), span: 0..0, what, asked: Vec::new() }
    }

    /// The table in a value, or a note that it is not one.
    pub(crate) fn of(
        source: &'t Arc<Source>,
        value: &'t Spanned<DeValue<'t>>,
        what: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let at = Location::new(source, value.span());
        match value.get_ref() {
            DeValue::Table(entries) => {
                Some(Table { source, entries, span: value.span(), what, asked: Vec::new() })
            }
            other => {
                notes.push(wrong_type(&at, what, "a table", other));
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
        self.asked.push(key);
        self.entries.iter().find(|(known, _)| known.get_ref() == key).map(|(_, value)| value)
    }

    /// Tells whether the table has a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.get_ref() == key)
    }

    /// The name by which a key with an old name is written. The old one is worth a warning, and a mistake beside the new
    /// one.
    pub(crate) fn renamed(
        &mut self,
        new: &'static str,
        old: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> &'static str {
        let Some((key, _)) = self.entries.iter().find(|(key, _)| key.get_ref() == old) else { return new };
        let at = Location::new(self.source, key.span());
        if self.has(new) {
            self.asked.push(old);
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
        let at = Location::new(self.source, value.span());
        match value.get_ref() {
            DeValue::String(text) => Some(Text { text, at }),
            other => {
                notes.push(wrong_type(&at, &format!("`{key}`"), "a string", other));
                None
            }
        }
    }

    /// A string that must be there.
    pub(crate) fn required(&mut self, key: &'static str, notes: &mut Vec<Diagnostic>) -> Option<Text<'t>> {
        if !self.has(key) {
            self.asked.push(key);
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

    /// A table inside this one, or a note that the value is none.
    pub(crate) fn inner(
        &self,
        value: &'t Spanned<DeValue<'t>>,
        what: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        Table::of(self.source, value, what, notes)
    }

    /// A table of names that are the author's own.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Text<'t>, &'t Spanned<DeValue<'t>>)> + use<'t> {
        let (source, entries) = (self.source, self.entries);
        entries.iter().map(move |(key, value)| {
            (Text { text: key.get_ref(), at: Location::new(source, key.span()) }, value)
        })
    }

    /// Notes every key that nobody asked for.
    pub(crate) fn finish(self, notes: &mut Vec<Diagnostic>) {
        for (key, _) in
            self.entries.iter().filter(|(key, _)| !self.asked.iter().any(|asked| asked == key.get_ref()))
        {
            let at = Location::new(self.source, key.span());
            let message = format!("{} has no key `{}`", self.what, key.get_ref());
            let known = self.asked.iter().map(|asked| format!("`{asked}`")).collect::<Vec<_>>().join(", ");
            let hint = did_you_mean(key.get_ref(), self.asked.iter().copied())
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
