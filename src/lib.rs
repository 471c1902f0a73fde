//! Dateline: a reverse proxy that gives every client of a dated HTTP JSON API the version it pinned.

pub mod cli;
pub mod config;
pub mod form;
#[cfg(feature = "serve")]
pub mod gateway;
pub mod json;
pub mod log;
pub mod pack;
pub mod pin;
pub mod plan;
pub mod route;
#[cfg(feature = "serve")]
pub mod sandbox;
pub mod step;
pub mod translate;
pub mod version;

pub use config::Config;
pub use version::Version;
