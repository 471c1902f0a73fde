//! `default`: a member of requests that means something else where it is left out.
//!
//! Both versions have it, and each has its own default. A request of an older client that leaves it out gets the older
//! default written out, so that it means what it meant. Nothing is done to a request that says the member, to one that
//! goes down, and to responses.

use super::{
    Direction, Effect, Made, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::{json, required_field},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Table},
    json::Field,
};
use std::sync::Arc;

/// Writes out the older default of a member in requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Default {
    /// The field, the same in both versions.
    pub field: Field,
    /// The JSON text of the older default.
    pub text: Arc<[u8]>,
}

impl Kind for Default {
    const KEY: &'static str = "default";

    const IS_OF_REQUESTS: bool = true;

    const USAGES: &'static [Usage] = &[Usage {
        keys: &[key("default", Holds::Field), key("value", Holds::Json)],
        is_option: false,
        up: "in requests, `F` is filled in where it is absent: this is what older clients mean by that",
        down: "",
        loses: "nothing",
    }];

    const EXAMPLES: &'static [KindExample] = &[KindExample {
        steps: r#"{ move = "amount", to = "total" }, { default = "options.capture", value = 'true' },
            { default = "currency", value = '"usd"' }"#,
        old: r#"{"amount":5,"currency":"eur","options":{"capture":false}}"#,
        new: r#"{"total":5,"currency":"eur","options":{"capture":false}}"#,
        loses: ("", ""),
    }];

    const ONE_WAY: &'static [OneWay] = &[OneWay {
        example: 0,
        direction: Direction::Up,
        from: r#"{"amount":5,"options":{}}"#,
        to: r#"{"total":5,"options":{"capture":true},"currency":"usd"}"#,
        loses: "",
    }];

    const RECIPES: &'static [Recipe] = &[Recipe {
        topic: Topic::Requests,
        change: "The default of a parameter or of a member of a body changes",
        steps: &[r#"{ default = "capture", value = 'true' }"#],
        old: "amount=5&capture=false",
        new: "amount=5&capture=false",
        loses: "nothing: where `capture` is left out, `capture=true` goes up. A body that only changes what it names must not be found by this resource",
    }];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "default", notes);
        let text = table.required("value", notes).and_then(|text| json(&text, notes));
        Some(vec![Default { field: field?, text: text? }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        match direction {
            Direction::Up => {
                let made = Made::Default { text: self.text.clone() };
                vec![Effect::Make { field: self.field.clone(), made }]
            }
            Direction::Down => Vec::new(),
        }
    }

    fn describe(&self, direction: Direction) -> String {
        match direction {
            Direction::Up => {
                format!("write out {} = {} where absent", self.field, String::from_utf8_lossy(&self.text))
            }
            Direction::Down => format!("leave {} as it is", self.field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Losses,
            test::{check, check_both, parse},
        },
        *,
    };
    use crate::form::Pairs;
    use Direction::{Down, Up};

    #[test]
    fn what_is_left_out_is_written_out_going_up_only() {
        let steps = parse("default = 'o.capture'\nvalue = 'true'").unwrap();
        check(&steps, Up, r#"{"o":{}}"#, r#"{"o":{"capture":true}}"#, "");
        check(&steps, Down, r#"{"o":{}}"#, r#"{"o":{}}"#, "");
        for said in [r#"{"o":{"capture":false}}"#, r#"{"o":{"capture":null}}"#, r#"{"o":null}"#, "{}"] {
            check_both(&steps, said, said);
        }
    }

    #[test]
    fn a_parameter_is_written_out() {
        let steps = parse("default = 'capture'\nvalue = 'true'").unwrap();
        assert!(steps[0].fits_parameters());
        for (text, up) in [("", "capture=true"), ("a=1", "a=1&capture=true"), ("capture", "capture")] {
            let (effects, mut pairs, mut losses) =
                (steps[0].effects(Up), Pairs::parse(text), Losses::default());
            effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut losses));
            assert_eq!((pairs.to_string(), losses.is_empty()), (up.to_owned(), true));
        }
    }
}
