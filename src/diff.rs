//! `dateline diff`: what a client would see differently at another version.

use clap::{Args, ValueEnum};
use std::{fs, io::Read, path::PathBuf, sync::Arc};

use super::{Failure, PackArgument, Streams, known_version, operation::Operation, translate::media};
use dateline_core::{
    Version,
    check::Examples,
    compare::Place,
    pack::{OperationId, Pack, Part},
    upgrade::Upgrade,
};

/// Simulate an upgrade: what a client would send and see differently at another version
///
/// Shows field by field what is renamed, moved, converted, new or gone between two versions, with its value on both
/// sides and the change of the pack that does it. FILE is a response, or with `--side request` a request's body or
/// query, as a client at --from has it. Without FILE the pack's own examples are shown, requests included. A downgrade
/// is shown like an upgrade.
///
/// The exit code is 0 whether anything differs or not; with `--exit-code` it is 1 if something differs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What a client from before dated versions would see at the newest, by the pack's examples:
    dateline diff --operation \"GET /referrals/businesses/{id}\" --from 2025-01-01 --to 2026-07-01
  The same of a response that such a client got, as JSON:
    dateline diff --operation \"GET /referrals/businesses/{id}\" --from 2025-01-01 --to 2026-07-01 \\
      answer.json --json
  What it would have to send; the query of a GET, the body of a POST:
    echo 'order=processing_volume' | dateline diff --operation \"GET /referrals/businesses\" \\
      --from 2025-01-01 --to 2026-07-01 --side request -")]
pub(super) struct Diff {
    /// The operation: a method and a path, with parameters in braces or filled in
    #[arg(long, value_name = "OPERATION")]
    operation: Operation,
    /// The version that the client speaks, and that FILE is in
    #[arg(long, value_name = "VERSION")]
    from: Version,
    /// The version that the client would speak
    #[arg(long, value_name = "VERSION")]
    to: Version,
    /// The side of the exchange [default: both; with FILE, response]
    #[arg(long, value_enum)]
    side: Option<DiffSide>,
    /// Print JSON instead of text; docs/diff.md describes its form
    #[arg(long)]
    json: bool,
    /// Exit with 1 if anything differs, as `git diff --exit-code` does
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    pack: PackArgument,
    /// A document of the version --from; - for standard input [default: the pack's examples]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffSide {
    /// The request that a client sends
    Request,
    /// The response that it gets
    Response,
}

impl Diff {
    pub(super) fn run(mut self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let pack = Arc::new(self.pack.load()?);
        (self.from, self.to) = (known_version(&pack, self.from)?, known_version(&pack, self.to)?);
        let operation = self.operation.find(&pack)?;
        let upgrade = match &self.file {
            Some(_) => self.of_document(&pack, operation, streams)?,
            None => {
                let parts: &[Part] = match self.side {
                    None => &pack.parts(operation),
                    Some(DiffSide::Request) => &[Part::Query, Part::Body, Part::Request],
                    Some(DiffSide::Response) => {
                        &[vec![Part::Response, Part::Answer], pack.error_parts(operation)].concat()
                    }
                };
                Upgrade::by_examples(&Examples::new(pack), operation, parts, self.from, self.to)
            }
        };
        match self.json {
            true => streams.json(&upgrade)?,
            false => write!(streams.output, "{upgrade}")?,
        }
        if self.exit_code && upgrade.differs() { Err(Failure::Reported) } else { Ok(()) }
    }

    fn of_document(
        &self,
        pack: &Pack,
        operation: OperationId,
        streams: &mut Streams<'_>,
    ) -> Result<Upgrade, Failure> {
        let document = self.read(streams)?;
        let address = pack.address(operation, self.from);
        let takes_body = address.is_some_and(|address| !matches!(&*address.method, "GET" | "DELETE"));
        let (place, document) = match self.side {
            None | Some(DiffSide::Response) => (Place::new(operation, Part::Response), &*document),
            Some(DiffSide::Request) if takes_body => {
                let place = Place { media: media(document.as_bytes()), ..Place::new(operation, Part::Body) };
                (place, document.trim_end_matches(['\r', '\n']))
            }
            Some(DiffSide::Request) => {
                let query = document.trim_end_matches(['\r', '\n']);
                (Place::new(operation, Part::Query), query.strip_prefix('?').unwrap_or(query))
            }
        };
        Upgrade::of_document(pack, place, self.from, self.to, document)
            .map_err(|problem| Failure::Input(problem.to_string()))
    }

    fn read(&self, streams: &mut Streams<'_>) -> Result<String, Failure> {
        let file = self.file.as_deref().filter(|file| file.as_os_str() != "-");
        let mut text = Vec::new();
        let read = match file {
            Some(file) => fs::File::open(file).and_then(|mut file| file.read_to_end(&mut text)),
            None => streams.input.read_to_end(&mut text),
        };
        let name = file.map_or("standard input".into(), |file| file.display().to_string());
        read.map_err(|problem| Failure::Input(format!("cannot read {name}: {problem}")))?;
        String::from_utf8(text).map_err(|_| Failure::Input(format!("{name} is not UTF-8 text")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Outcome, run};
    use serde_json::Value;
    use std::process::ExitCode;

    fn diff(operation: &str, from: &str, to: &str, more: &[&str], input: &str) -> Outcome {
        let arguments = [&["diff", "--operation", operation, "--from", from, "--to", to], more].concat();
        run(&arguments, input.as_bytes())
    }

    #[track_caller]
    fn told(operation: &str, from: &str, to: &str, more: &[&str], input: &str) -> String {
        let outcome = diff(operation, from, to, more, input);
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::SUCCESS, ""));
        outcome.output().to_owned()
    }

    #[test]
    fn an_upgrade_is_told_by_the_packs_examples() {
        insta::assert_snapshot!(told("GET /referrals/businesses", "2025-01-01", "2026-07-01", &[], ""));
        insta::assert_snapshot!(told(
            "GET /referrals/businesses/earnings",
            "2026-07-01",
            "2025-01-01",
            &[],
            ""
        ));
        insta::assert_snapshot!(told("PATCH /users/me", "2025-01-01", "2026-07-01", &[], ""));
        insta::assert_snapshot!(told("POST /referrals/partners", "2025-01-01", "2026-07-01", &[], ""));
        let response =
            told("GET /referrals/businesses", "2025-01-01", "2026-07-01", &["--side", "response"], "");
        assert!(response.contains("8 differences: 8 in the response.") && !response.contains("The query"));
    }

    #[test]
    fn a_document_is_told_as_it_is() {
        let list = r#"{"data":[{"processing_volume":11050.0,"currency":"eur"},{"processing_volume":"odd"}]}"#;
        insta::assert_snapshot!(told("GET /referrals/businesses", "2025-01-01", "2026-07-01", &["-"], list));
        let request = ["--side", "request", "-"];
        let told = |operation, input| told(operation, "2025-01-01", "2026-07-01", &request, input);
        let query = told("GET /referrals/businesses", "?order=processing_volume&first=2\n");
        assert!(query.contains("`order` \"processing_volume\" becomes \"volume_usd\"\n"), "{query}");
        for body in ["company_id=biz_1&x=2\n", "{\"company_id\":\"biz_1\",\"x\":2}\n"] {
            let body = told("POST /plans", body);
            assert!(body.contains("`company_id` \"biz_1\" is called `account_id`\n"), "{body}");
            assert!(body.contains("1 difference: 1 renamed; 1 value stays as it is.\n"), "{body}");
        }
    }

    #[test]
    fn the_json_has_the_documented_form() {
        let list = r#"{"data":[{"processing_volume":11050.0}]}"#;
        let text = told("GET /referrals/businesses", "2025-01-01", "2026-07-01", &["--json", "-"], list);
        insta::assert_snapshot!(text);
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            json["parts"][0]["changes"][0]["old"].to_string(),
            "11050.0",
            "digits stay as they are written"
        );
    }

    #[test]
    fn whether_it_differs_is_an_exit_code_for_those_who_ask() {
        let code = |to, more: &[&str]| diff("GET /plans", "2025-01-01", to, more, "").code;
        assert_eq!(code("2026-07-01", &["--exit-code"]), ExitCode::from(1));
        assert_eq!(code("2026-07-01", &[]), ExitCode::SUCCESS);
        assert_eq!(code("2026-06-08", &["--exit-code"]), ExitCode::SUCCESS);
    }

    #[test]
    fn what_does_not_fit_is_1_and_what_is_unknown_2() {
        let problem = |to, more: &[&str], input| {
            let outcome = diff("GET /plans", "2025-01-01", to, more, input);
            (outcome.code, outcome.notes)
        };
        let (code, notes) = problem("2026-07-01", &["-"], "{\"data\":");
        assert_eq!(notes, "dateline: the body cannot be translated: the document is cut short at byte 8\n");
        assert_eq!(code, ExitCode::from(1));
        let (code, notes) = problem("2026-07-01", &["no-such-file"], "");
        assert!(notes.starts_with("dateline: cannot read no-such-file: "), "{notes}");
        assert_eq!(code, ExitCode::from(1));
        assert_eq!(problem("2026-07-02", &[], "").0, ExitCode::from(2));
    }
}
