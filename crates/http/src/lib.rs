//! Dateline in process: a service of one version, and clients of every version of its API.
//!
//! This crate is for servers that own their API. [`TranslateLayer`] is a `tower` layer around such a server, whether it is
//! written with axum, tonic or hyper alone. The server speaks the newest version of its API only. The layer reads a
//! [pack](dateline_core::pack::Pack) of version modules, and gives every client the version that it asks for or is pinned
//! to. It does what the gateway does, with the same pack and the same bytes, without another process.
//!
//! ```
//! use dateline_core::pack::Pack;
//! use dateline_http::{TranslateLayer, policy::Policy};
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let pack = Pack::embedded()?;
//! assert!(pack.find("GET /plans/{id}").is_some(), "the pack knows the operation");
//!
//! // The service speaks the newest version, in which a plan has an account.
//! let service = service_fn(|_request| async {
//!     let body = r#"{"id":"plan_x","account":null}"#;
//!     Response::builder().header("content-type", "application/json").body(Full::from(body))
//! });
//! let service = TranslateLayer::new(pack, &Policy::default())?.layer(service);
//!
//! // In 2025-01-01 an account was a company.
//! let request = Request::get("/api/v1/plans/plan_x").header("api-version-date", "2025-01-01");
//! let answer = service.oneshot(request.body(Full::default())?).await?;
//! assert_eq!(answer.headers()["api-version-date"], "2025-01-01");
//! assert_eq!(answer.into_body().collect().await?.to_bytes(), r#"{"id":"plan_x","company":null}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`policy`] has what can be chosen: the default version, clients and their pins, what happens to losses, and versions
//! that are retired. [`Limits`] says how much of a body is read. The repository has a page about all of it,
//! `docs/in-process.md`, and a server to try, `cargo run -p dateline-http --example axum`.
//!
//! A refusal is among the extensions of the answer that it made, as `Arc<Refusal>`: a layer around this one can log
//! [its cause](exchange::Refusal::cause).
//!
//! # For another transport
//!
//! The layer and the gateway are made of the same parts, which know no socket, no async runtime and no configuration
//! file. [`exchange::Exchanges`] decides what a request is, and an [`exchange::Exchange`] says what becomes of the heads
//! and bodies on both ways. The caller moves the bytes.
//!
//! | module | is |
//! |---|---|
//! | [`policy`] | what an API's owner decides, as values |
//! | [`pin`] | which version a client speaks |
//! | [`exchange`] | what one request and its answer become |
//! | [`coding`] | content codings: which are accepted, which a body has, and whether the caller decodes |
//! | [`outcome`] | whether the server has acted on a request that was answered in its place |
//! | [`fields`] | the names of header fields |
//! | [`joined`] | a body that is read whole |
//! | [`origin`], [`clock`] | where an API is; what time it is |

pub mod clock;
pub mod coding;
pub mod exchange;
pub mod fields;
pub mod joined;
mod layer;
pub mod origin;
pub mod outcome;
pub mod pin;
mod places;
pub mod policy;

pub use layer::{Limits, Translate, TranslateBody, TranslateLayer};
