//! Support for all tests: the files of the repository, those of a pack, and the program.

pub(crate) mod files;
pub(crate) mod pack;
pub(crate) mod program;
