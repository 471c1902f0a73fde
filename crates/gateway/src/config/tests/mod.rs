mod mistakes;
mod table;
mod values;

pub(crate) use values::with_every_key;

use super::*;
use dateline_core::Version;
use std::fs;
use tempfile::TempDir;

/// Loads a file with `text`, and `variables` over it.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<(Config, Vec<Warning>), Vec<ConfigError>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("dateline.toml");
    fs::write(&path, text).unwrap();
    Config::load_from(Some(&path), variables.iter().copied())
}

fn usable(text: &str) -> Config {
    load(text, &[]).unwrap_or_else(|mistakes| panic!("{}", report(&mistakes))).0
}

/// Returns the messages for the operator, with the file's name for its path.
fn told(text: &str, variables: &[(&str, &str)]) -> String {
    let mut mistakes = load(text, variables).unwrap_err();
    for mistake in &mut mistakes {
        if let Origin::File { path, .. } = &mut mistake.origin {
            *path = path.file_name().unwrap().into();
        }
    }
    report(&mistakes)
}

fn v(text: &str) -> Version {
    text.parse().unwrap()
}
