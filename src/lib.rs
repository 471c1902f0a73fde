//! Dateline: a reverse proxy that gives every client of a dated HTTP JSON API the version it pinned.

pub mod version;

pub use version::Version;
