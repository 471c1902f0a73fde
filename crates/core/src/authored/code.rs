//! The codes of mistakes in a pack, and what each means at length.

use std::{fmt, str::FromStr};

/// The sections that [`Code::explanation`] prints; the tests hold each example in them to its code.
const EXPLANATIONS: &str = include_str!("../../../../docs/diagnostics.md");

/// A number that stays with one kind of mistake for good; it is never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// P01: not TOML.
    Syntax,
    /// P02: a key that means nothing here.
    UnknownKey,
    /// P03: a key that must be there is not.
    MissingKey,
    /// P04: a value of the wrong type.
    WrongType,
    /// P05: a value that is not allowed.
    BadValue,
    /// P06: a name that nothing has.
    UnknownName,
    /// P07: a path or a field that cannot be compiled.
    BadPath,
    /// P08: two rules that contradict each other.
    Contradiction,
    /// P09: a rule that can match nothing.
    MatchesNothing,
    /// P10: something that stands twice.
    Repeated,
    /// P11: a file that is missing, unreadable or misnamed.
    File,
    /// P12: a step that parameters cannot have.
    NotForParameters,
    /// P13: something that this version of Dateline cannot do.
    Unsupported,
    /// P14: an example that does not come out as it is written.
    Example,
    /// P15: a law that an example's document breaks.
    Law,
    /// P16: an old name of a key. It is a warning.
    OldName,
    /// P17: something that is not used. It is a warning.
    Unused,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{:02}", *self as u8 + 1)
    }
}

/// A text is not the code of a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code: the codes of mistakes in a pack are P01 to P17, as `dateline check` prints them")]
pub struct NotACode;

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        Code::ALL.into_iter().find(|code| code.to_string().eq_ignore_ascii_case(text)).ok_or(NotACode)
    }
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Code; 17] = [
        Code::Syntax,
        Code::UnknownKey,
        Code::MissingKey,
        Code::WrongType,
        Code::BadValue,
        Code::UnknownName,
        Code::BadPath,
        Code::Contradiction,
        Code::MatchesNothing,
        Code::Repeated,
        Code::File,
        Code::NotForParameters,
        Code::Unsupported,
        Code::Example,
        Code::Law,
        Code::OldName,
        Code::Unused,
    ];

    /// Returns true for a warning: the pack is read all the same.
    pub fn is_warning(self) -> bool {
        matches!(self, Code::OldName | Code::Unused)
    }

    /// Returns the explanation of the mistake: what it is, why it is one, and how to fix it, with an example. Markdown,
    /// with its heading.
    ///
    /// ```
    /// use dateline_core::pack::Code;
    ///
    /// let text = "P09".parse::<Code>()?.explanation();
    /// assert!(text.starts_with("## P09: a rule that can match nothing\n"));
    /// # Ok::<(), dateline_core::pack::NotACode>(())
    /// ```
    pub fn explanation(self) -> &'static str {
        let heading = format!("## {self}: ");
        let begin = EXPLANATIONS.find(&heading).unwrap_or(EXPLANATIONS.len());
        let section = &EXPLANATIONS[begin..];
        let end = section.find("\n## ").unwrap_or(section.len());
        section[..end].trim_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_printed() {
        for code in Code::ALL {
            assert_eq!(code.to_string().to_lowercase().parse(), Ok(code));
        }
        assert_eq!("P18".parse::<Code>(), Err(NotACode));
    }
}
