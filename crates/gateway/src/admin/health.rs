//! The endpoints for load balancers and scripts.

use super::{Admin, answer::Answer, asked::AdminRequest};
use http::StatusCode;

/// `/healthz`: 200 while the process answers.
pub(super) fn alive(_: &Admin, _: &AdminRequest) -> Answer {
    Answer::text(StatusCode::OK, "ok\n")
}

/// `/readyz`: 503 from when it drains.
pub(super) fn ready(admin: &Admin, _: &AdminRequest) -> Answer {
    match admin.current.process.lifecycle.is_ready() {
        true => Answer::text(StatusCode::OK, "ready\n"),
        false => Answer::text(StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
    }
}

/// `/metrics`: for Prometheus.
pub(super) fn metrics(admin: &Admin, _: &AdminRequest) -> Answer {
    match admin.current.metrics() {
        Ok(text) => Answer::metrics(text),
        Err(error) => {
            tracing::error!(target: "dateline::gateway::admin", error = %error, "the metrics cannot be written");
            Answer::text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written: see the log\n")
        }
    }
}

/// `/reloads`: which configuration and pack are in force, and how the last reload went.
pub(super) fn reloads(admin: &Admin, _: &AdminRequest) -> Answer {
    Answer::json(&admin.current.status())
}
