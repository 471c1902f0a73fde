//! Panics as events, without what may be a client's.
//!
//! The text of a panic is either written in the source or formatted when it happens, and what is formatted may hold
//! anything: slicing a `str` quotes all of it. So only the former is told, and the place always.

use std::panic::{self, PanicHookInfo};

/// The text that replaces a message which may contain data.
const WITHHELD: &str = "(its text may hold data)";

/// Writes an event for every panic of this process from now on, instead of its text to standard error.
pub(super) fn log() {
    panic::set_hook(Box::new(|info| {
        let thread = std::thread::current();
        tracing::error!(target: "dateline::log",
            error = "panic",
            cause = literal(info),
            at = info.location().map(tracing::field::display),
            thread = thread.name(),
            "a thread panicked"
        );
    }));
}

fn literal<'p>(info: &'p PanicHookInfo<'_>) -> &'p str {
    info.payload().downcast_ref::<&'static str>().copied().unwrap_or(WITHHELD)
}
