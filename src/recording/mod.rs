//! Recordings: exchanges kept as plain files, one each, for translations to be tried on later.
//!
//! What is in a file is the request as the client sent it and the upstream's answer as it came, both without what
//! [`redact`] takes out. `dateline record` and `[record]` write them, `dateline replay` reads them.
//!
//! | file | is |
//! |---|---|
//! | `exchange` | one exchange, and its file |
//! | `folder` | a folder of them, within bounds (feature `serve`) |
//! | `redact` | what is taken out before anything is written (feature `serve`) |
//! | `paths` | configured JSONPaths |
//! | `reading` | every exchange of a folder |

mod exchange;
#[cfg(feature = "serve")]
mod folder;
#[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "paths are checked, and nothing is recorded"))]
mod paths;
mod reading;
#[cfg(feature = "serve")]
pub mod redact;

pub use exchange::{Body, Exchange, NotAnExchange};
#[cfg(feature = "serve")]
pub use folder::{Bounds, Folder, FolderError, Kept};
pub use paths::{NotAPath, Paths};
pub use reading::{Recorded, exchanges};
