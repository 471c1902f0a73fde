//! Captured exchanges as plain files, one each, for translations to be tried on later.
//!
//! A file has the request as the client sent it and the upstream's answer as it came, both without the values that
//! [`redact`] takes out. `dateline record` and `[record]` write them, `dateline replay` reads them.
//!
//! | file | is |
//! |---|---|
//! | `exchange` | one exchange, and its file |
//! | `folder` | a folder of them, within bounds |
//! | `reading` | every exchange of a folder |

mod exchange;
mod folder;
mod reading;

#[cfg(test)]
pub(crate) use exchange::tests::exchange as an_exchange;
pub use exchange::{Body, Exchange, NotAnExchange};
pub use folder::{Bounds, Folder, FolderError, Kept};
pub use reading::{CaptureFile, exchanges};

pub use crate::base::redact;
