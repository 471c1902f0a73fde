//! `dateline record`: the gateway, with recording on.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Streams, serve::Serve};

/// Run the gateway and keep exchanges as files
///
/// Serves as `dateline serve` does, with `record.folder` set. Each request of an operation in the pack is kept as its
/// client sent it, with the upstream's response as it came, in one JSON file. Keys, e-mail addresses and the values at
/// the JSONPaths of `record.redact` are removed before anything is written. SIGTERM ends it, and prints how many
/// exchanges were kept. The other keys of `[record]` apply: the share that is kept, and the limits.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  With the sandbox, which needs no key:
    dateline record --into recording --sandbox
  Real traffic:
    dateline record --into recording --config dateline.toml
  And then, what would change for each client at another version, or with another pack:
    dateline replay recording --to 2026-07-01
    dateline replay recording --pack transforms/whop")]
pub(super) struct Record {
    /// The folder. It is created if it does not exist, readable by its owner only
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
