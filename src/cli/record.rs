//! `dateline record`: the gateway, with recording on.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Streams, serve::Serve};

/// Run the gateway and keep exchanges as files
///
/// Serves as `dateline serve` does, with `record.folder` set: every request of an operation of the pack, as its client
/// sent it, and the upstream's answer as it came, one JSON file each. Keys and e-mail addresses are taken out before
/// anything is written, and so is what the JSONPaths of `record.redact` lead to. SIGTERM ends it, and how many were
/// kept is told. The other keys of `[record]` hold: how many of them, and how many at most.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Try it, without the API and without a key:
    dateline record --into recording --sandbox
  Real traffic:
    dateline record --into recording --config dateline.toml
  And then, what would change for each client at another version, or with another pack:
    dateline replay recording --to 2026-07-01
    dateline replay recording --pack transforms/whop")]
pub(super) struct Record {
    /// The folder, which is made where it is not there, for its owner only
    #[arg(long, value_name = "FOLDER")]
    into: PathBuf,
    /// The configuration file
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Start the sandbox as the upstream, and print curl lines to try: an old and a new client
    #[arg(long)]
    sandbox: bool,
}

impl Record {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let Record { into, config, sandbox } = self;
        Serve::recording(into, config, sandbox).run(streams)
    }
}
