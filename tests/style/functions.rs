//! The length of functions.

use super::Offender;
use super::source::Source;

/// A function and its length.
pub(super) struct Function {
    file: String,
    line: usize,
    name: String,
    /// Lines from `fn` to the closing brace.
    pub(super) lines: usize,
}

impl Function {
    pub(super) fn offends(self) -> Offender {
        Offender { file: self.file, line: self.line, why: format!("{} has {} lines", self.name, self.lines) }
    }
}

/// Returns every function of a file that has a body.
pub(super) fn lengths(source: &Source) -> Vec<Function> {
    let code = &source.code;
    let starts = code.match_indices("fn ").map(|(at, _)| at).filter(|at| {
        let before = code[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    });
    starts
        .filter_map(|at| {
            let name: String =
                code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let open = if name.is_empty() { None } else { body(code, at) }?;
            let line = source.line(at);
            let lines = source.line(matching_brace(code, open)) - line + 1;
            Some(Function { file: source.path.clone(), line, name, lines })
        })
        .collect()
}

/// Returns where the body's brace is, or `None` for a function that only a trait declares.
fn body(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[at..].iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(at + offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Returns where the brace that opens at `open` is closed.
pub(super) fn matching_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return open + offset,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}
