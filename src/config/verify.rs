//! Table `verify`, and how its values are read.

use super::{
    Sample,
    value::{Raw, list, list_form, number},
};
use crate::compare::Ignored;
use std::path::PathBuf;

/// Table `verify`: how translated answers are held to what the upstream says natively.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// Of the `GET`s that are translated, the part that is verified.
    pub sample: Sample,
    /// Requests that the upstream is sent for it within any minute; at least [`Verify::LEAST`].
    pub requests_per_minute: u32,
    /// Checks at once.
    pub concurrency: u32,
    /// Of an answer: a longer one is not verified.
    pub body_bytes: u64,
    /// Fields that are not compared.
    pub ignore: Ignored,
    /// Where a line of JSON is written for each check that did not agree; `None` for nowhere.
    pub file: Option<PathBuf>,
    /// Whether the values stand there, too.
    pub values: bool,
}

impl Verify {
    /// What it takes to prove one difference.
    pub const LEAST: u32 = 21;
}

impl Default for Verify {
    fn default() -> Self {
        Verify {
            sample: Sample::NONE,
            requests_per_minute: 60,
            concurrency: 2,
            body_bytes: 1 << 20,
            ignore: Ignored::default(),
            file: None,
            values: false,
        }
    }
}

pub(super) fn requests_per_minute(raw: &Raw<'_>) -> Result<u32, String> {
    match number(raw)? {
        few @ ..Verify::LEAST => Err(format!(
            "{few} is too few to prove a difference: write {} or more, or sample = 0",
            Verify::LEAST
        )),
        enough => Ok(enough),
    }
}

pub(super) fn concurrency(raw: &Raw<'_>) -> Result<u32, String> {
    match number(raw)? {
        few @ ..=64 => Ok(few),
        many => Err(format!("{many} is too many: write a number from 1 to 64")),
    }
}

/// Paths: a list of them.
pub(super) fn paths(raw: &Raw<'_>) -> Result<Ignored, String> {
    let wanted = list_form(raw, "paths", &["$.data[*].updated_at", "$.page_info"]);
    let paths = list(raw, &wanted)?;
    let one = |path: &&str| match Ignored::parse(&[path]) {
        Ok(_) => None,
        Err(error) => Some(format!("{path:?}: {error}: write {wanted}")),
    };
    match paths.iter().find_map(one) {
        Some(problem) => Err(problem),
        None => Ignored::parse(&paths).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::read;
    use super::*;

    #[test]
    fn takes_only_what_can_prove_something() {
        assert_eq!((read(requests_per_minute, "21"), read(requests_per_minute, "20")), (Some(21), None));
        assert_eq!(
            (read(concurrency, "64"), read(concurrency, "65"), read(concurrency, "0")),
            (Some(64), None, None)
        );
    }

    #[test]
    fn takes_only_paths() {
        let count = |text| read(paths, text).map(|ignored| ignored.patterns().len());
        assert_eq!(count("$.data[*].updated_at, $.page_info"), Some(2));
        assert_eq!(count(""), Some(0));
        for text in ["updated_at", "$..id", "$.data[0]"] {
            assert_eq!(count(text), None, "{text}");
        }
    }
}
