//! `dateline check`: is a pack sound?

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Streams};

/// Check a pack of version modules: loading, examples in both directions, laws
///
/// Every mistake is reported with its file, line and a hint, and a line at the end sums up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline check                    the pack in the binary
  dateline check transforms/whop    the pack in a folder, before it is used

Exit codes: 0 the pack is sound, 1 it has mistakes, 2 there is no such folder.")]
pub(super) struct Check {
    /// The folder of the pack [default: the pack in the binary]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
}

impl Check {
    pub(super) fn run(self, _streams: &mut Streams<'_>) -> Result<(), Failure> {
        Err(Failure::Usage("check is unfinished".into()))
    }
}
