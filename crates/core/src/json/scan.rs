//! A scanner that validates JSON (RFC 8259) and builds nothing.

use super::{
    Fault, FaultKind, digits,
    state::State,
    text,
    token::{NumberState, TextState},
};
use crate::json::simd::{Lanes, Portable};

/// The deepest nesting of arrays and objects. The scanner keeps one bit a level and never recurses.
pub const MAX_DEPTH: u32 = 64;

/// Walks a document from its first byte to its last.
///
/// Every method leaves the position behind what it read. Spans that it returns are slices of the document.
///
/// ```
/// use dateline_core::json::Scanner;
///
/// let mut scanner = Scanner::new(br#" {"a": [1, 2]} "#);
/// assert_eq!(scanner.value()?, br#"{"a": [1, 2]}"#);
/// scanner.end()?;
/// # Ok::<(), dateline_core::json::Fault>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// Bytes of the document before `text`.
    base: usize,
    levels: Levels,
}

/// The arrays and objects that are open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Levels {
    pub(super) depth: u32,
    /// One bit a level, the innermost lowest: 1 is an object, 0 an array.
    kinds: u64,
}

impl<'a> Scanner<'a> {
    /// A scanner at the first value of `text`.
    pub fn new(text: &'a [u8]) -> Self {
        let mut scanner = Scanner::inside(text, 0);
        scanner.space();
        scanner
    }

    /// A scanner at a value that is inside `depth` arrays and objects.
    pub fn inside(text: &'a [u8], depth: u32) -> Self {
        Scanner { text, at: 0, base: 0, levels: Levels { depth, kinds: 0 } }
    }

    /// A scanner of the chunk that follows `base` bytes of a document and inside of `levels`.
    pub(super) fn resume(text: &'a [u8], base: usize, levels: Levels) -> Self {
        Scanner { text, at: 0, base, levels }
    }

    /// Returns the arrays and objects that are open at the position.
    pub(super) fn levels(&self) -> Levels {
        self.levels
    }

    /// The same scanner on a text that ends `room` bytes behind the position, or with its own text before that.
    pub(super) fn narrowed(&self, room: usize) -> Self {
        let end = self.text.len().min(self.at.saturating_add(room));
        Scanner { text: &self.text[..end], ..*self }
    }

    /// Goes to where `narrowed`, made of this scanner, has come to.
    pub(super) fn follow(&mut self, narrowed: &Scanner<'_>) {
        (self.at, self.levels) = (narrowed.at, narrowed.levels);
    }

    /// A fault at the position.
    pub fn fault(&self, kind: FaultKind) -> Fault {
        Fault { offset: self.offset(), kind }
    }

    #[cold]
    pub(super) fn expected(&self, what: &'static str) -> Fault {
        self.fault(if self.at < self.text.len() { FaultKind::Expected(what) } else { FaultKind::Truncated })
    }

    /// The next byte, not read yet; `0` at the end, which no JSON token starts with.
    #[inline(always)]
    pub fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// Bytes from the start of the text.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes from the start of the document.
    pub(super) fn offset(&self) -> usize {
        self.base + self.at
    }

    /// The text from the position on.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Tells whether the whole text is read.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Tells whether the innermost open level is an object.
    #[inline]
    pub(super) fn is_in_object(&self) -> bool {
        self.levels.kinds & 1 == 1
    }

    /// Returns the number of open arrays and objects.
    pub fn depth(&self) -> u32 {
        self.levels.depth
    }

    /// Goes on behind a value of this length, which somebody else has read.
    pub fn skip(&mut self, length: usize) {
        self.at += length;
    }

    /// Reads the key at a position, if it has no escapes; returns the position behind it.
    #[inline]
    pub(crate) fn key_at(text: &[u8], at: usize) -> Option<usize> {
        match text.get(at) {
            Some(b'"') => text::plain_end(Portable, text, at + 1),
            _ => None,
        }
    }

    /// Reads the value that begins at a position and stands inside `depth` arrays and objects, if it is JSON; returns
    /// the position behind it. What is most frequent ends without a call.
    #[inline(always)]
    pub(crate) fn value_at(lanes: impl Lanes, text: &'a [u8], at: usize, depth: u32) -> Option<usize> {
        let end = match text.get(at)? {
            b'"' => text::plain_end(lanes, text, at + 1),
            b'0'..=b'9' => digits::plain(text, at).map(|plain| plain.end),
            b'n' => text[at..].starts_with(b"null").then_some(at + 4),
            ..=b' ' => return None,
            _ => None,
        };
        end.or_else(|| Scanner::other_value_at(text, at, depth))
    }

    #[inline(never)]
    fn other_value_at(text: &'a [u8], at: usize, depth: u32) -> Option<usize> {
        let mut scanner = Scanner { at, ..Scanner::inside(text, depth) };
        scanner.value().ok().map(|_| scanner.at)
    }

    /// Returns the text that was read since `start`, an earlier position.
    pub fn since(&self, start: usize) -> &'a [u8] {
        &self.text[start..self.at]
    }

    /// Reads `byte` if it is next.
    #[inline(always)]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    /// Reads white space.
    #[inline(always)]
    pub fn space(&mut self) -> &'a [u8] {
        let start = self.at;
        if self.peek() <= b' ' {
            while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
                self.at += 1;
            }
        }
        self.since(start)
    }

    /// Reads the bracket that opens an object (`{`) or an array (`[`).
    ///
    /// # Errors
    /// [`FaultKind::TooDeep`] at level [`MAX_DEPTH`] + 1.
    #[inline(always)]
    pub fn open(&mut self) -> Result<(), Fault> {
        if self.levels.depth == MAX_DEPTH {
            return Err(self.fault(FaultKind::TooDeep));
        }
        self.levels.kinds = self.levels.kinds << 1 | u64::from(self.peek() == b'{');
        self.levels.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Reads what follows a member or an element: `true` after a comma, `false` after the closing bracket.
    ///
    /// # Errors
    /// The text there is anything else.
    #[inline(always)]
    pub fn more(&mut self) -> Result<bool, Fault> {
        let (close, what) = match self.levels.kinds & 1 {
            1 => (b'}', "`,` or `}`"),
            _ => (b']', "`,` or `]`"),
        };
        if self.take(b',') {
            return Ok(true);
        }
        if !self.take(close) {
            return Err(self.expected(what));
        }
        self.levels.kinds >>= 1;
        self.levels.depth -= 1;
        Ok(false)
    }

    /// Reads the closing bracket of an empty object or array, if it is next.
    #[inline(always)]
    pub fn close_empty(&mut self) -> bool {
        let close = if self.levels.kinds & 1 == 1 { b'}' } else { b']' };
        if !self.take(close) {
            return false;
        }
        self.levels.kinds >>= 1;
        self.levels.depth -= 1;
        true
    }

    /// Reads a member's key, quotes included.
    ///
    /// # Errors
    /// The text there is not a string.
    #[inline(always)]
    pub fn key(&mut self) -> Result<&'a [u8], Fault> {
        if self.peek() != b'"' {
            return Err(self.expected("a key in double quotes"));
        }
        self.string()
    }

    /// Reads the colon and the white space around it.
    ///
    /// # Errors
    /// There is no colon.
    #[inline(always)]
    pub fn colon(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        self.space();
        if !self.take(b':') {
            return Err(self.expected("`:`"));
        }
        self.space();
        Ok(self.since(start))
    }

    /// Reads one whole value and returns its text.
    ///
    /// # Errors
    /// It is not JSON.
    #[inline]
    pub fn value(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        match self.peek() {
            b'"' => return self.string(),
            _ if self.plain_word() => return Ok(self.since(start)),
            _ => {}
        }
        let (mut state, floor) = (State::Value, self.depth());
        if state.run(self, floor)? || (self.depth() == floor && state.may_end()) {
            return Ok(self.since(start));
        }
        Err(self.fault(FaultKind::Truncated))
    }

    /// Reads what may follow the document's value: white space, then the end.
    ///
    /// # Errors
    /// Anything else follows.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at < self.text.len() {
            return Err(self.fault(FaultKind::Expected("nothing after the document")));
        }
        Ok(())
    }

    /// Most strings are plain ASCII: those end here, without a call.
    #[inline(always)]
    fn string(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        if self.plain_string() {
            return Ok(self.since(start));
        }
        self.string_with_escapes(start)
    }

    #[inline(never)]
    fn string_with_escapes(&mut self, start: usize) -> Result<&'a [u8], Fault> {
        self.at += 1;
        match TextState::default().run(self)? {
            true => Ok(self.since(start)),
            false => Err(self.fault(FaultKind::Truncated)),
        }
    }

    /// Reads the string that begins here, if it is plain ASCII without escapes, and whole.
    #[inline(always)]
    pub(super) fn plain_string(&mut self) -> bool {
        let end = text::plain_end(Portable, self.text, self.at + 1);
        self.at = end.unwrap_or(self.at);
        end.is_some()
    }

    /// Reads a key, if one is next that is plain and whole.
    #[inline(always)]
    pub(super) fn plain_key(&mut self) -> bool {
        self.peek() == b'"' && self.plain_string()
    }

    /// Reads the number, if something follows it, or the literal that begins here.
    #[inline(always)]
    pub(super) fn plain_word(&mut self) -> bool {
        match self.peek() {
            b'-' | b'0'..=b'9' => self.plain_number(),
            b't' => self.plain_literal(b"true"),
            b'f' => self.plain_literal(b"false"),
            b'n' => self.plain_literal(b"null"),
            _ => false,
        }
    }

    #[inline(always)]
    fn plain_number(&mut self) -> bool {
        if let Some(plain) = digits::plain(self.text, self.at) {
            self.at = plain.end;
            return true;
        }
        self.other_number()
    }

    #[inline(never)]
    fn other_number(&mut self) -> bool {
        let start = self.at;
        let plain = matches!(NumberState::default().run(self), Ok(true));
        if !plain {
            self.at = start;
        }
        plain
    }

    #[inline(always)]
    fn plain_literal(&mut self, literal: &[u8]) -> bool {
        let found = self.rest().starts_with(literal);
        self.at += if found { literal.len() } else { 0 };
        found
    }
}

#[cfg(test)]
mod tests;
