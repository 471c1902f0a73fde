//! What the operator sees: the admin listener and what it tells.

mod admin;

use crate::wire::support;
