//! The JSON Schema of a pack's files, made of the lists of keys that their readers use.

use super::keys::{API, MODULE, OPERATION};
use crate::{
    authored::{Content, TableKey, TableShape, TextShape},
    step,
};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 7) of the files of a pack: `api.toml`, and a version's file.
///
/// A file with `version` or `change` is a version's; any other one is `api.toml`. What the schema refuses, reading refuses
/// too; reading knows more mistakes.
///
/// ```
/// let schema = dateline_core::pack::schema();
/// assert_eq!(schema["properties"]["header"]["type"], "string");
/// ```
pub fn schema() -> Value {
    let (api, module) = (properties(&API), properties(&MODULE));
    let mut all = api.clone();
    for (name, mut schema) in module.clone() {
        // A key of both has both descriptions.
        if let Some(Value::String(of_api)) = all.get(&name).map(|schema| &schema["description"]) {
            let of_module = schema["description"].as_str().unwrap_or_default();
            schema["description"] = format!("{of_api}\n\n{of_module}").into();
        }
        all.insert(name, schema);
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A file of a Dateline pack",
        "description": "`api.toml` says what the API is; a version's file says what changed in it.",
        "type": "object",
        "properties": all,
        "if": { "anyOf": [{ "required": ["version"] }, { "required": ["change"] }] },
        "then": root(&MODULE, &module),
        "else": root(&API, &api),
        "definitions": { "step": step::schema() },
    })
}

/// The keys that a file of this shape may have and must have.
fn root(shape: &TableShape, properties: &Map<String, Value>) -> Value {
    let mut schema = json!({ "propertyNames": { "enum": properties.keys().collect::<Vec<_>>() } });
    require(&mut schema, shape);
    schema
}

/// The schema of a table.
fn table(shape: &TableShape) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": properties(shape),
        "additionalProperties": false,
    });
    require(&mut schema, shape);
    schema
}

/// Adds the keys that must be there. One with an old name may stand under that.
fn require(schema: &mut Value, shape: &TableShape) {
    let required = || shape.keys.iter().filter(|key| key.is_required);
    let plain = required().filter(|key| key.was.is_none()).map(|key| key.name);
    schema["required"] = plain.collect::<Vec<_>>().into();
    let either = required()
        .filter_map(|key| Some(json!({ "anyOf": [{ "required": [key.name] }, { "required": [key.was?] }] })));
    let either: Vec<Value> = either.collect();
    if !either.is_empty() {
        schema["allOf"] = either.into();
    }
}

fn properties(shape: &TableShape) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in shape.keys {
        properties.insert(key.name.to_owned(), value(key, key.doc));
        if let Some(was) = key.was {
            let about =
                format!("The old name of `{}`, which a later version of Dateline will not read.", key.name);
            let mut old = value(key, &about);
            old["deprecated"] = true.into();
            properties.insert(was.to_owned(), old);
        }
    }
    properties
}

/// The schema of the value of a key.
fn value(key: &TableKey, about: &str) -> Value {
    let mut schema = match &key.holds {
        Content::Text(shape) => text(shape),
        Content::Texts(shape) => json!({ "type": "array", "items": text(shape) }),
        Content::OneOrMoreTexts(shape) => {
            json!({ "anyOf": [text(shape), { "type": "array", "items": text(shape) }] })
        }
        Content::Table(shape) => table(shape),
        Content::Tables(shape) => json!({ "type": "array", "items": table(shape) }),
        Content::NamedTables(shape) => json!({ "type": "object", "additionalProperties": table(shape) }),
        Content::NamedTexts(shape) => json!({ "type": "object", "additionalProperties": text(shape) }),
        Content::Addresses(shape) => {
            let address = json!({ "anyOf": [{ "type": "string", "pattern": OPERATION }, table(shape)] });
            let addresses = json!({ "type": "object", "additionalProperties": address });
            json!({ "type": "object", "additionalProperties": addresses })
        }
        Content::Flag => json!({ "type": "boolean" }),
        Content::NamedLookups => json!({ "type": "object", "additionalProperties": step::words_schema() }),
        Content::Steps => json!({ "type": "array", "items": { "$ref": "#/definitions/step" } }),
        Content::Guard => step::guard_schema(),
    };
    schema["description"] = about.into();
    schema
}

fn text(shape: &TextShape) -> Value {
    match shape {
        TextShape::Any => json!({ "type": "string" }),
        TextShape::Like(pattern) => json!({ "type": "string", "pattern": pattern }),
        TextShape::Words(words) => json!({ "type": "string", "enum": words }),
    }
}
