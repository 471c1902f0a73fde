//! Whether the translation is right: on what clients ask and the API answers, held to what the upstream itself says.

mod live;
mod moving;
mod record;

use crate::wire::support;
