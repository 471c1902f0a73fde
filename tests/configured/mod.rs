//! Tests of the configuration: its sources, its refusals, and the limits of a reload. A test's name carries the row of
//! `docs/operations.md` that it shows.

mod check;
mod environment;
mod loops;
mod refused;
#[cfg(unix)]
mod reload;

use crate::wire::support;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use support::within;
use tempfile::TempDir;

/// A folder with a configuration, and what that names.
struct Files(TempDir);

impl Files {
    /// Empty but for a configuration.
    fn new(config: &str) -> Self {
        let files = Files(tempfile::tempdir().unwrap());
        files.write("dateline.toml", config);
        files
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.at("dateline.toml")
    }

    /// A copy of the built-in pack, in `pack`.
    fn with_pack(self) -> Self {
        fs::create_dir(self.at("pack")).unwrap();
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms/whop");
        for file in fs::read_dir(pack).unwrap().map(|entry| entry.unwrap().path()) {
            fs::copy(&file, self.at("pack").join(file.file_name().unwrap())).unwrap();
        }
        self
    }

    /// The names of everything in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `dateline` with these arguments in this folder until it ends.
    async fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dateline"));
        command
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        let ran = tokio::task::spawn_blocking(move || command.output());
        let Output { status, stdout, stderr } = within("the command ends", ran).await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code(), output: text(stdout), notes: text(stderr) }
    }
}

/// The result of a command.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    code: Option<i32>,
    output: String,
    notes: String,
}
