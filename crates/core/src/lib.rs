//! Dateline: a reverse proxy that gives every client of a dated HTTP JSON API the version it pinned.
//!
//! # The life of a request
//!
//! ```text
//! listener -> layers -> handler:
//!   pin            which version does this client speak?      header, then the client's pin, then the default
//!   route          which operation is it?                     method and path
//!   plan           what changes between pin and upstream?     compiled once, kept; often: nothing
//!   translate      query and body                             client's version -> upstream's
//!   upstream       pooled connections, timeouts
//!   translate      the body of a 2xx answer in JSON           upstream's version -> client's
//! -> client, with the version it pinned
//! ```
//!
//! The request path is a straight line of plain calls, in `gateway/handler.rs`; each returns a typed value.
//!
//! # The map
//!
//! | module | is | knows nothing of |
//! |---|---|---|
//! | [`dateline_gateway::observe::built`] | of what this program was built | the rest |
//! | [`version`], [`day`] | a dated version and its order; a day in UTC | the rest |
//! | [`json`] | a validating scanner, spans, a writer; decimal arithmetic on text | the rest |
//! | [`form`] | `name=value` pairs as text | the rest, but for names |
//! | [`step`] | the closed list of steps, both directions and the losses of each | packs, plans, the network |
//! | `authored` | TOML as people write it: values with their places, and mistakes | the rest, but for fields |
//! | [`pack`] | TOML as authored -> checked, with diagnostics | plans, the network |
//! | [`plan`] | (operation, client's version, upstream's version) -> [`plan::Plan`] | the network |
//! | [`translate`] | a plan run on a query or a body | the network |
//! | [`error_names`] | the upstream's errors in the client's words | the network |
//! | [`compare`] | two documents: whether they are the same, where not, and what a loss excuses | the network |
//! | [`upgrade`] | what another version would change for a client of an operation, by example | the network |
//! | [`check`] | a pack held to its examples and to the laws | the network |
//! | [`dateline_gateway::capture::format`] | exchanges as plain files, without secrets | packs, plans, the network |
//! | [`dateline::replay::engine`] | what recordings say about another version or another pack | the network |
//! | [`dateline_http::policy`] | who speaks which version, and what an inexact translation comes to, as values | the network |
//! | [`dateline_http::pin`], [`route`] | headers and policy -> pin; method and path -> operation | plans, the network |
//! | `usage` | how often who used which version, kept in a file | the network |
//! | [`dateline_gateway::config`], [`dateline_gateway::log`] | the configuration, as written -> as usable; where the log goes | the gateway |
//! | `gateway` | listener, handler, upstream, admin | how packs are written |
//! | `sandbox` | a stand-in for the built-in pack's API | packs, plans, steps |
//! | [`dateline`] | one file a command | |
//!
//! The core is pure: without the feature `serve` there is no network and no async in it.
//!
//! ```
//! use dateline_core::{pack::Pack, plan::Plan, translate};
//!
//! let pack = Pack::embedded()?;
//! let list = pack.find("GET /plans").unwrap();
//! let plan = Plan::compile(&pack, list, "2025-01-01".parse()?, "2026-07-01".parse()?);
//!
//! assert_eq!(translate::query(&plan, "company_id=biz_x&first=2").output, "account_id=biz_x&first=2");
//! let answer = translate::response_body(&plan, br#"{"data":[{"id":"plan_x","account":null}]}"#)?;
//! assert_eq!(answer.output, br#"{"data":[{"id":"plan_x","company":null}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authored;
pub mod check;
pub mod compare;
pub mod day;
pub mod error_names;
pub mod form;
pub mod json;
pub mod pack;
pub mod plan;
pub mod route;
pub mod step;
pub mod translate;
pub mod upgrade;
pub mod version;

pub use version::Version;
