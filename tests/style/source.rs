//! Rust files, with their comments and literals told apart from the code.

use crate::common::files::{files, text};
use std::path::{Path, PathBuf};

/// A Rust file of the project.
pub(super) struct Source {
    /// The path from the root of the project.
    pub(super) path: String,
    /// The crate that the file belongs to, by the name of its folder.
    pub(super) package: String,
    /// The text as it stands in the file.
    pub(super) text: String,
    /// The text with comments and literals replaced by spaces. Lines stay where they are.
    pub(super) code: String,
    /// Doc comments in their order, one entry a line.
    pub(super) docs: Vec<DocLine>,
}

/// One line of a doc comment.
pub(super) struct DocLine {
    /// The line in the file, from 1.
    pub(super) line: usize,
    /// True for documentation of the surrounding item: `//!`.
    pub(super) inner: bool,
    pub(super) text: String,
}

/// Reads the files of every crate: `src` and `crates/*/src`.
pub(super) fn of_the_crates() -> Vec<Source> {
    let in_src = |source: &Source| {
        Path::new(&source.path).components().nth(2).is_some_and(|part| part.as_os_str() == "src")
    };
    let mut sources = read("src");
    sources.extend(read("crates").into_iter().filter(in_src));
    assert!(sources.len() > 100, "only {} files were found", sources.len());
    sources
}

/// Reads the files of the integration tests.
pub(super) fn of_the_tests() -> Vec<Source> {
    read("tests")
}

fn read(folder: &str) -> Vec<Source> {
    let source = |path: &PathBuf| {
        let mut parts = path.components().map(|part| part.as_os_str().to_string_lossy());
        let package = match parts.next().as_deref() {
            Some("crates") => parts.next().unwrap_or_default().into_owned(),
            Some("src") => "dateline".to_owned(),
            _ => folder.to_owned(),
        };
        Source::new(path.to_string_lossy().into_owned(), &package, &text(path))
    };
    files(folder, "rs").iter().map(source).collect()
}

impl Source {
    pub(super) fn new(path: String, package: &str, text: &str) -> Self {
        let mut scanner = Scanner { text, at: 0, line: 1, code: String::new(), docs: Vec::new() };
        scanner.run();
        Self {
            path,
            package: package.to_owned(),
            text: text.to_owned(),
            code: scanner.code,
            docs: scanner.docs,
        }
    }

    /// Tells whether the file holds tests only.
    pub(super) fn is_test(&self) -> bool {
        Path::new(&self.path)
            .components()
            .any(|part| ["tests", "tests.rs", "test.rs"].iter().any(|test| part.as_os_str() == *test))
    }

    /// Returns the line, from 1, that byte `at` of the code is on.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.code.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count()
    }
}

/// Walks a text once and keeps the code and the doc comments apart.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    code: String,
    docs: Vec<DocLine>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(next) = self.rest().chars().next() {
            let length = match next {
                '/' if self.rest().starts_with("//") => self.line_comment(),
                '/' if self.rest().starts_with("/*") => block_comment(self.rest()),
                '"' => 1 + until_quote(&self.rest()[1..]),
                'r' if !self.in_a_word() => raw_string(self.rest()).unwrap_or(0),
                '\'' => character(self.rest()),
                _ => 0,
            };
            if length == 0 {
                self.keep(next);
            } else {
                self.blank(length);
            }
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Tells whether the last character kept is part of a name; `br"…"` is no such name.
    fn in_a_word(&self) -> bool {
        let before = self.code.strip_suffix('b').unwrap_or(&self.code);
        before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    }

    fn keep(&mut self, c: char) {
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        self.code.push(c);
    }

    fn blank(&mut self, length: usize) {
        let end = self.at + length;
        while self.at < end {
            let Some(c) = self.rest().chars().next() else { return };
            self.at += c.len_utf8();
            self.line += usize::from(c == '\n');
            self.code.push(if c == '\n' { '\n' } else { ' ' });
        }
    }

    /// Returns the length of the comment up to the end of the line, and notes a doc comment.
    fn line_comment(&mut self) -> usize {
        let comment = self.rest().lines().next().unwrap_or_default();
        let length = comment.len();
        let doc = match (comment.strip_prefix("//!"), comment.strip_prefix("///")) {
            (Some(text), _) => Some((true, text)),
            (None, Some(text)) if !text.starts_with('/') => Some((false, text)),
            _ => None,
        };
        if let Some((inner, text)) = doc {
            let text = text.trim().to_owned();
            self.docs.push(DocLine { line: self.line, inner, text });
        }
        length
    }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// Returns the length of a string's rest, with its closing quote.
fn until_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of `r"…"` or `r#"…"#`, if that is what the text begins with.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&close).map_or(text.len(), |at| 2 + hashes + at + close.len()))
}

/// Returns the length of a character literal, or 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |at| 3 + at + 1),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}
