//! The JSON Schema of a configuration file, made of the table of keys.

use super::{
    key::Key,
    keys::{CLIENT_ABOUT, CLIENT_KEYS, KEYS, TABLES, VERSION_ABOUT, VERSION_KEYS},
};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 7) of `dateline.toml`.
///
/// What it refuses, reading refuses too; reading knows more mistakes.
///
/// ```
/// let schema = dateline_gateway::config::schema();
/// let drain = &schema["properties"]["timeouts"]["properties"]["drain"];
/// assert_eq!(drain["default"], "65s");
/// ```
pub fn schema() -> Value {
    let mut tables = Map::new();
    for (table, about) in TABLES {
        let inside =
            KEYS.iter().filter_map(|key| Some((key.name.strip_prefix(table)?.strip_prefix('.')?, key)));
        tables.insert((*table).to_owned(), described(self::table(inside), about));
    }
    let client = CLIENT_KEYS.iter().map(|key| (key.name, key));
    let version = VERSION_KEYS.iter().map(|key| (key.name, key));
    for (name, item, about) in
        [("client", table(client), CLIENT_ABOUT), ("version", table(version), VERSION_ABOUT)]
    {
        tables.insert(name.to_owned(), described(json!({ "type": "array", "items": item }), about));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The configuration of Dateline",
        "type": "object",
        "properties": tables,
        "additionalProperties": false,
    })
}

/// The schema of a table with these keys.
fn table<T: 'static>(keys: impl Iterator<Item = (&'static str, &'static Key<T>)>) -> Value {
    let mut properties = Map::new();
    for (name, key) in keys {
        properties.insert(name.to_owned(), value(key, help(key)));
        if let Some(was) = key.was {
            let mut old = value(key, format!("The old name of `{name}`."));
            old["deprecated"] = true.into();
            properties.insert(was.to_owned(), old);
        }
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// The schema of the value of a key.
fn value<T>(key: &Key<T>, about: String) -> Value {
    let mut schema = (key.schema)();
    schema["description"] = about.into();
    let default = (key.default)().and_then(|text| format!("key = {text}").parse::<toml::Table>().ok());
    let default = default.and_then(|table| serde_json::to_value(table.get("key")?).ok());
    if let Some(default) = default {
        schema["default"] = default;
    }
    schema
}

/// The description of a key, and the values that fit.
fn help<T>(key: &Key<T>) -> String {
    let mut paragraphs = key.paragraphs();
    paragraphs.push(format!("Values: {}.", (key.wanted)()));
    if key.restart {
        paragraphs.push("A new value takes a restart.".to_owned());
    }
    paragraphs.join("\n\n")
}

fn described(mut schema: Value, about: &[&str]) -> Value {
    let lines: Vec<&str> = about.iter().map(|line| line.trim()).collect();
    schema["description"] = lines.join(" ").into();
    schema
}
