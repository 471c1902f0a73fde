//! `compute`: a field of one version is made of others, one way.
//!
//! The period of a subscription is the least of those of its items; a tax is the sum of all taxes. The arithmetic is on the
//! digits. The other version does not have the field: there it goes. Values that cannot be computed without a guess are
//! reported, unless the pack has one for them.

use super::{
    Computed, Direction, Effect, Made, Step,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::{json, required_field, side},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Table, Text, field, path},
    json::{Field, Hop, Name},
};
use std::{fmt, sync::Arc};

/// Computes a field of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compute {
    /// The field that only one of the versions has.
    pub field: Field,
    /// The places of the values that it is made of.
    pub from: Vec<ValueSource>,
    /// The way in which one value is made of them.
    pub how: Aggregate,
    /// The direction in which it is computed: up where the newer version has it.
    pub comes: Direction,
    /// The JSON text that it has where there are no values.
    pub empty: Option<Arc<[u8]>>,
    /// The JSON text that it has where it cannot be computed.
    pub rest: Option<Arc<[u8]>>,
    /// The reason why the version without the field means the computed value. Without one, the value is made up.
    pub implied_by: Option<String>,
}

/// A place of values: a field, or a member of the elements of a list that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueSource {
    /// The field, up to the first list.
    pub field: Field,
    /// The path from there, which begins with the elements of the list; empty for the field itself.
    pub inside: Vec<Hop>,
}

/// The ways in which one value is made of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregate {
    /// The least number, or the earliest date.
    Min,
    /// The greatest number, or the latest date.
    Max,
    /// The sum of numbers.
    Sum,
    /// The first value that is there and not null.
    First,
    /// Texts, with this one between them.
    Join(String),
}

impl Aggregate {
    /// Every one, as packs write it. The text between texts stands under a key of its own.
    pub(super) const ALL: [(&'static str, Aggregate); 5] = [
        ("min", Aggregate::Min),
        ("max", Aggregate::Max),
        ("sum", Aggregate::Sum),
        ("first", Aggregate::First),
        ("join", Aggregate::Join(String::new())),
    ];
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aggregate::Min => f.write_str("the least"),
            Aggregate::Max => f.write_str("the greatest"),
            Aggregate::Sum => f.write_str("the sum"),
            Aggregate::First => f.write_str("the first"),
            Aggregate::Join(separator) => write!(f, "the text, with `{separator}` between,"),
        }
    }
}

impl ValueSource {
    /// The value of a field itself.
    pub(crate) fn of_field(field: &Field) -> ValueSource {
        ValueSource { field: field.clone(), inside: Vec::new() }
    }

    /// The names on the way to the values, as if no list stood there.
    pub(crate) fn names(&self) -> Field {
        let inside = self.inside.iter().filter_map(|hop| match hop {
            Hop::Member(name) => Some(name),
            Hop::Elements => None,
        });
        Field::new(self.field.names().iter().chain(inside).map(Name::text))
    }
}

impl fmt::Display for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.field, &Hop::display(&self.inside)[1..])
    }
}

impl Kind for Compute {
    const KEY: &'static str = "compute";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("compute", Holds::Field), key("from", Holds::Sources), key("as", Holds::Aggregate)],
            is_option: false,
            up: "`F` is filled in where it is absent: the `min`, `max`, `sum` or `first` of the values of the fields `from`, or of those in a list (`items[*].amount`)",
            down: "`F` goes",
            loses: "up: `made-up`; nothing is filled in for what cannot be computed, `unconverted`, and a request with it is refused; down: `dropped`, where it differs",
        },
        Usage {
            keys: &[key("with", Holds::Text)],
            is_option: true,
            up: "of `as = \"join\"`: the texts one after another, with this one between them",
            down: "",
            loses: "the same",
        },
        Usage {
            keys: &[key("in", Holds::Side)],
            is_option: true,
            up: "`in = \"older\"`: the older version has the field. It goes",
            down: "`F` is filled in",
            loses: "the reverse",
        },
        Usage {
            keys: &[key("empty", Holds::Json)],
            is_option: true,
            up: "the value where all lists are empty",
            down: "",
            loses: "`made-up`",
        },
        Usage {
            keys: &[key("rest", Holds::Json)],
            is_option: true,
            up: "the value for all that cannot be computed",
            down: "",
            loses: "`made-up`",
        },
        Usage {
            keys: &[key("implied_by", Holds::Why)],
            is_option: true,
            up: "the other version implies the computed value",
            down: "",
            loses: "nothing, but for `rest`",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ compute = "ends_at", from = "items.data[*].ends_at", as = "min", in = "older", empty = 'null', rest = '"unknown"' },
                { compute = "tax", from = "taxes[*].amount", as = "sum", in = "older", implied_by = "it is all taxes together" }"#,
            old: r#"{"id":"s_1","items":{"data":[{"ends_at":30},{"ends_at":20.0}]},"taxes":[{"amount":"1.5"},{"amount":"0.25"}],"tax":"1.75","ends_at":20.0}"#,
            new: r#"{"id":"s_1","items":{"data":[{"ends_at":30},{"ends_at":20.0}]},"taxes":[{"amount":"1.5"},{"amount":"0.25"}]}"#,
            loses: ("", "ends_at=made-up"),
        },
        KindExample {
            steps: r#"{ compute = "name", from = ["first_name", "last_name"], as = "join", with = " " },
                { compute = "contact", from = ["work", "home", "other"], as = "first" },
                { compute = "seen_at", from = "visits[*]", as = "max" }"#,
            old: r#"{"first_name":"Ada","last_name":"L","work":null,"home":"h@x","other":"o@x","visits":["2026-06-01","2026-06-03","2026-06-02"]}"#,
            new: r#"{"first_name":"Ada","last_name":"L","work":null,"home":"h@x","other":"o@x","visits":["2026-06-01","2026-06-03","2026-06-02"],"name":"Ada L","contact":"h@x","seen_at":"2026-06-03"}"#,
            loses: ("contact=made-up, name=made-up, seen_at=made-up", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 0,
            direction: Direction::Down,
            from: r#"{"items":{"data":[]},"taxes":[{"amount":"1.50"},{"amount":2}]}"#,
            to: r#"{"items":{"data":[]},"taxes":[{"amount":"1.50"},{"amount":2}],"ends_at":null}"#,
            loses: "ends_at=made-up, tax=unconverted",
        },
        OneWay {
            example: 0,
            direction: Direction::Down,
            from: r#"{"items":{"data":[{"ends_at":20},{}]},"taxes":[{"amount":0.1},{"amount":0.20}]}"#,
            to: r#"{"items":{"data":[{"ends_at":20},{}]},"taxes":[{"amount":0.1},{"amount":0.20}],"tax":0.30,"ends_at":"unknown"}"#,
            loses: "ends_at=made-up",
        },
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"work":"w@x","home":"h@x","other":null,"visits":[]}"#,
            to: r#"{"work":"w@x","home":"h@x","other":null,"visits":[],"contact":"w@x"}"#,
            loses: "contact=made-up, seen_at=unconverted",
        },
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"work":null,"other":"o@x","visits":null}"#,
            to: r#"{"work":null,"other":"o@x","visits":null,"contact":"o@x","seen_at":null}"#,
            loses: "contact=made-up",
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Presence,
            change: "A field is removed that was the least, the greatest, the first or the sum of others",
            steps: &[
                r#"{ compute = "ends_at", from = "items[*].ends_at", as = "min", in = "older", empty = 'null' }"#,
            ],
            old: r#"{"items":[{"ends_at":20},{"ends_at":30}],"ends_at":20}"#,
            new: r#"{"items":[{"ends_at":20},{"ends_at":30}]}"#,
            loses: "up: `dropped`, any other value; down: `made-up`, unless `implied_by` says why it is exact; values that are no numbers and no dates give nothing, `unconverted`",
        },
        Recipe {
            topic: Topic::Presence,
            change: "A required field is added that follows from several others (a sum, the first that is there, a joined text)",
            steps: &[
                r#"{ compute = "name", from = ["first_name", "last_name"], as = "join", with = " ", implied_by = "it is both" }"#,
            ],
            old: r#"{"first_name":"Ada","last_name":"Lovelace"}"#,
            new: r#"{"first_name":"Ada","last_name":"Lovelace","name":"Ada Lovelace"}"#,
            loses: "up: nothing; without `implied_by` it is `made-up`; down: `dropped`, any other value",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let before = notes.len();
        let field = required_field(table, "compute", notes);
        let from = sources(table, notes);
        let how = aggregate(table, notes);
        let comes = side(table, notes);
        let mut fallback = |key| table.string(key, notes).and_then(|text| json(&text, notes));
        let (empty, rest) = (fallback("empty"), fallback("rest"));
        let implied_by = table.string("implied_by", notes).map(|text| text.text.to_owned());
        let (field, from, how, comes) = (field?, from?, how?, comes?);
        if let Some(source) = from.iter().find(|source| source.field.overlaps(&field)) {
            let message = format!("{field} cannot be computed of {source}: one is in the other");
            let note = Diagnostic::new(Code::BadValue, &table.at(), message).label("this step");
            notes.push(
                note.hint("name a field that only one of the versions has, beside those that it is made of"),
            );
        }
        let step = Compute { field, from, how, comes, empty, rest, implied_by };
        (notes.len() == before).then(|| vec![step.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let computed = Computed {
            from: self.from.clone(),
            how: self.how.clone(),
            empty: self.empty.clone(),
            rest: self.rest.clone(),
            implied_by: self.implied_by.clone(),
            // The forms are for the whole change to say.
            forms: Vec::new(),
        };
        let (field, made) = (self.field.clone(), Made::Computed(Box::new(computed)));
        vec![match direction == self.comes {
            true => Effect::Make { field, made },
            false => Effect::Remove { field, made },
        }]
    }

    fn describe(&self, direction: Direction) -> String {
        let from: Vec<String> = self.from.iter().map(ValueSource::to_string).collect();
        let (field, how, from) = (&self.field, &self.how, from.join(" and "));
        if direction != self.comes {
            return format!("drop {field}, {how} of {from}");
        }
        let mut text = format!("fill in {field} as {how} of {from}");
        for (value, of) in
            [(&self.empty, "where there are none"), (&self.rest, "where there is no such value")]
        {
            if let Some(value) = value {
                text.push_str(&format!(", {} {of}", String::from_utf8_lossy(value)));
            }
        }
        if let Some(why) = &self.implied_by {
            text.push_str(&format!(": {why}"));
        }
        text
    }
}

/// Reads the places of the values: one list, or several fields and lists.
fn sources(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<ValueSource>> {
    let before = notes.len();
    if !table.must_have("from") {
        return None;
    }
    let texts = table.strings("from", notes);
    let sources: Vec<ValueSource> = texts.iter().filter_map(|text| source(text, notes)).collect();
    if notes.len() > before {
        return None;
    }
    if sources.len() < 2 && sources.iter().all(|source| source.inside.is_empty()) {
        let note =
            Diagnostic::new(Code::BadValue, &table.at(), "`from` names one value: nothing is to be computed");
        let hint = "name several fields, from = [\"paid\", \"due\"], or the elements of a list, from = \"items[*].amount\"; \
                    a copy of one field is `add` or `drop` with `copy`";
        notes.push(note.label("this step").hint(hint));
        return None;
    }
    Some(sources)
}

/// Reads a field, or a path through the elements of a list.
fn source(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<ValueSource> {
    if !text.text.contains("[*]") {
        return field(text, false, notes).map(|field| ValueSource::of_field(&field));
    }
    let whole = format!("${}{}", if text.text.starts_with('[') { "" } else { "." }, text.text);
    let hops = path(&Text { text: &whole, at: text.at.clone() }, notes)?;
    let names: Vec<&str> = hops
        .iter()
        .map_while(|hop| match hop {
            Hop::Member(name) => Some(name.text()),
            Hop::Elements => None,
        })
        .collect();
    if names.is_empty() {
        let note = Diagnostic::new(Code::BadPath, &text.at, format!("`{}` begins with a list", text.text));
        notes.push(
            note.label("a field belongs here")
                .hint("a step changes an object: name the list in it, `items[*]`"),
        );
        return None;
    }
    let inside = hops[names.len()..].to_vec();
    Some(ValueSource { field: Field::new(names), inside })
}

/// Reads the way in which one value is made of several.
fn aggregate(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Aggregate> {
    let how = table.required("as", notes);
    let with = table.string("with", notes);
    let how = how?;
    let Some((_, found)) = Aggregate::ALL.into_iter().find(|(written, _)| *written == how.text) else {
        let message = format!("`{}` is no way to compute a value", how.text);
        let written = Aggregate::ALL.map(|(written, _)| format!("`{written}`")).join(", ");
        let note = Diagnostic::new(Code::BadValue, &how.at, message).label("unknown");
        notes.push(note.hint(format!("write one of {written}")));
        return None;
    };
    match (found, with) {
        (Aggregate::Join(_), Some(with)) => Some(Aggregate::Join(with.text.to_owned())),
        (Aggregate::Join(_), None) => {
            let note = Diagnostic::new(Code::BadValue, &how.at, "`join` needs the text between the texts");
            notes.push(
                note.label("joins without saying how").hint("write with = \" \", or with = \"\" for nothing"),
            );
            None
        }
        (_, Some(with)) => {
            let message = format!("`{}` has no text between its values", how.text);
            let note = Diagnostic::new(Code::BadValue, &with.at, message).label("only `join` has one");
            notes.push(note.hint("leave `with` out, or write as = \"join\""));
            None
        }
        (how, None) => Some(how),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::test::{check, check_both, parse, run_on_form},
        *,
    };
    use Direction::{Down, Up};

    fn compute(rest: &str) -> Vec<Step> {
        parse(&format!("compute = 'f'\n{rest}")).unwrap_or_else(|| panic!("{rest}"))
    }

    /// What stands in the field that is computed of these values of a list.
    #[track_caller]
    fn of_list(how: &str, values: &str, computed: &str) {
        let steps = compute(&format!("from = 'l[*]'\nas = '{how}'\nimplied_by = 'x'"));
        check_both(&steps, &format!("{{\"l\":{values}}}"), &format!("{{\"l\":{values},\"f\":{computed}}}"));
    }

    #[track_caller]
    fn is_odd(how: &str, values: &str) {
        let steps = compute(&format!("from = 'l[*]'\nas = '{how}'"));
        let document = format!("{{\"l\":{values}}}");
        check(&steps, Up, &document, &document, "f=unconverted");
    }

    #[test]
    fn one_value_is_made_of_a_list() {
        of_list("min", "[3, 1.0 ,2,1]", "1.0");
        of_list("max", r#"["3","10.5","9"]"#, r#""10.5""#);
        of_list("min", "[9007199254740993,9007199254740992]", "9007199254740992");
        of_list(
            "max",
            r#"["2026-06-01T12:00:00Z","2026-06-01T12:00:00.5-01:00"]"#,
            r#""2026-06-01T12:00:00.5-01:00""#,
        );
        of_list("sum", "[0.1,0.20]", "0.30");
        of_list("sum", r#"["12.5","-0.25"]"#, r#""12.25""#);
        of_list("sum", "[1e2]", "100");
        of_list("first", r#"[null,{"a" : 1},2]"#, r#"{"a" : 1}"#);
        of_list("first", "[null]", "null");
        of_list("sum", "null", "null");
    }

    #[test]
    fn what_cannot_be_computed_is_told() {
        for how in ["min", "max", "sum"] {
            for values in [
                r#"[1,"2"]"#,
                "[1,null]",
                "[true]",
                "[{}]",
                r#"["x"]"#,
                r#"["2026-06-01","2026-06-01T12:00:00Z"]"#,
                "[]",
                "7",
                r#"{"a":1}"#,
                "\"1\"",
            ] {
                is_odd(how, values);
            }
        }
        is_odd("sum", r#"["2026-06-01"]"#);
        is_odd("sum", "[1e300]");
        is_odd("first", "[]");
        let steps = compute("from = 'l[*].a.b'\nas = 'max'\nrest = '\"?\"'\nempty = '[]'");
        for (list, computed) in [
            (r#"[{"a":{"b":1}},{"a":{}}]"#, "\"?\""),
            ("[1]", "\"?\""),
            ("[]", "[]"),
            (r#"[{"a":{"b":1,"b":2}}]"#, "\"?\""),
        ] {
            let both = |rest: &str| format!("{{\"l\":{list}{rest}}}");
            check(&steps, Up, &both(""), &both(&format!(",\"f\":{computed}")), "f=made-up");
        }
    }

    #[test]
    fn several_fields_are_all_there_or_none() {
        let steps = compute("from = ['a', 'g.b']\nas = 'sum'");
        check(&steps, Up, r#"{"a":1,"g":{"b":2.50}}"#, r#"{"a":1,"g":{"b":2.50},"f":3.50}"#, "f=made-up");
        check(&steps, Up, r#"{"a":null,"g":{"b":null}}"#, r#"{"a":null,"g":{"b":null},"f":null}"#, "");
        for (document, losses) in [
            (r#"{"c":1}"#, ""),
            (r#"{"a":1}"#, "f=unconverted"),
            (r#"{"a":1,"g":{"b":null}}"#, "f=unconverted"),
        ] {
            check(&steps, Up, document, document, losses);
        }
        check(&steps, Down, r#"{"a":1,"g":{"b":2},"f":3.0}"#, r#"{"a":1,"g":{"b":2}}"#, "");
        check(&steps, Down, r#"{"a":1,"g":{"b":2},"f":4}"#, r#"{"a":1,"g":{"b":2}}"#, "f=dropped");
        check(&steps, Down, r#"{"f":4}"#, "{}", "f=dropped");
    }

    #[test]
    fn texts_are_joined_as_they_are_written() {
        let steps = compute("from = ['a', 'b']\nas = 'join'\nwith = ' \"'\nimplied_by = 'x'");
        check_both(&steps, r#"{"a":"\u0041","b":"\\"}"#, r#"{"a":"\u0041","b":"\\","f":"\u0041 \"\\"}"#);
        let odd = r#"{"a":"x","b":1}"#;
        check(&steps, Up, odd, odd, "f=unconverted");
    }

    #[test]
    fn a_field_is_not_computed_over_one_that_stands() {
        let steps = compute("from = 'l[*]'\nas = 'max'");
        check(&steps, Up, r#"{"l":[1],"f":0}"#, r#"{"l":[1],"f":0}"#, "");
        let inside = parse("compute = 'g.f'\nfrom = 'l[*]'\nas = 'max'").unwrap();
        check(&inside, Up, r#"{"l":[1],"g":null}"#, r#"{"l":[1],"g":null}"#, "");
        check(&inside, Down, r#"{"l":[1],"g":{"f":1}}"#, r#"{"l":[1],"g":{}}"#, "");
    }

    #[test]
    fn values_of_a_form_are_texts() {
        let steps = compute("from = 'l[*].a'\nas = 'sum'\nempty = 'null'");
        assert!(steps[0].fits_parameters());
        let run = |text: &str| run_on_form(&steps, Up, text);
        assert_eq!(run("l[0][a]=1.5&l[1][a]=2").0, "l[0][a]=1.5&l[1][a]=2&f=3.5");
        assert_eq!(run("l[0][a]=1.5&l[1][a]=x").2, 1);
        assert!(!compute("from = 'l[*].a'\nas = 'sum'\nrest = 'null'")[0].fits_parameters());
    }

    #[test]
    fn mistakes_are_refused() {
        for mistake in [
            "from = 'a'\nas = 'sum'",
            "from = []\nas = 'sum'",
            "from = ['a', 'f']\nas = 'sum'",
            "from = 'f[*].a'\nas = 'sum'",
            "from = ['a', 'f.b']\nas = 'sum'",
            "from = '[*].a'\nas = 'sum'",
            "from = 'l[0]'\nas = 'first'",
            "from = ['a', 'b']\nas = 'average'",
            "from = ['a', 'b']\nas = 'join'",
            "from = ['a', 'b']\nas = 'sum'\nwith = ' '",
            "from = ['a', 'b']\nas = 'sum'\nempty = 'none'",
            "from = ['a', 'b']",
            "as = 'sum'",
        ] {
            assert_eq!(parse(&format!("compute = 'f'\n{mistake}")), None, "{mistake}");
        }
    }
}
