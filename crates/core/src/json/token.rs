//! Strings, numbers and literals as machines that can stop at any byte: each byte is looked at once, and what is kept
//! between two chunks is a few bytes, however long the token.
//!
//! Every `run` reads on from the scanner's position. It returns `true` behind the token's last byte, `false` if the
//! text is used up first; then it goes on in the next chunk.

use super::{Fault, FaultKind, Scanner, text};

/// The inside of a string, behind its opening quote.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TextState {
    escape: Escape,
    /// The first bytes of a UTF-8 sequence that the chunk cut.
    sequence: [u8; 4],
    length: u8,
}

#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// This many hexadecimal digits are still to come.
    Hex(u8),
}

impl TextState {
    #[inline]
    pub(super) fn run(&mut self, scanner: &mut Scanner<'_>) -> Result<bool, Fault> {
        loop {
            match self.escape {
                Escape::None => {
                    let rest = scanner.rest();
                    let run = text::run(rest);
                    let end = rest.get(run.length);
                    if !run.ascii || self.length > 0 {
                        self.check(&rest[..run.length], scanner, end.is_none())?;
                    }
                    scanner.skip(run.length);
                    match end {
                        None => return Ok(false),
                        Some(b'"') => {
                            scanner.skip(1);
                            return Ok(true);
                        }
                        Some(b'\\') => {
                            scanner.skip(1);
                            self.escape = Escape::Backslash;
                        }
                        Some(_) => return Err(scanner.expected("no control character in a string")),
                    }
                }
                _ if scanner.is_at_end() => return Ok(false),
                Escape::Backslash => {
                    self.escape = match scanner.peek() {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Escape::None,
                        b'u' => Escape::Hex(4),
                        _ => return Err(scanner.expected("an escape that JSON knows")),
                    };
                    scanner.skip(1);
                }
                Escape::Hex(left) => {
                    if !scanner.peek().is_ascii_hexdigit() {
                        return Err(scanner.expected("four hexadecimal digits"));
                    }
                    scanner.skip(1);
                    self.escape = if left > 1 { Escape::Hex(left - 1) } else { Escape::None };
                }
            }
        }
    }

    /// Checks that a run of plain text is UTF-8. The run may end within a sequence only if the chunk is `cut` right
    /// behind it.
    fn check(&mut self, mut run: &[u8], scanner: &Scanner<'_>, cut: bool) -> Result<(), Fault> {
        let mut at = scanner.offset();
        let not_utf8 = |offset| Err(Fault { offset, kind: FaultKind::NotUtf8 });
        while self.length > 0 {
            let length = usize::from(self.length);
            let Some((first, rest)) = run.split_first() else {
                return if cut { Ok(()) } else { not_utf8(at - length) };
            };
            self.sequence[length] = *first;
            self.length = match std::str::from_utf8(&self.sequence[..=length]) {
                Ok(_) => 0,
                Err(error) if error.error_len().is_none() => self.length + 1,
                Err(_) => return not_utf8(at - length),
            };
            (run, at) = (rest, at + 1);
        }
        match std::str::from_utf8(run) {
            Ok(_) => Ok(()),
            Err(error) if cut && error.error_len().is_none() => {
                let tail = &run[error.valid_up_to()..];
                self.sequence[..tail.len()].copy_from_slice(tail);
                self.length = tail.len() as u8;
                Ok(())
            }
            Err(error) => not_utf8(at + error.valid_up_to()),
        }
    }
}

/// The part of a number that has been read (RFC 8259, section 6).
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum NumberState {
    #[default]
    Start,
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl NumberState {
    /// Ends at the first byte that no number goes on with: the end of the text may be the end of it, too.
    #[inline]
    pub(super) fn run(&mut self, scanner: &mut Scanner<'_>) -> Result<bool, Fault> {
        while !scanner.is_at_end() {
            *self = match (*self, scanner.peek()) {
                (NumberState::Start, b'-') => NumberState::Minus,
                (NumberState::Start | NumberState::Minus, b'0') => NumberState::Zero,
                (NumberState::Start | NumberState::Minus | NumberState::Whole, b'0'..=b'9') => {
                    NumberState::Whole
                }
                (NumberState::Zero | NumberState::Whole, b'.') => NumberState::Point,
                (NumberState::Point | NumberState::Fraction, b'0'..=b'9') => NumberState::Fraction,
                (NumberState::Zero | NumberState::Whole | NumberState::Fraction, b'e' | b'E') => {
                    NumberState::Exponent
                }
                (NumberState::Exponent, b'+' | b'-') => NumberState::ExponentSign,
                (
                    NumberState::Exponent | NumberState::ExponentSign | NumberState::ExponentDigits,
                    b'0'..=b'9',
                ) => NumberState::ExponentDigits,
                _ if self.may_end() => return Ok(true),
                _ => return Err(scanner.expected("a digit")),
            };
            scanner.skip(1);
            if matches!(self, NumberState::Whole | NumberState::Fraction | NumberState::ExponentDigits) {
                while scanner.peek().is_ascii_digit() {
                    scanner.skip(1);
                }
            }
        }
        Ok(false)
    }

    /// Tells whether what was read so far is a whole number by the grammar.
    pub(super) fn may_end(self) -> bool {
        matches!(
            self,
            NumberState::Zero | NumberState::Whole | NumberState::Fraction | NumberState::ExponentDigits
        )
    }
}

/// The rest of `true`, `false` or `null` that is still expected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal(pub(super) &'static [u8]);

impl Literal {
    #[inline]
    pub(super) fn run(&mut self, scanner: &mut Scanner<'_>) -> Result<bool, Fault> {
        while let Some((first, rest)) = self.0.split_first() {
            if scanner.is_at_end() {
                return Ok(false);
            }
            if !scanner.take(*first) {
                return Err(scanner.expected("`true`, `false` or `null`"));
            }
            self.0 = rest;
        }
        Ok(true)
    }
}
