//! The report of who used which version for what.

use super::{Admin, answer::Answer, asked::AdminRequest};
use crate::observe::usage_writer;
use dateline_core::day::Day;
use http::StatusCode;

/// `/api/usage?since=2026-11-01`: who used which version for what since a day; the last thirty where it names none.
pub(super) fn usage(admin: &Admin, asked: &AdminRequest) -> Answer {
    let process = &admin.current.process;
    let mut since = None;
    for pair in asked.query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.strip_prefix("since=").map(str::parse::<Day>) {
            Some(Ok(day)) => since = Some(day),
            _ => return Answer::text(StatusCode::BAD_REQUEST, "this takes since=YYYY-MM-DD\n"),
        }
    }
    Answer::json(&usage_writer::answer(process.usage.as_deref(), &process.clock, since))
}
