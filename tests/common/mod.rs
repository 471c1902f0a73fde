//! Support for all tests: the files of the repository, and those of a pack.

pub(crate) mod files;
pub(crate) mod pack;
