//! The result of a check, as JSON.

use serde_json::{Value, json};

use super::{Failure, Streams};
use dateline_core::pack::Diagnostic;
use dateline_gateway::config::{ConfigError, Origin, Problem, Warning};

/// The result of a check.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) mistakes: Vec<Listed>,
    pub(super) warnings: Vec<Listed>,
    pub(super) summary: String,
}

/// One mistake or warning. A field that does not apply is null.
#[derive(Debug, Default)]
pub(super) struct Listed {
    file: Option<String>,
    /// The line, from 1. The column counts characters, from 1 as well.
    line: Option<usize>,
    column: Option<usize>,
    /// The environment variable.
    variable: Option<String>,
    /// The key of the configuration.
    key: Option<String>,
    /// The kind of mistake: a number that stays (`P03`) for a pack, a word for a configuration.
    code: String,
    message: String,
    /// A hint what to write instead.
    help: Option<String>,
}

pub(super) fn write(checked: &Checked, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let all = |listed: &[Listed]| listed.iter().map(Listed::shown).collect::<Vec<_>>();
    let (mistakes, warnings) = (all(&checked.mistakes), all(&checked.warnings));
    let shown = json!({ "mistakes": mistakes, "warnings": warnings, "summary": checked.summary });
    Ok(writeln!(streams.output, "{shown:#}")?)
}

impl Listed {
    fn shown(&self) -> Value {
        let Listed { file, line, column, variable, key, code, message, help } = self;
        json!({
            "file": file,
            "line": line,
            "column": column,
            "variable": variable,
            "key": key,
            "code": code,
            "message": message,
            "help": help,
        })
    }
}

impl From<&Diagnostic> for Listed {
    fn from(mistake: &Diagnostic) -> Self {
        let (file, place) = match &mistake.at {
            Some(at) => (Some(at.file().to_owned()), Some(at.place())),
            None => (None, None),
        };
        let (line, column) = place.unzip();
        let message = match mistake.label.as_str() {
            "" => mistake.message.clone(),
            label => format!("{}: {label}", mistake.message),
        };
        let (code, help) = (mistake.code.to_string(), mistake.hint.clone());
        Listed { file, line, column, code, message, help, ..Listed::default() }
    }
}

impl From<&ConfigError> for Listed {
    fn from(mistake: &ConfigError) -> Self {
        let code = match &mistake.problem {
            Problem::Unreadable(_) => "unreadable",
            Problem::Syntax(_) => "syntax",
            Problem::UnknownKey { .. } => "unknown_key",
            Problem::Value(_) => "value",
            Problem::UnknownVersion { .. } => "unknown_version",
        };
        let (message, help) = (mistake.problem.to_string(), mistake.problem.help());
        let code = code.to_owned();
        Listed { key: mistake.key.clone(), code, message, help, ..Listed::at(&mistake.origin) }
    }
}

impl From<&Warning> for Listed {
    fn from(warning: &Warning) -> Self {
        let (key, message) = (warning.key.clone(), warning.text.clone());
        Listed { key, code: "warning".to_owned(), message, ..Listed::at(&warning.origin) }
    }
}

impl Listed {
    fn at(origin: &Origin) -> Self {
        match origin {
            Origin::File { path, line, column } => {
                let (file, line, column) = (Some(path.display().to_string()), *line, *column);
                Listed { file, line, column, ..Listed::default() }
            }
            Origin::Variable(name) => Listed { variable: Some(name.clone()), ..Listed::default() },
            Origin::Default => Listed::default(),
        }
    }
}
