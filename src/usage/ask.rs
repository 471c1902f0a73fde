//! Asks a running gateway, on its admin listener.

use std::{net::SocketAddr, time::Duration};

use http::StatusCode;
use serde_json::Value;

use crate::admin::{AdminRequest, line};
use dateline_core::day::Day;
use dateline_gateway::observe::usage::Report;

/// The longest wait for the whole response.
const LIMIT: Duration = Duration::from_secs(30);

/// A size that a year of usage does not reach.
const LONGEST: usize = 256 << 20;

/// Returns the usage that the gateway has kept since a day. An error's text is to follow "and".
pub(super) fn usage(address: SocketAddr, token: Option<&str>, since: Day) -> Result<Report, String> {
    let unreachable = |problem: &dyn std::fmt::Display| {
        format!("{address} (admin.address) does not answer as a gateway does: {problem}")
    };
    let path = format!("/api/usage?since={since}");
    let question = AdminRequest { address, path: &path, token, limit: LIMIT, longest: LONGEST };
    let (status, body) = question.ask().map_err(|error| unreachable(&error))?;
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let how = "the token goes into DATELINE_ADMIN_TOKEN or --token-file";
            return Err(format!("the gateway at {address} refuses: {}; {how}", line(&body)));
        }
        other => return Err(unreachable(&other)),
    }
    let answer: Value = serde_json::from_slice(&body).map_err(|error| unreachable(&error))?;
    if let Some(report) = Report::from_json(&answer["usage"]) {
        return Ok(report);
    }
    match (answer["error"].as_str(), answer["store"]["state"].as_str()) {
        (Some(error), _) => Err(format!("the gateway at {address} cannot read it: {error}")),
        (None, Some("off")) => Err(format!("the gateway at {address} is another: it keeps no usage")),
        _ => Err(unreachable(&"the response is not a usage report")),
    }
}
