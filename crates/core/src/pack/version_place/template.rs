//! A text with the version in it.

use std::fmt;

/// The part of a template that the version stands for.
pub(super) const VERSION: &str = "{version}";

/// A text with `{version}` in it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTemplate {
    /// The text before the version.
    pub before: String,
    /// The text behind the version.
    pub after: String,
}

impl VersionTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// The error says what is wrong with the text, for the pack's author.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (before, after) = text.split_once(VERSION).ok_or("`{version}` must stand in it")?;
        if after.contains(VERSION) {
            return Err("`{version}` stands in it twice");
        }
        if before.contains(['{', '}']) || after.contains(['{', '}']) {
            return Err("`{version}` is the only placeholder");
        }
        Ok(VersionTemplate { before: before.to_owned(), after: after.to_owned() })
    }

    /// The text with a version in place of the placeholder.
    #[must_use]
    pub fn with(&self, version: impl fmt::Display) -> String {
        format!("{}{version}{}", self.before, self.after)
    }

    /// The segments of a path before the one that has the version.
    pub(crate) fn segments_before(&self) -> impl Iterator<Item = &str> {
        let end = self.before.rfind('/').unwrap_or(0);
        self.before[..end].split('/').filter(|segment| !segment.is_empty())
    }

    /// The segments of a path behind the one that has the version.
    pub(crate) fn segments_after(&self) -> impl Iterator<Item = &str> {
        let begin = self.after.find('/').unwrap_or(self.after.len());
        self.after[begin..].split('/').filter(|segment| !segment.is_empty())
    }

    /// The text around the version in its segment of a path.
    pub(crate) fn in_segment(&self) -> (&str, &str) {
        let begin = self.before.rfind('/').map_or(0, |slash| slash + 1);
        let end = self.after.find('/').unwrap_or(self.after.len());
        (&self.before[begin..], &self.after[..end])
    }
}

/// The template as authored.
impl fmt::Display for VersionTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{VERSION}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_the_version_once() {
        for text in ["", "/a", "/{version}/{version}", "/{version}/{id}", "/{id}/{version}", "/{version"] {
            assert!(VersionTemplate::parse(text).is_err(), "{text}");
        }
        let template = VersionTemplate::parse("/admin/v{version}.x/api").unwrap();
        assert_eq!(template.to_string(), "/admin/v{version}.x/api");
        assert_eq!(template.with("2"), "/admin/v2.x/api");
        assert_eq!(template.in_segment(), ("v", ".x"));
        assert!(template.segments_before().eq(["admin"]) && template.segments_after().eq(["api"]));
        let root = VersionTemplate::parse("/{version}").unwrap();
        assert_eq!((root.segments_before().count(), root.in_segment()), (0, ("", "")));
    }
}
