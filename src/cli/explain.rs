//! `dateline explain`: a plan in words.

use clap::Args;

use super::{Failure, PackArgument, Streams, operation::Operation};
use crate::Version;

/// Explain what happens to an operation between two versions
///
/// Prints the plan: each change in order, what it does to which path, and what can be lost on the way.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What a client from before dated versions sends and gets, before an upstream at 2026-07-01:
    dateline explain --operation \"GET /referrals/businesses/{id}\" --from 2025-01-01 --to 2026-07-01
  The other way round, a new client before an old upstream:
    dateline explain --operation \"GET /referrals/businesses/{id}\" --from 2026-07-01 --to 2025-01-01")]
pub(super) struct Explain {
    /// The operation: a method and a path, with parameters in braces or filled in
    #[arg(long, value_name = "OPERATION")]
    operation: Operation,
    /// The version that the client speaks
    #[arg(long, value_name = "VERSION")]
    from: Version,
    /// The version that the upstream is spoken to at
    #[arg(long, value_name = "VERSION")]
    to: Version,
    #[command(flatten)]
    pack: PackArgument,
}

impl Explain {
    pub(super) fn run(self, _streams: &mut Streams<'_>) -> Result<(), Failure> {
        Err(Failure::Usage("explain is unfinished".into()))
    }
}
