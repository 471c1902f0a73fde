//! `add_up`: several amounts of one version are their sum in the other.
//!
//! The way back cannot know the parts: it puts the whole into the first of them, and the others get a zero, which is
//! reported. The arithmetic is on the digits. What is no number stays where it is.

use super::{
    Direction, Effect, Joint, Parted, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::{fields, json, required_field, side},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Table},
    json::{Field, number},
};
use std::sync::Arc;

/// Adds amounts up, or puts their sum into the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddUp {
    /// The amounts, all in one object. The first gets the whole.
    pub parts: Vec<Field>,
    /// The sum, which may have the name of one of them.
    pub whole: Field,
    /// The direction in which they are added up: up where the newer version has the sum.
    pub adds: Direction,
    /// The JSON text of the zero that the others get.
    pub others: Arc<[u8]>,
}

impl Kind for AddUp {
    const KEY: &'static str = "add_up";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("add_up", Holds::Fields), key("to", Holds::Field), key("others", Holds::Json)],
            is_option: false,
            up: "the amounts, which are fields of one object, become their sum `F`. It may have the name of one of them",
            down: "the first of them becomes the sum, and the others become `others`, a zero",
            loses: "up: `dropped`, each amount that the way back would not restore; down: `made-up`, the others; what is no number stays, `unconverted`, and a request with it is refused",
        },
        Usage {
            keys: &[key("in", Holds::Side)],
            is_option: true,
            up: "`in = \"older\"`: the older version has the sum. It becomes the first amount",
            down: "the amounts become their sum",
            loses: "the reverse",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ add_up = ["pending", "in_transit"], to = "pending", in = "older", others = '"0"' }"#,
            old: r#"{"id":"b_1","pending":"12.50"}"#,
            new: r#"{"id":"b_1","pending":"12.50","in_transit":"0"}"#,
            loses: ("in_transit=made-up", ""),
        },
        KindExample {
            steps: r#"{ add_up = ["fees.stripe", "fees.own", "fees.tax"], to = "fees.total", others = '"0.00"' }"#,
            old: r#"{"fees":{"own":"0.00","tax":"0.00","stripe":"2.00"}}"#,
            new: r#"{"fees":{"total":"2.00"}}"#,
            loses: ("", "fees.own=made-up, fees.tax=made-up"),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 0,
            direction: Direction::Down,
            from: r#"{"pending":"12.5","in_transit":"0.25"}"#,
            to: r#"{"pending":"12.75"}"#,
            loses: "in_transit=dropped, pending=dropped",
        },
        OneWay {
            example: 0,
            direction: Direction::Down,
            from: r#"{"pending":"12.5","in_transit":7}"#,
            to: r#"{"pending":"12.5","in_transit":7}"#,
            loses: "in_transit=unconverted, pending=unconverted",
        },
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"fees":{"stripe":"1.00","own":"1.50","tax":"0.00"}}"#,
            to: r#"{"fees":{"total":"2.50"}}"#,
            loses: "fees.own=dropped, fees.stripe=dropped",
        },
    ];

    const RECIPES: &'static [Recipe] = &[Recipe {
        topic: Topic::Shapes,
        change: "An amount is split into several, and was their sum; or several become their sum",
        steps: &[
            r#"{ add_up = ["pending", "in_transit"], to = "pending", in = "older", others = '"0.00"' }"#,
        ],
        old: r#"{"pending":"12.50"}"#,
        new: r#"{"pending":"12.50","in_transit":"0.00"}"#,
        loses: "the first gets the whole, and the others are `made-up`; the way back adds them up, and what it would not restore is `dropped`",
    }];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let before = notes.len();
        let parts = fields(table, "add_up", notes);
        let whole = required_field(table, "to", notes);
        let adds = side(table, notes);
        let zero = table.required("others", notes);
        let others = zero.as_ref().and_then(|text| json(text, notes));
        let (parts, whole, adds, others, zero) = (parts?, whole?, adds?, others?, zero?);
        let text = zero.text.trim().trim_matches('"');
        if !number::equal(text.as_bytes(), b"0") {
            let note = Diagnostic::new(Code::BadValue, &zero.at, format!("`{}` is no zero", zero.text));
            let hint = "the first amount gets the whole, so the others are '0', or '\"0.00\"' where amounts are strings";
            notes.push(note.label("a zero belongs here").hint(hint));
        }
        let is_repeated = |field: &Field| parts.iter().filter(|other| field.overlaps(other)).count() > 1;
        let is_elsewhere = |field: &Field| !field.is_beside(&whole);
        let problem = if parts.len() < 2 {
            Some((
                format!("{} is no sum of several amounts", whole),
                "name two fields or more, the one that gets the whole first",
            ))
        } else if let Some(field) = parts.iter().find(|field| is_repeated(field)) {
            Some((format!("{field} is added up twice"), "name each field once"))
        } else {
            parts.iter().find(|field| is_elsewhere(field)).map(|field| {
                (
                    format!("{field} does not stand in the object that {whole} stands in"),
                    "`move` it there first",
                )
            })
        };
        if let Some((message, hint)) = problem {
            notes.push(Diagnostic::new(Code::BadValue, &table.at(), message).label("this step").hint(hint));
        }
        (notes.len() == before).then(|| vec![AddUp { parts, whole, adds, others }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        vec![Effect::Joint(Box::new(Joint::Parted(Parted {
            parts: self.parts.clone(),
            whole: [self.whole.clone()],
            adds: direction == self.adds,
            others: self.others.clone(),
        })))]
    }

    fn describe(&self, direction: Direction) -> String {
        let names: Vec<String> = self.parts.iter().map(Field::to_string).collect();
        let (whole, others) = (&self.whole, String::from_utf8_lossy(&self.others));
        match direction == self.adds {
            true => format!("add {} up to {whole}", names.join(" and ")),
            false => format!("put {whole} into {}, and {others} into {}", names[0], names[1..].join(" and ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::test::{check, check_both, parse, run_on_form},
        *,
    };
    use Direction::{Down, Up};

    fn step(rest: &str) -> Vec<Step> {
        parse(&format!("add_up = ['a', 'b']\n{rest}")).unwrap_or_else(|| panic!("{rest}"))
    }

    #[test]
    fn amounts_are_added_exactly() {
        let steps = step("to = 'c'\nothers = '0'");
        check(
            &steps,
            Up,
            r#"{"a" : 0.1, "x":1, "b":9007199254740993.20}"#,
            r#"{"c" : 9007199254740993.30, "x":1}"#,
            "a=dropped, b=dropped",
        );
        check(&steps, Up, r#"{"a":5,"b":0}"#, r#"{"c":5}"#, "");
        check(&steps, Down, r#"{"x":1,"c":5.0}"#, r#"{"x":1,"a":5.0,"b":0}"#, "b=made-up");
        check_both(&steps, r#"{"a":null,"b":null}"#, r#"{"c":null}"#);
        check_both(&steps, r#"{"x":1}"#, r#"{"x":1}"#);
    }

    #[test]
    fn what_is_no_number_stays() {
        let steps = step("to = 'c'\nothers = '0'");
        for (document, losses) in [
            (r#"{"a":1}"#, "a=unconverted"),
            (r#"{"a":1,"b":null}"#, "a=unconverted, b=unconverted"),
            (r#"{"a":1,"b":"1"}"#, "a=unconverted, b=unconverted"),
            (r#"{"b":{}}"#, "b=unconverted"),
        ] {
            check(&steps, Up, document, document, losses);
        }
        for odd in [r#"{"c":"1"}"#, r#"{"c":true}"#, r#"{"c":[1]}"#] {
            check(&steps, Down, odd, odd, "c=unconverted");
        }
    }

    #[test]
    fn a_field_of_the_other_version_gives_way() {
        let steps = step("to = 'c'\nothers = '0'");
        check(
            &steps,
            Up,
            r#"{"a":1,"b":0,"c":7}"#,
            r#"{"a":1,"b":0,"c":7}"#,
            "a=unconverted, b=unconverted, c=unconverted",
        );
        check(&steps, Down, r#"{"c":1,"b":7}"#, r#"{"c":1,"b":7}"#, "b=unconverted, c=unconverted");
        let same = step("to = 'a'\nothers = '0'");
        check(&same, Up, r#"{"a":1,"b":2}"#, r#"{"a":3}"#, "a=dropped, b=dropped");
        check(&same, Down, r#"{"a":3}"#, r#"{"a":3,"b":0}"#, "b=made-up");
    }

    #[test]
    fn amounts_of_a_form_are_texts() {
        let steps = step("to = 'c'\nothers = '0'");
        assert!(steps[0].fits_parameters());
        assert_eq!(run_on_form(&steps, Up, "x=1&a=1.5&b=2").0, "x=1&c=3.5");
        assert_eq!(run_on_form(&steps, Down, "c=3.5"), ("a=3.5&b=0".into(), "b=made-up".into(), 0));
        assert_eq!(run_on_form(&steps, Up, "a=1.5&b=x").2, 2);
    }

    #[test]
    fn mistakes_are_refused() {
        for mistake in [
            "add_up = ['a']\nto = 'c'\nothers = '0'",
            "add_up = ['a', 'a']\nto = 'c'\nothers = '0'",
            "add_up = ['a', 'g.b']\nto = 'c'\nothers = '0'",
            "add_up = ['a', 'b']\nto = 'g.c'\nothers = '0'",
            "add_up = ['a', 'b']\nto = 'c'\nothers = '1'",
            "add_up = ['a', 'b']\nto = 'c'\nothers = 'null'",
            "add_up = ['a', 'b']\nto = 'c'\nothers = '\"\"'",
            "add_up = ['a', 'b']\nto = 'c'",
            "add_up = ['a', 'b']\nothers = '0'",
        ] {
            assert_eq!(parse(mistake), None, "{mistake}");
        }
    }
}
