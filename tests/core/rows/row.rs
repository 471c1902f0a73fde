//! The files of rows, as they are written.

use serde::Deserialize;
use std::fmt;
use toml::{Table, Value};

/// A file with its name, which has no ending.
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) file: File,
}

/// The rows between two versions of an API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The API, for people.
    pub(super) api: String,
    /// The versions that its rows lie between.
    pub(super) older: String,
    pub(super) newer: String,
    /// Keys of `api.toml` that every row of the file gets.
    #[serde(default)]
    pub(super) head: Table,
    pub(super) row: Vec<Row>,
}

/// One change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    n: Value,
    /// The version that brought the change, where one is known.
    pub(super) version: Option<String>,
    /// The versions that it lies between, where they are not the file's.
    pub(super) older: Option<String>,
    pub(super) newer: Option<String>,
    /// The resource, as the API calls it.
    pub(super) of: String,
    /// The change in words.
    pub(super) change: String,
    pub(super) class: Class,
    /// The reason why what is lost is not what the class says.
    pub(super) though: Option<String>,
    /// Where the resource stands: `GET /orders $.data[*]`, `POST /orders body`, `GET /orders query`.
    #[serde(default, rename = "in")]
    pub(super) places: OneOrMore,
    /// The steps, if the pack needs one change only.
    #[serde(default)]
    pub(super) steps: Vec<Table>,
    /// A guard for all of these steps.
    pub(super) when: Option<Table>,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    /// The losses of this example going up and coming down, as in `Dateline-Loss`.
    pub(super) up: Option<String>,
    pub(super) down: Option<String>,
    /// More examples, with the keys of `[[change.example]]`.
    #[serde(default)]
    pub(super) more: Vec<Table>,
    /// Addresses of operations in the older version and in the newer.
    #[serde(default)]
    pub(super) moves: Vec<[String; 2]>,
    /// The operations of `in` are gone in the newer version; the sentence for their clients.
    pub(super) gone: Option<String>,
    /// The rest of a pack that is not of the short form: keys of `api.toml` and whole changes.
    #[serde(default)]
    pub(super) head: Table,
    #[serde(default)]
    pub(super) changes: Vec<Table>,
    /// The reason why nothing needs to be said.
    pub(super) nothing: Option<String>,
    /// The reason why no step can say it, the treatment of what would cross it, and the advice.
    pub(super) unsaid: Option<String>,
    pub(super) then: Option<String>,
    pub(super) instead: Option<String>,
    /// The parameters, their values and the side of the client that it is narrowed to.
    pub(super) parameter: Option<Value>,
    pub(super) values: Option<Value>,
    pub(super) client: Option<String>,
}

/// What the list of changes says of a row: whether both directions say the same.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum Class {
    Exact,
    Lossy,
    Impossible,
}

/// A text, or a list of them.
#[derive(Deserialize, Default)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    #[default]
    Nowhere,
    One(String),
    More(Vec<String>),
}

impl Row {
    /// The number, `3` or `S06`.
    pub(super) fn number(&self) -> String {
        match &self.n {
            Value::Integer(number) => number.to_string(),
            Value::String(text) => text.clone(),
            other => panic!("{other} is no number of a row"),
        }
    }

    /// Tells whether a construct says it.
    pub(super) fn is_said(&self) -> bool {
        self.has_steps() || self.nothing.is_some()
    }

    /// Tells whether a pack translates it, as far as it can be.
    pub(super) fn has_steps(&self) -> bool {
        let has_addresses = self.head.contains_key("operation") && self.unsaid.is_none();
        !self.steps.is_empty() || !self.changes.is_empty() || !self.moves.is_empty() || has_addresses
    }
}

impl OneOrMore {
    pub(super) fn texts(&self) -> &[String] {
        match self {
            OneOrMore::Nowhere => &[],
            OneOrMore::One(text) => std::slice::from_ref(text),
            OneOrMore::More(texts) => texts,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Class::Exact => "exact",
            Class::Lossy => "lossy",
            Class::Impossible => "impossible",
        })
    }
}
