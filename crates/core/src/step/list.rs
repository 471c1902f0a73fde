//! `as_list`: one value in one version is a list of it in the other.
//!
//! `"x"` and `["x"]` say the same. A list of several has no form as one value: in a response it stays, or its first element
//! is kept where the pack says so; a request with one is refused, since a filter that loses a value gives a wrong page.

use super::{
    Direction, Effect, Scalar, Step, ValueForm,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::{required_field, scalar, side},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Diagnostic, Table},
    json::Field,
};

/// Puts a value into a list, or takes the only element out of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The field, the same in both versions.
    pub field: Field,
    /// The direction in which the value becomes a list.
    pub widens: Direction,
    /// The value that says the same as an empty list, if there is one.
    pub empty: Option<Scalar>,
    /// True if the first element stands for a list of several.
    pub first: bool,
}

impl Kind for List {
    const KEY: &'static str = "as_list";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("as_list", Holds::Field)],
            is_option: false,
            up: "the value `F` becomes a list with it; null stays. The parameter `F` becomes `F[]`",
            down: "a list of one becomes its element",
            loses: "down: a list of several or of none stays, `unconverted`; a request with one is refused",
        },
        Usage {
            keys: &[key("in", Holds::Side)],
            is_option: true,
            up: "`in = \"older\"`: the older version has the list. A list of one becomes its element",
            down: "the value becomes a list with it",
            loses: "the reverse",
        },
        Usage {
            keys: &[key("empty", Holds::Json)],
            is_option: true,
            up: "this value, such as null, becomes an empty list",
            down: "the reverse",
            loses: "nothing",
        },
        Usage {
            keys: &[key("first", Holds::Flag)],
            is_option: true,
            up: "",
            down: "of a list of several the first element is kept, and of an empty one null; a request with one is refused all the same",
            loses: "`dropped`, the others",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ as_list = "discounts" }, { as_list = "status", in = "older" }"#,
            old: r#"{"discounts":"d_1","status":["open"]}"#,
            new: r#"{"discounts":["d_1"],"status":"open"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ as_list = "refunds", empty = 'null', first = true }, { as_list = "tags", in = "older", empty = '""' }"#,
            old: r#"{"refunds":null,"tags":[]}"#,
            new: r#"{"refunds":[],"tags":""}"#,
            loses: ("", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[OneWay {
        example: 1,
        direction: Direction::Down,
        from: r#"{"refunds":["r_1","r_2"],"tags":"a"}"#,
        to: r#"{"refunds":"r_1","tags":["a"]}"#,
        loses: "refunds=dropped",
    }];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Lists,
            change: "A value becomes a list",
            steps: &[
                r#"{ move = "discount", to = "discounts" }"#,
                r#"{ as_list = "discounts", empty = 'null' }"#,
            ],
            old: r#"{"discount":"d_1"}"#,
            new: r#"{"discounts":["d_1"]}"#,
            loses: "down: a list of several stays, `unconverted`; with `first = true` its first element is kept, the others are `dropped`",
        },
        Recipe {
            topic: Topic::Lists,
            change: "A list becomes one value",
            steps: &[r#"{ as_list = "status", in = "older" }"#],
            old: r#"{"status":["open"]}"#,
            new: r#"{"status":"open"}"#,
            loses: "up: a list of several or of none stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A parameter takes one value in place of a list",
            steps: &[r#"{ move = "statuses", to = "status" }"#, r#"{ as_list = "status", in = "older" }"#],
            old: "statuses[]=open",
            new: "status=open",
            loses: "nothing; a request with several values is refused (`400`)",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_field(table, "as_list", notes);
        let widens = side(table, notes);
        let empty = scalar(table, "empty", notes);
        let first = table.flag("first", notes);
        Some(vec![List { field: field?, widens: widens?, empty: empty?, first }.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let (field, empty) = (self.field.clone(), self.empty.clone());
        let form = match direction == self.widens {
            true => ValueForm::Listed { empty },
            false => ValueForm::Single { empty, first: self.first },
        };
        vec![Effect::Reform { told: field.clone(), field, form }]
    }

    fn describe(&self, direction: Direction) -> String {
        let field = &self.field;
        let mut text = match direction == self.widens {
            true => format!("make {field} a list of one"),
            false if self.first => format!("put the first element of {field} in its place"),
            false => format!("put the only element of {field} in its place"),
        };
        if let Some(empty) = &self.empty {
            text.push_str(&match direction == self.widens {
                true => format!(", of {empty} an empty one"),
                false => format!(", {empty} in that of an empty list"),
            });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::test::{check, check_both, parse, run_on_form},
        *,
    };
    use Direction::{Down, Up};

    fn list(rest: &str) -> Vec<Step> {
        parse(&format!("as_list = 'a'\n{rest}")).unwrap_or_else(|| panic!("{rest}"))
    }

    fn of(value: &str) -> String {
        format!("{{ \"a\" : {value} }}")
    }

    #[test]
    fn one_value_and_a_list_of_it_say_the_same() {
        for (old, new) in
            [("1.10", "[1.10]"), ("\"x\"", "[\"x\"]"), ("{\"b\": 1}", "[{\"b\": 1}]"), ("null", "null")]
        {
            check_both(&list(""), &of(old), &of(new));
            let back = list("in = 'older'");
            check_both(&back, &of(new), &of(old));
        }
        check(&list(""), Down, &of("[ 1 ]"), &of("1"), "");
        check_both(&list(""), "{}", "{}");
    }

    #[test]
    fn what_is_no_list_of_one_stays() {
        for odd in ["[]", "[1,2]", "[null]", "[[1]]", "1", "{\"b\":1}"] {
            check(&list(""), Down, &of(odd), &of(odd), "a=unconverted");
        }
        for odd in ["[]", "[1]"] {
            check(&list(""), Up, &of(odd), &of(odd), "a=unconverted");
        }
    }

    #[test]
    fn an_empty_list_may_be_a_value() {
        let steps = list("empty = 'null'");
        check_both(&steps, &of("null"), &of("[]"));
        check(&steps, Down, &of("null"), &of("null"), "a=unconverted");
        check(&steps, Down, &of("[null]"), &of("[null]"), "a=unconverted");
        let steps = list("empty = '\"\"'");
        check_both(&steps, &of("\"\""), &of("[]"));
        check_both(&steps, &of("null"), &of("null"));
        check(&steps, Down, &of("[\"\"]"), &of("[\"\"]"), "a=unconverted");
    }

    #[test]
    fn the_first_may_stand_for_all() {
        let steps = list("first = true");
        check_both(&steps, &of("1"), &of("[1]"));
        check(&steps, Down, &of("[1,2]"), &of("1"), "a=dropped");
        check(&steps, Down, &of("[]"), &of("null"), "a=dropped");
        check(&steps, Down, &of("[[1],2]"), &of("[[1],2]"), "a=unconverted");
        for mistake in ["in = 'both'", "empty = '[]'", "first = 'yes'"] {
            assert_eq!(parse(&format!("as_list = 'a'\n{mistake}")), None, "{mistake}");
        }
    }

    #[test]
    fn a_parameter_has_brackets_where_it_is_a_list() {
        let run = run_on_form;
        let told = |text: &str, losses: &str, refused| (text.to_owned(), losses.to_owned(), refused);
        let steps = list("");
        assert_eq!(run(&steps, Up, "a=1&b=2"), told("a[]=1&b=2", "", 0));
        assert_eq!(run(&steps, Up, "a=1&a=2"), told("a=1&a=2", "a=unconverted", 0));
        assert_eq!(run(&steps, Up, "a[]=1"), told("a[]=1", "a=unconverted", 0));
        assert_eq!(run(&steps, Down, "a%5B%5D=1&b[]=2"), told("a=1&b[]=2", "", 0));
        assert_eq!(run(&steps, Down, "b=1"), told("b=1", "", 0));
        assert_eq!(run(&steps, Down, "a[7]=1&b[]=2"), told("a=1&b[]=2", "", 0));
        assert_eq!(run(&steps, Down, "a[][x]=1"), told("a[x]=1", "", 0));
        assert_eq!(run(&steps, Up, "b&a%5Bx%5D=1"), told("b&a%5B0%5D%5Bx%5D=1", "", 0));
        for several in ["a[]=1&a[]=2", "a[0]=1&a[1]=2", "a=1&a[]=2"] {
            assert_eq!(run(&steps, Down, several), told(several, "a=unconverted", 1), "{several}");
        }
        assert_eq!(run(&steps, Down, "a=1"), told("a=1", "a=unconverted", 0));
        assert_eq!(run(&list("first = true"), Down, "a[]=1&a[]=2"), told("a=1", "a=dropped", 1));
    }
}
