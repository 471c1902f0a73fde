//! `dateline schema`: the JSON Schema of a pack's files or of the configuration, for editors.

use clap::{Args, ValueEnum};

use super::{Failure, Streams};
use dateline_core::pack;
use dateline_gateway::config;

/// Print the JSON Schema of packs or of the configuration, for editors
///
/// An editor that reads it completes keys, explains them and marks mistakes. It is for TOML files, as draft 7. What it
/// refuses, Dateline refuses; `dateline check` finds more mistakes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  For the files of a pack, each with the line `#:schema ./pack.schema.json` at its top:
    dateline schema pack > transforms/shop/pack.schema.json
  For dateline.toml, with the line `#:schema ./dateline.schema.json` at its top:
    dateline schema config > dateline.schema.json")]
pub(super) struct Schema {
    /// The kind of file
    #[arg(value_name = "FILE")]
    file: File,
}

/// The kinds of files that have a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum File {
    /// The files of a pack: `api.toml` and those of the versions
    Pack,
    /// The configuration
    Config,
}

impl Schema {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        Ok(streams.json(&match self.file {
            File::Pack => pack::schema(),
            File::Config => config::schema(),
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::run;
    use serde_json::Value;

    #[test]
    fn both_schemas_are_printed_with_a_description_of_every_key() {
        for (file, table, key) in
            [("pack", "/properties", "header"), ("config", "/properties/listen/properties", "address")]
        {
            let outcome = run(&["schema", file], b"");
            let schema: Value = serde_json::from_str(outcome.output()).unwrap();
            assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
            let known = schema.pointer(table).unwrap()[key]["description"].as_str().unwrap();
            assert!(!known.is_empty());
            let undescribed = undescribed(&schema);
            assert!(undescribed.is_empty(), "{file}: {undescribed:?}");
        }
    }

    /// The keys anywhere in a schema that have no description.
    fn undescribed(schema: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let lacks = |(_, key): &(&String, &Value)| key["description"].as_str().is_none_or(str::is_empty);
            found.extend(properties.iter().filter(lacks).map(|(name, _)| name.clone()));
        }
        let inner: Vec<&Value> = match schema {
            Value::Object(members) => members.values().collect(),
            Value::Array(items) => items.iter().collect(),
            _ => Vec::new(),
        };
        found.extend(inner.into_iter().flat_map(undescribed));
        found
    }
}
