//! The progress of a run, on a terminal.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error; nothing where that is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    differed: u64,
    failed: u64,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        let bar = match stderr().is_terminal() {
            true => ProgressBar::new(total as u64),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{wide_bar} {pos} of {len}, {eta} left{msg}");
        // A template that cannot be read is the library's own.
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        Progress { bar, differed: 0, failed: 0 }
    }

    pub(super) fn step(&mut self, differed: bool, failed: bool) {
        self.differed += u64::from(differed);
        self.failed += u64::from(failed);
        if differed || failed {
            self.bar.set_message(format!(", {} differed, {} failed", self.differed, self.failed));
        }
        self.bar.inc(1);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
