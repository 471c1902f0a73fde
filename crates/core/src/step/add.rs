//! `add`: the newer version has a field that the older one does not.
//!
//! Going up the value is made up beside an anchor, so that a group of fields stays consistent; going down it is left
//! out, which is a loss where it stood with another value than would be made up again. A field that is there already stays as it is. Beside a null anchor, or one that could not be converted, the
//! anchor is copied: nothing is claimed that the document does not say.

use super::{
    Direction, Effect, Made, Step,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::{json, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Table},
    json::Field,
};
use std::sync::Arc;

/// Adds a field beside another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Add {
    /// The field of the newer version.
    pub field: Field,
    /// A field of the same container, in the newer version's name; nothing is added where it is absent.
    pub anchor: Field,
    /// The JSON text that it gets; `None` for a copy of the anchor.
    pub text: Option<Arc<[u8]>>,
}

impl Kind for Add {
    const KEY: &'static str = "add";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("add", Holds::Field), key("value", Holds::Json), key("beside", Holds::Field)],
            is_option: false,
            up: "`F` is filled in where `G` is there and `F` is not",
            down: "`F` goes",
            loses: "up: `made-up`; down: `dropped`, where it differs",
        },
        Usage {
            keys: &[key("add", Holds::Field), key("copy", Holds::Field)],
            is_option: false,
            up: "the same, with the value of `G`",
            down: "`F` goes",
            loses: "the same",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[KindExample {
        steps: r#"{ convert = "amounts.total", as = "number -> decimal" },
            { add = "amounts.tax", value = '"0.00"', beside = "amounts.total" },
            { add = "amounts.due", copy = "amounts.total" }"#,
        old: r#"{"id":"o_1","amounts":{"total":12.50}}"#,
        new: r#"{"id":"o_1","amounts":{"total":"12.50","tax":"0.00","due":"12.50"}}"#,
        loses: ("amounts.due=made-up, amounts.tax=made-up", ""),
    }];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Presence,
            change: "A required field is added, and older documents imply its value",
            steps: &[r#"{ add = "tax", value = '"0.00"', beside = "total" }"#],
            old: r#"{"total":"12.50"}"#,
            new: r#"{"total":"12.50","tax":"0.00"}"#,
            loses: "up: `made-up`; down: `dropped`, any other value",
        },
        Recipe {
            topic: Topic::Presence,
            change: "A required field is added that repeats another",
            steps: &[r#"{ add = "amount_due", copy = "total" }"#],
            old: r#"{"total":"12.50"}"#,
            new: r#"{"total":"12.50","amount_due":"12.50"}"#,
            loses: "up: `made-up`; down: `dropped`, any other value",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A required field is added to the body of a request",
            steps: &[r#"{ add = "currency", value = '"usd"', beside = "amount" }"#],
            old: r#"{"amount":5}"#,
            new: r#"{"amount":5,"currency":"usd"}"#,
            loses: "up: `made-up`; down: `dropped`, any other value",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "add", notes);
        let (anchor, text) = if table.has("copy") {
            (required_field(table, "copy", notes), Some(None))
        } else {
            let value = table.required("value", notes).and_then(|text| json(&text, notes));
            (required_field(table, "beside", notes), value.map(Some))
        };
        let (field, anchor, text) = (field?, anchor?, text?);
        let (Some((of_field, _)), Some((of_anchor, _))) = (field.split(), anchor.split()) else {
            return None;
        };
        if of_field != of_anchor || field == anchor {
            let message = format!("{field} and {anchor} are not two fields of one object");
            let hint = "a field is added beside another; an add never makes a container";
            let note = Diagnostic::new(Code::BadValue, &table.at(), message);
            notes.push(note.label("this add").hint(hint));
            return None;
        }
        Some(vec![Add { field, anchor, text }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let (field, anchor, text) = (self.field.clone(), self.anchor.clone(), self.text.clone());
        // The form that the anchor gets is for the whole change to say.
        let made = Made::Beside { anchor, text, anchor_form: None };
        vec![match direction {
            Direction::Up => Effect::Make { field, made },
            Direction::Down => Effect::Remove { field, made },
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        match (direction, &self.text) {
            (Direction::Up, Some(text)) => {
                format!("add {} = {} beside {}", self.field, String::from_utf8_lossy(text), self.anchor)
            }
            (Direction::Up, None) => format!("add {} as a copy of {}", self.field, self.anchor),
            (Direction::Down, _) => format!("drop {}", self.field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Conversion, Convert, Step,
            test::{check, check_both, field},
        },
        *,
    };
    use Direction::{Down, Up};

    fn steps() -> Vec<Step> {
        let add = |name: &str, text| Step::Add(Add { field: field(name), anchor: field("g.all"), text });
        vec![
            Step::Convert(Convert {
                field: field("g.all"),
                is_each: false,
                conversion: Conversion::NumberToDecimal,
            }),
            add("g.settled", None),
            add("g.waiting", Some((*b"\"0.00\"").into())),
        ]
    }

    #[test]
    fn a_group_is_completed_beside_its_anchor() {
        let new = r#"{"g":{"all":"5.00","settled":"5.00","waiting":"0.00"}}"#;
        check(&steps(), Up, r#"{"g":{"all":5.00}}"#, new, "g.settled=made-up, g.waiting=made-up");
        check(&steps(), Down, new, r#"{"g":{"all":5.00}}"#, "");
        check_both(&steps(), r#"{"g":{"x":1}}"#, r#"{"g":{"x":1}}"#);
        check_both(&steps(), "{}", "{}");
    }

    #[test]
    fn beside_null_stands_null_and_nothing_is_made_up() {
        check_both(&steps(), r#"{"g":{"all":null}}"#, r#"{"g":{"all":null,"settled":null,"waiting":null}}"#);
    }

    #[test]
    fn beside_an_odd_anchor_stands_its_text() {
        let losses = "g.all=unconverted, g.settled=made-up, g.waiting=made-up";
        check(
            &steps(),
            Up,
            r#"{"g":{"all":"5"}}"#,
            r#"{"g":{"all":"5","settled":"5","waiting":"5"}}"#,
            losses,
        );
    }

    #[test]
    fn what_would_not_come_back_is_reported() {
        let left = r#"{"g":{"all":5.00}}"#;
        let losses = "g.settled=dropped, g.waiting=dropped";
        check(&steps(), Down, r#"{"g":{"all":"5.00","settled":"4.00","waiting":"1.00"}}"#, left, losses);
        check(&steps(), Down, r#"{"g":{"all":"5.00","settled":"5","waiting":"0"}}"#, left, "");
        check(&steps(), Down, r#"{"g":{"settled":"5.00"},"x":1}"#, r#"{"x":1}"#, "g.settled=dropped");
    }

    #[test]
    fn row_14_1l_what_was_not_added_is_not_lost() {
        let left = r#"{"g":{"all":5.00}}"#;
        check(&steps(), Down, r#"{"g":{"all":"5.00"}}"#, left, "");
        check(&steps(), Down, r#"{"g":{"all":"5.00","waiting":"1.00"}}"#, left, "g.waiting=dropped");
        for nothing in ["{}", r#"{"g":{}}"#, r#"{"g":{"all":null}}"#] {
            check(&steps(), Down, nothing, nothing, "");
        }
    }

    #[test]
    fn what_is_there_stays() {
        let document = r#"{"g":{"all":5,"settled":"4.00","waiting":"1.00"}}"#;
        check(&steps(), Up, document, r#"{"g":{"all":"5.00","settled":"4.00","waiting":"1.00"}}"#, "");
    }
}
