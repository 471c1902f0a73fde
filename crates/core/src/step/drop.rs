//! `drop`: the older version has a field that the newer one does not.
//!
//! Going up it is left out, which is a loss where it stood with another value than the way back restores; going down it
//! is restored where it is absent. Its container stays, even empty, since the way back restores only where the
//! container is.

use super::{
    Direction, Effect, Made, Step,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::{json, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Table},
    json::Field,
};
use std::sync::Arc;

/// Drops a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// The field of the older version.
    pub field: Field,
    /// The JSON text that the older version gets where the field is absent.
    pub restore: Arc<[u8]>,
    /// The reason why `restore` is what the newer version means. Without one, the value is made up.
    pub implied_by: Option<String>,
}

impl Kind for Drop {
    const KEY: &'static str = "drop";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("drop", Holds::Field), key("restore", Holds::Json)],
            is_option: false,
            up: "`F` goes",
            down: "`F` is filled in where it is absent",
            loses: "up: `dropped`, where it differs; down: `made-up`",
        },
        Usage {
            keys: &[key("implied_by", Holds::Why).was("known_by")],
            is_option: true,
            up: "",
            down: "the newer version implies the value",
            loses: "down: nothing",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[KindExample {
        steps: r#"{ drop = "currency", restore = '"usd"', implied_by = "all amounts are in dollars" },
            { drop = "by", restore = 'null' }"#,
        old: r#"{"id":"o_1","currency":"usd","by":null}"#,
        new: r#"{"id":"o_1"}"#,
        loses: ("", "by=made-up"),
    }];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Presence,
            change: "A field is removed, and the newer version implies its value",
            steps: &[
                r#"{ drop = "currency", restore = '"usd"', implied_by = "all amounts are in dollars" }"#,
            ],
            old: r#"{"currency":"usd"}"#,
            new: "{}",
            loses: "up: `dropped`, any other value; down: nothing",
        },
        Recipe {
            topic: Topic::Presence,
            change: "A field is removed, and nobody knows its value",
            steps: &[r#"{ drop = "referred_by", restore = 'null' }"#],
            old: r#"{"id":"o_1","referred_by":null}"#,
            new: r#"{"id":"o_1"}"#,
            loses: "up: `dropped`, any other value; down: `made-up`",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A field is removed from the body of a request",
            steps: &["{ drop = \"notify\", restore = 'true' }"],
            old: r#"{"amount":5,"notify":true}"#,
            new: r#"{"amount":5}"#,
            loses: "up: `dropped`, any other value; down: `made-up`",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "drop", notes);
        let restore = table.required("restore", notes).and_then(|text| json(&text, notes));
        let key = table.renamed("implied_by", notes);
        let implied_by = table.string(key, notes).map(|text| text.text.to_owned());
        Some(vec![Drop { field: field?, restore: restore?, implied_by }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let (field, text) = (self.field.clone(), self.restore.clone());
        let made = Made::Constant { text, implied_by: self.implied_by.clone() };
        vec![match direction {
            Direction::Up => Effect::Remove { field, made },
            Direction::Down => Effect::Make { field, made },
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        let restore = String::from_utf8_lossy(&self.restore);
        match (direction, &self.implied_by) {
            (Direction::Up, _) => format!("drop {}", self.field),
            (Direction::Down, Some(why)) => format!("restore {} = {restore} where absent: {why}", self.field),
            (Direction::Down, None) => format!("restore {} = {restore} where absent", self.field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Step,
            test::{check, check_both, field},
        },
        *,
    };
    use Direction::{Down, Up};

    fn drop(name: &str, restore: &str, implied_by: Option<&str>) -> Vec<Step> {
        let restore = restore.as_bytes().into();
        vec![Step::Drop(Drop { field: field(name), restore, implied_by: implied_by.map(Into::into) })]
    }

    #[test]
    fn a_known_value_comes_back() {
        let steps = drop("currency", "\"usd\"", Some("the suffix says it"));
        check_both(&steps, r#"{"a":1,"currency":"usd"}"#, r#"{"a":1}"#);
        check(&steps, Up, r#"{"currency":"eur"}"#, "{}", "currency=dropped");
    }

    #[test]
    fn row_14_1l_a_loss_is_what_was_there_and_is_gone() {
        for implied_by in [None, Some("the suffix says it")] {
            let steps = drop("currency", "\"usd\"", implied_by);
            check(&steps, Up, r#"{"a":1}"#, r#"{"a":1}"#, "");
            check(&steps, Up, r#"{"currency":"usd"}"#, "{}", "");
            check(&steps, Up, r#"{"currency":null}"#, "{}", "currency=dropped");
            check(&steps, Up, r#"{"currency":"eur"}"#, "{}", "currency=dropped");
        }
        let inside = drop("receipt.fees", "[]", None);
        for document in ["{}", r#"{"receipt":null}"#, r#"{"receipt":{}}"#, r#"{"receipt":{"x":1}}"#] {
            check(&inside, Up, document, document, "");
        }
    }

    #[test]
    fn a_made_up_value_is_reported() {
        let steps = drop("by", "null", None);
        check(&steps, Down, r#"{ "a": 1 }"#, r#"{ "a": 1, "by": null }"#, "by=made-up");
        check(&steps, Up, r#"{"by":null}"#, "{}", "");
        check(&steps, Up, r#"{"by":"x"}"#, "{}", "by=dropped");
        check(&steps, Down, r#"{"by":"x"}"#, r#"{"by":"x"}"#, "");
    }

    #[test]
    fn a_container_is_never_made_and_never_removed() {
        let steps = drop("receipt.fees", "[]", None);
        check_both(&steps, r#"{"receipt":null}"#, r#"{"receipt":null}"#);
        check_both(&steps, "{}", "{}");
        check(&steps, Up, r#"{"receipt":{"fees":[ ]}}"#, r#"{"receipt":{}}"#, "");
        check(&steps, Down, r#"{"receipt":{}}"#, r#"{"receipt":{"fees":[]}}"#, "receipt.fees=made-up");
    }
}
