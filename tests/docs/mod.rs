//! The documents: every link leads somewhere, every page has its place in `docs/SUMMARY.md`, and the README shows what is so.

mod console;
mod links;
mod readme;
mod response_fields;
