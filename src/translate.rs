//! `dateline translate`: one body from one version to another.

use clap::{Args, ValueEnum};

use super::{Failure, PackArgument, Streams, known_version, operation::Operation};
use dateline_core::{
    Version, form,
    json::Scanner,
    pack::{OperationId, Pack, Part, Unsaid, UnsaidScope},
    plan::Plan,
    step::Losses,
    translate::{
        CrossingRequest, Media, Translated, Untranslatable, crosses, error_body, message_document,
        request_body, response_body,
    },
};
use serde_json::Value;

/// Translate a body from one version to another: standard input -> standard output
///
/// Values that the translation makes up, drops or cannot convert are reported on standard error. Text that no module of
/// the pack names comes out byte for byte as it went in, and nothing is added at the end. A request that a gateway would
/// refuse is told with the reason, and the exit code is 1.
///
/// The body of a request is read as JSON if it looks like it, and as a form otherwise. --content-type has it read as a
/// gateway reads it under that media type. Queries are translated only as a part of a whole request (--whole); `dateline
/// explain` shows what happens to them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A response of today, as a client from before dated versions sees it:
    dateline translate --operation \"GET /referrals/businesses/{id}\" --side response \\
      --from 2026-07-01 --to 2025-01-01 < answer.json
  What such a client sends, as the upstream sees it; a concrete path does as well:
    dateline translate --operation \"POST /plans\" --side request \\
      --from 2025-01-01 --to 2026-07-01 < body.json")]
pub(super) struct Translate {
    /// The operation: a method and a path, with parameters in braces or filled in
    #[arg(long, value_name = "OPERATION")]
    operation: Operation,
    /// The side that the body belongs to
    #[arg(long, value_enum)]
    side: Side,
    /// The version that the body is in
    #[arg(long, value_name = "VERSION")]
    from: Version,
    /// The version that it should be in
    #[arg(long, value_name = "VERSION")]
    to: Version,
    /// The Content-Type of a request's body, such as "multipart/form-data; boundary=x"
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// The input is the whole request or response, a JSON document with its places: {"query":{…},"header":{…},"body":…}.
    /// It is for changes of an `operation`
    #[arg(long, conflicts_with = "content_type")]
    whole: bool,
    /// The input is an error of the API with this status
    #[arg(long, conflicts_with = "whole", value_parser = clap::value_parser!(u16).range(400..=599))]
    status: Option<u16>,
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

impl Side {
    /// The whole message of this side.
    fn message(self) -> Part {
        match self {
            Side::Request => Part::Request,
            Side::Response => Part::Answer,
        }
    }

    /// A whole message as a document.
    fn document(self) -> &'static str {
        match self {
            Side::Request => r#"{"query":{"name":"value"},"header":{"X-Name":"value"},"body":{}}"#,
            Side::Response => r#"{"status":200,"header":{"X-Name":"value"},"body":{}}"#,
        }
    }
}

impl Translate {
    pub(super) fn run(mut self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let pack = self.pack.load()?;
        (self.from, self.to) = (known_version(&pack, self.from)?, known_version(&pack, self.to)?);
        let operation = self.operation.find(&pack)?;
        let mut body = Vec::new();
        streams
            .input
            .read_to_end(&mut body)
            .map_err(|problem| Failure::Input(format!("cannot read the body: {problem}")))?;
        let (client, upstream) = match self.side {
            Side::Request => (self.from, self.to),
            Side::Response => (self.to, self.from),
        };
        let plan = Plan::compile(&pack, operation, client, upstream);
        let part = self.side.message();
        let error = self.error()?;
        if error.is_none() {
            self.check_whole(&plan)?;
        }
        let translated = match self.side {
            _ if let Some(status) = error => error_body(&plan, status, &body),
            _ if self.whole => message_document(&plan, part, &body),
            Side::Request => {
                let told = self.content_type.as_ref().map(|told| Media::of(Some(told.as_bytes())));
                request_body(&plan, told.unwrap_or_else(|| media(&body)), &body)
            }
            Side::Response => response_body(&plan, &body),
        };
        let Translated { output, losses } =
            translated.map_err(|problem: Untranslatable| Failure::Input(problem.to_string()))?;
        streams.output.write_all(&output)?;
        for told in self.unsaid(&pack, operation, (client, upstream), &body) {
            let _ = writeln!(streams.notes, "{told}");
        }
        for lost in losses.iter() {
            let times = if lost.count > 1 { format!(", {} times", lost.count) } else { String::new() };
            // Where standard error is closed, the body is what was asked for.
            let _ = writeln!(streams.notes, "{} {}{times}", lost.field, lost.kind);
        }
        match self.side {
            Side::Request => would_go_up(&losses),
            Side::Response => Ok(()),
        }
    }
}

impl Translate {
    /// The status of the input, if it is an error.
    fn error(&self) -> Result<Option<u16>, Failure> {
        match (self.side, self.status) {
            (Side::Request, Some(_)) => {
                Err(Failure::Usage("a request has no --status: an error is a response".into()))
            }
            (_, status) => Ok(status),
        }
    }

    /// The unsaid changes that the input crosses, and those that it may cross, with the condition.
    fn unsaid(
        &self,
        pack: &Pack,
        operation: OperationId,
        (client, upstream): (Version, Version),
        input: &[u8],
    ) -> Vec<String> {
        let whole: Value =
            if self.whole { serde_json::from_slice(input).unwrap_or_default() } else { Value::Null };
        let query = whole.get("query").map(form::of_value);
        let body = match (self.side, &self.content_type) {
            (Side::Response, _) => None,
            (Side::Request, _) if self.whole => {
                let body = whole.get("body").map(|body| body.to_string().into_bytes());
                Some((Media::Json, body.unwrap_or_default()))
            }
            (Side::Request, Some(told)) => Some((Media::of(Some(told.as_bytes())), input.to_vec())),
            (Side::Request, None) => Some((media(input), input.to_vec())),
        };
        let body = body.as_ref().map(|(media, body)| (*media, &**body));
        let told = |(version, unsaid): (Version, &Unsaid)| {
            let name = unsaid.loss_name();
            let of_other_side = unsaid.scope.part.is_some_and(|part| part != self.side.message());
            let plan = Plan::compile(pack, operation, client, pack.beside(version, client));
            let request = CrossingRequest { query: query.as_deref(), body };
            // Without the whole request nobody knows its query.
            let is_open = !self.whole && unsaid.scope.depends_on_request();
            match crosses(unsaid, Some(&plan), request) {
                _ if of_other_side => None,
                Some(true) => Some(format!("{name} unsaid")),
                Some(false) if !is_open || !asks_query(unsaid) && self.side == Side::Request => None,
                Some(false) | None => Some(format!("{name} unsaid, in {}", unsaid.scope)),
            }
        };
        pack.unsaid(operation, client, upstream).filter_map(told).collect()
    }

    /// Checks that the input is the whole message where values of it move, and the body alone where only that changes.
    fn check_whole(&self, plan: &Plan) -> Result<(), Failure> {
        let part = self.side.message();
        let changes_alone = match self.side {
            Side::Request => plan.translates_request_body() || plan.translates_query(),
            Side::Response => plan.translates_response(),
        };
        let (message, from, to) =
            (if part.is_of_response() { "response" } else { "request" }, self.from, self.to);
        match (self.whole, plan.moves(part)) {
            (false, true) => Err(Failure::Usage(format!(
                "values of the {message} move between its places from {from} to {to}: give all of it with --whole, as \
                 `{}`",
                self.side.document()
            ))),
            (true, false) if changes_alone => Err(Failure::Usage(format!(
                "no change from {from} to {to} is of the whole {message}: give its body alone, without --whole"
            ))),
            _ => Ok(()),
        }
    }
}

/// Checks that a gateway sends the translated request to the upstream.
fn would_go_up(losses: &Losses) -> Result<(), Failure> {
    let problem = if losses.misplaced().next().is_some() {
        Untranslatable::Misplaced(losses.only_misplaced())
    } else if losses.refused().next().is_some() {
        Untranslatable::Several(losses.only_refused())
    } else {
        return Ok(());
    };
    Err(Failure::Input(format!(
        "a gateway refuses this request with 400 unexpected_shape, and sends nothing: {problem}"
    )))
}

/// Tells whether the query of a request may decide that it crosses a change.
fn asks_query(unsaid: &Unsaid) -> bool {
    let UnsaidScope { parameters, .. } = &unsaid.scope;
    parameters.is_empty() || parameters.iter().any(|parameter| parameter.part == Part::Query)
}

/// Guesses the media type of a request's body: text that begins like an object, an array or a string is JSON, and so is
/// text that is JSON as a whole. All else is a form.
pub(super) fn media(body: &[u8]) -> Media {
    let is_json = || {
        let mut scanner = Scanner::new(body);
        scanner.space();
        scanner.value().is_ok() && scanner.end().is_ok()
    };
    match body.trim_ascii_start() {
        [b'{' | b'[' | b'"', ..] => Media::Json,
        _ if is_json() => Media::Json,
        _ => Media::Form,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Outcome, run};
    use std::process::ExitCode;

    #[track_caller]
    fn translate(operation: &str, side: &str, [from, to]: [&str; 2], body: &str) -> Outcome {
        let arguments = ["translate", "--operation", operation, "--side", side, "--from", from, "--to", to];
        run(&arguments, body.as_bytes())
    }

    #[track_caller]
    fn check(operation: &str, side: &str, versions: [&str; 2], body: &str, output: &str, notes: &str) {
        let outcome = translate(operation, side, versions, body);
        assert_eq!((outcome.output(), &*outcome.notes), (output, notes), "{body}");
        assert_eq!(outcome.code, ExitCode::SUCCESS);
    }

    const UP: [&str; 2] = ["2025-01-01", "2026-07-01"];
    const DOWN: [&str; 2] = ["2026-07-01", "2025-01-01"];

    #[test]
    fn a_response_goes_either_way_and_losses_are_told() {
        let operation = "GET /referrals/businesses/bref_1";
        let new = r#"{ "volume_usd" : {"attributed":"11050.00","settled":"10800.00","awaiting_settlement":"250.00"} }"#;
        let old =
            r#"{ "processing_volume" : 11050.00 , "referred_by_account_id" : null, "currency" : "usd" }"#;
        let outcome = translate(operation, "response", DOWN, new);
        assert_eq!(outcome.output().replace(' ', ""), old.replace(' ', ""));
        assert_eq!(
            outcome.notes,
            "referred_by_account_id made-up\nvolume_usd.awaiting_settlement dropped\nvolume_usd.settled dropped\n"
        );
        let old = r#"{"processing_volume":1,"currency":"usd","referred_by_account_id":null}"#;
        let new = r#"{"volume_usd":{"attributed":"1.00","settled":"1.00","awaiting_settlement":"0.00"}}"#;
        let notes = "volume_usd.awaiting_settlement made-up\nvolume_usd.settled made-up\n";
        check(operation, "response", UP, old, new, notes);
    }

    #[test]
    fn a_loss_in_many_objects_is_one_line() {
        let old = r#"{"data":[{"currency":"eur"},{"currency":"eur"}]}"#;
        let notes = "currency dropped, 2 times\n";
        check("GET /referrals/businesses/earnings", "response", UP, old, r#"{"data":[{},{}]}"#, notes);
    }

    #[test]
    fn a_request_is_json_or_a_form() {
        let check = |body, output| check("POST /api/v1/plans", "request", UP, body, output, "");
        check("{\"company_id\": \"b\"}\n", "{\"account_id\": \"b\"}\n");
        check("company_id=b&x=%20\n", "account_id=b&x=%20\n");
        check("", "");
        check(" null\n", " null\n");
    }

    #[test]
    fn row_14_1c_a_request_is_read_as_its_label_says() {
        let run = |told: &str, body: &str| {
            let arguments =
                ["translate", "--operation", "POST /plans", "--side", "request", "--content-type", told];
            run(&[&arguments[..], &["--from", UP[0], "--to", UP[1]]].concat(), body.as_bytes())
        };
        let form = "--x\r\nContent-Disposition: form-data; name=\"company_id\"\r\n\r\nb\r\n--x--";
        assert_eq!(run("multipart/form-data; boundary=x", form).output(), form.replace("company", "account"));
        let patch = r#"[{"op":"remove","path":"/company_id"}]"#;
        assert_eq!(run("application/json-patch+json", patch).output(), patch.replace("company", "account"));
        assert_eq!(
            run("application/merge-patch+json", "{\"company_id\":null}").output(),
            "{\"account_id\":null}"
        );
        assert_eq!(run("text/plain", "{\"company_id\":1}").output(), "{\"account_id\":1}");
        let csv = run("text/csv", "company_id\n1\n");
        assert_eq!(csv.code, ExitCode::from(1));
        assert!(
            csv.notes.starts_with("dateline: the body is not JSON, and its Content-Type "),
            "{}",
            csv.notes
        );
    }

    #[test]
    fn without_a_plan_the_bytes_pass() {
        let odd = "\u{feff}not JSON{\r\n";
        check("POST /referrals/partners", "response", UP, odd, odd, "");
        check("GET /plans", "request", UP, odd, odd, "");
        check("GET /plans", "response", ["2026-06-09", "2026-07-01"], odd, odd, "");
        let arguments =
            "translate --operation GET_/users --side response --from 2025-01-01 --to 2026-07-01".split(' ');
        let arguments: Vec<String> = arguments.map(|word| word.replace('_', " ")).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_eq!(run(&arguments, b"\xff\xfe").output, b"\xff\xfe");
    }

    #[test]
    fn a_whole_message_of_which_only_the_body_changes_is_not_passed_as_it_is() {
        let whole = |side, versions: [&str; 2], text: &str| {
            let arguments = ["translate", "--operation", "GET /plans", "--side", side, "--whole"];
            run(&[&arguments[..], &["--from", versions[0], "--to", versions[1]]].concat(), text.as_bytes())
        };
        for (side, text) in [
            ("request", r#"{"query":{"company_id":"b"}}"#),
            ("response", r#"{"status":200,"body":{"data":[{"company":null}]}}"#),
        ] {
            let refused = whole(side, UP, text);
            let problem = format!(
                "dateline: no change from 2025-01-01 to 2026-07-01 is of the whole {side}: give its body alone, without \
                 --whole\n"
            );
            assert_eq!((refused.code, refused.output(), &*refused.notes), (ExitCode::from(2), "", &*problem));
        }
        let text = r#"{"query":{"company_id":"b"}}"#;
        assert_eq!(whole("request", ["2026-06-09", "2026-07-01"], text).output(), text);
    }

    #[test]
    fn a_body_that_does_not_fit_is_1() {
        for (body, problem) in [
            ("{\"company\":", "the document is cut short at byte 11"),
            ("<html>", "expected a value at byte 0"),
            ("{\"company\":1,\"company\":2}", "the key `company` occurs twice in one object at byte 13"),
        ] {
            let outcome = translate("GET /plans/{id}", "response", UP, body);
            assert_eq!(outcome.notes, format!("dateline: the body cannot be translated: {problem}\n"));
            assert_eq!((outcome.code, &*outcome.output), (ExitCode::from(1), &b""[..]));
        }
    }

    #[test]
    fn a_request_that_a_gateway_refuses_is_1() {
        let outcome = translate("POST /plans", "request", UP, "[1]");
        assert_eq!(outcome.output(), "[1]");
        let told = "dateline: a gateway refuses this request with 400 unexpected_shape, and sends nothing: a value is in \
                    place of an object that must be translated: $=unconverted\n";
        assert!(outcome.notes.ends_with(told), "{}", outcome.notes);
        assert_eq!(outcome.code, ExitCode::from(1));
    }

    #[test]
    fn unknown_versions_and_operations_are_2() {
        let outcome = translate("GET /plans", "response", ["2025-01-01", "2026-07-02"], "{}");
        let known = "2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01";
        assert_eq!(
            outcome.notes,
            format!(
                "dateline: the pack `whop` has no version 2026-07-02; it has {known}; did you mean 2026-07-01?\n"
            )
        );
        assert_eq!(outcome.code, ExitCode::from(2));
        let outcome = translate("GET /plan", "response", UP, "{}");
        assert_eq!(
            outcome.notes,
            "dateline: the pack `whop` has no operation `GET /plan`; did you mean `GET /plans`?\n"
        );
        assert_eq!(outcome.code, ExitCode::from(2));
    }
}
