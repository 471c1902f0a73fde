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

    /// Returns the line and the character of a byte, both from 1.
    fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        (1 + before.matches('\n').count(), 1 + line.chars().count())
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

    /// Returns the text at the place.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    /// Returns the text at the place, if it is short.
    pub(crate) fn excerpt(&self) -> Option<&str> {
        Some(self.text()).filter(|text| text.len() <= 40 && !text.contains('\n'))
    }

    /// Returns the line and the character within it, both from 1.
    pub fn place(&self) -> (usize, usize) {
        self.source.place(self.span.start)
    }

    /// Returns the line and the character of the first character behind the place, both from 1.
    pub fn end(&self) -> (usize, usize) {
        self.source.place(self.span.end)
    }
}
