//! The configuration: a TOML file and environment variables.
//!
//! Later layers win: the defaults, then the file, then every variable whose name begins with `DATELINE_` and has `__`
//! between levels (`DATELINE_UPSTREAM__URL` is `upstream.url`). figment merges the layers and remembers where each value
//! came from. `keys.rs` says everything about each key.
//!
//! All mistakes are reported at once, each with its key and its place:
//!
//! ```
//! use dateline_gateway::Config;
//!
//! let variables = [("DATELINE_UPSTREAM__URL", "api.example.com"), ("DATELINE_PINS__DEFALT", "2025-01-01")];
//! let mistakes = Config::load_from(None, variables).unwrap_err();
//! assert_eq!(mistakes.len(), 2);
//! ```

mod differences;
mod environment;
mod error;
mod fields;
mod file;
mod form;
mod items;
mod key;
mod keys;
mod load;
mod log_filter;
mod lost;
mod meant;
mod pack;
mod paths;
mod policy;
mod reference;
mod schema;
mod types;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use differences::needs_restart;
pub use environment::ADMIN_TOKEN;
pub use error::{ConfigError, Origin, Problem, Warning, report};
pub use fields::fields;
pub use form::origin;
pub use keys::{
    Admin, Config, Limits, Listen, Log, Pins, Record, Reload, Requests, Responses, Telemetry, Timeouts,
    Transforms, Upstream, Usage, Verify,
};
pub use load::Reading;
pub(crate) use log_filter::parse_filter;
pub use lost::Removals;
pub(crate) use paths::PathPosition;
pub use paths::{NotAPath, Paths};
pub use reference::{NotAKey, Reference};
pub use schema::schema;
pub use types::{LogFields, LogFormat, Origins, OtlpProtocol, Propagate, Sample};
