//! The meaning of answers that Envoy says are its own: the upstream has not sent them.

use crate::proxy::error::Error;

/// The error that the gateway would have answered with, where this is not the upstream's answer nor one that somebody
/// has configured. `details` are Envoy's `response.code_details`.
pub(super) fn error(details: &str) -> Option<Error> {
    let (what, reason) = match details.split_once('{') {
        Some((what, reason)) => (what, reason.trim_end_matches('}')),
        None => (details, ""),
    };
    let cause = || format!("Envoy: {details}");
    match what {
        "no_healthy_upstream" | "cluster_not_found" | "maintenance_mode" => Some(Error::Unreachable(cause())),
        // The reason begins with one of Envoy's words, and may go on with the transport's.
        "upstream_reset_before_response_started" if before_it_was_sent(reason) => {
            Some(Error::Unreachable(cause()))
        }
        "upstream_reset_before_response_started" => Some(Error::UpstreamFailed(cause())),
        "upstream_response_timeout" | "upstream_per_try_timeout" | "response_timeout" => {
            Some(Error::UpstreamTimeout)
        }
        _ => None,
    }
}

fn before_it_was_sent(reason: &str) -> bool {
    ["remote_connection_failure", "local_connection_failure", "connection_timeout", "overflow"]
        .iter()
        .any(|word| reason.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_envoys_own_failures_are_errors() {
        let of = |details| error(details).map(|error| (error.status().as_u16(), error.outcome().as_str()));
        assert_eq!(of("via_upstream"), None);
        assert_eq!(of("direct_response"), None);
        assert_eq!(of("no_healthy_upstream"), Some((502, "not_sent")));
        assert_eq!(
            of(
                "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_111}"
            ),
            Some((502, "not_sent"))
        );
        assert_eq!(
            of("upstream_reset_before_response_started{connection_termination}"),
            Some((502, "unknown"))
        );
        assert_eq!(of("upstream_response_timeout"), Some((504, "unknown")));
    }
}
