//! The text about one key, for `dateline explain`.

use std::{fmt, str::FromStr};

use super::{
    environment::variable,
    key::Key,
    keys::{CLIENT_KEYS, KEYS, VERSION_KEYS},
    meant::meant,
};

/// A key of the configuration, to be explained. It displays as its default, its values and its description; a table as a
/// list of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

/// The key does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key of the configuration{}", .meant.as_ref().map(|key| format!("; did you mean {key}?")).unwrap_or_default())]
pub struct NotAKey {
    /// A key with a similar name.
    pub meant: Option<String>,
}

/// Finds a key by its name, its old name or its variable: `timeouts.drain`, `client.pin`, `DATELINE_TIMEOUTS__DRAIN`.
impl FromStr for Reference {
    type Err = NotAKey;

    fn from_str(name: &str) -> Result<Self, NotAKey> {
        let is_meant = |key: &&Key<_>| {
            key.name == name || variable(key.name) == name || key.old_name().is_some_and(|old| old == name)
        };
        let item = || match name.split_once('.')? {
            ("client", rest) => in_table("client", CLIENT_KEYS, rest),
            ("version", rest) => in_table("version", VERSION_KEYS, rest),
            _ => None,
        };
        let key = KEYS.iter().find(is_meant).map(|key| explain(key, key.name, Some(variable(key.name))));
        let found = key.or_else(item).or_else(|| table(name));
        found.map(Reference).ok_or_else(|| NotAKey { meant: meant(name, KEYS) })
    }
}

/// Lists the keys of a table, if there is one of this name.
fn table(name: &str) -> Option<String> {
    let listed = match name {
        "client" => lines("client.", CLIENT_KEYS),
        "version" => lines("version.", VERSION_KEYS),
        _ => {
            let is_inside =
                |key: &&Key<_>| key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
            KEYS.iter().filter(is_inside).map(|key| line("", key)).collect()
        }
    };
    let example = listed.lines().next()?.split_whitespace().next()?;
    Some(format!("The keys of {name}. `dateline explain {example}` says more about one.\n\n{listed}"))
}

fn lines<T>(table: &str, keys: &[Key<T>]) -> String {
    keys.iter().map(|key| line(table, key)).collect()
}

fn line<T>(table: &str, key: &Key<T>) -> String {
    let summary = key.paragraphs().into_iter().next().unwrap_or_default();
    format!("  {:<36} {summary}\n", format!("{table}{}", key.name))
}

fn in_table<T>(table: &str, keys: &[Key<T>], name: &str) -> Option<String> {
    let key = keys.iter().find(|key| key.name == name)?;
    Some(explain(key, &format!("[[{table}]] {name}"), None))
}

fn explain<T>(key: &Key<T>, name: &str, variable: Option<String>) -> String {
    let mut text = format!("{name}\n\n");
    for paragraph in key.paragraphs() {
        text.push_str(&paragraph);
        text.push_str("\n\n");
    }
    let default = (key.default)().unwrap_or_else(|| "none".to_owned());
    text.push_str(&format!("  default      {default}\n  values       {}\n", (key.wanted)()));
    if let Some(example) = key.example {
        text.push_str(&format!("  example      {example:?}\n"));
    }
    if let Some(variable) = variable {
        let reload = match (key.restart, key.new_pool) {
            (true, _) => "takes a restart",
            (false, true) => "takes a reload, which begins a new pool of connections to the upstream",
            (false, false) => "takes a reload",
        };
        text.push_str(&format!("  variable     {variable}\n  new value    {reload}\n"));
    }
    if let Some(old) = key.old_name() {
        text.push_str(&format!("  old name     {old}, still read with a warning\n"));
    }
    if key.secret {
        text.push_str("  messages     never repeat the value\n");
    }
    text
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
