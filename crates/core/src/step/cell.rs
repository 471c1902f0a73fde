//! Cells of a table: values, and words for what is no value.

use super::Scalar;
use crate::{
    authored::{Code, Diagnostic, Text},
    json::Scanner,
};
use std::fmt;

/// A cell of a row: the value that a field has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// The field is absent.
    Absent,
    /// The field is absent, or has any value that is neither a list nor an object.
    Any,
    /// The field has this value.
    Value(Scalar),
}

/// The words for cells that are no values.
const WORDS: [(&str, Cell); 2] = [("absent", Cell::Absent), ("any", Cell::Any)];

impl Cell {
    /// The value, where it is one.
    pub fn value(&self) -> Option<&Scalar> {
        match self {
            Cell::Value(value) => Some(value),
            Cell::Absent | Cell::Any => None,
        }
    }

    /// Tells whether some value, or none, fits both cells.
    pub(super) fn overlaps(&self, other: &Cell) -> bool {
        *self == Cell::Any || *other == Cell::Any || self == other
    }

    /// Reads the cells of a tuple: scalars in JSON with commas between them, and `absent` or `any` in the place of one.
    pub(super) fn read_all(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Cell>> {
        let cells = cells(text.text);
        if cells.is_none() {
            let message = format!("`{}` is no list of values", text.text);
            let hint = "write JSON with commas between: '\"open\", true, null'; `absent` for a field that is not there, and \
                        `any` in a row of one direction for whatever stands there";
            let note = Diagnostic::new(Code::BadValue, &text.at, message);
            notes.push(note.label("neither lists nor objects").hint(hint));
        }
        cells
    }
}

fn cells(text: &str) -> Option<Vec<Cell>> {
    let (mut cells, mut rest) = (Vec::new(), text.trim());
    loop {
        let word = WORDS.iter().find(|(word, _)| rest.starts_with(word));
        let length = match word {
            Some((word, cell)) => {
                cells.push(cell.clone());
                word.len()
            }
            None => {
                let mut scanner = Scanner::new(rest.as_bytes());
                scanner.value().ok()?;
                let value = rest.get(..scanner.position())?;
                cells.push(Cell::Value(Scalar::read(value)?));
                value.len()
            }
        };
        rest = rest.get(length..)?.trim_start();
        if rest.is_empty() {
            return Some(cells);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// `open`, `null`, `absent`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Value(value) => value.fmt(f),
            Cell::Absent => f.write_str("absent"),
            Cell::Any => f.write_str("any"),
        }
    }
}

/// Shows the cells of a tuple with commas between them.
pub(super) fn shown(cells: &[Cell]) -> String {
    cells.iter().map(Cell::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{shown as joined, *};

    #[test]
    fn cells_are_json_and_two_words() {
        let shown = |text| cells(text).map(|cells| joined(&cells));
        for (text, cells) in [
            ("\"a, b\"", "a, b"),
            (" \"open\" ,true, 1.10,null", "open, true, 1.10, null"),
            ("absent,any , \"absent\"", "absent, any, absent"),
            ("\"\\u0061\"", "a"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(cells), "{text}");
        }
        assert_ne!(cells("absent"), cells("\"absent\""));
        for text in ["", ",", "1,", "1 2", "open", "[1]", "{}", "1,,2", "absentee", "01"] {
            assert_eq!(cells(text), None, "{text}");
        }
    }
}
