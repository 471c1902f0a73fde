//! The grammar of JSON as a machine that can stop at any byte and go on in the next chunk.

use super::{
    Fault, Scanner,
    token::{Literal, NumberState, TextState},
};

/// The position of a reader in the grammar. The scanner knows how many arrays and objects are open, and of which kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    /// The reader is before a value.
    Value,
    /// The reader is behind an opening bracket.
    First,
    /// The reader is behind a comma.
    Entry,
    /// The reader is in a member's key.
    Key(TextState),
    /// The reader is behind a member's key.
    Colon,
    /// The reader is in a string that is a value.
    Text(TextState),
    Number(NumberState),
    Literal(Literal),
    /// The reader is behind a value in an array or an object.
    More,
    /// The reader is behind the document's value.
    End,
}

impl State {
    /// Goes one token on, white space before it included; `false` if the text is used up first.
    ///
    /// # Errors
    /// The text there is not JSON.
    #[inline]
    pub(super) fn advance(&mut self, scanner: &mut Scanner<'_>) -> Result<bool, Fault> {
        let (done, next) = match self {
            State::Key(text) => (text.run(scanner)?, State::Colon),
            State::Text(text) => (text.run(scanner)?, State::behind(scanner)),
            State::Number(number) => (number.run(scanner)?, State::behind(scanner)),
            State::Literal(literal) => (literal.run(scanner)?, State::behind(scanner)),
            _ => {
                scanner.space();
                match scanner.is_at_end() {
                    true => (false, *self),
                    false => (true, self.mark(scanner)?),
                }
            }
        };
        if done {
            *self = next;
        }
        Ok(done)
    }

    /// Reads the mark, or the beginning of the token, that is next.
    #[inline]
    fn mark(self, scanner: &mut Scanner<'_>) -> Result<State, Fault> {
        Ok(match self {
            State::First if scanner.close_empty() => State::behind(scanner),
            State::First | State::Entry if scanner.is_in_object() => {
                if !scanner.take(b'"') {
                    return Err(scanner.expected("a key in double quotes"));
                }
                State::Key(TextState::default())
            }
            State::First | State::Entry => State::Value,
            State::Colon => {
                if !scanner.take(b':') {
                    return Err(scanner.expected("`:`"));
                }
                State::Value
            }
            State::More => match scanner.more()? {
                true => State::Entry,
                false => State::behind(scanner),
            },
            State::End => return Err(scanner.expected("nothing after the document")),
            _ => match scanner.peek() {
                b'{' | b'[' => {
                    scanner.open()?;
                    State::First
                }
                b'"' => {
                    scanner.skip(1);
                    State::Text(TextState::default())
                }
                b'-' | b'0'..=b'9' => State::Number(NumberState::default()),
                b't' => State::Literal(Literal(b"true")),
                b'f' => State::Literal(Literal(b"false")),
                b'n' => State::Literal(Literal(b"null")),
                _ => return Err(scanner.expected("a value")),
            },
        })
    }

    /// Reads on to the end of the value that is inside `floor` arrays and objects; `false` if the text is used
    /// up first.
    ///
    /// # Errors
    /// The text there is not JSON.
    #[inline(never)]
    pub(super) fn run(&mut self, scanner: &mut Scanner<'_>, floor: u32) -> Result<bool, Fault> {
        let is_done = |state: &State, scanner: &Scanner<'_>| {
            scanner.depth() == floor && matches!(state, State::More | State::End)
        };
        loop {
            if let State::Value | State::More = self {
                *self = self.hurry(scanner, floor);
            }
            if !is_done(self, scanner) && !self.advance(scanner)? {
                return Ok(false);
            }
            if is_done(self, scanner) {
                return Ok(true);
            }
        }
    }

    /// Reads plain tokens as long as they are whole, from before or behind a value. It refuses nothing: what is not
    /// plain, or is cut, or is wrong, is left to [`advance`](State::advance).
    #[inline(never)]
    fn hurry(self, scanner: &mut Scanner<'_>, floor: u32) -> State {
        let mut behind = matches!(self, State::More);
        loop {
            if !behind {
                scanner.space();
                match scanner.peek() {
                    b'{' | b'[' => {
                        if scanner.open().is_err() {
                            return State::Value;
                        }
                        scanner.space();
                        if !scanner.close_empty() {
                            let is_in_object = scanner.is_in_object();
                            if scanner.is_at_end() || (is_in_object && !scanner.plain_key()) {
                                return State::First;
                            }
                            scanner.space();
                            if is_in_object && !scanner.take(b':') {
                                return State::Colon;
                            }
                            continue;
                        }
                    }
                    b'"' if scanner.plain_string() => {}
                    _ if scanner.plain_word() => {}
                    _ => return State::Value,
                }
            }
            behind = true;
            if scanner.depth() == floor {
                return State::behind(scanner);
            }
            scanner.space();
            if !scanner.take(b',') {
                if !scanner.close_empty() {
                    return State::More;
                }
                continue;
            }
            behind = false;
            if scanner.is_in_object() {
                scanner.space();
                if !scanner.plain_key() {
                    return State::Entry;
                }
                scanner.space();
                if !scanner.take(b':') {
                    return State::Colon;
                }
            }
        }
    }

    /// Returns the state of a reader behind a value.
    pub(super) fn behind(scanner: &Scanner<'_>) -> State {
        if scanner.depth() == 0 { State::End } else { State::More }
    }

    /// Tells whether the current value is complete where the text ends. Only a number does not say where it ends.
    pub(super) fn may_end(&self) -> bool {
        match self {
            State::More | State::End => true,
            State::Number(number) => number.may_end(),
            _ => false,
        }
    }
}
