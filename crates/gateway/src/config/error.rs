//! Mistakes and warnings about a configuration, each with the place where it was written.

use std::{fmt, path::PathBuf};

use dateline_core::{Version, pack::Diagnostic};

/// One mistake in the configuration. Its text is for the operator: `file:line: key: what is wrong`.
///
/// Values that may hold a secret (URLs, keys and their hashes) are never repeated in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", origin.prefix(), .key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
pub struct ConfigError {
    /// The full name of the key; `None` where the whole file is at fault.
    pub key: Option<String>,
    /// The place where it was written.
    pub origin: Origin,
    /// The kind of mistake.
    pub problem: Problem,
}

/// The kinds of mistakes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or is not text.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The file is not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// The key does not exist.
    #[error("no such key{}", .meant.as_ref().map(|key| format!("; did you mean {key}?")).unwrap_or_default())]
    UnknownKey {
        /// A key with a name like it.
        meant: Option<String>,
    },
    /// The key's value does not fit; the text says what would.
    #[error("{0}")]
    Value(String),
    /// The pack has no such version.
    #[error("the pack has no version {version}; it has {}{}", list(.supported), meant_text(.meant.as_ref()))]
    UnknownVersion {
        /// The version that was written.
        version: Version,
        /// The versions of the pack.
        supported: Vec<Version>,
        /// The version or the alias that was probably meant.
        meant: Option<Version>,
    },
}

impl ConfigError {
    /// The mistake of a key that is written by its old name and by its new one.
    pub(super) fn renamed_twice(old: String, new: &str, origin: Origin) -> Self {
        let problem = format!("the old name of {new}, which is written too: write only {new}");
        ConfigError { key: Some(old), origin, problem: Problem::Value(problem) }
    }
}

impl Problem {
    /// Returns the values that would fit, if the message states them separately.
    pub fn help(&self) -> Option<String> {
        match self {
            Problem::Value(text) => {
                let (_, what) = text.split_once(": write ").or_else(|| text.split_once("; write "))?;
                Some(format!("write {what}"))
            }
            Problem::UnknownKey { meant } => meant.as_ref().map(|key| format!("did you mean {key}?")),
            Problem::UnknownVersion { meant: Some(meant), .. } => Some(format!("did you mean {meant}?")),
            Problem::UnknownVersion { supported, .. } => Some(format!("write one of {}", list(supported))),
            Problem::Unreadable(_) | Problem::Syntax(_) => None,
        }
    }
}

fn meant_text(meant: Option<&Version>) -> String {
    meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

fn list(versions: &[Version]) -> String {
    versions.iter().map(Version::to_string).collect::<Vec<_>>().join(", ")
}

/// The place where a value was written. They are ordered as they are read: the file, then the environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A place in the configuration file.
    File {
        /// The path, as it was given.
        path: PathBuf,
        /// The line, from 1; `None` for the file as a whole.
        line: Option<usize>,
        /// The character in the line, from 1.
        column: Option<usize>,
    },
    /// The environment variable of this name.
    Variable(String),
    /// No place: it is the default.
    Default,
}

impl Origin {
    /// The beginning of a message about this place; empty for the default.
    fn prefix(&self) -> String {
        match self {
            Origin::Default => String::new(),
            written => format!("{written}: "),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line: Some(line), .. } => write!(f, "{}:{line}", path.display()),
            Origin::File { path, line: None, .. } => write!(f, "{}", path.display()),
            Origin::Variable(name) => write!(f, "{name} in the environment"),
            Origin::Default => f.write_str("the default"),
        }
    }
}

/// Writes a report of `mistakes`: a headline, and a line for each.
pub fn report(mistakes: &[ConfigError]) -> String {
    let mut text = match mistakes.len() {
        1 => "the configuration has a mistake:".to_owned(),
        count => format!("the configuration has {count} mistakes:"),
    };
    for mistake in mistakes {
        text.push_str(&format!("\n  {mistake}"));
    }
    text
}

/// A setting that is accepted but perhaps not intended. Its text is for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The full name of the key; `None` where it is about no key.
    pub key: Option<String>,
    /// The place where it was written.
    pub origin: Origin,
    /// The text: what holds, and what to do if it is not meant.
    pub text: String,
}

impl Warning {
    /// The warning about a key that is written by its old name.
    pub(super) fn renamed(old: String, new: &str, origin: Origin) -> Self {
        let text = format!("an old name, which a later release will not read: write {new}");
        Warning { key: Some(old), origin, text }
    }
}

/// Makes a warning about the pack's files one about the gateway's start.
impl From<&Diagnostic> for Warning {
    fn from(diagnostic: &Diagnostic) -> Self {
        let origin = diagnostic.at.as_ref().map_or(Origin::Default, |at| {
            let (line, column) = at.place();
            Origin::File { path: at.file().into(), line: Some(line), column: Some(column) }
        });
        let hint = diagnostic.hint.iter().map(|hint| format!(": {hint}"));
        Warning { key: None, origin, text: diagnostic.message.clone() + &hint.collect::<String>() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin.prefix())?;
        self.key.iter().try_for_each(|key| write!(f, "{key}: "))?;
        f.write_str(&self.text)
    }
}
