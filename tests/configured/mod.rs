//! What an operator configures: where it is written, what is refused, and what a reload may lose. A test's name carries
//! the row of `docs/operations.md` that it shows.

mod environment;

use crate::wire::support;
