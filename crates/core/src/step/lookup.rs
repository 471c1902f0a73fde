//! Lookup tables of `api.toml`: values by those of another field, such as the decimals of currencies.

use super::{Scalar, map::words};
use crate::{
    authored::{Code, Diagnostic, Location, Table, did_you_mean},
    json::{quoted, unescape},
};
use std::{collections::BTreeMap, sync::Arc};

/// The lookup tables of a pack by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookups(BTreeMap<String, LookupRows>);

/// The keys of a table and their values, ordered by the JSON text of the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupRows(Arc<[(Scalar, Scalar)]>);

/// The table of `api.toml` that a step looks values up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name of the table.
    pub name: String,
    /// The rows of the table. There are none until the pack is known.
    pub rows: LookupRows,
    /// The value that stands for what the table does not have.
    pub rest: Option<Scalar>,
}

impl Lookups {
    /// Reads `[lookup.NAME]` of `api.toml`, all of them.
    pub(crate) fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Lookups {
        let mut lookups = BTreeMap::new();
        let all = table.value("lookup").and_then(|value| table.inner(value, "`lookup`", notes));
        for (name, value) in all.iter().flat_map(Table::names) {
            let before = notes.len();
            let Some(rows) = all.as_ref().and_then(|all| words(all, ("lookup", value), notes)) else {
                continue;
            };
            if let Some(at) =
                (1..rows.len()).find(|at| rows[..*at].iter().any(|(key, _)| *key == rows[*at].0))
            {
                let message = format!("the lookup table `{}` has `{}` twice", name.text, rows[at].0);
                let note = Diagnostic::new(Code::Contradiction, &name.at, message).label("this table");
                notes.push(note.hint("leave one of the two out"));
            }
            if rows.is_empty() {
                let message = format!("the lookup table `{}` has no rows", name.text);
                let note = Diagnostic::new(Code::MatchesNothing, &name.at, message).label("an empty table");
                notes.push(note.hint("write a value for each key: `usd = 2`"));
            }
            if notes.len() == before {
                lookups.insert(name.text.to_owned(), LookupRows::new(rows));
            }
        }
        Lookups(lookups)
    }

    /// The tables for tests of steps.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Lookups {
        let row = |key: &str, value: &str| (Scalar::string(key), Scalar::read(value).unwrap());
        let rows = vec![row("usd", "2"), row("jpy", "0"), row("x", "2"), row("y", "3")];
        Lookups(BTreeMap::from([("decimals".to_owned(), LookupRows::new(rows))]))
    }
}

impl LookupRows {
    fn new(mut rows: Vec<(Scalar, Scalar)>) -> LookupRows {
        rows.sort_by(|(one, _), (other, _)| one.json().cmp(other.json()));
        LookupRows(rows.into())
    }

    /// The value for a key with this JSON text.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Scalar> {
        let find = |key: &[u8]| self.0.binary_search_by(|(known, _)| known.json().cmp(key)).ok();
        let found = match key {
            [b'"', ..] if key.contains(&b'\\') => find(quoted(&unescape(key)?).as_bytes()),
            _ => find(key),
        };
        found.and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// The value for a parameter with this text.
    pub(crate) fn get_text(&self, key: &str) -> Option<&Scalar> {
        self.0.iter().find(|(known, _)| known.text() == key).map(|(_, value)| value)
    }

    /// The table of texts, as a form has them. Null has none.
    pub(crate) fn for_forms(&self) -> LookupRows {
        let rows = self.0.iter().filter(|(key, value)| !key.is_null() && !value.is_null());
        LookupRows::new(rows.map(|(key, value)| (key.for_forms(), value.for_forms())).collect())
    }

    /// Every key with its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Scalar, Scalar)> {
        self.0.iter()
    }
}

impl Lookup {
    /// Finds the table by its name.
    pub(super) fn resolve(&mut self, lookups: &Lookups, at: &Location, notes: &mut Vec<Diagnostic>) {
        if let Some(rows) = lookups.0.get(&self.name) {
            self.rows = rows.clone();
            return;
        }
        let message = format!("`{}` is no lookup table of api.toml", self.name);
        let hint = did_you_mean(&self.name, lookups.0.keys().map(String::as_str));
        let hint = hint.unwrap_or_else(|| {
            format!("add it to api.toml, with a line for each value: [lookup.{}] and `usd = 2`", self.name)
        });
        notes.push(Diagnostic::new(Code::UnknownName, at, message).label("this step").hint(hint));
    }

    /// The lookup in a form.
    pub(crate) fn for_forms(&self) -> Lookup {
        let rest = self.rest.as_ref().filter(|rest| !rest.is_null()).map(Scalar::for_forms);
        Lookup { name: self.name.clone(), rows: self.rows.for_forms(), rest }
    }

    /// Says which table it is, in words.
    pub(super) fn describe(&self) -> String {
        let rest = self.rest.as_ref().map(|rest| format!(", any other as {rest}")).unwrap_or_default();
        format!("{}{rest}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_however_it_is_written() {
        let row = |key: &str, value: &str| (Scalar::read(key).unwrap(), Scalar::read(value).unwrap());
        let rows = LookupRows::new(vec![
            row("\"usd\"", "2"),
            row("\"\u{e9}\"", "1"),
            row("null", "0"),
            row("7", "7"),
        ]);
        let text = |key: &str| rows.get(key.as_bytes()).map(Scalar::text);
        for (key, value) in [
            ("\"usd\"", "2"),
            ("\"us\\u0064\"", "2"),
            ("\"é\"", "1"),
            ("\"\\u00e9\"", "1"),
            ("null", "0"),
            ("7", "7"),
        ] {
            assert_eq!(text(key), Some(value), "{key}");
        }
        for key in ["\"USD\"", "usd", "\"7\"", "7.0", "[]", "\"\\ud800\""] {
            assert_eq!(text(key), None, "{key}");
        }
        assert_eq!(rows.get_text("usd").map(Scalar::text), Some("2"));
    }
}
