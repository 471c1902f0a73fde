//! `add`: the newer version has a field that the older one does not.
//!
//! Going up the value is made up: the same in every object, or beside an anchor, so that a group of fields stays
//! consistent. Going down it is left
//! out, which is a loss where it stood with another value than would be made up again. A field that is there already stays as it is. Beside a null anchor, or one that could not be converted, the
//! anchor is copied: nothing is claimed that the document does not say.

use super::{
    Direction, Effect, Filling, Lookups, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::{json, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Location, Table},
    json::Field,
};

/// Adds a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Add {
    /// The field of the newer version.
    pub field: Field,
    /// The value that it gets where it is absent.
    pub filling: Filling,
}

impl Kind for Add {
    const KEY: &'static str = "add";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("add", Holds::Field), key("value", Holds::Json), key("beside", Holds::Field)],
            is_option: false,
            up: "`F` is filled in where `G` is there and `F` is not",
            down: "`F` goes",
            loses: "up: `made-up`, but for null; down: `dropped`, where it differs",
        },
        Usage {
            keys: &[key("add", Holds::Field), key("copy", Holds::Field)],
            is_option: false,
            up: "the same, with the value of `G`, which may stand in another object",
            down: "`F` goes",
            loses: "the same",
        },
        Usage {
            keys: &[key("add", Holds::Field), key("value", Holds::Json)],
            is_option: false,
            up: "`F` is filled in where it is absent, in every object",
            down: "`F` goes",
            loses: "up: `made-up`; down: `dropped`, where it differs",
        },
        Usage {
            keys: &[key("add", Holds::Field), key("lookup", Holds::Field), key("in", Holds::Lookup)],
            is_option: false,
            up: "`F` is filled in where it is absent, with the value that `[lookup.NAME]` of `api.toml` has for that of `G`",
            down: "`F` goes",
            loses: "up: `made-up`, unless it is implied; nothing is filled in for what the table does not have, `unconverted`; down: `dropped`, where it differs",
        },
        Usage {
            keys: &[key("rest", Holds::Json)],
            is_option: true,
            up: "the value for all that the table does not have",
            down: "",
            loses: "up: `made-up`",
        },
        Usage {
            keys: &[key("implied_by", Holds::Why)],
            is_option: true,
            up: "the older version implies the value; not with `beside`",
            down: "",
            loses: "up: nothing",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ add = "object", value = '"order"', implied_by = "every one is an order" },
                { add = "tax", value = '"0.00"' }"#,
            old: r#"{"id":"o_1"}"#,
            new: r#"{"id":"o_1","object":"order","tax":"0.00"}"#,
            loses: ("tax=made-up", ""),
        },
        KindExample {
            steps: r#"{ convert = "amounts.total", as = "number -> decimal" },
            { add = "amounts.tax", value = '"0.00"', beside = "amounts.total" },
            { add = "amounts.due", copy = "amounts.total" }"#,
            old: r#"{"id":"o_1","amounts":{"total":12.50}}"#,
            new: r#"{"id":"o_1","amounts":{"total":"12.50","tax":"0.00","due":"12.50"}}"#,
            loses: ("amounts.due=made-up, amounts.tax=made-up", ""),
        },
        KindExample {
            steps: r#"{ add = "total.currency", copy = "currency", implied_by = "the order has one currency" },
            { add = "total.decimals", lookup = "currency", in = "decimals", implied_by = "ISO 4217" },
            { add = "total.shown", lookup = "total.unit", in = "decimals", rest = '3' }"#,
            old: r#"{"currency":"jpy","total":{"amount":"12","unit":"usd"}}"#,
            new: r#"{"currency":"jpy","total":{"amount":"12","unit":"usd","currency":"jpy","decimals":0,"shown":2}}"#,
            loses: ("total.shown=made-up", ""),
        },
        KindExample {
            steps: r#"{ move = "items[*].price", to = "items[*].price.amount" },
            { add = "items[*].price.currency", copy = "currency", implied_by = "the order has one currency" },
            { add = "items[*].price.decimals", lookup = "currency", in = "decimals", implied_by = "ISO 4217" },
            { add = "items[*].tax", value = '"0.00"', beside = "items[*].price" }"#,
            old: r#"{"items":[{"price":"12.50"},{"price":"7.00"}],"currency":"usd"}"#,
            new: r#"{"items":[{"price":{"amount":"12.50","currency":"usd","decimals":2},"tax":"0.00"},{"price":{"amount":"7.00","currency":"usd","decimals":2},"tax":"0.00"}],"currency":"usd"}"#,
            loses: ("items.tax=made-up", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"amounts":{"note":"no total"}}"#,
            to: r#"{"amounts":{"note":"no total"}}"#,
            loses: "",
        },
        OneWay {
            example: 2,
            direction: Direction::Up,
            from: r#"{"currency":"xau","total":{"unit":"xau"}}"#,
            to: r#"{"currency":"xau","total":{"unit":"xau","currency":"xau","shown":3}}"#,
            loses: "total.decimals=unconverted, total.shown=made-up",
        },
        OneWay {
            example: 2,
            direction: Direction::Up,
            from: r#"{"currency":"usd","total":null}"#,
            to: r#"{"currency":"usd","total":null}"#,
            loses: "",
        },
        OneWay {
            example: 3,
            direction: Direction::Up,
            from: r#"{"currency":"usd","items":[{"id":"i_1"}]}"#,
            to: r#"{"currency":"usd","items":[{"id":"i_1"}]}"#,
            loses: "",
        },
        OneWay {
            example: 3,
            direction: Direction::Down,
            from: r#"{"items":[{"price":{"amount":"1","currency":"eur"}},{"price":null,"tax":"1"}],"currency":"usd"}"#,
            to: r#"{"items":[{"price":"1"},{"price":null}],"currency":"usd"}"#,
            loses: "items.price.currency=dropped, items.tax=dropped",
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Lists,
            change: "The objects of a list get a field that stands around the list",
            steps: &[
                r#"{ add = "items[*].currency", copy = "currency", implied_by = "the order has one currency" }"#,
            ],
            old: r#"{"currency":"usd","items":[{"price":12}]}"#,
            new: r#"{"currency":"usd","items":[{"price":12,"currency":"usd"}]}"#,
            loses: "down: `dropped`, any other currency",
        },
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
            topic: Topic::Presence,
            change: "A field is added that follows from another one (decimals by currency: `usd = 2` in `[lookup.decimals]` of `api.toml`)",
            steps: &[
                r#"{ add = "decimals", lookup = "currency", in = "decimals", implied_by = "ISO 4217" }"#,
            ],
            old: r#"{"currency":"usd"}"#,
            new: r#"{"currency":"usd","decimals":2}"#,
            loses: "up: nothing; for what the table does not have nothing is added, `unconverted`; down: `dropped`, any other value",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "A number becomes an object of amount, currency and decimals, and the currency stands beside it",
            steps: &[
                r#"{ move = "total", to = "total.amount", as = "number -> decimal" }"#,
                r#"{ add = "total.currency", copy = "currency", implied_by = "the currency beside it" }"#,
                r#"{ add = "total.decimals", lookup = "currency", in = "decimals", implied_by = "ISO 4217" }"#,
            ],
            old: r#"{"currency":"usd","total":12.5}"#,
            new: r#"{"currency":"usd","total":{"amount":"12.50","currency":"usd","decimals":2}}"#,
            loses: "down: `dropped`, another currency, other decimals and other members",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A required field is added to the body of a request",
            steps: &[r#"{ add = "currency", value = '"usd"', beside = "amount" }"#],
            old: r#"{"amount":5}"#,
            new: r#"{"amount":5,"currency":"usd"}"#,
            loses: "up: `made-up`; down: `dropped`, any other value",
        },
        Recipe {
            topic: Topic::Presence,
            change: "A field is added that is the same everywhere",
            steps: &[r#"{ add = "object", value = '"order"', implied_by = "every one is an order" }"#],
            old: r#"{"id":"o_1"}"#,
            new: r#"{"id":"o_1","object":"order"}"#,
            loses: "up: nothing; down: `dropped`, any other value",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A required parameter is added to a query or a form",
            steps: &[r#"{ add = "account_id", value = '"internal"' }"#],
            old: "name=x",
            new: "name=x&account_id=internal",
            loses: "up: `made-up`; down: `dropped`, any other value",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "add", notes);
        let filling = if table.has("copy") || table.has("lookup") {
            Filling::of_another(table, notes)
        } else if table.has("beside") {
            let text = table.required("value", notes).and_then(|text| json(&text, notes));
            let anchor = required_field(table, "beside", notes);
            anchor.zip(text).map(|(anchor, text)| Filling::Beside { anchor, text: Some(text) })
        } else {
            Filling::constant(table, "value", notes)
        };
        let (field, filling) = (field?, filling?);
        filling.fits(&field, table, notes).then(|| vec![Add { field, filling }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        match direction {
            Direction::Up => self.filling.make(&self.field).into_iter().collect(),
            Direction::Down => vec![self.filling.remove(&self.field)],
        }
    }

    fn describe(&self, direction: Direction) -> String {
        match direction {
            Direction::Up => self.filling.describe("add", &self.field),
            Direction::Down => format!("drop {}", self.field),
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
            Conversion, Convert, Losses, Step,
            test::{check, check_both, field, parse},
        },
        *,
    };
    use crate::form::Pairs;
    use Direction::{Down, Up};

    fn steps() -> Vec<Step> {
        let add = |name: &str, text| {
            let filling = Filling::Beside { anchor: field("g.all"), text };
            Step::Add(Add { field: field(name), filling })
        };
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
    fn a_constant_stands_everywhere() {
        let steps = parse("add = 'g.object'\nvalue = '\"order\"'\nimplied_by = 'it is one'").unwrap();
        check_both(&steps, r#"{"g":{}}"#, r#"{"g":{"object":"order"}}"#);
        check_both(&steps, r#"{"g":null}"#, r#"{"g":null}"#);
        check(&steps, Down, r#"{"g":{"object":"x"}}"#, r#"{"g":{}}"#, "g.object=dropped");
        let steps = parse("add = 'n'\nvalue = '0'").unwrap();
        check(&steps, Up, "{}", r#"{"n":0}"#, "n=made-up");
        check(&steps, Down, r#"{"n":0.0}"#, "{}", "");
        for mistake in [
            "value = '0'\nbeside = 'n'",
            "beside = 'a'",
            "copy = 'n'",
            "value = '0'\nbeside = 'a'\nimplied_by = 'x'",
        ] {
            assert_eq!(parse(&format!("add = 'n'\n{mistake}")), None, "{mistake}");
        }
    }

    #[test]
    fn parameters_get_a_constant() {
        let steps = parse("add = 'account'\nvalue = '\"a b\"'").unwrap();
        let run = |direction, text: &str| {
            let effects: Vec<Effect> = steps.iter().flat_map(|step| step.effects(direction)).collect();
            let (mut pairs, mut losses) = (Pairs::parse(text), Losses::default());
            effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut losses));
            (pairs.to_string(), losses.to_string())
        };
        let told = |text: &str, losses: &str| (text.to_owned(), losses.to_owned());
        assert_eq!(run(Up, "x=1"), told("x=1&account=a%20b", "account=made-up"));
        assert_eq!(run(Up, ""), told("account=a%20b", "account=made-up"));
        assert_eq!(run(Up, "account[]=1"), told("account[]=1", ""));
        assert_eq!(run(Down, "account=a+b&x"), told("x", ""));
        assert_eq!(run(Down, "account=z"), told("", "account=dropped"));
        assert_eq!(run(Down, "account=a+b&account=a+b"), told("", "account=dropped"));
        for fits in ["'1'", "'true'", "'\"x\"'"] {
            assert!(parse(&format!("add = 'a'\nvalue = {fits}")).unwrap()[0].fits_parameters(), "{fits}");
        }
        for fits in ["copy = 'b'", "value = '{\"b\":[1]}'"] {
            assert!(parse(&format!("add = 'a'\n{fits}")).unwrap()[0].fits_parameters(), "{fits}");
        }
        for not in ["value = 'null'", "value = '[]'", "value = '{\"b\":null}'"] {
            assert!(!parse(&format!("add = 'a'\n{not}")).unwrap()[0].fits_parameters(), "{not}");
        }
    }

    #[test]
    fn a_copy_may_come_from_another_object() {
        let steps = parse("add = 'price.currency'\ncopy = 'currency'\nimplied_by = 'one currency'").unwrap();
        check_both(
            &steps,
            r#"{"currency":"usd","price":{}}"#,
            r#"{"currency":"usd","price":{"currency":"usd"}}"#,
        );
        check_both(
            &steps,
            r#"{"currency":null,"price":{}}"#,
            r#"{"currency":null,"price":{"currency":null}}"#,
        );
        for nothing in [r#"{"currency":"usd"}"#, r#"{"price":{}}"#, r#"{"currency":"usd","price":null}"#] {
            check_both(&steps, nothing, nothing);
        }
        let (other, lost) = (r#"{"price":{"currency":"eur"},"currency":"usd"}"#, "price.currency=dropped");
        check(&steps, Up, other, other, "");
        check(&steps, Down, other, r#"{"price":{},"currency":"usd"}"#, lost);
        check(&steps, Down, r#"{"price":{"currency":"eur"}}"#, r#"{"price":{}}"#, lost);
        let steps = parse("add = 'price.currency'\ncopy = 'currency'").unwrap();
        check(
            &steps,
            Up,
            r#"{"currency":1.10,"price":{}}"#,
            r#"{"currency":1.10,"price":{"currency":1.10}}"#,
            "price.currency=made-up",
        );
        for mistake in ["copy = 'price'", "copy = 'price.currency.x'", "copy = 'price.currency'"] {
            assert_eq!(parse(&format!("add = 'price.currency'\n{mistake}")), None, "{mistake}");
        }
    }

    #[test]
    fn a_lookup_knows_what_its_table_has() {
        let steps = parse("add = 'd'\nlookup = 'c'\nin = 'decimals'\nimplied_by = 'ISO 4217'").unwrap();
        check_both(&steps, r#"{"c":"jpy"}"#, r#"{"c":"jpy","d":0}"#);
        check(&steps, Up, r#"{"c":"us\u0064"}"#, r#"{"c":"us\u0064","d":2}"#, "");
        check_both(&steps, r#"{"c":null}"#, r#"{"c":null,"d":null}"#);
        check_both(&steps, "{}", "{}");
        for odd in [r#"{"c":"USD"}"#, r#"{"c":2}"#, r#"{"c":["usd"]}"#, r#"{"c":{"usd":2}}"#] {
            check(&steps, Up, odd, odd, "d=unconverted");
        }
        check(&steps, Down, r#"{"c":"usd","d":3}"#, r#"{"c":"usd"}"#, "d=dropped");
        check(&steps, Down, r#"{"c":"xau","d":3}"#, r#"{"c":"xau"}"#, "d=dropped");
        check(&steps, Down, r#"{"c":"usd","d":2.0}"#, r#"{"c":"usd"}"#, "");
        let steps = parse("add = 'd'\nlookup = 'c'\nin = 'decimals'\nrest = '2'\nimplied_by = 'x'").unwrap();
        check(&steps, Up, r#"{"c":"xau"}"#, r#"{"c":"xau","d":2}"#, "d=made-up");
        check(&steps, Down, r#"{"c":"xau","d":2}"#, r#"{"c":"xau"}"#, "");
        for mistake in ["", "in = 'decimal'", "in = 'decimals'\nrest = '[]'", "in = 'decimals'\ncopy = 'c'"] {
            assert_eq!(parse(&format!("add = 'd'\nlookup = 'c'\n{mistake}")), None, "{mistake}");
        }
    }

    #[test]
    fn what_follows_from_a_lossy_value_is_lost_with_it() {
        let steps = parse("add = 'd'\nlookup = 'c'\nin = 'decimals'\nimplied_by = 'ISO 4217'").unwrap();
        let map = parse("map = 'c'\nvalues = { usd = 'usd' }\ndown_rest = '\"usd\"'").unwrap();
        let steps = [map, steps].concat();
        check(&steps, Down, r#"{"c":"jpy","d":0}"#, r#"{"c":"usd"}"#, "c=dropped, d=dropped");
        check(&steps, Down, r#"{"c":"usd","d":2}"#, r#"{"c":"usd"}"#, "");
    }

    #[test]
    fn what_is_there_stays() {
        let document = r#"{"g":{"all":5,"settled":"4.00","waiting":"1.00"}}"#;
        check(&steps(), Up, document, r#"{"g":{"all":"5.00","settled":"4.00","waiting":"1.00"}}"#, "");
    }
}
