//! `--operation "GET /referrals/businesses/{id}"`.

use std::{fmt, str::FromStr};

use super::Failure;
use dateline_core::{
    alike::closest,
    pack::{OperationId, Pack},
    route::Routes,
};

/// A method and a path as typed: a template or a concrete path, with the pack's base path or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// The method in upper case.
    pub(super) method: String,
    /// Starts with `/`; no query.
    pub(super) path: String,
}

/// The text is not a method and a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an operation is a method and a path without a query, such as \"GET /referrals/businesses/{{id}}\"")]
pub(super) struct NotAnOperation;

impl FromStr for Operation {
    type Err = NotAnOperation;

    fn from_str(text: &str) -> Result<Self, NotAnOperation> {
        let (method, path) = text.split_once(' ').ok_or(NotAnOperation)?;
        let path = path.trim_start();
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_path =
            path.starts_with('/') && !path.contains(|char: char| "?#".contains(char) || char.is_whitespace());
        match is_method && is_path {
            true => Ok(Operation { method: method.to_ascii_uppercase(), path: path.to_owned() }),
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
        let routes = Routes::new(pack);
        // A template's `{id}` is as good a value for a parameter as any.
        let below_base = format!("{}{}", pack.base_path, self.path);
        routes
            .find(&self.method, &self.path)
            .or_else(|| routes.find(&self.method, &below_base))
            .ok_or_else(|| Failure::Usage(self.unknown(pack)))
    }

    fn unknown(&self, pack: &Pack) -> String {
        let path = self.path.strip_prefix(&pack.base_path).unwrap_or(&self.path);
        let typed = format!("{} {path}", self.method);
        let names: Vec<String> = pack.operations.iter().map(ToString::to_string).collect();
        let hint = match closest(&typed, names.iter().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("its operations:\n  {}", names.join("\n  ")),
        };
        format!("the pack `{}` has no operation `{self}`; {hint}", pack.name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
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
