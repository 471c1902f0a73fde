//! A file that somebody wrote, and places in it.

use std::{fmt, ops::Range, path::Path, sync::Arc};

/// The name of the file that says where resources are found.
pub(crate) const API: &str = "api.toml";

/// One file of a pack.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name as it is shown.
    pub(crate) name: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    /// `api.toml` is read, and shown, before the versions.
    pub(crate) fn order(&self) -> u8 {
        u8::from(!self.name.ends_with(API))
    }

    /// The file's name without folder and ending: a version.
    pub(crate) fn stem(&self) -> &str {
        Path::new(&self.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }
}

/// A place in a file of a pack.
#[derive(Clone)]
pub struct Location {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:?}", self.source.name, self.span)
    }
}

impl Location {
    /// The place at these bytes of a file.
    pub(crate) fn new(source: &Arc<Source>, span: Range<usize>) -> Location {
        Location { source: source.clone(), span }
    }

    /// The file, as it is shown.
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// Returns the line and the character within it, both from 1.
    pub fn place(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.span.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        (1 + before.matches('\n').count(), 1 + line.chars().count())
    }
}
