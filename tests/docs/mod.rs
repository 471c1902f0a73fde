//! The documents: every link leads somewhere, every page has its place in `docs/SUMMARY.md`, the README shows what is so, and
//! one thing has one word.

mod console;
mod links;
mod readme;
mod response_fields;
mod words;
