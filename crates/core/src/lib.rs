//! The core of Dateline, a reverse proxy that gives every client of a dated HTTP JSON API the version it pinned.
//!
//! A [`Pack`](pack::Pack) describes an API: its operations, its resources, and what changed in each version. A
//! [`Plan`](plan::Plan) is what has to be done for one operation between two versions. [`translate`] runs it on a query or
//! a body:
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
//!
//! Nothing here knows a network, is async or reads a configuration; only `Pack::load` reads files. Text is worked on as text: what no step names keeps its
//! bytes, and decimal text never becomes binary floating point.
//!
//! # The map
//!
//! | module | is |
//! |---|---|
//! | [`version`], [`day`] | the label of a version, and the schemes that put labels in order; a day in UTC |
//! | [`alike`] | the known name that a wrong one comes closest to |
//! | [`json`] | a validating scanner, spans, a writer; decimal arithmetic on text |
//! | [`form`] | `name=value` pairs as text |
//! | [`step`] | the closed list of steps, and the effects that they come down to |
//! | `authored` | TOML as people write it: values with their places, and mistakes |
//! | [`pack`] | a pack of version modules, read and checked |
//! | [`plan`] | (operation, client's version, upstream's version) to a plan |
//! | [`translate`] | a plan run on a query or a body |
//! | [`error_names`] | the upstream's errors in the client's words |
//! | [`route`] | method and path to operation |
//! | [`compare`] | two documents: whether they are the same, where not, and what a loss excuses |
//! | [`upgrade`] | what another version would change for a client of an operation, by example |
//! | [`check`] | a pack held to its examples and to the laws |
//!
//! `docs/architecture.md` has the map of all crates, `docs/concepts.md` explains the words.

pub mod alike;
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
