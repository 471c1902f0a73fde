//! Forms: how the value of a key is written, read and explained.
//!
//! An error says which values fit. It repeats what was written only where that cannot hold a secret.

mod quantity;
mod text;

use std::fmt::Display;

use dateline_core::Version;
use dateline_http::policy::ServedVersions;
use figment::value::Value;
use serde_json::json;

pub(super) use quantity::{Days, Fraction, Size, Time, Whole};
pub use text::origin;
pub(super) use text::{
    ADDRESS, COLLECTOR, DAY, FILE, FILTER, FOLDER, HOST, IGNORED, LINK, LOG_FIELDS, NAME, NETWORKS, NEW_FILE,
    NEW_FOLDER, ORIGIN, ORIGINS, PATH_PREFIX, PEM_FILE, PIN, REDACTED, SHA256, VERSION, VERSIONS,
};

/// A value as it was written in one of the layers.
pub(super) struct Raw<'a> {
    pub(super) value: &'a Value,
    /// The value is from an environment variable, where everything is text.
    pub(super) untyped: bool,
}

impl<'a> Raw<'a> {
    /// The value as text that is not empty.
    fn text(&self, wanted: &str) -> Result<&'a str, String> {
        match self.value {
            Value::String(_, text) if text.is_empty() => Err(format!("empty: write {wanted}")),
            Value::String(_, text) => Ok(text),
            other => Err(found(other, wanted)),
        }
    }

    /// The texts of an array. In the environment, the texts between commas.
    fn list(&self, wanted: &str) -> Result<Vec<&'a str>, String> {
        match self.value {
            Value::String(_, text) if self.untyped => {
                Ok(text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect())
            }
            Value::Array(_, items) => {
                items.iter().map(|item| item.as_str().ok_or_else(|| found(item, wanted))).collect()
            }
            other => Err(found(other, wanted)),
        }
    }
}

/// The message about a value of the wrong type.
pub(super) fn found(value: &Value, wanted: &str) -> String {
    let kind = match value {
        Value::String(..) | Value::Char(..) => "text",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        Value::Dict(..) => "a table",
        Value::Array(..) => "an array",
        Value::Empty(..) => "nothing",
    };
    format!("found {kind}: write {wanted}")
}

/// The form of a key's value.
pub(super) trait Form {
    /// The type of the value once it is read.
    type Value;

    /// The values that fit, as messages and the reference page name them: `a path such as "/legacy"`.
    fn wanted(&self) -> String;

    /// The JSON Schema of the values in a file. It may let through what reading refuses, and never the reverse.
    fn schema(&self) -> serde_json::Value;

    /// Reads a value, or says what is wrong with it and what would fit.
    fn read(&self, raw: &Raw<'_>) -> Result<Self::Value, String>;
}

/// A form whose values can be written as TOML, which a key with a default needs.
pub(super) trait Write: Form {
    /// The value as TOML.
    fn write(&self, value: &Self::Value) -> String;
}

/// `true` or `false`.
pub(super) struct Switch;

impl Form for Switch {
    type Value = bool;

    fn wanted(&self) -> String {
        "true or false".to_owned()
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "type": "boolean" })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<bool, String> {
        match raw.value {
            Value::Bool(_, value) => Ok(*value),
            Value::String(_, text) if raw.untyped && text == "true" => Ok(true),
            Value::String(_, text) if raw.untyped && text == "false" => Ok(false),
            other => Err(found(other, &self.wanted())),
        }
    }
}

impl Write for Switch {
    fn write(&self, value: &bool) -> String {
        value.to_string()
    }
}

/// One of a few words.
pub(super) struct OneOf<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Form for OneOf<T> {
    type Value = T;

    fn wanted(&self) -> String {
        self.0.iter().map(|(name, _)| format!("{name:?}")).collect::<Vec<_>>().join(" or ")
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "enum": self.0.iter().map(|(name, _)| *name).collect::<Vec<_>>() })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<T, String> {
        let wanted = self.wanted();
        let text = raw.text(&wanted)?;
        let found = self.0.iter().find(|(name, _)| *name == text);
        found.map(|(_, choice)| *choice).ok_or_else(|| format!("{text:?} is not {wanted}"))
    }
}

impl<T: Copy + PartialEq> Write for OneOf<T> {
    fn write(&self, value: &T) -> String {
        let written =
            self.0.iter().filter(|(_, choice)| choice == value).map(|(name, _)| format!("{name:?}"));
        written.collect()
    }
}

/// A value of another form, or `"off"` for none.
pub(super) struct OrOff<F>(pub(super) F);

impl<F: Form> Form for OrOff<F> {
    type Value = Option<F::Value>;

    fn wanted(&self) -> String {
        format!("{}, or \"off\"", self.0.wanted())
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "anyOf": [self.0.schema(), { "const": "off" }] })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<Self::Value, String> {
        match raw.value {
            Value::String(_, text) if text == "off" => Ok(None),
            _ => self.0.read(raw).map(Some).map_err(|problem| format!("{problem}, or \"off\"")),
        }
    }
}

impl<F: Write> Write for OrOff<F> {
    fn write(&self, value: &Self::Value) -> String {
        value.as_ref().map_or_else(|| "\"off\"".to_owned(), |value| self.0.write(value))
    }
}

/// A list of versions, or `"all"` for every one.
pub(super) struct OrAll(pub(super) ListForm<Vec<Version>>);

impl Form for OrAll {
    type Value = ServedVersions;

    fn wanted(&self) -> String {
        self.0.wanted()
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "anyOf": [self.0.schema(), { "const": "all" }] })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<Self::Value, String> {
        match raw.value {
            Value::String(_, text) if text == "all" => Ok(ServedVersions::All),
            _ => self.0.read(raw).map(ServedVersions::Listed),
        }
    }
}

impl Write for OrAll {
    fn write(&self, value: &Self::Value) -> String {
        match value {
            ServedVersions::All => "\"all\"".to_owned(),
            ServedVersions::Listed(versions) => self.0.write(versions),
        }
    }
}

/// Text that a function reads.
pub(super) struct TextForm<T> {
    wanted: &'static str,
    /// Reads the text; the error is the whole message. The second argument is `wanted`.
    parse: fn(&str, &str) -> Result<T, String>,
}

impl<T> Form for TextForm<T> {
    type Value = T;

    fn wanted(&self) -> String {
        self.wanted.to_owned()
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "type": "string", "minLength": 1 })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<T, String> {
        (self.parse)(raw.text(self.wanted)?, self.wanted)
    }
}

impl<T: Display> Write for TextForm<T> {
    fn write(&self, value: &T) -> String {
        format!("{:?}", value.to_string())
    }
}

/// An array of texts that a function reads.
pub(super) struct ListForm<T> {
    /// The name of the items.
    items: &'static str,
    examples: &'static [&'static str],
    /// Reads all items; the error says what is wrong with one.
    parse: fn(&[&str]) -> Result<T, String>,
}

impl<T> Form for ListForm<T> {
    type Value = T;

    fn wanted(&self) -> String {
        let quoted: Vec<String> = self.examples.iter().map(|item| format!("{item:?}")).collect();
        format!("{} such as [{}]", self.items, quoted.join(", "))
    }

    fn schema(&self) -> serde_json::Value {
        json!({ "type": "array", "items": { "type": "string" } })
    }

    fn read(&self, raw: &Raw<'_>) -> Result<T, String> {
        let wanted = match raw.untyped {
            true => format!("{} or {}", self.wanted(), self.examples.join(",")),
            false => self.wanted(),
        };
        (self.parse)(&raw.list(&wanted)?).map_err(|problem| format!("{problem}: write {wanted}"))
    }
}

/// The default of every list is an empty one.
impl<T> Write for ListForm<T> {
    fn write(&self, _: &T) -> String {
        "[]".to_owned()
    }
}

#[cfg(test)]
pub(super) mod tests;
