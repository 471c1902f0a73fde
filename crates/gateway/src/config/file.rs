//! The file layer: TOML with the line of every key.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use figment::{
    Error, Metadata, Profile, Provider, Source,
    value::{Dict, Map, Value},
};
use toml::de::{DeTable, DeValue};

use super::{ConfigError, Origin, Problem, Warning, keys::KEYS};

/// A configuration file that was read.
pub(super) struct ConfigFile {
    path: PathBuf,
    values: Dict,
    lines: Positions,
}

/// The line and the column of each key, both from 1, by full name.
pub(super) type Positions = BTreeMap<String, (usize, usize)>;

impl ConfigFile {
    /// Reads the file.
    ///
    /// # Errors
    /// The file is missing or is not text, or it has syntax errors: all of them.
    pub(super) fn read(path: &Path) -> Result<ConfigFile, Vec<ConfigError>> {
        let mistake = |place: Option<(usize, usize)>, problem| {
            let (line, column) = place.unzip();
            let origin = Origin::File { path: path.to_owned(), line, column };
            ConfigError { key: None, origin, problem }
        };
        let text = fs::read_to_string(path)
            .map_err(|problem| vec![mistake(None, Problem::Unreadable(problem.to_string()))])?;
        let place_at = |offset: usize| {
            let before = text.get(..offset).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            (1 + before.matches('\n').count(), 1 + line.chars().count())
        };
        let (table, problems) = DeTable::parse_recoverable(&text);
        if !problems.is_empty() {
            let at = |problem: &toml::de::Error| problem.span().map(|span| place_at(span.start));
            // The message alone: the error's own text repeats the line, which may hold anything.
            let syntax = |problem: &toml::de::Error| Problem::Syntax(problem.message().to_owned());
            return Err(problems.iter().map(|problem| mistake(at(problem), syntax(problem))).collect());
        }
        let mut lines = Positions::new();
        let mut note = |name: &str, offset| {
            lines.insert(name.to_owned(), place_at(offset));
        };
        let values = dict("", table.get_ref(), &mut note);
        Ok(ConfigFile { path: path.to_owned(), values, lines })
    }

    /// Gives every key that is written by its old name its new one. Each is worth a warning, and a mistake if the new name
    /// is written too.
    pub(super) fn rename(&mut self) -> (Vec<Warning>, Vec<ConfigError>) {
        let (mut warnings, mut mistakes) = (Vec::new(), Vec::new());
        for (key, old) in KEYS.iter().filter_map(|key| Some((key.name, key.old_name()?))) {
            let (Some((table, new_key)), Some((_, old_key))) = (key.split_once('.'), old.split_once('.'))
            else {
                continue;
            };
            let Some(Value::Dict(_, table)) = self.values.get_mut(table) else { continue };
            let Some(value) = table.remove(old_key) else { continue };
            let place = self.lines.get(&old).copied();
            let (line, column) = place.unzip();
            let origin = Origin::File { path: self.path.clone(), line, column };
            if table.contains_key(new_key) {
                mistakes.push(ConfigError::renamed_twice(old, key, origin));
                continue;
            }
            table.insert(new_key.to_owned(), value);
            self.lines.extend(place.map(|place| (key.to_owned(), place)));
            warnings.push(Warning::renamed(old, key, origin));
        }
        (warnings, mistakes)
    }

    pub(super) fn lines(&self) -> Positions {
        self.lines.clone()
    }
}

fn dict(parent: &str, table: &DeTable<'_>, note: &mut impl FnMut(&str, usize)) -> Dict {
    let entry = |(key, written): (&toml::Spanned<_>, &toml::Spanned<_>)| {
        let key: &toml::Spanned<toml::de::DeString<'_>> = key;
        let name = child(parent, key.get_ref());
        note(&name, key.span().start);
        (key.get_ref().to_string(), value(&name, written.get_ref(), note))
    };
    table.iter().map(entry).collect()
}

/// Converts a value and notes the place of everything in it.
pub(super) fn value(name: &str, written: &DeValue<'_>, note: &mut impl FnMut(&str, usize)) -> Value {
    match written {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(value) => Value::from(*value),
        // A number that no machine type holds is left as text, for the key to refuse.
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(number.to_string()),
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(number.to_string()),
        },
        // `version = 2026-07-01` without quotes is a TOML date, and clear enough.
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Table(table) => Value::from(dict(name, table, note)),
        DeValue::Array(items) => Value::from(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let name = format!("{name}[{index}]");
                    note(&name, item.span().start);
                    value(&name, item.get_ref(), note)
                })
                .collect::<Vec<_>>(),
        ),
    }
}

/// The full name of a key in a table. A key that is not bare is quoted, so that no two keys share a name.
pub(super) fn child(parent: &str, key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let key = match !key.is_empty() && key.bytes().all(bare) {
        true => key.to_owned(),
        false => format!("{key:?}"),
    };
    match parent {
        "" => key,
        parent => format!("{parent}.{key}"),
    }
}

impl Provider for ConfigFile {
    fn metadata(&self) -> Metadata {
        Metadata::from("configuration file", Source::File(self.path.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}
