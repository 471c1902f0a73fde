//! `dateline serve`: the gateway.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Streams};

/// Run the gateway
///
/// Listens on `listen.address`, forwards to `upstream.url`, and logs to standard output. SIGTERM lets what is under
/// way come to its end. Without a file the defaults hold; `DATELINE_` variables with `__` between levels win over
/// both, and `config/dateline.toml` shows every key.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Try it, without the API and without a key; requests to send are printed:
    dateline serve --sandbox
  Before the API:
    dateline serve --config dateline.toml
  Another address and log, without a file:
    DATELINE_LISTEN__ADDRESS=0.0.0.0:8080 DATELINE_LOG__FORMAT=json dateline serve")]
pub(super) struct Serve {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Start the sandbox as the upstream, and print curl lines to try: an old and a new client
    #[arg(long)]
    sandbox: bool,
}

impl Serve {
    pub(super) fn run(self, _streams: &mut Streams<'_>) -> Result<(), Failure> {
        Err(Failure::Usage("serve is unfinished".into()))
    }
}
