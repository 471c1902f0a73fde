//! Walking a spanned TOML tree: every mistake is noted and reading goes on.

use super::{Code, Content, Diagnostic, Location, Source, TableKey, TableShape};
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
    /// The listed keys.
    keys: &'static [TableKey],
    /// The way in which the table is written, for hints.
    usage: Option<String>,
    /// Keys that must be there and are not.
    missing: Vec<&'static str>,
    /// True if a mistake has been told that all unknown keys follow from.
    is_told: bool,
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
        Table {
            source,
            entries,
            span,
            what: shape.what,
            known,
            is_listed,
            keys: shape.keys,
            usage: None,
            missing: Vec::new(),
            is_told: false,
            renamed,
        }
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
                let mut note = wrong_type(&at, shape.what, "a table", other);
                let keys: Vec<String> = shape.keys.iter().map(|key| format!("{} = …", key.name)).collect();
                note.hint = (!keys.is_empty())
                    .then(|| format!("write its keys in braces: `{{ {} }}`", keys.join(", ")));
                notes.push(note);
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

    /// A string that must be there. Where it is not, that is noted at the end: its key may be misspelt.
    pub(crate) fn required(&mut self, key: &'static str, notes: &mut Vec<Diagnostic>) -> Option<Text<'t>> {
        self.must_have(key).then(|| self.string(key, notes))?
    }

    /// Tells whether a key is there that must be; if not, that is noted at the end.
    pub(crate) fn must_have(&mut self, key: &'static str) -> bool {
        self.know(key);
        let is_there = self.has(key);
        self.missing.extend((!is_there).then_some(key));
        is_there
    }

    /// Says how the table is written, for the hint of a key that is missing.
    pub(crate) fn written_as(&mut self, usage: String) {
        self.usage = Some(usage);
    }

    /// Notes a mistake of the table that all unknown keys follow from.
    pub(crate) fn tell(&mut self, note: Diagnostic, notes: &mut Vec<Diagnostic>) {
        self.is_told = true;
        notes.push(note);
    }

    /// An array; empty where it is absent.
    pub(crate) fn array(
        &mut self,
        key: &'static str,
        notes: &mut Vec<Diagnostic>,
    ) -> Option<&'t DeArray<'t>> {
        let value = self.value(key)?;
        let at = Location::new(self.source, value.span());
        let hint = match value.get_ref() {
            DeValue::Array(array) => return Some(array),
            DeValue::Table(_) if self.holds_tables(key) => {
                format!("write `{key}` in two brackets, as in `[[{key}]]`: there may be several")
            }
            _ => format!("put it into brackets: `{key} = [{}]`", at.excerpt().unwrap_or("…")),
        };
        notes.push(wrong_type(&at, &format!("`{key}`"), "an array", value.get_ref()).hint(hint));
        None
    }

    fn holds_tables(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.name == key && matches!(known.holds, Content::Tables(_)))
    }

    /// `true` or `false`; `false` where it is absent.
    pub(crate) fn flag(&mut self, key: &'static str, notes: &mut Vec<Diagnostic>) -> bool {
        match self.value(key).map(|value| (value.get_ref(), value.span())) {
            Some((DeValue::Boolean(flag), _)) => *flag,
            Some((other, span)) => {
                notes.push(wrong_type(&self.place(span), &format!("`{key}`"), "true or false", other));
                false
            }
            None => false,
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

    /// The string of a key, or the strings of its list; what is none is left out.
    pub(crate) fn texts_of(&self, key: &str) -> Vec<Text<'t>> {
        let Some((_, value)) = self.entries.iter().find(|(known, _)| known.get_ref() == key) else {
            return Vec::new();
        };
        let values: Vec<&Spanned<DeValue<'t>>> = match value.get_ref() {
            DeValue::Array(values) => values.iter().collect(),
            _ => vec![value],
        };
        let text = |value: &&'t Spanned<DeValue<'t>>| match value.get_ref() {
            DeValue::String(text) => Some(Text { text, at: self.place(value.span()) }),
            _ => None,
        };
        values.iter().filter_map(text).collect()
    }

    /// The keys of the table that a key has.
    pub(crate) fn keys_of(&self, key: &str) -> Vec<Text<'t>> {
        let value = self.entries.iter().find(|(known, _)| known.get_ref() == key).map(|(_, value)| value);
        let Some(DeValue::Table(entries)) = value.map(Spanned::get_ref) else { return Vec::new() };
        entries.iter().map(|(key, _)| Text { text: key.get_ref(), at: self.place(key.span()) }).collect()
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

    /// Every key and its place.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&'t str, Location)> {
        self.names().map(|(key, _)| (key.text, key.at))
    }

    /// A table of names that are the author's own.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Text<'t>, &'t Spanned<DeValue<'t>>)> + use<'t> {
        let (source, entries) = (self.source, self.entries);
        entries.iter().map(move |(key, value)| {
            (Text { text: key.get_ref(), at: Location::new(source, key.span()) }, value)
        })
    }

    /// Notes every key that means nothing here, and every one that is missing.
    ///
    /// A key that is misspelt is told once, and not as missing as well. `elsewhere` says where else a key belongs.
    pub(crate) fn finish(self, elsewhere: impl Fn(&str) -> Option<String>, notes: &mut Vec<Diagnostic>) {
        if self.is_told {
            return;
        }
        let is_unknown = |key: &&str| !self.known.contains(key);
        let keys = self.entries.iter().map(|(key, _)| (key.get_ref().as_ref(), key.span()));
        let unknown: Vec<(&str, Range<usize>)> = keys.filter(|(key, _)| is_unknown(key)).collect();
        let mut missing = self.missing.clone();
        for (key, span) in &unknown {
            let absent = self.known.iter().copied().filter(|known| !self.has(known));
            let alike = closest(key, absent).or_else(|| closest(key, self.known.iter().copied()));
            let elsewhere = elsewhere(key);
            // One key too many and one too few: it is the same one.
            let only = match (&missing[..], unknown.len(), &elsewhere) {
                ([only], 1, None) => Some(*only),
                _ => None,
            };
            let meant = alike.or(only);
            missing.retain(|missing| Some(*missing) != meant);
            let known = || self.known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            let hint = meant
                .map(|meant| format!("did you mean `{meant}`?"))
                .or(elsewhere)
                .unwrap_or_else(|| format!("its keys are {}", known()));
            let message = format!("{} has no key `{key}`", self.what);
            let note = Diagnostic::new(Code::UnknownKey, &Location::new(self.source, span.clone()), message);
            notes.push(note.label("not a key here").hint(hint));
        }
        notes.extend(missing.into_iter().map(|key| self.is_missing(key)));
    }

    /// A note on a key that is missing.
    fn is_missing(&self, key: &str) -> Diagnostic {
        let message = format!("{} has no `{key}`", self.what);
        let mut note =
            Diagnostic::new(Code::MissingKey, &self.at(), message).label(format!("`{key}` is missing"));
        let about = self.keys.iter().find(|known| known.name == key).map(|known| known.doc);
        let usage = || self.usage.as_ref().map(|usage| format!("write it as {usage}"));
        note.hint = about.map(|about| format!("add `{key}`. {about}")).or_else(usage);
        note
    }
}

/// A note on a value of another type than it must have.
pub(crate) fn wrong_type(at: &Location, what: &str, wanted: &str, found: &DeValue<'_>) -> Diagnostic {
    let message = format!("{what} is {wanted}, not {}", with_article(found.type_str()));
    let mut note = Diagnostic::new(Code::WrongType, at, message).label(format!("{wanted} belongs here"));
    note.hint = match (wanted, at.excerpt()) {
        ("a string", Some(text)) if !text.contains('\'') => Some(format!("put it in quotes: `'{text}'`")),
        _ => None,
    };
    note
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// The known name that is most like the one written, if any is.
pub(crate) fn did_you_mean<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    closest(written, known).map(|name| format!("did you mean `{name}`?"))
}
