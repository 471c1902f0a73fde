//! `dateline translate`: one body from one version to another.

use clap::{Args, ValueEnum};

use super::{Failure, PackArgument, Streams, operation::Operation};
use crate::Version;

/// Translate a body from one version to another: standard input -> standard output
///
/// What the translation has to make up, drops or cannot convert is told on standard error. What no module of the
/// pack names comes out byte for byte as it went in.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  An answer of today, as a client from before dated versions sees it:
    dateline translate --operation \"GET /referrals/businesses/{id}\" --side response \\
      --from 2026-07-01 --to 2025-01-01 < answer.json
  What such a client sends, as the API sees it; a concrete path does as well:
    dateline translate --operation \"POST /plans\" --side request \\
      --from 2025-01-01 --to 2026-07-01 < body.json")]
pub(super) struct Translate {
    /// The operation: a method and a path, with parameters in braces or filled in
    #[arg(long, value_name = "OPERATION")]
    operation: Operation,
    /// Whether the body is a request's or a response's
    #[arg(long, value_enum)]
    side: Side,
    /// The version that the body is in
    #[arg(long, value_name = "VERSION")]
    from: Version,
    /// The version that it should be in
    #[arg(long, value_name = "VERSION")]
    to: Version,
    #[command(flatten)]
    pack: PackArgument,
}

/// A half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// The body that a client sends
    Request,
    /// The body that it gets
    Response,
}

impl Translate {
    pub(super) fn run(self, _streams: &mut Streams<'_>) -> Result<(), Failure> {
        Err(Failure::Usage("translate is unfinished".into()))
    }
}
