//! `dateline versions`: the history.

use clap::Args;

use super::{Failure, PackArgument, Streams};

/// List the versions of the API: version, title, changes
///
/// From the oldest to the newest, each with what changed in it. These are the versions that a client can pin and
/// that the upstream can be spoken to at.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline versions
  dateline versions --pack transforms/whop")]
pub(super) struct Versions {
    #[command(flatten)]
    pack: PackArgument,
}

impl Versions {
    pub(super) fn run(self, _streams: &mut Streams<'_>) -> Result<(), Failure> {
        Err(Failure::Usage("versions is unfinished".into()))
    }
}
