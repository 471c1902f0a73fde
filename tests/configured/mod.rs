//! Tests of the configuration: its sources, its refusals, and the limits of a reload. A test's name carries the row of
//! `docs/operations.md` that it shows.

mod check;
mod environment;
mod loops;
mod refused;
#[cfg(unix)]
mod reload;

use crate::{common::files::Folder, wire::support};
use std::{
    fs,
    process::{Command, Output, Stdio},
};
use support::within;

impl Folder {
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
