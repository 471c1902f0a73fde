//! The reference of the kinds for people: the table in `transforms/README.md`.

use super::{
    KINDS,
    kind::{Holds, Key, Usage},
};
use std::fmt::Write;

/// Writes the reference of all kinds as a table in Markdown.
pub fn reference() -> String {
    let mut text = String::from("| step | going up | going down | can lose |\n|---|---|---|---|\n");
    for usage in KINDS.iter().flat_map(|kind| kind.usages) {
        let Usage { up, down, loses, .. } = usage;
        let _ = write!(text, "| {} |", usage.syntax());
        for cell in [up, down, loses] {
            text.push_str(&if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") });
        }
        text.push('\n');
    }
    text
}

impl Usage {
    /// Writes the keys as a pack has them: `{ move = F, to = G }`.
    fn syntax(&self) -> String {
        let mut fields = ["F", "G"].into_iter();
        let mut written = |key: &Key| {
            let value = match key.holds {
                Holds::Field => fields.next().unwrap_or("H"),
                Holds::Conversion => "CONVERSION",
                Holds::Json => "JSON",
                Holds::Name => "NAME",
                Holds::Text => "TEXT",
                Holds::Why => "\"why\"",
                Holds::Words => "{ a = \"b\" }",
                Holds::Flag => "true",
                Holds::Separator => "\",\"",
            };
            format!("{} = {value}", key.name)
        };
        let keys = self.keys.iter();
        match self.is_option {
            true => {
                format!("… {}", keys.map(|key| format!("`{}`", written(key))).collect::<Vec<_>>().join(", "))
            }
            false => format!("`{{ {} }}`", keys.map(&mut written).collect::<Vec<_>>().join(", ")),
        }
    }
}
