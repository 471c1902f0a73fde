//! Dateline: a reverse proxy that gives every client of a dated HTTP JSON API the version it pinned.

pub mod form;
pub mod json;
pub mod pack;
pub mod step;
pub mod version;

pub use version::Version;
