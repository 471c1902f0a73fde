//! `dateline ext-proc`: the gateway inside Envoy.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Streams, serve::Serve};

/// Run the gateway as a filter of Envoy
///
/// Serves Envoy's External Processing protocol (ext_proc) on `listen.address`: Envoy keeps the connections of clients
/// and of the upstream, and this program translates what it carries, with the same configuration, errors, metrics and log as
/// `dateline serve`. Configure the filter as in `deploy/envoy/ext_proc.yaml`, with `failure_mode_allow: false`. SIGTERM
/// lets running requests finish. SIGHUP, or a change of a file, reloads the configuration and the pack.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Beside Envoy:
    dateline ext-proc --config dateline.toml
  The same file as a proxy's, on another address:
    DATELINE_LISTEN__ADDRESS=127.0.0.1:8081 dateline ext-proc --config dateline.toml")]
pub(super) struct ExtProc {
    /// The configuration file
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ExtProc {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        Serve::ext_proc(self.config).run(streams)
    }
}
