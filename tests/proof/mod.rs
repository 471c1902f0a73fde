//! Is the translation right, on what clients ask and the API answers, and is it noticed where it is not? The sandbox
//! answers every version natively, so it knows.

mod broken;
mod command;
mod live;
mod moving;
mod native;
mod oracle;
mod record;

use crate::wire::support;
