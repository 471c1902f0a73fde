//! Attacks and failures: what must happen, row by row. A test's name carries the number of its row in `docs/security.md`.

mod answer_heads;
mod answers;
mod caching;
mod codings;
mod codings_broken;
mod codings_down;
mod codings_up;
mod cross_origin;
mod documented;
mod drain;
mod ends;
mod error_shape;
mod framing_down;
mod framing_up;
mod half_close;
mod headers;
mod http2;
mod http2_messages;
mod json;
mod limits;
mod lingering;
mod log_reader;
mod lost;
mod memory;
mod methods;
mod other_version;
mod paths;
#[cfg(unix)]
mod reload;
mod resting;
mod retries;
pub(crate) mod secrets;
mod sort_values;
mod stopping;
mod targets;
mod timeouts;
mod tls;
mod truncation;
mod unasked;
mod unread_bodies;
mod waiting;

use crate::wire::support;
