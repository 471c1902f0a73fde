//! Support for tests: files of the repository that are made from the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the repository.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

/// Compares a file of the repository with what it should be, or writes it. `tests` is the filter that runs the comparison.
pub(crate) fn is_generated(name: &str, text: &str, tests: &str) {
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        fs::write(file(name), text).unwrap();
    }
    let is_current = fs::read_to_string(file(name)).unwrap_or_default() == text;
    assert!(
        is_current,
        "{name} is out of date: run UPDATE=1 cargo test --lib {tests}, and review the change"
    );
}
