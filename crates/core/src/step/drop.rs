//! `drop`: the older version has a field that the newer one does not.
//!
//! Going up it is left out, which is a loss where it stood with another value than the way back restores; going down it
//! is restored where it is absent: with the same value everywhere, with that of another field, or not at all. Its container stays, even empty, since the way back restores only where the
//! container is.

use super::{
    Direction, Effect, Filling, Lookups, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::required_field,
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Location, Table},
    json::Field,
};

/// Drops a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// The field of the older version.
    pub field: Field,
    /// The value that the older version gets where the field is absent.
    pub filling: Filling,
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
            keys: &[key("drop", Holds::Field), key("copy", Holds::Field)],
            is_option: false,
            up: "`F` goes",
            down: "`F` is filled in with the value of `G`, where `G` is there and `F` is not. `G` may stand in another object",
            loses: "the same",
        },
        Usage {
            keys: &[key("drop", Holds::Field), key("lookup", Holds::Field), key("in", Holds::Lookup)],
            is_option: false,
            up: "`F` goes",
            down: "`F` is filled in with the value that `[lookup.NAME]` of `api.toml` has for that of `G`, with `rest` for all others",
            loses: "the same; nothing is filled in for what the table does not have, `unconverted`",
        },
        Usage {
            keys: &[key("rest", Holds::Json)],
            is_option: true,
            up: "",
            down: "the value for all that the table does not have",
            loses: "down: `made-up`",
        },
        Usage {
            keys: &[key("drop", Holds::Field)],
            is_option: false,
            up: "`F` goes",
            down: "nothing comes back",
            loses: "up: `dropped`, wherever it stood",
        },
        Usage {
            keys: &[key("implied_by", Holds::Why).was("known_by")],
            is_option: true,
            up: "",
            down: "the newer version implies the value of `restore`",
            loses: "down: nothing",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ drop = "currency", restore = '"usd"', implied_by = "all amounts are in dollars" },
            { drop = "by", restore = 'null' }"#,
            old: r#"{"id":"o_1","currency":"usd","by":null}"#,
            new: r#"{"id":"o_1"}"#,
            loses: ("", "by=made-up"),
        },
        KindExample {
            steps: r#"{ drop = "created_at", copy = "posted_at" }, { drop = "note" }"#,
            old: r#"{"posted_at":"2026-06-01","created_at":"2026-06-01"}"#,
            new: r#"{"posted_at":"2026-06-01"}"#,
            loses: ("", "created_at=made-up"),
        },
        KindExample {
            steps: r#"{ drop = "currency", copy = "total.currency", implied_by = "the order has one currency" },
            { drop = "decimals", lookup = "total.currency", in = "decimals", rest = '2' }"#,
            old: r#"{"currency":"jpy","decimals":0,"total":{"currency":"jpy"}}"#,
            new: r#"{"total":{"currency":"jpy"}}"#,
            loses: ("", "decimals=made-up"),
        },
        KindExample {
            steps: r#"{ drop = "items[*].note", restore = 'null' },
            { drop = "items[*].currency", copy = "currency", implied_by = "the order has one currency" }"#,
            old: r#"{"currency":"jpy","items":[{"id":"i_1","note":null,"currency":"jpy"}]}"#,
            new: r#"{"currency":"jpy","items":[{"id":"i_1"}]}"#,
            loses: ("", "items.note=made-up"),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"created_at":"2026-05-30","note":null}"#,
            to: "{}",
            loses: "created_at=dropped, note=dropped",
        },
        OneWay {
            example: 2,
            direction: Direction::Down,
            from: r#"{"total":{"currency":"xau"}}"#,
            to: r#"{"total":{"currency":"xau"},"currency":"xau","decimals":2}"#,
            loses: "decimals=made-up",
        },
    ];

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
        Recipe {
            topic: Topic::Presence,
            change: "A field is removed, and another is the nearest to it",
            steps: &[r#"{ drop = "created_at", copy = "posted_at" }"#],
            old: r#"{"posted_at":"2026-06-01","created_at":"2026-06-01"}"#,
            new: r#"{"posted_at":"2026-06-01"}"#,
            loses: "up: `dropped`, any other value; down: `made-up`",
        },
        Recipe {
            topic: Topic::Presence,
            change: "An optional field is removed (`note`)",
            steps: &[r#"{ drop = "note" }"#],
            old: r#"{"id":"o_1"}"#,
            new: r#"{"id":"o_1"}"#,
            loses: "up: `dropped`, wherever it stood; down: nothing, it stays absent",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A parameter of a query or a form is removed, and never made a difference (`network`)",
            steps: &[r#"{ drop = "network" }"#],
            old: "amount=5",
            new: "amount=5",
            loses: "up: `dropped`, wherever it stood. A filter that is dropped gives a wrong page: leave that one out",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "drop", notes);
        let filling = if table.has("copy") || table.has("lookup") {
            Filling::of_another(table, notes)
        } else if table.has("restore") {
            Filling::constant(table, "restore", notes)
        } else {
            Some(Filling::Nothing)
        };
        let (field, filling) = (field?, filling?);
        filling.fits(&field, table, notes).then(|| vec![Drop { field, filling }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        match direction {
            Direction::Up => vec![self.filling.remove(&self.field)],
            Direction::Down => self.filling.make(&self.field).into_iter().collect(),
        }
    }

    fn describe(&self, direction: Direction) -> String {
        match direction {
            Direction::Up => format!("drop {}", self.field),
            Direction::Down => self.filling.describe("restore", &self.field),
        }
    }

    fn resolve(&mut self, lookups: &Lookups, at: &Location, notes: &mut Vec<Diagnostic>) {
        self.filling.resolve(lookups, at, notes);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Step,
            test::{check, check_both, field, parse},
        },
        *,
    };
    use Direction::{Down, Up};

    fn drop(name: &str, restore: &str, implied_by: Option<&str>) -> Vec<Step> {
        let (text, implied_by) = (restore.as_bytes().into(), implied_by.map(Into::into));
        vec![Step::Drop(Drop { field: field(name), filling: Filling::Constant { text, implied_by } })]
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
    fn what_has_no_value_to_restore_is_reported_wherever_it_stood() {
        let steps = parse("drop = 'g.note'").unwrap();
        for value in ["null", "\"x\"", "{\"a\":1}"] {
            check(&steps, Up, &format!("{{\"g\":{{\"note\":{value}}}}}"), r#"{"g":{}}"#, "g.note=dropped");
        }
        for document in ["{}", r#"{"g":{}}"#, r#"{"g":null}"#] {
            check_both(&steps, document, document);
        }
        check(&steps, Down, r#"{"g":{"note":1}}"#, r#"{"g":{"note":1}}"#, "");
        assert!(parse("drop = 'note'").unwrap()[0].fits_parameters());
    }

    #[test]
    fn another_field_is_copied() {
        let steps = parse("drop = 'a'\ncopy = 'b'").unwrap();
        check(&steps, Down, r#"{"b":"x"}"#, r#"{"b":"x","a":"x"}"#, "a=made-up");
        check(&steps, Up, r#"{"b":"x","a":"x"}"#, r#"{"b":"x"}"#, "");
        check(&steps, Up, r#"{"b":"x","a":"y"}"#, r#"{"b":"x"}"#, "a=dropped");
        check(&steps, Up, r#"{"a":"y"}"#, "{}", "a=dropped");
        check_both(&steps, r#"{"b":null,"a":null}"#, r#"{"b":null}"#);
        check_both(&steps, "{}", "{}");
        let mut steps = parse("drop = 'a'\ncopy = 'b'").unwrap();
        steps.extend(parse("convert = 'b'\nas = 'number -> decimal'").unwrap());
        check(&steps, Up, r#"{"b":5,"a":5}"#, r#"{"b":"5.00"}"#, "");
        // What cannot be converted would come back as another value.
        check(&steps, Up, r#"{"b":"5","a":"5"}"#, r#"{"b":"5"}"#, "a=dropped, b=unconverted");
        for mistake in ["copy = 'a'", "copy = 'a.b'", "copy = 'b'\nrestore = '1'", "implied_by = 'x'"] {
            assert_eq!(parse(&format!("drop = 'a'\n{mistake}")), None, "{mistake}");
        }
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
