//! The documents: every link leads somewhere, and every page has its place in `docs/SUMMARY.md`.

mod links;
