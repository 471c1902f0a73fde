//! The difference between a name and a word that only looks like one.

use super::Word;

/// Words that show that their neighbour is a name.
const KINDS: [&str; 12] = [
    "parameter",
    "parameters",
    "param",
    "params",
    "field",
    "fields",
    "attribute",
    "attributes",
    "property",
    "properties",
    "argument",
    "key",
];

/// Quotes that begin a name, and those that end it.
const QUOTES: [(char, char); 8] =
    [('`', '`'), ('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('«', '»'), ('[', ']'), ('<', '>')];

/// A piece of a text, and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'t> {
    before: &'t str,
    behind: &'t str,
}

impl<'t> Around<'t> {
    pub(super) fn new(text: &'t str, at: usize, length: usize) -> Self {
        let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        Around { before, behind: rest.get(length..).unwrap_or_default() }
    }

    /// Tells whether the piece is this word, used as a name.
    pub(super) fn is_word(self, word: &Word) -> bool {
        self.is_whole(word.is_field)
            && !self.is_in_an_address()
            && (!is_plain(&word.upstream) || self.is_named())
    }

    /// Tells whether the piece is not part of a longer name, nor of a path that begins with another name.
    fn is_whole(self, is_field: bool) -> bool {
        let mut before = self.before.chars().rev();
        let begins = match before.next() {
            None => true,
            // `$.account_id` begins at the document, `metadata.account_id` does not.
            Some('.') => {
                before.next() == Some('$') && before.next().is_none_or(|letter| !is_of_a_name(letter))
            }
            Some('[') => before.next().is_none_or(|letter| !is_of_a_name(letter) && letter != ']'),
            Some(letter) => !is_of_a_name(letter) && !"/\\@#%~$".contains(letter),
        };
        let mut behind = self.behind.chars();
        let ends = match behind.next() {
            None => true,
            Some('.') => is_field || behind.next().is_none_or(|letter| !is_of_a_name(letter)),
            Some(letter) => !is_of_a_name(letter) && !"/\\@".contains(letter),
        };
        begins && ends
    }

    /// Tells whether the piece is inside a URL or an e-mail address.
    fn is_in_an_address(self) -> bool {
        let start = self.before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let end = self.behind.split(char::is_whitespace).next().unwrap_or_default();
        start.contains("://") || start.starts_with("www.") || start.contains('@') || end.contains('@')
    }

    /// Tells whether a common word is used as a name here: quoted, first in the text, next to a word such as
    /// "parameter", or at the beginning of a path.
    fn is_named(self) -> bool {
        let (last, next) = (self.before.chars().next_back(), self.behind.chars().next());
        let quoted = QUOTES.iter().any(|(opens, closes)| last == Some(*opens) && next == Some(*closes));
        let is_path = matches!(next, Some('.' | '[')) && self.behind.chars().nth(1).is_some_and(is_of_a_name);
        let is_kind = |word: &str| KINDS.iter().any(|kind| word.eq_ignore_ascii_case(kind));
        let word_before =
            self.before.trim_end_matches([' ', ':']).rsplit(|letter| !is_of_a_name(letter)).next();
        let word_behind =
            self.behind.strip_prefix(' ').and_then(|rest| rest.split(|letter| !is_of_a_name(letter)).next());
        let beside = word_before.is_some_and(|word| is_kind(word) && self.before.ends_with([' ', ':']));
        quoted || is_path || self.before.is_empty() || beside || word_behind.is_some_and(is_kind)
    }
}

/// Tells whether a name is also a common word.
fn is_plain(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_lowercase())
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-'
}
