//! A scanner that validates JSON (RFC 8259) and builds nothing.

use super::{Fault, FaultKind, text};

/// How deep arrays and objects may be nested. The scanner keeps one bit a level and never recurses.
pub const MAX_DEPTH: u32 = 64;

/// Walks a document from its first byte to its last.
///
/// Every method leaves the position behind what it read. Spans that it returns are slices of the document.
///
/// ```
/// use dateline::json::Scanner;
///
/// let mut scanner = Scanner::new(br#" {"a": [1, 2]} "#);
/// assert_eq!(scanner.value()?, br#"{"a": [1, 2]}"#);
/// scanner.end()?;
/// # Ok::<(), dateline::json::Fault>(())
/// ```
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
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

    /// A scanner at a value that stands inside `depth` arrays and objects.
    pub fn inside(text: &'a [u8], depth: u32) -> Self {
        Scanner { text, at: 0, depth, kinds: 0 }
    }

    /// A fault at the position.
    pub fn fault(&self, kind: FaultKind) -> Fault {
        Fault { offset: self.at, kind }
    }

    #[cold]
    fn expected(&self, what: &'static str) -> Fault {
        self.fault(if self.at < self.text.len() { FaultKind::Expected(what) } else { FaultKind::Truncated })
    }

    /// The next byte, not read yet; `0` at the end, which no JSON token starts with.
    #[inline(always)]
    pub fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// Bytes from the start of the document.
    pub fn position(&self) -> usize {
        self.at
    }

    /// How many arrays and objects are open.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Goes on behind a value of this length, which somebody else has read.
    pub fn skip(&mut self, length: usize) {
        self.at += length;
    }

    /// Goes on as if this many arrays and objects were open.
    pub(crate) fn set_depth(&mut self, depth: u32) {
        self.depth = depth;
    }

    /// Reads the key at a position, if it is plain ASCII without escapes; returns the position behind it.
    #[inline]
    pub(crate) fn key_at(&mut self, at: usize) -> Option<usize> {
        if self.text.get(at) != Some(&b'"') {
            return None;
        }
        text::plain_end(self.text, at + 1)
    }

    /// Reads the string at a position, if it is JSON; returns the position behind it.
    #[inline(always)]
    pub(crate) fn string_at(&mut self, at: usize) -> Option<usize> {
        match text::plain_end(self.text, at + 1) {
            Some(end) => Some(end),
            None => self.value_at(at),
        }
    }

    /// Reads the value at a position, if it is JSON; returns the position behind it.
    pub(crate) fn value_at(&mut self, at: usize) -> Option<usize> {
        self.at = at;
        self.value().ok().map(|_| self.at)
    }

    /// What was read since `start`, an earlier position.
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
        if self.depth == MAX_DEPTH {
            return Err(self.fault(FaultKind::TooDeep));
        }
        self.kinds = self.kinds << 1 | u64::from(self.peek() == b'{');
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Reads what follows a member or an element: `true` after a comma, `false` after the closing bracket.
    ///
    /// # Errors
    /// Anything else stands there.
    #[inline(always)]
    pub fn more(&mut self) -> Result<bool, Fault> {
        let (close, what) = match self.kinds & 1 {
            1 => (b'}', "`,` or `}`"),
            _ => (b']', "`,` or `]`"),
        };
        if self.take(b',') {
            return Ok(true);
        }
        if !self.take(close) {
            return Err(self.expected(what));
        }
        self.kinds >>= 1;
        self.depth -= 1;
        Ok(false)
    }

    /// Reads the closing bracket of an empty object or array, if it is next.
    #[inline(always)]
    pub fn close_empty(&mut self) -> bool {
        let close = if self.kinds & 1 == 1 { b'}' } else { b']' };
        if !self.take(close) {
            return false;
        }
        self.kinds >>= 1;
        self.depth -= 1;
        true
    }

    /// Reads a member's key, quotes included.
    ///
    /// # Errors
    /// What stands there is not a string.
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
            b'{' | b'[' => self.nested()?,
            _ => self.scalar()?,
        }
        Ok(self.since(start))
    }

    /// Reads a value that has no values inside.
    #[inline(always)]
    fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => Err(self.expected("a value")),
        }
    }

    /// Reads an object or an array, whatever is inside.
    fn nested(&mut self) -> Result<(), Fault> {
        let floor = self.depth;
        self.open()?;
        self.space();
        let mut entry = !self.close_empty();
        loop {
            if entry {
                if self.kinds & 1 == 1 {
                    self.key()?;
                    self.colon()?;
                }
                if matches!(self.peek(), b'{' | b'[') {
                    self.open()?;
                    self.space();
                    entry = !self.close_empty();
                    continue;
                }
                self.scalar()?;
            } else if self.depth == floor {
                return Ok(());
            }
            self.space();
            entry = self.more()?;
            if entry {
                self.space();
            }
        }
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
        match text::plain_end(self.text, start + 1) {
            Some(end) => {
                self.at = end;
                Ok(&self.text[start..end])
            }
            None => self.string_with_escapes(start),
        }
    }

    #[inline(never)]
    fn string_with_escapes(&mut self, start: usize) -> Result<&'a [u8], Fault> {
        let mut ascii = true;
        self.at += 1;
        loop {
            let run = text::run(&self.text[self.at..]);
            self.at += run.length;
            ascii &= run.ascii;
            match self.peek() {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return Err(self.expected("no control character in a string")),
            }
        }
        self.at += 1;
        let string = self.since(start);
        if !ascii && let Err(error) = std::str::from_utf8(string) {
            return Err(Fault { offset: start + error.valid_up_to(), kind: FaultKind::NotUtf8 });
        }
        Ok(string)
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_ascii_hexdigit() {
                        return Err(self.expected("four hexadecimal digits"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.expected("an escape that JSON knows")),
        }
        Ok(())
    }

    #[inline]
    fn literal(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        let _ = word.iter().all(|byte| self.take(*byte));
        Err(self.expected("`true`, `false` or `null`"))
    }

    #[inline]
    fn number(&mut self) -> Result<(), Fault> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    #[inline]
    fn digits(&mut self) -> Result<(), Fault> {
        if !self.peek().is_ascii_digit() {
            return Err(self.expected("a digit"));
        }
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &[u8]) -> Result<(), Fault> {
        let mut scanner = Scanner::new(text);
        scanner.value()?;
        scanner.end()
    }

    #[test]
    fn takes_what_rfc_8259_takes() {
        for text in
            ["0", "-0", "1e5", "-1.5E+3", "true", "null", "\"\"", "[]", "{}", " [ 1 , {\"a\" : [] } ] "]
        {
            assert_eq!(scan(text.as_bytes()), Ok(()), "{text}");
        }
        assert_eq!(scan(br#"{"a":"\u00e9\ud800\"","a":{"b":[[]]}}"#), Ok(()));
    }

    #[test]
    fn refuses_what_rfc_8259_refuses() {
        for text in [
            "",
            " ",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "nul",
            "NaN",
            "'a'",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "[1 2]",
            "[1}",
            "{\"a\":1]",
            "1 1",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"",
            "[",
            "{",
            "\u{feff}1",
            "//",
            "[1]]",
        ] {
            assert!(scan(text.as_bytes()).is_err(), "{text:?}");
        }
        assert_eq!(scan(b"\"\xff\"").unwrap_err(), Fault { offset: 1, kind: FaultKind::NotUtf8 });
        assert_eq!(scan(b"[1").unwrap_err(), Fault { offset: 2, kind: FaultKind::Truncated });
    }

    #[test]
    fn depth_is_bounded_without_recursion() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert_eq!(scan(&nested(64)), Ok(()));
        assert_eq!(scan(&nested(65)).unwrap_err(), Fault { offset: 64, kind: FaultKind::TooDeep });
        assert_eq!(scan(&b"[".repeat(100_000)).unwrap_err().kind, FaultKind::TooDeep);
    }
}
