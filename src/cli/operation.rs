//! `--operation "GET /referrals/businesses/{id}"`.

use std::{fmt, str::FromStr};

/// A method and a path below the pack's base path, as typed: a template or a concrete path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// In upper case, as methods are.
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
}
