//! Whether the translation is right: on what clients ask and the API answers.

mod record;

use crate::wire::support;
