//! The result of a check, as JSON.

use serde_json::{Value, json};

use super::{Failure, Streams};
use dateline_core::pack::{Diagnostic, Location};
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
    /// The first character behind the place.
    end_line: Option<usize>,
    end_column: Option<usize>,
    /// The environment variable.
    variable: Option<String>,
    /// The key of the configuration.
    key: Option<String>,
    /// The kind of mistake: a number that stays (`P03`) for a pack, a word for a configuration.
    code: String,
    severity: Severity,
    message: String,
    /// A hint what to write instead.
    help: Option<String>,
}

/// The weight of a diagnostic.
#[derive(Debug, Default, Clone, Copy)]
enum Severity {
    /// The pack or the configuration is not used.
    #[default]
    Error,
    /// It is used all the same.
    Warning,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

pub(super) fn write(checked: &Checked, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let all = |listed: &[Listed]| listed.iter().map(Listed::shown).collect::<Vec<_>>();
    let (mistakes, warnings) = (all(&checked.mistakes), all(&checked.warnings));
    let shown = json!({ "mistakes": mistakes, "warnings": warnings, "summary": checked.summary });
    Ok(writeln!(streams.output, "{shown:#}")?)
}

impl Listed {
    fn shown(&self) -> Value {
        let Listed { file, line, column, end_line, end_column, variable, key, code, severity, message, help } =
            self;
        json!({
            "file": file,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "variable": variable,
            "key": key,
            "code": code,
            "severity": severity.as_str(),
            "message": message,
            "help": help,
        })
    }
}

impl From<&Diagnostic> for Listed {
    fn from(mistake: &Diagnostic) -> Self {
        let at = mistake.at.as_ref();
        let file = at.map(|at| at.file().to_owned());
        let (line, column) = at.map(Location::place).unzip();
        let (end_line, end_column) = at.map(Location::end).unzip();
        let severity = if mistake.code.is_warning() { Severity::Warning } else { Severity::Error };
        let message = match mistake.label.as_str() {
            "" => mistake.message.clone(),
            label => format!("{}: {label}", mistake.message),
        };
        let (code, help) = (mistake.code.to_string(), mistake.hint.clone());
        let place = Listed { file, line, column, end_line, end_column, ..Listed::default() };
        Listed { code, severity, message, help, ..place }
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
        let (code, severity) = ("warning".to_owned(), Severity::Warning);
        Listed { key, code, severity, message, ..Listed::at(&warning.origin) }
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
