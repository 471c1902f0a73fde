//! `map`: values of an enumeration get other names.
//!
//! Values that are not listed pass as they are. In a body, a value that only the other version documents passes too,
//! but is reported, since it would come back as another one. Where the pack says so, values stand behind a sign or in a
//! list, as the fields that a list is sorted by often do: `-company,total`.

use super::{
    Direction, Effect, Step, ValueForm,
    kind::{Holds, Kind, KindExample, SEPARATORS, Usage, key},
    read::required_field,
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Table, Text, wrong_type},
    form::Parts,
    json::{Field, Name},
};
use toml::de::DeValue;

/// Renames values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The field, the same in both versions.
    pub field: Field,
    /// Older value, newer value; neither side repeats one.
    pub values: Vec<(Name, Name)>,
    /// The way that several values are written in one text.
    pub parts: Parts,
}

impl Kind for Map {
    const KEY: &'static str = "map";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("map", Holds::Field), key("values", Holds::Words)],
            is_option: false,
            up: "`\"a\"` becomes `\"b\"`, others pass",
            down: "the reverse",
            loses: "a value that only the other version has, `unconverted`",
        },
        Usage {
            keys: &[key("signs", Holds::Flag), key("list", Holds::Separator)],
            is_option: true,
            up: "the values stand behind a `-` or a `+`, in a list: `-company,total`",
            down: "the reverse",
            loses: "the same",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ map = "status", values = { canceled = "cancelled" } }"#,
            old: r#"{"id":"o_1","status":"canceled"}"#,
            new: r#"{"id":"o_1","status":"cancelled"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ map = "sort", values = { company = "account", total = "sum" }, signs = true, list = "," }"#,
            old: r#"{"sort":"-company,total"}"#,
            new: r#"{"sort":"-account,sum"}"#,
            loses: ("", ""),
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Values,
            change: "Words of an enumeration get other names",
            steps: &[r#"{ map = "status", values = { canceled = "cancelled" } }"#],
            old: r#"{"status":"canceled"}"#,
            new: r#"{"status":"cancelled"}"#,
            loses: "nothing; a word that only the other version has stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Requests,
            change: "Values of a parameter get other names",
            steps: &[r#"{ map = "order", values = { created = "created_at" } }"#],
            old: "order=created",
            new: "order=created_at",
            loses: "nothing; a value that only the other version has stays",
        },
        Recipe {
            topic: Topic::Requests,
            change: "The fields that a list is sorted by get other names",
            steps: &[r#"{ map = "sort", values = { company = "account" }, signs = true, list = "," }"#],
            old: "sort=-company,total",
            new: "sort=-account,total",
            loses: "nothing; a value that only the other version has stays",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "map", notes);
        let pairs = words(table, notes)?;
        let parts = parts(table, notes);
        if let Some(value) = pairs.iter().flat_map(|(older, newer)| [older, newer]).find(|value| {
            let signed = parts.signs && value.text().starts_with(['-', '+']);
            signed || parts.list.is_some_and(|list| value.text().contains(list))
        }) {
            let message = format!("`{}` can match nothing: it has a sign or a separator in it", value.text());
            let label = "signs and separators stand around values";
            notes.push(Diagnostic::new(Code::MatchesNothing, &table.at(), message).label(label));
        }
        Some(vec![Map { field: field?, values: pairs, parts }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let pairs = self.pairs(direction).map(|(source, target)| (source.clone(), target.clone()));
        let form = ValueForm::Mapped { pairs: pairs.collect(), parts: self.parts };
        vec![Effect::Reform { field: self.field.clone(), form, told: self.field.clone() }]
    }

    fn describe(&self, direction: Direction) -> String {
        let pairs =
            self.pairs(direction).map(|(source, target)| format!("{} -> {}", source.text(), target.text()));
        let signs = if self.parts.signs { ", behind signs" } else { "" };
        let list = self.parts.list.map(|list| format!(", in lists with {list:?}")).unwrap_or_default();
        format!("map values of {}{signs}{list}: {}", self.field, pairs.collect::<Vec<_>>().join(", "))
    }
}

impl Map {
    /// The pairs in the direction: the name that a value has, and the one that it gets.
    fn pairs(&self, direction: Direction) -> impl Iterator<Item = (&Name, &Name)> {
        self.values.iter().map(move |(older, newer)| match direction {
            Direction::Up => (older, newer),
            Direction::Down => (newer, older),
        })
    }
}

/// Reads the pairs of a map.
fn words(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<(Name, Name)>> {
    table.must_have("values");
    let values = table.value("values")?;
    let mut pairs: Vec<(Name, Name)> = Vec::new();
    for (older, newer) in table.inner(values, "`values`", notes)?.names() {
        let at = table.place(newer.span());
        let DeValue::String(text) = newer.get_ref() else {
            notes.push(wrong_type(&at, "a value of an enumeration", "a string", newer.get_ref()));
            continue;
        };
        if pairs.iter().any(|(_, known)| known.text() == text) {
            let message = format!("two older values become `{text}`, and none could come back");
            let hint =
                "on the way back there is one older value for each newer one: leave one of the two out";
            let note = Diagnostic::new(Code::Contradiction, &at, message);
            notes.push(note.label("stands twice").hint(hint));
        }
        pairs.push((Name::new(older.text), Name::new(text)));
    }
    Some(pairs)
}

/// Reads how the values of a map stand in a text: `signs = true`, `list = ","`.
fn parts(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Parts {
    let signs = match table.value("signs").map(|value| (value.get_ref(), value.span())) {
        Some((DeValue::Boolean(signs), _)) => *signs,
        Some((other, span)) => {
            notes.push(wrong_type(&table.place(span), "`signs`", "true or false", other));
            false
        }
        None => false,
    };
    let separator = |text: &Text<'_>, notes: &mut Vec<Diagnostic>| {
        let mut letters = text.text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if SEPARATORS.contains(&letter) => Some(letter),
            _ => {
                let message = format!("`{}` does not stand between the values of a list", text.text);
                let label = "one of `,`, `;`, `|` and `:` belongs here";
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
                None
            }
        }
    };
    let text = table.string("list", notes);
    let list = text.and_then(|text| separator(&text, notes));
    Parts { signs, list }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Losses, Step,
            test::{check, check_both, field},
        },
        *,
    };
    use crate::form::Pairs;

    #[test]
    fn values_are_renamed_and_others_pass() {
        let values = vec![(Name::new("processing_volume"), Name::new("volume_usd"))];
        let steps = vec![Step::Map(Map { field: field("order"), values, parts: Parts::default() })];
        check_both(&steps, r#"{"order":"processing_volume"}"#, r#"{"order":"volume_usd"}"#);
        for other in ["\"created_at\"", "null", "1", "[\"processing_volume\"]"] {
            let document = format!("{{\"order\":{other}}}");
            check_both(&steps, &document, &document);
        }
        let newer = r#"{"order":"volume_usd"}"#;
        check(&steps, Direction::Up, newer, newer, "order=unconverted");
    }

    #[test]
    fn row_14_1k_values_behind_signs_and_in_lists_go_there_and_back() {
        let values = [("company", "account"), ("total", "sum")];
        let values = values.map(|(older, newer)| (Name::new(older), Name::new(newer))).to_vec();
        let parts = Parts { signs: true, list: Some(',') };
        let map = Map { field: field("sort"), values, parts };
        let steps = vec![Step::Map(map.clone())];
        for (old, new) in [
            ("company", "account"),
            ("-company", "-account"),
            ("+company,-total", "+account,-sum"),
            ("created_at, company,-x", "created_at, account,-x"),
            ("companies,x-company", "companies,x-company"),
            ("", ""),
        ] {
            let body = |value: &str| format!("{{\"sort\":\"{value}\"}}");
            check_both(&steps, &body(old), &body(new));
            let (old, new) = (format!("sort={old}&company=1"), format!("sort={new}&company=1"));
            for (direction, from, to) in [(Direction::Up, &old, &new), (Direction::Down, &new, &old)] {
                let effects = map.effects(direction);
                let (mut pairs, mut losses) = (Pairs::parse(from), Losses::default());
                for effect in &effects {
                    effect.run_on_pairs(&mut pairs, &mut losses);
                }
                assert_eq!((pairs.to_string(), losses.is_empty()), (to.clone(), true));
            }
        }
        let odd = r#"{"sort":"-account,x"}"#;
        check(&steps, Direction::Up, odd, odd, "sort=unconverted");
        let mixed = r#"{"sort":"-account,total"}"#;
        check(&steps, Direction::Up, mixed, r#"{"sort":"-account,sum"}"#, "sort=unconverted");
        for other in ["null", "1", "[\"company\"]", "{\"company\":1}"] {
            let document = format!("{{\"sort\":{other}}}");
            check_both(&steps, &document, &document);
        }
    }
}
