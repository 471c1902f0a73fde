//! `convert`: a value gets another form of the same value.
//!
//! The arithmetic is on text, exact in both directions. Null stays null. A value that does not have the form of its
//! version keeps its text and is reported: one odd field must not fail a call that works otherwise.

use super::{
    Conversion, Direction, Effect, Step, ValueForm,
    kind::{Holds, Kind, KindExample, Usage, key},
    read::{conversion, required_elements},
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
    /// True if the field is a list, and its elements are converted.
    pub is_each: bool,
    /// The conversion from the older form to the newer.
    pub conversion: Conversion,
}

impl Kind for Convert {
    const KEY: &'static str = "convert";

    const USAGES: &'static [Usage] = &[Usage {
        keys: &[key("convert", Holds::Field), key("as", Holds::Conversion)],
        is_option: false,
        up: "`F` is converted in its place; of `F[*]`, each element of the list",
        down: "the reverse",
        loses: "what the conversion loses; an odd value keeps its text, `unconverted`",
    }];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ convert = "price", as = "number -> decimal" },
            { convert = "share", as = "number * 0.01" }"#,
            old: r#"{"id":"o_1","price":12.5,"share":30}"#,
            new: r#"{"id":"o_1","price":"12.50","share":0.3}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ convert = "created_at", as = "epoch -> rfc3339" },
                { convert = "paid_at", as = "rfc3339 -> epoch_ms" },
                { convert = "count", as = "string -> number" },
                { convert = "live", as = "boolean -> string" }"#,
            old: r#"{"created_at":1780315200,"paid_at":"2026-06-01T12:00:00.250Z","count":"7","live":true}"#,
            new: r#"{"created_at":"2026-06-01T12:00:00Z","paid_at":1780315200250,"count":7,"live":"true"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ convert = "times[*]", as = "epoch -> rfc3339" }"#,
            old: r#"{"times":[1780315200,0]}"#,
            new: r#"{"times":["2026-06-01T12:00:00Z","1970-01-01T00:00:00Z"]}"#,
            loses: ("", ""),
        },
    ];

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
        Recipe {
            topic: Topic::Values,
            change: "A number of seconds becomes a date",
            steps: &[r#"{ convert = "created_at", as = "epoch -> rfc3339" }"#],
            old: r#"{"created_at":1780315200}"#,
            new: r#"{"created_at":"2026-06-01T12:00:00Z"}"#,
            loses: "down: a fraction of a second and an offset from UTC are `dropped`; what is no date stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "A date becomes a number of milliseconds",
            steps: &[r#"{ convert = "created_at", as = "rfc3339 -> epoch_ms" }"#],
            old: r#"{"created_at":"2026-06-01T12:00:00.250Z"}"#,
            new: r#"{"created_at":1780315200250}"#,
            loses: "up: a part of a millisecond and an offset from UTC are `dropped`; what is no date stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "A number becomes a string with the same digits, or a string a number",
            steps: &[
                r#"{ convert = "count", as = "number -> string" }"#,
                r#"{ convert = "total", as = "string -> number" }"#,
            ],
            old: r#"{"count":7,"total":"7.0"}"#,
            new: r#"{"count":"7","total":7.0}"#,
            loses: "nothing; a value without a number in it keeps its text, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "`\"true\"` and `\"false\"` become `true` and `false`",
            steps: &[r#"{ convert = "live", as = "string -> boolean" }"#],
            old: r#"{"live":"true"}"#,
            new: r#"{"live":true}"#,
            loses: "nothing; any other value stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Lists,
            change: "The numbers or dates of a list are written in another form",
            steps: &[r#"{ convert = "prices[*]", as = "number -> decimal" }"#],
            old: r#"{"prices":[12.5,7]}"#,
            new: r#"{"prices":["12.50","7.00"]}"#,
            loses: "as for one value",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A parameter is written in another form",
            steps: &[r#"{ convert = "created_after", as = "epoch -> rfc3339" }"#],
            old: "created_after=1780315200",
            new: "created_after=2026-06-01T12%3A00%3A00Z",
            loses: "down: a fraction of a second and an offset from UTC are `dropped`; other values stay, `unconverted`",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_elements(table, "convert", notes);
        let conversion = table.required("as", notes).and_then(|text| conversion(&text, notes));
        let (field, is_each) = field?;
        Some(vec![Convert { field, is_each, conversion: conversion? }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        vec![Effect::Reform {
            field: self.field.clone(),
            form: match ValueForm::Converted(self.conversion.towards(direction)) {
                form if self.is_each => ValueForm::Each(Box::new(form)),
                form => form,
            },
            told: self.field.clone(),
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        let each = if self.is_each { "each of " } else { "" };
        format!("convert {each}{}: {}", self.field, self.conversion.towards(direction))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Losses, Step,
            test::{check, check_both, field, parse, run_on_form},
        },
        *,
    };
    use crate::{form::Pairs, json::instant::EpochUnit};
    use Direction::{Down, Up};

    fn convert(conversion: Conversion) -> Vec<Step> {
        vec![Step::Convert(Convert { field: field("a"), is_each: false, conversion })]
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
    fn instants_go_both_ways() {
        let steps = convert(Conversion::EpochToText(EpochUnit::Seconds));
        for (old, new) in [
            ("1780315200", "2026-06-01T12:00:00Z"),
            ("0", "1970-01-01T00:00:00Z"),
            ("-62167219200", "0000-01-01T00:00:00Z"),
            ("253402300799", "9999-12-31T23:59:59Z"),
        ] {
            check_both(&steps, &format!("{{\"a\":{old}}}"), &format!("{{\"a\":\"{new}\"}}"));
        }
        check(&steps, Up, r#"{"a":1.7803152e9}"#, r#"{"a":"2026-06-01T12:00:00Z"}"#, "");
        check(&steps, Down, r#"{"a":"2026-06-01T12:00:00.000+00:00"}"#, r#"{"a":1780315200}"#, "");
        for what_goes in ["2026-06-01T12:00:00.9Z", "2026-06-01T14:00:00+02:00", "2026-06-01T12:00:00-00:00"]
        {
            check(&steps, Down, &format!("{{\"a\":\"{what_goes}\"}}"), r#"{"a":1780315200}"#, "a=dropped");
        }
        let steps = convert(Conversion::EpochToText(EpochUnit::Milliseconds));
        check_both(&steps, r#"{"a":1780315200000}"#, r#"{"a":"2026-06-01T12:00:00.000Z"}"#);
        check_both(&steps, r#"{"a":-1}"#, r#"{"a":"1969-12-31T23:59:59.999Z"}"#);
        check(&steps, Down, r#"{"a":"2026-06-01T12:00:00.0009Z"}"#, r#"{"a":1780315200000}"#, "a=dropped");
    }

    #[test]
    fn what_is_no_instant_keeps_its_text() {
        let steps = convert(Conversion::EpochToText(EpochUnit::Seconds));
        for odd in ["1780315200.5", "253402300800", "-62167219201", "1e30", "\"1780315200\"", "true", "[1]"] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Up, &document, &document, "a=unconverted");
        }
        for odd in
            ["2016-12-31T23:59:60Z", "2026-06-01", "0000-01-01T00:00:00+01:00", "\\u0032026-06-01T12:00:00Z"]
        {
            let document = format!("{{\"a\":\"{odd}\"}}");
            check(&steps, Down, &document, &document, "a=unconverted");
        }
        check(&steps, Down, r#"{"a":1780315200}"#, r#"{"a":1780315200}"#, "a=unconverted");
    }

    #[test]
    fn numbers_and_booleans_in_strings_keep_every_digit() {
        let steps = convert(Conversion::StringToNumber);
        for digits in ["7", "7.00", "-0", "1e3", "1E+999999999", "0.10000000000000000000000000000000001"] {
            check_both(&steps, &format!("{{\"a\":\"{digits}\"}}"), &format!("{{\"a\":{digits}}}"));
        }
        for odd in ["\"\"", "\"+1\"", "\" 1\"", "\"x\"", "\"\\u0031\"", "1", "true", "[]"] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Up, &document, &document, "a=unconverted");
        }
        let steps = convert(Conversion::StringToBoolean);
        check_both(&steps, r#"{"a":"true"}"#, r#"{"a":true}"#);
        check_both(&steps, r#"{"a":"false"}"#, r#"{"a":false}"#);
        check_both(&steps, r#"{"a":null}"#, r#"{"a":null}"#);
        for odd in ["\"True\"", "\"\"", "\"1\"", "1", "true", "\"null\""] {
            let document = format!("{{\"a\":{odd}}}");
            check(&steps, Up, &document, &document, "a=unconverted");
        }
    }

    #[test]
    fn the_elements_of_a_list_are_converted() {
        let steps = parse("convert = 'a[*]'\nas = 'number -> decimal'").unwrap();
        check_both(&steps, r#"{"a":[ 1.50 , null,2.00 ]}"#, r#"{"a":[ "1.50" , null,"2.00" ]}"#);
        check_both(&steps, r#"{"a":[]}"#, r#"{"a":[]}"#);
        check_both(&steps, r#"{"a":null}"#, r#"{"a":null}"#);
        check(&steps, Up, r#"{"a":["x",1.5,[2]]}"#, r#"{"a":["x","1.50",[2]]}"#, "a=unconverted");
        check(&steps, Up, r#"{"a":1.5}"#, r#"{"a":1.5}"#, "a=unconverted");
        let steps = parse("convert = 'a[*]'\nas = 'rfc3339 -> epoch'").unwrap();
        let old = r#"{"a":["1970-01-01T00:00:07.5Z","x"]}"#;
        check(&steps, Up, old, r#"{"a":[7,"x"]}"#, "a=dropped, a=unconverted");
    }

    #[test]
    fn parameters_are_converted_by_their_text() {
        for (written, old, new, losses) in [
            ("epoch -> rfc3339", "a=1780315200&b=1", "a=2026-06-01T12%3A00%3A00Z&b=1", ""),
            (
                "epoch -> rfc3339",
                "a[gte]=0&a[lt]=x",
                "a[gte]=1970-01-01T00%3A00%3A00Z&a[lt]=x",
                "a=unconverted",
            ),
            ("rfc3339 -> epoch", "a=2026-06-01T12:00:00.5%2B00:00", "a=1780315200", "a=dropped"),
            ("number -> decimal", "a=12.5&a=&a", "a=12.50&a=&a", ""),
            ("number -> decimal", "a=%2212.5%22", "a=%2212.5%22", "a=unconverted"),
            ("string -> number", "a=%37.0&a=\"7\"", "a=%37.0&a=\"7\"", "a=unconverted"),
            ("string -> boolean", "a=true&a=yes", "a=true&a=yes", "a=unconverted"),
        ] {
            let steps = convert(Conversion::parse(written).unwrap());
            assert!(steps[0].fits_parameters());
            let (effects, mut pairs, mut lost) = (steps[0].effects(Up), Pairs::parse(old), Losses::default());
            effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut lost));
            assert_eq!(
                (pairs.to_string(), lost.to_string()),
                (new.to_owned(), losses.to_owned()),
                "{written}"
            );
        }
    }

    /// The same rule holds whether a version's steps are on the first level alone or not.
    #[test]
    fn a_field_inside_a_parameter_has_a_unit_of_its_own() {
        let map = parse("map = 'a'\nvalues = { 3 = '300' }").unwrap();
        for steps in [convert(Conversion::Scale(2)), map] {
            for (old, new, losses) in [
                ("a=3", "a=300", ""),
                ("a[]=3&a[7]=3", "a[]=300&a[7]=300", ""),
                ("a[gte]=3&a%5Bnot%5D%5B%5D=3", "a[gte]=300&a%5Bnot%5D%5B%5D=300", ""),
                ("a[qty]=3", "a[qty]=3", "a=unconverted"),
                ("a=3&a[qty]=3", "a=300&a[qty]=3", "a=unconverted"),
                ("a[]=3&a[qty]=3&a[lt]=3", "a[]=300&a[qty]=3&a[lt]=300", "a=unconverted"),
                ("a[gte][qty]=3&a%5Bqty%5D", "a[gte][qty]=3&a%5Bqty%5D", "a=unconverted"),
                ("a[0][qty]=3&a[0][price]=3", "a[0][qty]=3&a[0][price]=3", "a=unconverted"),
                ("a[gte=3&a[[qty]]=3", "a[gte=3&a[[qty]]=3", "a=unconverted"),
            ] {
                assert!(steps[0].fits_parameters());
                let (effects, mut pairs) = (steps[0].effects(Up), Pairs::parse(old));
                let mut lost = Losses::default();
                effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut lost));
                assert_eq!((&*pairs.to_string(), &*lost.to_string()), (new, losses));
                assert_eq!(run_on_form(&steps, Up, old), (new.to_owned(), losses.to_owned(), 0));
            }
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
