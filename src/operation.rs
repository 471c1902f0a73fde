//! `--operation "GET /referrals/businesses/{id}"`, or the name that a pack gives an operation.

use std::{fmt, str::FromStr};

use super::Failure;
use dateline_core::{
    alike::closest,
    pack::{self, OperationId, Pack},
    route::{Routes, VersionSegments},
};

/// An operation as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    /// The name that a pack gives an operation whose address changes.
    Named(String),
    /// A method and a path: a template or a concrete path, with the pack's base path or without.
    At {
        /// The method in upper case.
        method: String,
        /// Starts with `/`; no query.
        path: String,
    },
}

/// The text is neither a name nor a method and a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an operation is a method and a path without a query, such as \"GET /referrals/businesses/{{id}}\", or its name in the \
     pack"
)]
pub(super) struct NotAnOperation;

impl FromStr for Operation {
    type Err = NotAnOperation;

    fn from_str(text: &str) -> Result<Self, NotAnOperation> {
        let is_name = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let Some((method, path)) = text.split_once(' ') else {
            return if is_name(text) { Ok(Operation::Named(text.to_owned())) } else { Err(NotAnOperation) };
        };
        let path = path.trim_start();
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_path =
            path.starts_with('/') && !path.contains(|char: char| "?#".contains(char) || char.is_whitespace());
        match is_method && is_path {
            true => Ok(Operation::At { method: method.to_ascii_uppercase(), path: path.to_owned() }),
            false => Err(NotAnOperation),
        }
    }
}

impl Operation {
    /// The pack's operation that was meant.
    ///
    /// # Errors
    /// The pack has none such; the text names the one that is most alike.
    pub(super) fn find(&self, pack: &Pack) -> Result<OperationId, Failure> {
        let found = match self {
            Operation::Named(name) => pack.find(name),
            Operation::At { method, path } => {
                let routes = Routes::new(pack);
                // A template's `{id}` is as good a value for a parameter as any.
                let below_base = format!("{}{path}", pack.base_path);
                let segments = VersionSegments::of(pack);
                let unversioned = segments.as_ref().map(|segments| segments.without(path));
                let paths = [Some(path.as_str()), Some(&below_base), unversioned.as_deref()];
                paths.into_iter().flatten().find_map(|path| routes.find_at_any(method, path))
            }
        };
        found.ok_or_else(|| Failure::Usage(self.unknown(pack)))
    }

    fn unknown(&self, pack: &Pack) -> String {
        let typed = match self {
            Operation::Named(name) => name.clone(),
            Operation::At { method, path } => {
                format!("{method} {}", path.strip_prefix(&pack.base_path).unwrap_or(path))
            }
        };
        let names: Vec<String> = pack.operations.iter().map(ToString::to_string).collect();
        let addresses = pack.operations.iter().flat_map(pack::Operation::addresses).map(ToString::to_string);
        let known: Vec<String> = names.iter().cloned().chain(addresses).collect();
        let hint = match closest(&typed, known.iter().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("its operations:\n  {}", names.join("\n  ")),
        };
        format!("the pack `{}` has no operation `{self}`; {hint}", pack.name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Named(name) => f.write_str(name),
            Operation::At { method, path } => write!(f, "{method} {path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_method_and_path() {
        let operation: Operation = "get  /referrals/businesses/{id}".parse().unwrap();
        assert_eq!(operation.to_string(), "GET /referrals/businesses/{id}");
        for text in
            ["", "GET", "/plans", "GET plans", "GET /plans?first=1", "GET /a /b", " /plans", "G-T /plans"]
        {
            assert_eq!(text.parse::<Operation>(), Err(NotAnOperation), "{text:?}");
        }
    }

    fn found(text: &str) -> Result<String, String> {
        let pack = Pack::embedded().unwrap();
        let id = text.parse::<Operation>().unwrap().find(&pack).map_err(|failure| failure.to_string())?;
        Ok(pack.operation(id).to_string())
    }

    #[test]
    fn finds_templates_and_concrete_paths_with_and_without_the_base_path() {
        for (typed, operation) in [
            ("GET /referrals/businesses/{id}", "GET /referrals/businesses/{id}"),
            ("GET /referrals/businesses/{business}", "GET /referrals/businesses/{id}"),
            ("GET /referrals/businesses/bref_1", "GET /referrals/businesses/{id}"),
            ("GET /api/v1/referrals/businesses/bref_1/", "GET /referrals/businesses/{id}"),
            ("GET /api/v1/referrals/businesses/{id}/earnings", "GET /referrals/businesses/{id}/earnings"),
            ("get /referrals/businesses/earnings", "GET /referrals/businesses/earnings"),
            ("PATCH /users/me", "PATCH /users/me"),
            ("HEAD /plans", "GET /plans"),
        ] {
            assert_eq!(found(typed).as_deref(), Ok(operation), "{typed}");
        }
    }

    #[test]
    fn an_unknown_operation_is_usage_with_a_hint() {
        let problem = found("GET /api/v1/referals/businesses").unwrap_err();
        let expected = "the pack `whop` has no operation `GET /api/v1/referals/businesses`; \
                        did you mean `GET /referrals/businesses`?";
        assert_eq!(problem, expected);
        let problem = found("GET /x").unwrap_err();
        assert!(problem.contains("\n  POST /referrals/partners\n"), "{problem}");
    }
}
