//! `scale`: an amount in major units in one version is one in minor units in the other, by its currency.
//!
//! `"12.50"` of `usd` is `1250`, and `"1250"` of `jpy` is `1250`: how many decimals an amount has, a lookup table says by
//! the value of another field. The arithmetic is on the digits. An amount with more digits than its unit stays as it is.

use super::{
    Direction, Effect, Joint, Lookup, LookupRows, Lookups, Scaled, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::required_field,
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Location, Table},
    json::Field,
};
use std::fmt;

/// Writes an amount in the unit of the other version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// The field that has the amount, the same in both versions.
    pub field: Field,
    /// The forms in the older version and in the newer.
    pub scaling: Scaling,
    /// The field that says which unit it is.
    pub by: Field,
    /// The decimals of each unit.
    pub decimals: Lookup,
}

/// The forms of an amount before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// `"12.50"` becomes `1250`.
    DecimalToMinor,
    /// `1250` becomes `"12.50"`.
    MinorToDecimal,
    /// `12.5` becomes `1250`.
    NumberToMinor,
    /// `1250` becomes `12.5`.
    MinorToNumber,
}

/// The most decimals that a unit may have.
const MOST_DECIMALS: u32 = 30;

impl Scaling {
    /// Every one, as packs write it.
    pub(super) const ALL: [(&'static str, Scaling); 4] = [
        ("decimal -> minor", Scaling::DecimalToMinor),
        ("minor -> decimal", Scaling::MinorToDecimal),
        ("number -> minor", Scaling::NumberToMinor),
        ("minor -> number", Scaling::MinorToNumber),
    ];

    /// Returns the scaling in a direction; its own is that of the way up.
    fn towards(self, direction: Direction) -> Scaling {
        match (direction, self) {
            (Direction::Up, own) => own,
            (Direction::Down, Scaling::DecimalToMinor) => Scaling::MinorToDecimal,
            (Direction::Down, Scaling::MinorToDecimal) => Scaling::DecimalToMinor,
            (Direction::Down, Scaling::NumberToMinor) => Scaling::MinorToNumber,
            (Direction::Down, Scaling::MinorToNumber) => Scaling::NumberToMinor,
        }
    }
}

impl Scaling {
    /// Tells whether an amount is of another type to this scaling than to one of an earlier version, on both ways: what one
    /// of them leaves as it is, the other does not touch.
    pub(crate) fn tells_apart(self, earlier: Scaling) -> bool {
        let is_text = |scaling| scaling == Scaling::DecimalToMinor;
        let back = |scaling: Scaling| scaling.towards(Direction::Down);
        is_text(self) != is_text(earlier) && is_text(back(self)) != is_text(back(earlier))
    }
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Scaling::ALL
            .iter()
            .filter(|(_, scaling)| scaling == self)
            .try_for_each(|(written, _)| f.write_str(written))
    }
}

impl Kind for Scale {
    const KEY: &'static str = "scale";

    const USAGES: &'static [Usage] = &[Usage {
        keys: &[
            key("scale", Holds::Field),
            key("as", Holds::Scaling),
            key("by", Holds::Field),
            key("in", Holds::Lookup),
        ],
        is_option: false,
        up: "the amount `F` is written in the other unit: `decimal -> minor`, `minor -> decimal`, `number -> minor` or `minor -> number`, with the decimals that `[lookup.NAME]` of `api.toml` has for the value of `G`",
        down: "the reverse",
        loses: "an amount that is no number or does not fit the unit, and one whose unit the table does not have, stay, `unconverted`; a request with one is refused",
    }];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ scale = "total", as = "decimal -> minor", by = "currency", in = "decimals" },
                { scale = "fees.tax", as = "minor -> number", by = "currency", in = "decimals" }"#,
            old: r#"{"total":"12.50","fees":{"tax":250},"currency":"usd"}"#,
            new: r#"{"total":1250,"fees":{"tax":2.5},"currency":"usd"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ scale = "total", as = "minor -> decimal", by = "price.currency", in = "decimals" },
                { scale = "tax", as = "number -> minor", by = "price.currency", in = "decimals" }"#,
            old: r#"{"total":1250,"tax":12,"price":{"currency":"jpy"}}"#,
            new: r#"{"total":"1250","tax":12,"price":{"currency":"jpy"}}"#,
            loses: ("", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 0,
            direction: Direction::Up,
            from: r#"{"total":"12.505","fees":{"tax":1},"currency":"usd"}"#,
            to: r#"{"total":"12.505","fees":{"tax":0.01},"currency":"usd"}"#,
            loses: "total=unconverted",
        },
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"total":5,"tax":1.25,"price":{"currency":"usd"}}"#,
            to: r#"{"total":"0.05","tax":125,"price":{"currency":"usd"}}"#,
            loses: "",
        },
    ];

    const RECIPES: &'static [Recipe] = &[Recipe {
        topic: Topic::Values,
        change: "An amount in major units becomes one in minor units, by its currency (`usd = 2` and `jpy = 0` in `[lookup.decimals]` of `api.toml`)",
        steps: &[r#"{ scale = "amount", as = "decimal -> minor", by = "currency", in = "decimals" }"#],
        old: r#"{"amount":"12.50","currency":"usd"}"#,
        new: r#"{"amount":1250,"currency":"usd"}"#,
        loses: "nothing; an amount that does not fit its unit and one of an unknown currency stay, `unconverted`",
    }];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "scale", notes);
        let scaling = table.required("as", notes).and_then(|text| {
            let scaling = Scaling::ALL.iter().find(|(written, _)| *written == text.text);
            if scaling.is_none() {
                let message = format!("`{}` is no way to write an amount", text.text);
                let written: Vec<String> =
                    Scaling::ALL.iter().map(|(written, _)| format!("`{written}`")).collect();
                let hint = format!(
                    "write one of {}; a conversion that needs no other field is a `convert`",
                    written.join(", ")
                );
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("unknown").hint(hint));
            }
            scaling.map(|(_, scaling)| *scaling)
        });
        let by = required_field(table, "by", notes);
        let name = table.required("in", notes).map(|text| text.text.to_owned());
        let (field, by) = (field?, by?);
        if field.overlaps(&by) {
            let message = format!("{field} cannot say its own decimals by {by}");
            let note = Diagnostic::new(Code::BadValue, &table.at(), message).label("this step");
            notes.push(note.hint("name in `by` the field that has the currency"));
            return None;
        }
        let decimals = Lookup { name: name?, rows: LookupRows::default(), rest: None };
        Some(vec![Scale { field, scaling: scaling?, by, decimals }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        vec![Effect::Joint(Box::new(Joint::Scaled(Scaled {
            field: [self.field.clone()],
            by: [self.by.clone()],
            decimals: self.decimals.rows.clone(),
            scaling: self.scaling.towards(direction),
            is_of_parameters: false,
        })))]
    }

    fn describe(&self, direction: Direction) -> String {
        let scaling = self.scaling.towards(direction);
        format!("write {} as `{scaling}`, by {} in {}", self.field, self.by, self.decimals.describe())
    }

    fn resolve(&mut self, lookups: &Lookups, at: &Location, notes: &mut Vec<Diagnostic>) {
        self.decimals.resolve(lookups, at, notes);
        let is_count = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit())
                && text.parse().is_ok_and(|count: u32| count <= MOST_DECIMALS)
        };
        let mut odd =
            self.decimals.rows.iter().filter(|(_, value)| value.is_string() || !is_count(value.text()));
        if let Some((unit, value)) = odd.next() {
            let message = format!(
                "`{}` has {value} for `{unit}`, and that is no number of decimals",
                self.decimals.name
            );
            let hint = format!("write a whole number from 0 to {MOST_DECIMALS} for each: `usd = 2`");
            notes.push(Diagnostic::new(Code::BadValue, at, message).label("this step").hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Losses,
            test::{check, check_both, parse, run_on_form},
        },
        *,
    };
    use crate::form::Pairs;
    use Direction::{Down, Up};

    fn scale(how: &str) -> Vec<Step> {
        parse(&format!("scale = 'a'\nas = '{how}'\nby = 'g.c'\nin = 'decimals'")).unwrap()
    }

    fn of(amount: &str, currency: &str) -> String {
        format!("{{\"a\" : {amount},\"g\":{{\"c\":{currency}}}}}")
    }

    #[test]
    fn an_amount_has_the_digits_of_its_unit() {
        for (how, currency, old, new) in [
            ("decimal -> minor", "\"usd\"", "\"12.50\"", "1250"),
            ("decimal -> minor", "\"us\\u0064\"", "\"-0.01\"", "-1"),
            ("decimal -> minor", "\"jpy\"", "\"1250\"", "1250"),
            ("number -> minor", "\"usd\"", "12.5", "1250"),
            ("minor -> decimal", "\"y\"", "125", "\"0.125\""),
            ("minor -> number", "\"usd\"", "900719925474099301", "9007199254740993.01"),
            ("decimal -> minor", "\"xau\"", "null", "null"),
        ] {
            check_both(&scale(how), &of(old, currency), &of(new, currency));
        }
        check(&scale("decimal -> minor"), Up, &of("\"1e1\"", "\"usd\""), &of("1000", "\"usd\""), "");
        check(&scale("decimal -> minor"), Down, &of("1.25e3", "\"usd\""), &of("\"12.50\"", "\"usd\""), "");
    }

    #[test]
    fn an_amount_that_does_not_fit_stays() {
        for (how, amount, currency) in [
            ("decimal -> minor", "\"12.505\"", "\"usd\""),
            ("decimal -> minor", "\"0.5\"", "\"jpy\""),
            ("decimal -> minor", "12.5", "\"usd\""),
            ("decimal -> minor", "\"x\"", "\"usd\""),
            ("decimal -> minor", "\"12.50\"", "\"xau\""),
            ("decimal -> minor", "\"12.50\"", "null"),
            ("decimal -> minor", "\"12.50\"", "{}"),
            ("minor -> decimal", "12.5", "\"usd\""),
            ("minor -> decimal", "\"1250\"", "\"usd\""),
            ("number -> minor", "[1]", "\"usd\""),
        ] {
            let document = of(amount, currency);
            check(&scale(how), Up, &document, &document, "a=unconverted");
        }
        check(&scale("decimal -> minor"), Up, r#"{"a":"1.00"}"#, r#"{"a":"1.00"}"#, "a=unconverted");
        let nothing = r#"{"g":{"c":"usd"}}"#;
        check_both(&scale("decimal -> minor"), nothing, nothing);
    }

    /// What an earlier step of the same change could not change, a later one does not, either.
    #[test]
    fn an_amount_that_stays_stays() {
        let mut steps = parse("scale = 'a'\nas = 'minor -> number'\nby = 'b'\nin = 'decimals'").unwrap();
        steps.extend(parse("scale = 'a'\nas = 'number -> minor'\nby = 'c'\nin = 'decimals'").unwrap());
        let document = r#"{"a":1250,"b":"xau","c":"usd"}"#;
        for direction in [Up, Down] {
            check(&steps, Up, document, document, "a=unconverted");
            check(
                &steps,
                direction,
                r#"{"a":1250,"b":"usd","c":"usd"}"#,
                r#"{"a":1250,"b":"usd","c":"usd"}"#,
                "",
            );
        }
    }

    #[test]
    fn parameters_are_scaled_or_refused() {
        let steps = parse("scale = 'a'\nas = 'decimal -> minor'\nby = 'c'\nin = 'decimals'").unwrap();
        assert!(steps[0].fits_parameters());
        let nested = run_on_form(&scale("decimal -> minor"), Up, "a=12.5&g[c]=usd");
        assert_eq!(nested, ("a=1250&g[c]=usd".to_owned(), String::new(), 0));
        assert_eq!(run_on_form(&scale("decimal -> minor"), Up, "a=12.505&g[c]=usd").2, 1);
        let run = |direction, text: &str| {
            let effects: Vec<Effect> = steps.iter().flat_map(|step| step.effects(direction)).collect();
            let (mut pairs, mut losses) = (Pairs::parse(text), Losses::default());
            effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut losses));
            (pairs.to_string(), losses.refused().count())
        };
        assert_eq!(run(Up, "a=12.5&c=usd"), ("a=1250&c=usd".to_owned(), 0));
        assert_eq!(run(Down, "c=usd&a=1250"), ("c=usd&a=12.50".to_owned(), 0));
        assert_eq!(run(Up, "c=usd"), ("c=usd".to_owned(), 0));
        for odd in
            ["a=12.505&c=usd", "a=1", "a=1&c=xau", "a=1&a=2&c=usd", "a=1&c=usd&c=jpy", "a&c=usd", "a=&c=usd"]
        {
            assert_eq!(run(Up, odd), (odd.to_owned(), 1), "{odd}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for mistake in [
            "as = 'decimal -> number'\nby = 'c'\nin = 'decimals'",
            "as = 'decimal -> minor'\nby = 'a'\nin = 'decimals'",
            "as = 'decimal -> minor'\nby = 'a.c'\nin = 'decimals'",
            "as = 'decimal -> minor'\nby = 'c'\nin = 'units'",
            "as = 'decimal -> minor'\nin = 'decimals'",
        ] {
            assert_eq!(parse(&format!("scale = 'a'\n{mistake}")), None, "{mistake}");
        }
    }
}
