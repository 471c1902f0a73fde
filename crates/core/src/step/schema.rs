//! The JSON Schema of a step, made of the usages of every kind.

use super::{
    Aggregate, CONVERSIONS, GUARDED, KINDS, KindFacts, Scaling,
    guard::JsonType,
    kind::{Holds, Key, SEPARATORS, Usage},
};
use serde_json::{Map, Value, json};

/// The schema of a step: a table that one of the usages fits.
pub(crate) fn schema() -> Value {
    let usages = KINDS.iter().flat_map(|kind| {
        let whole = kind.usages.iter().filter(|usage| !usage.is_option);
        whole.map(|usage| table(kind, usage))
    });
    json!({ "type": "object", "anyOf": usages.collect::<Vec<_>>() })
}

/// The schema of one usage, with the keys that may be added to it.
fn table(kind: &KindFacts, usage: &Usage) -> Value {
    let mut properties = Map::new();
    let options = kind.usages.iter().filter(|usage| usage.is_option).chain(GUARDED.usages);
    for usage in [usage].into_iter().chain(options) {
        let help = usage.help();
        for key in usage.keys {
            if let Some(was) = key.was {
                let mut old = value(key, &format!("The old name of `{}`.", key.name));
                old["deprecated"] = true.into();
                properties.insert(was.to_owned(), old);
            }
            properties.insert(key.name.to_owned(), value(key, &help));
        }
    }
    // A key with an old name can stand under it.
    let required = usage.keys.iter().filter(|key| key.was.is_none()).map(|key| key.name);
    json!({
        "title": kind.key,
        "description": usage.help(),
        "properties": properties,
        "required": required.collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

/// The schema of the value of a key.
fn value(key: &Key, help: &str) -> Value {
    let (mut schema, holds) = match key.holds {
        Holds::Field => (
            json!({ "type": "string", "minLength": 1 }),
            "A field: names with dots between them, `amounts.total`; `['any name']` where a name has a dot.",
        ),
        Holds::Conversion => {
            (conversion(), "A conversion: `number -> decimal`; `number * 0.01`, or any other power of ten.")
        }
        Holds::Json => (
            json!({ "type": "string", "minLength": 1 }),
            "JSON in single quotes: `'\"usd\"'`, `'null'`, `'[]'`.",
        ),
        Holds::Name => (json!({ "type": "string" }), "The name of one member."),
        Holds::Text => (json!({ "type": "string" }), "A text as a document has it."),
        Holds::Why => (json!({ "type": "string" }), "A reason, for people."),
        Holds::Words => (
            words(),
            "Values and those that they become: `{ canceled = \"cancelled\" }`, or pairs of JSON: `[['null', '\"none\"']]`.",
        ),
        Holds::Side => (json!({ "enum": ["older", "newer"] }), "The older or the newer of the two versions."),
        Holds::Flag => (json!({ "type": "boolean" }), "`true` or `false`."),
        Holds::Fields => (
            json!({ "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 },
            ] }),
            "Fields of one object: `[\"status\", \"paused\"]`.",
        ),
        Holds::Rows => (
            json!({ "type": "array", "minItems": 1, "items": {
                "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2
            } }),
            "Rows, each with the values before and those after: `[['\"open\"', '\"open\", true']]`.",
        ),
        Holds::Tuple => (
            json!({ "type": "string", "minLength": 1 }),
            "Values in JSON with commas between them: `'\"open\", true, null'`; `absent` for a field that is not there.",
        ),
        Holds::Lookup => (
            json!({ "type": "string", "minLength": 1 }),
            "The name of a lookup table of `api.toml`, `[lookup.NAME]`.",
        ),
        Holds::Scaling => (
            json!({ "enum": Scaling::ALL.map(|(written, _)| written) }),
            "The unit of an amount in both versions.",
        ),
        Holds::Sources => (
            json!({ "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 },
            ] }),
            "Fields, or members of the elements of a list: `[\"paid\", \"due\"]`, `\"items[*].amount\"`.",
        ),
        Holds::Aggregate => (
            json!({ "enum": Aggregate::ALL.map(|(written, _)| written) }),
            "The way in which one value is made of several.",
        ),
        Holds::Separator => (json!({ "enum": SEPARATORS }), "The character between the values of a list."),
        Holds::Guard => (
            guard_schema(),
            "Fields and the values that they must have: `{ type = \"card\", \"plan.kind\" = [\"a\", \"b\"] }`; `{ is = \"object\" }` for a type, \
             `{ not = \"card\" }` for any other value.",
        ),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), format!("{holds}\n\n{help}").into());
    }
    schema
}

/// The schema of a guard: a table of fields.
pub(crate) fn guard_schema() -> Value {
    let types = JsonType::ALL.iter().map(|(_, word)| *word).chain(["absent"]);
    let word = json!({ "enum": types.collect::<Vec<_>>() });
    let plain = json!({ "type": ["string", "number", "boolean"] });
    let is = json!({
        "anyOf": [word, { "type": "array", "items": word, "minItems": 1 }],
        "description": "The type that the field has, or `absent`; or a list of them.",
    });
    let is = json!({
        "type": "object", "properties": { "is": is }, "required": ["is"], "additionalProperties": false,
    });
    let one = json!({ "anyOf": [plain, is] });
    let several = json!({ "type": "array", "items": one, "minItems": 1 });
    let values =
        json!({ "anyOf": [plain, is, several], "description": "The values that the field does not have." });
    let not = json!({
        "type": "object", "properties": { "not": values }, "required": ["not"], "additionalProperties": false,
    });
    json!({
        "type": "object",
        "minProperties": 1,
        "additionalProperties": { "anyOf": [plain, is, not, several] },
    })
}

/// The schema of values and those that they become.
pub(crate) fn words() -> Value {
    json!({ "anyOf": [
        { "type": "object", "additionalProperties": { "type": ["string", "boolean", "integer"] } },
        { "type": "array", "items": {
            "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2
        } },
    ] })
}

/// The schema of a conversion: one of the table, or a power of ten that is not.
fn conversion() -> Value {
    let written = CONVERSIONS.iter().flat_map(|conversion| [conversion.written, conversion.back]);
    json!({ "anyOf": [
        { "enum": written.collect::<Vec<_>>() },
        { "type": "string", "pattern": r"^number \* (0\.0*1|10+)$" },
    ] })
}

impl Usage {
    /// Describes the usage as the reference does, in sentences.
    fn help(&self) -> String {
        let Usage { up, down, loses, .. } = self;
        let cells = [("Going up", up), ("Going down", down), ("Can lose", loses)];
        let cells = cells.iter().filter(|(_, cell)| !cell.is_empty());
        let lines = cells.map(|(what, cell)| format!("\n\n{what}: {cell}."));
        format!("{}{}", self.syntax(), lines.collect::<String>())
    }
}
