//! `move`: a field gets another name or another place.
//!
//! Renaming, nesting into a group and hoisting out of one are the same step; which it is follows from the two fields.
//! A new group stands where its first member stood. Hoisted members stand in the group's order, in its place; a group
//! that is emptied so goes. The source version's name wins where both stand.

use super::{
    Convert, Direction, Effect, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::{conversion, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Table},
    json::Field,
};

/// Moves the value of one field to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The field in the older version.
    pub from: Field,
    /// The field in the newer version.
    pub to: Field,
}

impl Kind for Move {
    const KEY: &'static str = "move";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("move", Holds::Field), key("to", Holds::Field)],
            is_option: false,
            up: "`F` becomes `G`: renamed, nested into a group or hoisted out of one; or put into an object in its own place (`plan` to `plan.id`), or taken out of it (`plan.id` to `plan`)",
            down: "the reverse",
            loses: "a value that stands under the other version's name; members beside the one that takes the place of its object",
        },
        Usage {
            keys: &[key("as", Holds::Conversion)],
            is_option: true,
            up: "and is converted",
            down: "the reverse",
            loses: "nothing: an odd value keeps its text, `unconverted`",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ move = "company", to = "account" },
            { move = "total", to = "amounts.total", as = "number -> decimal" },
            { move = "meta.note", to = "note" }"#,
            old: r#"{"id":"o_1","company":"biz_1","total":12.5,"meta":{"note":"x"}}"#,
            new: r#"{"id":"o_1","account":"biz_1","amounts":{"total":"12.50"},"note":"x"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ move = "plan", to = "plan.id" },
                { move = "total", to = "total.amount", as = "number -> decimal" },
                { move = "owner.id", to = "owner" }"#,
            old: r#"{"id":"o_1","plan":"plan_1","total":12.5,"owner":{"id":"user_1"}}"#,
            new: r#"{"id":"o_1","plan":{"id":"plan_1"},"total":{"amount":"12.50"},"owner":"user_1"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ move = "items[*].cost", to = "items[*].price.amount", as = "number -> decimal" },
                { move = "items[*].taxes[*].rate", to = "items[*].taxes[*].percent" },
                { move = "tags[*]", to = "tags[*].name" }, { move = "prices[*].usd", to = "prices[*]" }"#,
            old: r#"{"items":[{"cost":12.5,"taxes":[{"rate":1},{"rate":2}]},{"cost":7}],"tags":["a"],"prices":[{"usd":1}]}"#,
            new: r#"{"items":[{"price":{"amount":"12.50"},"taxes":[{"percent":1},{"percent":2}]},{"price":{"amount":"7.00"}}],"tags":[{"name":"a"}],"prices":[1]}"#,
            loses: ("", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 2,
            direction: Direction::Up,
            from: r#"{"items":{"cost":1},"tags":[null,{"id":1}],"prices":null}"#,
            to: r#"{"items":{"cost":1},"tags":[null,{"id":1}],"prices":null}"#,
            loses: "items=unconverted, tags=unconverted",
        },
        OneWay {
            example: 2,
            direction: Direction::Up,
            from: r#"{"items":[],"prices":[{"usd":1,"eur":2}]}"#,
            to: r#"{"items":[],"prices":[1]}"#,
            loses: "prices=dropped",
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Requests,
            change: "A parameter moves between query, header and body: [a change of an `operation`](#a-whole-request-or-response)",
            steps: &[
                r#"{ move = "query.account_id", to = "body.account_id" }"#,
                r#"{ move = "body.key", to = "header.Idempotency-Key" }"#,
            ],
            old: r#"{"query":{"account_id":"biz_1"},"body":{"amount":1,"key":"k1"}}"#,
            new: r#"{"body":{"amount":1,"account_id":"biz_1"},"header":{"Idempotency-Key":"k1"}}"#,
            loses: "nothing is `dropped`: a request whose body is null, or with a value that has no form in its new place, is refused (`400`)",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A parameter moves from the path, or into it: [a change of an `operation`](#a-whole-request-or-response), whose addresses have different parameters",
            steps: &[r#"{ move = "path.id", to = "body.resource_id" }"#],
            old: r#"{"path":{"id":"biz_1"},"body":{"name":"x"}}"#,
            new: r#"{"body":{"name":"x","resource_id":"biz_1"}}"#,
            loses: "nothing is `dropped`: a request whose body is null, or with a value that cannot stand in a path (an empty one, one with a slash), is refused (`400`)",
        },
        Recipe {
            topic: Topic::Responses,
            change: "A header field gets another name: [a change of an `operation`](#a-whole-request-or-response)",
            steps: &[r#"{ move = "header.X-Company", to = "header.X-Account" }"#],
            old: r#"{"header":{"X-Company":"biz_1"}}"#,
            new: r#"{"header":{"X-Account":"biz_1"}}"#,
            loses: "nothing; a field that is there several times stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Names,
            change: "A field gets another name",
            steps: &[r#"{ move = "company", to = "account" }"#],
            old: r#"{"company":"biz_1"}"#,
            new: r#"{"account":"biz_1"}"#,
            loses: "nothing",
        },
        Recipe {
            topic: Topic::Names,
            change: "A parameter of a query or a form gets another name",
            steps: &[r#"{ move = "company_id", to = "account_id" }"#],
            old: "company_id=biz_1",
            new: "account_id=biz_1",
            loses: "nothing",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A parameter moves into brackets, or out of them",
            steps: &[r#"{ move = "card_token", to = "card.token" }"#],
            old: "card_token=tok_1",
            new: "card[token]=tok_1",
            loses: "down: `dropped`, `card` alone, without brackets and without text: that is null",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A parameter becomes a list with brackets",
            steps: &[r#"{ move = "coupon", to = "discounts.coupon" }"#, r#"{ as_list = "discounts" }"#],
            old: "coupon=SPRING",
            new: "discounts[0][coupon]=SPRING",
            loses: "down: `dropped`, a discount that is null; a request with several of them is refused (`400`)",
        },
        Recipe {
            topic: Topic::Names,
            change: "A field of a nested object gets another name",
            steps: &[r#"{ move = "seller.seller_name", to = "seller.name" }"#],
            old: r#"{"seller":{"seller_name":"Ann"}}"#,
            new: r#"{"seller":{"name":"Ann"}}"#,
            loses: "nothing",
        },
        Recipe {
            topic: Topic::Lists,
            change: "A field changes in the objects of a list",
            steps: &[r#"{ move = "items[*].cost", to = "items[*].price" }"#],
            old: r#"{"items":[{"cost":12},{"cost":7}]}"#,
            new: r#"{"items":[{"price":12},{"price":7}]}"#,
            loses: "nothing",
        },
        Recipe {
            topic: Topic::Lists,
            change: "The values of a list become objects that have them",
            steps: &[r#"{ move = "tags[*]", to = "tags[*].name" }"#],
            old: r#"{"tags":["a","b"]}"#,
            new: r#"{"tags":[{"name":"a"},{"name":"b"}]}"#,
            loses: "down: `dropped`, the other members of an object",
        },
        Recipe {
            topic: Topic::Names,
            change: "Fields are grouped in an object",
            steps: &[
                r#"{ move = "total", to = "amounts.total" }"#,
                r#"{ move = "tax", to = "amounts.tax" }"#,
            ],
            old: r#"{"total":12,"tax":2}"#,
            new: r#"{"amounts":{"total":12,"tax":2}}"#,
            loses: "down: `dropped`, an object that is null; its fields are null then",
        },
        Recipe {
            topic: Topic::Names,
            change: "A field moves out of an object",
            steps: &[r#"{ move = "meta.note", to = "note" }"#],
            old: r#"{"meta":{"note":"x"}}"#,
            new: r#"{"note":"x"}"#,
            loses: "up: `dropped`, an object that is null; the field is null then",
        },
        Recipe {
            topic: Topic::Names,
            change: "A field moves to another object",
            steps: &[r#"{ move = "buyer.email", to = "contact.email" }"#],
            old: r#"{"buyer":{"email":"a@example.com"}}"#,
            new: r#"{"contact":{"email":"a@example.com"}}"#,
            loses: "`dropped`, an object that is null; the field is null then",
        },
        Recipe {
            topic: Topic::Values,
            change: "A field gets another name and another form",
            steps: &[r#"{ move = "total", to = "total_usd", as = "number -> decimal" }"#],
            old: r#"{"total":12.5}"#,
            new: r#"{"total_usd":"12.50"}"#,
            loses: "nothing; a value that is no number keeps its text, `unconverted`",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "A value is put into an object in its own place",
            steps: &[r#"{ move = "plan", to = "plan.id" }"#],
            old: r#"{"plan":"plan_1"}"#,
            new: r#"{"plan":{"id":"plan_1"}}"#,
            loses: "down: `dropped`, the other members of the object",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "An object is replaced by one of its values",
            steps: &[r#"{ move = "owner.name", to = "owner" }"#],
            old: r#"{"owner":{"name":"Ann"}}"#,
            new: r#"{"owner":"Ann"}"#,
            loses: "up: `dropped`, the other members of the object",
        },
        Recipe {
            topic: Topic::Shapes,
            change: "A number becomes an object of amount and currency",
            steps: &[
                r#"{ move = "total", to = "total.amount", as = "number -> decimal" }"#,
                r#"{ add = "total.currency", value = '"usd"', beside = "total.amount" }"#,
            ],
            old: r#"{"total":12.5}"#,
            new: r#"{"total":{"amount":"12.50","currency":"usd"}}"#,
            loses: "up: `made-up`, the currency; down: `dropped`, another currency and other members",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let from = required_field(table, "move", notes);
        let to = required_field(table, "to", notes);
        let conversion = table.string("as", notes).map(|text| conversion(&text, notes));
        let (from, to) = (from?, to?);
        if from == to {
            let message = format!("a field is moved onto itself: {from} to {to}");
            let hint = "write in `to` the name of the newer version; to change only the form of a value, use `convert`";
            let note = Diagnostic::new(Code::MatchesNothing, &table.at(), message);
            notes.push(note.label("this move").hint(hint));
            return None;
        }
        let convert = match conversion {
            Some(conversion) => {
                Some(Convert { field: to.clone(), is_each: false, conversion: conversion? }.into())
            }
            None => None,
        };
        Some([Move { from, to }.into()].into_iter().chain(convert).collect())
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let (from, to) = match direction {
            Direction::Up => (&self.from, &self.to),
            Direction::Down => (&self.to, &self.from),
        };
        let (from, to, members) = (from.clone(), to.clone(), Vec::new());
        vec![if to.is_inside(&from) {
            Effect::Widen { from, to, members }
        } else if from.is_inside(&to) {
            Effect::Narrow { from, to, members }
        } else {
            Effect::Relocate { from, to }
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        match direction {
            Direction::Up => format!("move {} to {}", self.from, self.to),
            Direction::Down => format!("move {} to {}", self.to, self.from),
        }
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

    fn moves(pairs: &[(&str, &str)]) -> Vec<Step> {
        pairs.iter().map(|(from, to)| Step::Move(Move { from: field(from), to: field(to) })).collect()
    }

    #[test]
    fn a_rename_keeps_place_layout_and_value() {
        let steps = moves(&[("company", "account")]);
        check_both(
            &steps,
            r#"{ "a":1, "company" : {"x" : 1.10} ,"b":2}"#,
            r#"{ "a":1, "account" : {"x" : 1.10} ,"b":2}"#,
        );
        check_both(&steps, r#"{"company":null}"#, r#"{"account":null}"#);
        check_both(&steps, r#"{"metadata":{"company":1}}"#, r#"{"metadata":{"company":1}}"#);
        check(&steps, Up, r#"{"com\u0070any":1}"#, r#"{"account":1}"#, "");
        check(&steps, Up, r#"{"Company":1}"#, r#"{"Company":1}"#, "");
    }

    #[test]
    fn only_what_moves_is_converted() {
        let steps = parse("move = 'price'\nto = 'price_usd'\nas = 'number * 0.01'").unwrap();
        check_both(&steps, r#"{"price":500}"#, r#"{"price_usd":5}"#);
        // The other version's name: nothing moves, so nothing is what it was of the other form.
        check(&steps, Up, r#"{"price_usd":500}"#, r#"{"price_usd":500}"#, "");
        check(&steps, Down, r#"{"price":5}"#, r#"{"price":5}"#, "");
        check(&steps, Up, r#"{"price_usd":7,"price":500}"#, r#"{"price_usd":5}"#, "price_usd=dropped");
        check(&steps, Up, r#"{"price":"x"}"#, r#"{"price_usd":"x"}"#, "price_usd=unconverted");
        let nested = parse("move = 'a'\nto = 'g.x'\nas = 'number * 0.01'").unwrap();
        check(&nested, Up, r#"{"g":{"x":500}}"#, r#"{"g":{"x":500}}"#, "");
        let wrapped = parse("move = 'total'\nto = 'total.amount'\nas = 'number * 0.01'").unwrap();
        check_both(&wrapped, r#"{"total":500}"#, r#"{"total":{"amount":5}}"#);
        let odd = r#"{"total":{"amount":500}}"#;
        check(&wrapped, Up, odd, odd, "total=unconverted, total.amount=unconverted");
        // The same where the two are steps of their own, in the other order.
        let split = [parse("convert = 'a'\nas = 'number * 0.01'"), parse("move = 'a'\nto = 'b'")];
        let split: Vec<Step> = split.into_iter().flatten().flatten().collect();
        check_both(&split, r#"{"a":500}"#, r#"{"b":5}"#);
        check(&split, Down, r#"{"a":5}"#, r#"{"a":5}"#, "");
    }

    #[test]
    fn the_source_versions_name_wins() {
        let steps = moves(&[("company", "account")]);
        check(&steps, Up, r#"{"account":1,"company":2,"x":3}"#, r#"{"account":2,"x":3}"#, "account=dropped");
        check(
            &steps,
            Down,
            r#"{"account":1,"company":2,"x":3}"#,
            r#"{"company":1,"x":3}"#,
            "company=dropped",
        );
        check(&steps, Up, r#"{"account":1}"#, r#"{"account":1}"#, "");
    }

    #[test]
    fn a_group_stands_where_its_first_member_stood() {
        let steps = moves(&[("a", "g.x"), ("b", "g.y"), ("c", "h.z")]);
        check(
            &steps,
            Up,
            r#"{"0":0,"b":1,"c":2,"a":3,"9":9}"#,
            r#"{"0":0,"h":{"z":2},"g":{"x":3,"y":1},"9":9}"#,
            "",
        );
        check_both(
            &steps,
            r#"{"0":0,"a":1,"b":2,"c":3,"9":9}"#,
            r#"{"0":0,"g":{"x":1,"y":2},"h":{"z":3},"9":9}"#,
        );
        check_both(&steps, r#"{"b":null}"#, r#"{"g":{"y":null}}"#);
    }

    #[test]
    fn hoisted_members_stand_in_the_groups_order_and_place() {
        let steps = moves(&[("a", "g.x"), ("b", "g.y"), ("c", "g.z")]);
        check(
            &steps,
            Down,
            r#"{"0":0,"g":{"z":1,"x":2,"y":3},"9":9}"#,
            r#"{"0":0,"c":1,"a":2,"b":3,"9":9}"#,
            "",
        );
        let left = r#"{"0":0,"c":1,"b":3,"g":{"new":4},"9":9}"#;
        check(&steps, Down, r#"{"0":0,"g":{"z":1,"new":4,"y":3},"9":9}"#, left, "");
    }

    #[test]
    fn what_cannot_be_hoisted_stays() {
        let steps = moves(&[("a", "g.x")]);
        check(&steps, Down, r#"{"g":{}}"#, r#"{"g":{}}"#, "");
        check(&steps, Down, r#"{"g":[{"x":1}]}"#, r#"{"g":[{"x":1}]}"#, "g.x=unconverted");
        check(&steps, Down, r#"{"a":1,"g":{"x":2}}"#, r#"{"a":2}"#, "a=dropped");
        check(&steps, Down, r#"{"g":{"x":2},"a":1}"#, r#"{"a":2}"#, "a=dropped");
        check(&steps, Down, r#"{"g":{"x":2,"y":3},"a":1}"#, r#"{"a":2,"g":{"y":3}}"#, "a=dropped");
    }

    #[test]
    fn what_a_null_group_would_have_is_null() {
        let steps = moves(&[("a", "g.x")]);
        check(&steps, Down, r#"{ "g" : null, "z":1}"#, r#"{ "a" : null, "z":1}"#, "g=dropped");
        check(&steps, Down, r#"{"a":1,"g":null}"#, r#"{"a":null}"#, "a=dropped, g=dropped");
        let both = moves(&[("a", "g.x"), ("b", "g.y")]);
        check(&both, Down, r#"{"g":null,"z":1}"#, r#"{"b":null,"a":null,"z":1}"#, "g=dropped");
        check(&both, Down, r#"{"z":1}"#, r#"{"z":1}"#, "");
        let deep = moves(&[("a", "g.h.x")]);
        check(&deep, Down, r#"{"g":{"h":null}}"#, r#"{"a":null}"#, "g.h=dropped");
        check(&deep, Down, r#"{"g":{"h":null,"k":1}}"#, r#"{"a":null,"g":{"k":1}}"#, "g.h=dropped");
        let across = moves(&[("s.b", "t.c")]);
        check(&across, Up, r#"{"s":null}"#, r#"{"t":{"c":null}}"#, "s=dropped");
        let inside = moves(&[("g.x", "g.y")]);
        check_both(&inside, r#"{"g":null}"#, r#"{"g":null}"#);
    }

    /// A version wraps a value, and a later one hoists it again: its null has the last name, and comes back.
    #[test]
    fn a_wrapped_null_is_hoisted() {
        let (wrap, hoist) = (moves(&[("plan", "plan.id")]), moves(&[("plan.id", "plan_id")]));
        check(&wrap, Up, r#"{"plan":null}"#, r#"{"plan":null}"#, "");
        check(&hoist, Up, r#"{"plan":null}"#, r#"{"plan_id":null}"#, "plan=dropped");
        check(&hoist, Down, r#"{"plan_id":null}"#, r#"{"plan":{"id":null}}"#, "");
        check(&wrap, Down, r#"{"plan":{"id":null}}"#, r#"{"plan":null}"#, "plan=dropped");
    }

    /// A group that stood empty gets a member. That is taken out again, and the group goes: so it is told on the way there.
    #[test]
    fn a_group_that_stood_empty_is_lost() {
        let steps = moves(&[("meta.note", "note")]);
        check(&steps, Down, r#"{"note":"","meta":{}}"#, r#"{"meta":{"note":""}}"#, "meta=dropped");
        check(&steps, Down, r#"{"note":"","meta":{"z":1}}"#, r#"{"meta":{"z":1,"note":""}}"#, "");
        check(&steps, Down, r#"{"meta":{}}"#, r#"{"meta":{}}"#, "");
        let both = moves(&[("a", "g.h.x"), ("b", "g.h.y")]);
        check(&both, Up, r#"{"a":1,"b":2,"g":{}}"#, r#"{"g":{"h":{"x":1,"y":2}}}"#, "g=dropped");
        check(&both, Up, r#"{"a":1,"b":2,"g":{"h":{}}}"#, r#"{"g":{"h":{"x":1,"y":2}}}"#, "g.h=dropped");
    }

    #[test]
    fn nesting_joins_what_is_there() {
        let steps = moves(&[("a", "g.x")]);
        check(&steps, Up, r#"{"a":1,"g":{"y":2}}"#, r#"{"g":{"y":2,"x":1}}"#, "");
        check(&steps, Up, r#"{"a":1,"g":{"x":2}}"#, r#"{"g":{"x":1}}"#, "g.x=dropped");
        check(&steps, Up, r#"{"g":7,"a":1}"#, r#"{"g":{"x":1}}"#, "g=dropped");
        check(&steps, Up, r#"{"a":1,"g":null}"#, r#"{"g":{"x":1}}"#, "g=dropped");
    }

    #[test]
    fn groups_may_be_deep_and_share_levels() {
        check_both(&moves(&[("a.b", "a.c")]), r#"{"a":{"b":1,"z":2}}"#, r#"{"a":{"c":1,"z":2}}"#);
        check_both(
            &moves(&[("a", "g.h.x"), ("b", "g.h.y")]),
            r#"{"a":1,"b":2}"#,
            r#"{"g":{"h":{"x":1,"y":2}}}"#,
        );
        check_both(&moves(&[("s.b", "t.c")]), r#"{"s":{"b":1}}"#, r#"{"t":{"c":1}}"#);
        check(&moves(&[("s.b", "t.c")]), Up, r#"{"s":{"b":1,"k":2}}"#, r#"{"t":{"c":1},"s":{"k":2}}"#, "");
    }

    #[test]
    fn layout_follows_the_place() {
        let steps = moves(&[("a", "g.x"), ("b", "g.y")]);
        let old = "{\n  \"0\": 0,\n  \"a\": 1,\n  \"b\": 2\n}";
        let new = "{\n  \"0\": 0,\n  \"g\": {\"x\": 1,\"y\": 2}\n}";
        check_both(&steps, old, new);
    }

    #[test]
    fn a_value_is_put_into_an_object_in_its_place_and_taken_out() {
        let steps = moves(&[("plan", "plan.id")]);
        check_both(&steps, r#"{ "a":1, "plan" : "x" }"#, r#"{ "a":1, "plan" : {"id":"x"} }"#);
        check_both(&steps, r#"{"plan":["x"]}"#, r#"{"plan":{"id":["x"]}}"#);
        check_both(&steps, r#"{"plan":null}"#, r#"{"plan":null}"#);
        check_both(&steps, "{}", "{}");
        let deep = moves(&[("a.total", "a.total.money.amount")]);
        check_both(&deep, r#"{"a":{"total":1.10}}"#, r#"{"a":{"total":{"money":{"amount":1.10}}}}"#);
        let back = moves(&[("plan.id", "plan")]);
        check(&back, Up, r#"{"plan":{"id":"x"}}"#, r#"{"plan":"x"}"#, "");
    }

    #[test]
    fn what_goes_with_an_object_is_reported() {
        let steps = moves(&[("plan", "plan.id")]);
        check(&steps, Down, r#"{"plan":{"id":"x","z":1,"y":2}}"#, r#"{"plan":"x"}"#, "plan=dropped");
        check(&steps, Down, r#"{"plan":{"id":null}}"#, r#"{"plan":null}"#, "plan=dropped");
        let deep = moves(&[("a", "a.b.c")]);
        check(&deep, Down, r#"{"a":{"b":{"c":1,"z":2}}}"#, r#"{"a":1}"#, "a=dropped");
    }

    #[test]
    fn what_is_no_value_in_an_object_stays() {
        let steps = moves(&[("plan", "plan.id")]);
        for odd in ["{}", r#"{"z":1}"#, r#"{"id":{"z":1}}"#, r#""x""#, "1", "[]"] {
            let document = format!("{{\"plan\":{odd}}}");
            check(&steps, Down, &document, &document, "plan=unconverted");
        }
        for odd in ["{}", r#"{"id":"x"}"#] {
            let document = format!("{{\"plan\":{odd}}}");
            check(&steps, Up, &document, &document, "plan=unconverted");
        }
    }
}
