//! Table `record`, and how its values are read.

use super::{
    telemetry::Sample,
    value::{Raw, list, list_form},
};
use crate::recording::Paths;
use std::path::PathBuf;

/// Table `record`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where exchanges are kept as files; `None` where none are.
    pub folder: Option<PathBuf>,
    /// Which part of them.
    pub sample: Sample,
    /// What is taken out of documents, beside what the rules take out.
    pub redact: Paths,
    /// How many files there are at most.
    pub max_exchanges: u32,
    /// How many bytes they have together at most.
    pub max_bytes: u64,
}

impl Default for Record {
    fn default() -> Self {
        Record {
            folder: None,
            sample: Sample::ALL,
            redact: Paths::default(),
            max_exchanges: 1000,
            max_bytes: 64 << 20,
        }
    }
}

/// JSONPaths: a list of them.
pub(super) fn paths(raw: &Raw<'_>) -> Result<Paths, String> {
    let wanted = list_form(raw, "JSONPaths", &["$.data[*].name", "$..phone"]);
    let paths = list(raw, &wanted)?;
    Paths::parse(&paths).map_err(|problem| format!("{problem}: write {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::read;
    use super::*;
    use figment::value::Value;

    #[test]
    fn takes_only_paths() {
        assert_eq!(read(paths, "$.a, $..b"), Paths::parse(&["$.a", "$..b"]).ok());
        assert_eq!(read(paths, ""), Some(Paths::default()));
        assert_eq!(read(paths, "a"), None);
        let written = Value::from(vec!["$.data[*].name"]);
        assert!(paths(&Raw { value: &written, untyped: false }).is_ok());
        for value in [Value::from("$.a"), Value::from(vec![1]), Value::from(vec!["$.a[0]"])] {
            assert!(paths(&Raw { value: &value, untyped: false }).is_err(), "{value:?}");
        }
    }
}
