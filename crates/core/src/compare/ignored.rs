//! Fields that an operator takes out of comparisons.

use crate::{
    json::Hop,
    pack::{NotCompiled, parse_path},
};

/// Fields whose values are nobody's business: they change from one reading to the next.
///
/// ```
/// use dateline_core::compare::Ignored;
///
/// let ignored = Ignored::parse(&["$.data[*].updated_at", "$['server time']"])?;
/// assert_eq!(ignored.patterns().len(), 2);
/// assert!(Ignored::parse(&["$..id"]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignored(Vec<Vec<Hop>>);

impl Ignored {
    /// Reads paths: JSONPath (RFC 9535) of names and `[*]`. All of such a field is ignored.
    ///
    /// # Errors
    /// The first that is no such path.
    pub fn parse<T: AsRef<str>>(paths: &[T]) -> Result<Self, NotCompiled> {
        paths.iter().map(|path| parse_path(path.as_ref())).collect::<Result<_, _>>().map(Ignored)
    }

    /// Adds the fields of another list.
    #[must_use]
    pub fn and(mut self, those: Ignored) -> Self {
        self.0.extend(those.0);
        self
    }

    /// The paths.
    pub fn patterns(&self) -> &[Vec<Hop>] {
        &self.0
    }
}
