//! Tests of the configuration: its sources, its refusals, and the limits of a reload. A test's name carries the row of
//! `docs/operations.md` that it shows.

mod check;
mod environment;
mod loops;
mod refused;
#[cfg(unix)]
mod reload;

use crate::{
    common::{
        files::Folder,
        program::{Ran, dateline, ran},
    },
    wire::support,
};
use std::fs;
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
        let mut command = dateline(arguments);
        command.envs(environment.iter().copied()).current_dir(self.0.path());
        let ended = tokio::task::spawn_blocking(move || ran(&mut command));
        within("the command ends", ended).await.unwrap()
    }
}
