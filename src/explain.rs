//! `dateline explain`: a plan in words, the code of a mistake, or a key of the configuration.

use std::str::FromStr;

use clap::Args;

use super::{Failure, PackArgument, Streams, known_version, operation::Operation};
use dateline_core::{Version, pack::Code, plan::Words};
use dateline_gateway::config::Reference;

/// Explain what happens to an operation between two versions, what a mistake's code means, or a key
///
/// Prints the plan: each change in order, what it does to which path, and what can be lost. With a code such as P09,
/// prints what kind of mistake in a pack it stands for and how to fix it, with an example. With a key of the configuration
/// such as timeouts.drain, prints what it does, its default and its values.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What a client from before dated versions sends and gets, before an upstream at 2026-07-01:
    dateline explain --operation \"GET /referrals/businesses/{id}\" --from 2025-01-01 --to 2026-07-01
  The other way round, a new client before an old upstream:
    dateline explain --operation \"GET /referrals/businesses/{id}\" --from 2026-07-01 --to 2025-01-01
  What `error[P09]` of `dateline check` means:
    dateline explain P09
  What a key of the configuration does:
    dateline explain timeouts.drain")]
pub(super) struct Explain {
    /// The code of a mistake in a pack, as `dateline check` prints it, or a key of the configuration
    #[arg(value_name = "CODE|KEY", conflicts_with_all = ["operation", "from", "to"])]
    subject: Option<Subject>,
    /// The operation: a method and a path, with parameters in braces or filled in
    #[arg(long, value_name = "OPERATION", required_unless_present = "subject")]
    operation: Option<Operation>,
    /// The version that the client speaks
    #[arg(long, value_name = "VERSION", required_unless_present = "subject")]
    from: Option<Version>,
    /// The version that the upstream is spoken to at
    #[arg(long, value_name = "VERSION", required_unless_present = "subject")]
    to: Option<Version>,
    #[command(flatten)]
    pack: PackArgument,
}

/// The subject of an explanation that needs no pack.
#[derive(Debug, Clone)]
enum Subject {
    Code(Code),
    Key(Reference),
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = match text.parse() {
            Ok(code) => return Ok(Subject::Code(code)),
            Err(not_a_code) => not_a_code,
        };
        text.parse().map(Subject::Key).map_err(|not_a_key| format!("{code}; and {not_a_key}"))
    }
}

impl Explain {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        match self.subject {
            Some(Subject::Code(code)) => return Ok(writeln!(streams.output, "{}", code.explanation())?),
            Some(Subject::Key(key)) => return Ok(write!(streams.output, "{key}")?),
            None => {}
        }
        let (Some(operation), Some(client), Some(upstream)) = (self.operation, self.from, self.to) else {
            return Err(Failure::Usage("name a code, a key, or an operation and two versions".to_owned()));
        };
        let pack = self.pack.load()?;
        let (client, upstream) = (known_version(&pack, client)?, known_version(&pack, upstream)?);
        let operation = operation.find(&pack)?;
        Ok(write!(streams.output, "{}", Words::new(&pack, operation, client, upstream))?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::run;
    use std::process::ExitCode;

    fn explain(operation: &str, from: &str, to: &str) -> String {
        let outcome = run(&["explain", "--operation", operation, "--from", from, "--to", to], b"");
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::SUCCESS, ""));
        outcome.output().to_owned()
    }

    #[test]
    fn both_halves_are_told_in_the_order_in_which_they_happen() {
        insta::assert_snapshot!(explain("GET /referrals/businesses", "2025-01-01", "2026-07-01"), @r#"
        GET /referrals/businesses, client at 2025-01-01, upstream at 2026-07-01

        The request goes from 2025-01-01 to 2026-07-01:
          query
            2026-06-20: Sort referrals by the groups
              map values of order: processing_volume -> volume_usd, total_earnings -> earnings_usd
            can be lost:
              order unconverted, if the value has an undocumented form

        The response comes back from 2026-07-01 to 2025-01-01:
          response $.data[*]
            2026-06-20: Group referral volume and earnings
              restore referred_by_account_id = null where absent
              restore currency = "usd" where absent: the _usd suffix of the amounts
              convert earnings_usd.completed: decimal -> number
              move earnings_usd.completed to completed_payout
              convert earnings_usd.pending: decimal -> number
              move earnings_usd.pending to pending_payout
              convert earnings_usd.total: decimal -> number
              move earnings_usd.total to total_earnings
              drop volume_usd.awaiting_settlement
              drop volume_usd.settled
              convert volume_usd.attributed: decimal -> number
              move volume_usd.attributed to processing_volume
            can be lost:
              referred_by_account_id made-up, always
              earnings_usd.completed unconverted, if the value has an undocumented form
              earnings_usd dropped, if it is null: what it would have is null then
              completed_payout dropped, if the object also has a field of the other version
              earnings_usd.pending unconverted, if the value has an undocumented form
              pending_payout dropped, if the object also has a field of the other version
              earnings_usd.total unconverted, if the value has an undocumented form
              total_earnings dropped, if the object also has a field of the other version
              volume_usd.awaiting_settlement dropped, if the way back would not restore it
              volume_usd.settled dropped, if the way back would not restore it
              volume_usd.attributed unconverted, if the value has an undocumented form
              volume_usd dropped, if it is null: what it would have is null then
              processing_volume dropped, if the object also has a field of the other version
        "#);
    }

    #[test]
    fn a_code_is_explained() {
        let outcome = run(&["explain", "p13"], b"");
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::SUCCESS, ""));
        assert!(outcome.output().starts_with("## P13: something that"), "{}", outcome.output());
    }

    #[test]
    fn a_key_is_explained() {
        let outcome = run(&["explain", "timeouts.drain"], b"");
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::SUCCESS, ""));
        assert!(outcome.output().starts_with("timeouts.drain\n\nThe longest time"), "{}", outcome.output());
        let problem = "timeouts.drian".parse::<super::Subject>().unwrap_err();
        assert!(problem.ends_with("did you mean timeouts.drain?"), "{problem}");
    }

    #[test]
    fn what_passes_is_said_to_pass() {
        insta::assert_snapshot!(explain("POST /api/v1/referrals/partners", "2025-01-01", "2026-07-01"), @"
        POST /referrals/partners, client at 2025-01-01, upstream at 2026-07-01

        The request goes from 2025-01-01 to 2026-07-01: nothing changes, it passes byte for byte.

        The response comes back from 2026-07-01 to 2025-01-01: nothing changes, it passes byte for byte.
        ");
    }
}
