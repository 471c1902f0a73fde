//! `convert`: a value gets another form of the same value.
//!
//! The arithmetic is on text, exact in both directions. Null stays null. A value that does not have the form of its
//! version keeps its text and is reported: one odd field must not fail a call that works otherwise.

use super::{
    Conversion, Direction, Effect, Step, ValueForm,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::{conversion, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Table},
    json::Field,
};

/// Converts the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convert {
    /// The field, the same in both versions.
    pub field: Field,
    /// The conversion from the older form to the newer.
    pub conversion: Conversion,
}

impl Kind for Convert {
    const KEY: &'static str = "convert";

    const USAGES: &'static [Usage] = &[Usage {
        keys: &[key("convert", Holds::Field), key("as", Holds::Conversion)],
        is_option: false,
        up: "`F` is converted in its place",
        down: "the reverse",
        loses: "the same",
    }];

    const EXAMPLES: &'static [KindExample] = &[KindExample {
        steps: r#"{ convert = "price", as = "number -> decimal" },
            { convert = "share", as = "number * 0.01" }"#,
        old: r#"{"id":"o_1","price":12.5,"share":30}"#,
        new: r#"{"id":"o_1","price":"12.50","share":0.3}"#,
        loses: ("", ""),
    }];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Values,
            change: "A number becomes a decimal string",
            steps: &[r#"{ convert = "price", as = "number -> decimal" }"#],
            old: r#"{"price":12.5}"#,
            new: r#"{"price":"12.50"}"#,
            loses: "nothing; a value that is no number keeps its text, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "A decimal string becomes a number",
            steps: &[r#"{ convert = "price", as = "decimal -> number" }"#],
            old: r#"{"price":"12.50"}"#,
            new: r#"{"price":12.50}"#,
            loses: "nothing; a string without a number in it keeps its text, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "Cents become units, percent a fraction",
            steps: &[r#"{ convert = "price", as = "number * 0.01" }"#],
            old: r#"{"price":1250}"#,
            new: r#"{"price":12.5}"#,
            loses: "nothing; a value that is no number keeps its text, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "Units become cents, a fraction percent",
            steps: &[r#"{ convert = "share", as = "number * 100" }"#],
            old: r#"{"share":0.3}"#,
            new: r#"{"share":30}"#,
            loses: "nothing; a value that is no number keeps its text, `unconverted`",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "convert", notes);
        let conversion = table.required("as", notes).and_then(|text| conversion(&text, notes));
        Some(vec![Convert { field: field?, conversion: conversion? }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        vec![Effect::Reform {
            field: self.field.clone(),
            form: ValueForm::Converted(self.conversion.towards(direction)),
            told: self.field.clone(),
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        format!("convert {}: {}", self.field, self.conversion.towards(direction))
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

    fn convert(conversion: Conversion) -> Vec<Step> {
        vec![Step::Convert(Convert { field: field("a"), conversion })]
    }

    #[test]
    fn decimals_go_both_ways() {
        let steps = convert(Conversion::NumberToDecimal);
        check_both(&steps, r#"{"a":120.50}"#, r#"{"a":"120.50"}"#);
        check_both(&steps, r#"{"a":null}"#, r#"{"a":null}"#);
        check_both(&steps, "{}", "{}");
        check(&steps, Up, r#"{"a":1e3}"#, r#"{"a":"1000.00"}"#, "");
        check(&steps, Down, r#"{"a":"1e3"}"#, r#"{"a":1e3}"#, "");
    }

    #[test]
    fn what_is_odd_keeps_its_text() {
        let steps = convert(Conversion::NumberToDecimal);
        for odd in [r#""120.50""#, "true", "[1]", "{\"b\":1}", "1e999999999", r#""""#] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Up, &document, &document, "a=unconverted");
        }
        for odd in ["120.5", r#""+1""#, r#"" 1""#, r#""1e999999999""#, r#""\u0031""#, r#""NaN""#] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Down, &document, &document, "a=unconverted");
        }
    }

    #[test]
    fn scaling_goes_both_ways() {
        let steps = convert(Conversion::Scale(-2));
        for (old, new) in [("30", "0.3"), ("12.5", "0.125"), ("33.333", "0.33333"), ("0", "0")] {
            check_both(&steps, &format!("{{\"a\":{old}}}"), &format!("{{\"a\":{new}}}"));
        }
        check(&steps, Up, r#"{"a":"30"}"#, r#"{"a":"30"}"#, "a=unconverted");
    }
}
