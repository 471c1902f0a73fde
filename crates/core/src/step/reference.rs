//! The tables for people in `transforms/README.md`: the reference of the kinds and the conversions, and the changes that an author
//! looks for.

use super::{
    CONVERSIONS, GUARDED, KINDS,
    conversion::ConversionFacts,
    kind::{Holds, Key, KindFacts, Usage},
    recipe::{How, Recipe, Topic, WITHOUT_STEP, WithoutStep},
};
use std::fmt::Write;

/// The row of what every step may do besides: no key says it, but the way in which a field is written.
const ELEMENTS: &str = "| … `F[*].name` in place of a field, of any step | each element of the list `F` is changed; what is only read may \
                        stand around the list | the reverse | what the step loses; what is no list stays, `unconverted` |\n";

/// Writes the reference of all kinds and conversions as tables in Markdown.
pub fn reference() -> String {
    let mut text = String::from("| step | going up | going down | can lose |\n|---|---|---|---|\n");
    for usage in KINDS.iter().chain([&GUARDED]).flat_map(|kind| kind.usages) {
        let Usage { up, down, loses, .. } = usage;
        let _ = write!(text, "| {} |", usage.syntax());
        for cell in [up, down, loses] {
            text.push_str(&if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") });
        }
        text.push('\n');
    }
    text.push_str(ELEMENTS);
    text.push_str("\n| conversion | back | for example | of |\n|---|---|---|---|\n");
    for ConversionFacts { written, back, example: (old, new), about } in CONVERSIONS {
        let _ = writeln!(text, "| `{written}` | `{back}` | `{old}` and `{new}` | {about} |");
    }
    text
}

/// Writes the table of changes in Markdown: what changes, how to say it, and what is lost.
pub fn changes() -> String {
    let mut text = String::from("| what changes | how to say it | what is lost |\n|---|---|---|\n");
    for topic in Topic::ALL {
        let _ = writeln!(text, "| **{}** | | |", topic.title());
        let recipes = KINDS.iter().chain([&GUARDED]).flat_map(|kind| kind.recipes);
        for row in recipes.filter(|recipe| recipe.topic == topic).map(Recipe::row) {
            text.push_str(&row);
        }
        for row in WITHOUT_STEP.iter().filter(|change| change.topic == topic).map(WithoutStep::row) {
            text.push_str(&row);
        }
    }
    text
}

impl Recipe {
    fn row(&self) -> String {
        let Recipe { change, old, new, loses, .. } = self;
        let steps: Vec<String> = self.steps.iter().map(|step| format!("`{step}`")).collect();
        format!("| {change}<br>`{old}` → `{new}` | {} | {loses} |\n", steps.join("<br>"))
    }
}

impl WithoutStep {
    fn row(&self) -> String {
        let how = match self.how {
            How::Nothing => "nothing needs to be said",
            How::Otherwise(how) => how,
            How::Never => "**cannot be said**",
        };
        format!("| {} | {how} | {} |\n", self.change, self.then)
    }
}

impl KindFacts {
    /// Writes a step of this kind as a pack has it: `{ move = F, to = G }`.
    pub(crate) fn syntax(&self) -> String {
        let usages = self.usages.iter().filter(|usage| !usage.is_option);
        usages.map(Usage::syntax).collect::<Vec<_>>().join(" or ")
    }
}

impl Usage {
    /// Writes the keys as a pack has them: `{ move = F, to = G }`.
    pub(super) fn syntax(&self) -> String {
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
                Holds::Side => "\"older\"",
                Holds::Flag => "true",
                Holds::Separator => "\",\"",
                Holds::Fields => "[F, …]",
                Holds::Rows => "[['JSON, …', 'JSON, …'], …]",
                Holds::Lookup => "NAME",
                Holds::Scaling => "SCALING",
                Holds::Sources => "[G, …]",
                Holds::Aggregate => "\"sum\"",
                Holds::Tuple => "'JSON, …'",
                Holds::Guard => "{ type = \"card\" }",
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
