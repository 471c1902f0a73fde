//! `/api/log-filter`: what is logged, and for how long.

use super::{Admin, answer::Answer, asked::AdminRequest};
use dateline_http::clock::unix;
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest that a temporary log filter may last, in seconds.
const LONGEST: u64 = 86_400;

/// Returns the filter in force, and the one that follows it.
pub(super) fn show(admin: &Admin, _: &AdminRequest) -> Answer {
    let Some(filter) = admin.current.log_filter() else { return none() };
    let in_force = filter.get();
    let then = in_force.then.map(|then| {
        let at = unix(then.at);
        json!({ "filter": then.text, "at": at })
    });
    Answer::json(&json!({ "filter": in_force.text, "then": then }))
}

/// Puts another filter in force: the body is the filter, or `{"filter": "debug", "seconds": 600}` for a time only.
pub(super) fn change(admin: &Admin, asked: &AdminRequest) -> Answer {
    let Some(filter) = admin.current.log_filter() else { return none() };
    let wanted = match wanted(&asked.body) {
        Ok(wanted) => wanted,
        Err(problem) => return refuse(problem),
    };
    let changed = match wanted.time {
        Some(time) => filter.set_for(&wanted.filter, time),
        None => filter.set(&wanted.filter),
    };
    match changed {
        Ok(()) => show(admin, asked),
        Err(problem) => refuse(&problem.to_string()),
    }
}

/// The contents of a request's body.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    filter: String,
    /// The time that the filter lasts, or `None` for a permanent one.
    time: Option<Duration>,
}

fn wanted(body: &[u8]) -> Result<Wanted, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "not UTF-8 text")?.trim();
    if !text.starts_with('{') {
        return match text {
            "" => Err("write a filter such as info,dateline=debug into the body"),
            _ => Ok(Wanted { filter: text.to_owned(), time: None }),
        };
    }
    let fields: Value = serde_json::from_str(text).map_err(|_| "neither a filter nor JSON")?;
    let known = |fields: &serde_json::Map<String, Value>| {
        fields.keys().all(|key| key == "filter" || key == "seconds")
    };
    if !fields.as_object().is_some_and(known) {
        return Err("the keys are filter and seconds");
    }
    let filter = fields["filter"].as_str().ok_or("filter is text")?.to_owned();
    let time = match &fields["seconds"] {
        Value::Null => None,
        seconds => match seconds.as_u64() {
            Some(seconds @ 1..=LONGEST) => Some(Duration::from_secs(seconds)),
            _ => return Err("seconds is a whole number from 1 to 86400"),
        },
    };
    Ok(Wanted { filter, time })
}

fn none() -> Answer {
    Answer::json(&json!({ "error": "the log of this process is not the gateway's" }))
        .at(StatusCode::NOT_FOUND)
}

fn refuse(problem: &str) -> Answer {
    Answer::json(&json!({ "error": problem })).at(StatusCode::BAD_REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_a_filter_or_says_for_how_long() {
        let filter = |text: &str, seconds: Option<u64>| {
            Ok(Wanted { filter: text.to_owned(), time: seconds.map(Duration::from_secs) })
        };
        assert_eq!(wanted(b"info,dateline=debug\n"), filter("info,dateline=debug", None));
        assert_eq!(wanted(br#"{"filter":"debug","seconds":600}"#), filter("debug", Some(600)));
        assert_eq!(wanted(br#" {"filter":"debug"}"#), filter("debug", None));
        for body in [
            &b""[..],
            b"\xff",
            b"{",
            b"{}",
            br#"{"filter":1}"#,
            br#"{"filter":"debug","seconds":0}"#,
            br#"{"filter":"debug","seconds":1.5}"#,
            br#"{"filter":"debug","seconds":86401}"#,
            br#"{"filter":"debug","for":1}"#,
        ] {
            assert!(wanted(body).is_err(), "{}", body.escape_ascii());
        }
    }
}
