//! `dateline sandbox`: the stand-in alone.

use std::net::SocketAddr;

use clap::Args;

use super::{Failure, Streams};
use crate::Version;

/// Run the stand-in for the API alone
///
/// It answers a few of the API's operations from memory, natively at each version, to any bearer token. It has
/// nothing to do with the modules that translate, and so shows what they must come to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  At the version that a request's header names:
    dateline sandbox
  An API that stands still:
    dateline sandbox --address 127.0.0.1:8082 --version 2025-01-01")]
pub(super) struct Sandbox {
    /// Where it listens: an IP address and a port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    address: SocketAddr,
    /// The one version that it speaks [default: what the request's header names]
    #[arg(long, value_name = "VERSION")]
    version: Option<Version>,
}

impl Sandbox {
    pub(super) fn run(self, _streams: &mut Streams<'_>) -> Result<(), Failure> {
        Err(Failure::Usage("sandbox is unfinished".into()))
    }
}
