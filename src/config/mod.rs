//! The configuration: a TOML file and environment variables, as written -> as usable.
//!
//! Later layers win: the defaults ([`Config::default`]), the file, then every `DATELINE_` variable with `__`
//! between levels (`DATELINE_UPSTREAM__URL` is `upstream.url`). figment merges the layers and remembers where each
//! value came from; `keys.rs` says what each key sets, `config/dateline.toml` shows every key with its default.
//!
//! All mistakes are reported at once, each with its key and its place:
//!
//! ```
//! use dateline::Config;
//!
//! let variables = [("DATELINE_UPSTREAM__URL", "api.example.com"), ("DATELINE_PINS__DEFALT", "2025-01-01")];
//! let mistakes = Config::load_from(None, variables).unwrap_err();
//! assert_eq!(mistakes.len(), 2);
//! ```

mod bounds;
mod client;
mod differences;
mod environment;
mod error;
#[cfg(feature = "serve")]
mod fields;
mod file;
mod keys;
mod load;
mod lost;
mod record;
mod retirement;
mod telemetry;
mod usable;
mod value;
mod verify;

#[cfg(test)]
mod tests;

pub use bounds::{Limits, Timeouts};
pub use environment::ADMIN_TOKEN;
pub use error::{ConfigError, Origin, Problem, Warning, report};
#[cfg(feature = "serve")]
pub(crate) use fields::fields;
pub use load::Reading;
pub use lost::Gone;
pub use record::Record;
pub use telemetry::{OtlpProtocol, Propagate, Sample, Telemetry};
pub use usable::{
    Admin, Config, Listen, Log, LogFields, LogFormat, Origins, Pins, Reload, Requests, Responses, Transforms,
    Upstream, Usage,
};
#[cfg(feature = "serve")]
pub(crate) use value::origin_of as origin;
pub use verify::Verify;
