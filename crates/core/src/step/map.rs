//! `map`: values of an enumeration get other names.
//!
//! A value is a string, a number, a boolean or null. Values that are not listed pass as they are. In a body, a value
//! that only the other version documents passes too, but is reported, since it would come back as another one. A word
//! that the other version does not have is said to be another one there, and is reported when that happens. Where the
//! pack says so, values stand behind a sign or in a list, as the fields that a list is sorted by often do:
//! `-company,total`.

use super::{
    Direction, Effect, Scalar, Step, ValueForm, WordMap,
    kind::{Holds, Kind, KindExample, OneWay, SEPARATORS, Usage, key},
    read::{required_elements, scalar},
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Location, Table, Text, wrong_type},
    form::Parts,
    json::{Field, number},
};
use toml::{Spanned, de::DeValue};

/// Renames values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The field, the same in both versions.
    pub field: Field,
    /// True if the field is a list, and its elements are mapped.
    pub is_each: bool,
    /// Older value, newer value; neither side repeats one.
    pub values: Vec<(Scalar, Scalar)>,
    /// Values that only the older version has, and those that stand for them in the newer.
    pub up: Vec<(Scalar, Scalar)>,
    /// Values that only the newer version has, and those that stand for them in the older.
    pub down: Vec<(Scalar, Scalar)>,
    /// The value that stands for every other one: going up, and down.
    pub rest: (Option<Scalar>, Option<Scalar>),
    /// The way that several values are written in one text.
    pub parts: Parts,
}

impl Kind for Map {
    const KEY: &'static str = "map";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("map", Holds::Field), key("values", Holds::Words)],
            is_option: false,
            up: "`\"a\"` becomes `\"b\"`, others pass. The newer value may be `true`, `false` or a whole number; for any others, write pairs of JSON: `[['null', '\"none\"']]`",
            down: "the reverse",
            loses: "a value that only the other version has, `unconverted`",
        },
        Usage {
            keys: &[key("map", Holds::Field), key("up", Holds::Words)],
            is_option: false,
            up: "`\"a\"`, which only the older version has, becomes `\"b\"`",
            down: "",
            loses: "up: `dropped`",
        },
        Usage {
            keys: &[key("map", Holds::Field), key("down", Holds::Words)],
            is_option: false,
            up: "",
            down: "`\"a\"`, which only the newer version has, becomes `\"b\"`",
            loses: "down: `dropped`",
        },
        Usage {
            keys: &[key("up", Holds::Words), key("down", Holds::Words)],
            is_option: true,
            up: "the same beside `values`",
            down: "the same",
            loses: "`dropped`",
        },
        Usage {
            keys: &[key("up_rest", Holds::Json), key("down_rest", Holds::Json)],
            is_option: true,
            up: "every value that is not listed becomes this one; null stays",
            down: "the same",
            loses: "`dropped`",
        },
        Usage {
            keys: &[key("signs", Holds::Flag), key("list", Holds::Separator)],
            is_option: true,
            up: "the values stand behind a `-` or a `+`, in a list: `-company,total`",
            down: "the reverse",
            loses: "the same",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ map = "status", values = { canceled = "cancelled" } }"#,
            old: r#"{"id":"o_1","status":"canceled"}"#,
            new: r#"{"id":"o_1","status":"cancelled"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ map = "sort", values = { company = "account", total = "sum" }, signs = true, list = "," }"#,
            old: r#"{"sort":"-company,total"}"#,
            new: r#"{"sort":"-account,sum"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ map = "mode", values = { at_period_end = true } },
                { map = "level", values = { low = 1 } },
                { map = "brand", values = [['null', '"unknown"']] },
                { map = "state", values = [['0', 'false'], ['true', '"on"']] },
                { map = "metadata", values = [['null', '{}']] },
                { map = "tags", values = [['[]', 'null']] }"#,
            old: r#"{"mode":"at_period_end","level":"low","brand":null,"state":0,"metadata":null,"tags":[]}"#,
            new: r#"{"mode":true,"level":1,"brand":"unknown","state":false,"metadata":{},"tags":null}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ map = "status", values = { canceled = "cancelled" }, up = { drafted = "joined" }, down = { paused = "active" } },
                { map = "carrier", values = { usps = "US" }, up_rest = '"other"', down_rest = 'null' }"#,
            old: r#"{"status":"canceled","carrier":"usps"}"#,
            new: r#"{"status":"cancelled","carrier":"US"}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ map = "languages[*]", values = { iw = "he" } }"#,
            old: r#"{"languages":["en","iw"]}"#,
            new: r#"{"languages":["en","he"]}"#,
            loses: ("", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 2,
            direction: Direction::Up,
            from: r#"{"state":true}"#,
            to: r#"{"state":"on"}"#,
            loses: "",
        },
        OneWay {
            example: 3,
            direction: Direction::Up,
            from: r#"{"status":"drafted","carrier":"dhl"}"#,
            to: r#"{"status":"joined","carrier":"other"}"#,
            loses: "carrier=dropped, status=dropped",
        },
        OneWay {
            example: 3,
            direction: Direction::Down,
            from: r#"{"status":"paused","carrier":"DHL"}"#,
            to: r#"{"status":"active","carrier":null}"#,
            loses: "carrier=dropped, status=dropped",
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Responses,
            change: "The status code of a response changes: [a change of an `operation`](#a-whole-request-or-response)",
            steps: &["{ map = \"status\", values = [['200', '201']] }"],
            old: r#"{"status":200}"#,
            new: r#"{"status":201}"#,
            loses: "nothing; a status that only the other version has stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "Words of an enumeration get other names",
            steps: &[r#"{ map = "status", values = { canceled = "cancelled" } }"#],
            old: r#"{"status":"canceled"}"#,
            new: r#"{"status":"cancelled"}"#,
            loses: "nothing; a word that only the other version has stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "A word of an enumeration is gone or new, or two words become one",
            steps: &[
                r#"{ map = "status", values = { canceled = "cancelled" }, up = { drafted = "joined" }, down = { paused = "active" } }"#,
            ],
            old: r#"{"status":"canceled"}"#,
            new: r#"{"status":"cancelled"}"#,
            loses: "up: `drafted` is `dropped`, and `joined` stands for it; down: `paused`, and `active` stands for it",
        },
        Recipe {
            topic: Topic::Values,
            change: "An enumeration is open now: older clients know a few of its words",
            steps: &[
                r#"{ map = "carrier", values = { usps = "usps", ups = "ups" }, down_rest = '"other"' }"#,
            ],
            old: r#"{"carrier":"ups"}"#,
            new: r#"{"carrier":"ups"}"#,
            loses: "down: any other word is `dropped`, and `other` stands for it",
        },
        Recipe {
            topic: Topic::Values,
            change: "Words become `true` and `false`",
            steps: &[
                r#"{ map = "cancellation_mode", values = { at_period_end = true, immediate = false } }"#,
            ],
            old: r#"{"cancellation_mode":"at_period_end"}"#,
            new: r#"{"cancellation_mode":true}"#,
            loses: "nothing; any other value stays",
        },
        Recipe {
            topic: Topic::Values,
            change: "`true`, `false` or null become words",
            steps: &[
                r#"{ map = "live", values = [['true', '"live"'], ['false', '"test"']] }"#,
                r#"{ map = "level", values = [['null', '"none"']] }"#,
            ],
            old: r#"{"live":false,"level":null}"#,
            new: r#"{"live":"test","level":"none"}"#,
            loses: "nothing; any other value stays",
        },
        Recipe {
            topic: Topic::Values,
            change: "Null becomes an empty object or an empty list",
            steps: &[
                r#"{ map = "metadata", values = [['null', '{}']] }"#,
                r#"{ map = "tags", values = [['null', '[]']] }"#,
            ],
            old: r#"{"metadata":null,"tags":null}"#,
            new: r#"{"metadata":{},"tags":[]}"#,
            loses: "nothing; any other value stays, and an empty one of the older version is `unconverted`",
        },
        Recipe {
            topic: Topic::Lists,
            change: "The words in a list get other names",
            steps: &[r#"{ map = "languages[*]", values = { iw = "he" } }"#],
            old: r#"{"languages":["en","iw"]}"#,
            new: r#"{"languages":["en","he"]}"#,
            loses: "nothing; a word that only the other version has stays, `unconverted`",
        },
        Recipe {
            topic: Topic::Requests,
            change: "A field that `expand[]` names gets another name",
            steps: &[r#"{ map = "expand", values = { "data.company" = "data.account" } }"#],
            old: "expand[]=data.company&expand[]=data.plan",
            new: "expand[]=data.account&expand[]=data.plan",
            loses: "nothing; list every path that clients write",
        },
        Recipe {
            topic: Topic::Requests,
            change: "Values of a parameter get other names",
            steps: &[r#"{ map = "order", values = { created = "created_at" } }"#],
            old: "order=created",
            new: "order=created_at",
            loses: "nothing; a value that only the other version has stays",
        },
        Recipe {
            topic: Topic::Requests,
            change: "The fields that a list is sorted by get other names",
            steps: &[r#"{ map = "sort", values = { company = "account" }, signs = true, list = "," }"#],
            old: "sort=-company,total",
            new: "sort=-account,total",
            loses: "nothing; a value that only the other version has stays",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let field = required_elements(table, "map", notes);
        let is_one_way = ["up", "down"].into_iter().any(|key| table.has(key));
        let values = match table.value("values") {
            Some(values) => words(table, ("values", values), notes),
            None if is_one_way => Some(Vec::new()),
            None => {
                let message = "a map has no `values`";
                let note = Diagnostic::new(Code::MissingKey, &table.at(), message);
                notes.push(note.label("`values` is missing"));
                None
            }
        };
        let mut one_way = |key| match table.value(key) {
            Some(value) => words(table, (key, value), notes),
            None => Some(Vec::new()),
        };
        let one_way = (one_way("up"), one_way("down"));
        let rest = (scalar(table, "up_rest", notes), scalar(table, "down_rest", notes));
        let parts = parts(table, notes);
        let (field, is_each) = field?;
        let (up, down) = (one_way.0?, one_way.1?);
        let map = Map { field, is_each, values: values?, up, down, rest: (rest.0?, rest.1?), parts };
        let before = notes.len();
        map.contradictions(table, notes);
        (notes.len() == before).then(|| vec![map.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        let words = self.words(direction);
        // The words of one version alone do nothing on the other way.
        if words.is_empty() && !self.words(direction.back()).is_empty() {
            return Vec::new();
        }
        let form = ValueForm::Mapped { words, parts: self.parts };
        let form = if self.is_each { ValueForm::Each(Box::new(form)) } else { form };
        vec![Effect::Reform { field: self.field.clone(), form, told: self.field.clone() }]
    }

    fn describe(&self, direction: Direction) -> String {
        let WordMap { pairs, one_way, rest } = self.words(direction);
        let pairs = pairs.iter().map(|(source, target)| format!("{source} -> {target}"));
        let one_way = one_way.iter().map(|(source, target)| format!("{source} -> {target} for good"));
        let rest = rest.iter().map(|rest| format!("any other -> {rest} for good"));
        let words = pairs.chain(one_way).chain(rest).collect::<Vec<_>>().join(", ");
        let each = if self.is_each { "each of " } else { "" };
        let signs = if self.parts.signs { ", behind signs" } else { "" };
        let list = self.parts.list.map(|list| format!(", in lists with {list:?}")).unwrap_or_default();
        let words = if words.is_empty() { "nothing".to_owned() } else { words };
        format!("map values of {each}{}{signs}{list}: {words}", self.field)
    }
}

impl Map {
    /// Returns the words that the values become in the direction.
    fn words(&self, direction: Direction) -> WordMap {
        let pairs = self.values.iter().map(|(older, newer)| match direction {
            Direction::Up => (older.clone(), newer.clone()),
            Direction::Down => (newer.clone(), older.clone()),
        });
        let (one_way, rest) = match direction {
            Direction::Up => (&self.up, &self.rest.0),
            Direction::Down => (&self.down, &self.rest.1),
        };
        WordMap { pairs: pairs.collect(), one_way: one_way.clone(), rest: rest.clone() }
    }

    /// Notes values that contradict each other, or that can match nothing.
    fn contradictions(&self, table: &Table<'_>, notes: &mut Vec<Diagnostic>) {
        // Where a fallback takes the words that are not listed, one that stays is listed with itself.
        let has_rest = self.rest.0.is_some() || self.rest.1.is_some();
        for (word, _) in
            self.words(Direction::Up).pairs.iter().filter(|(older, newer)| !has_rest && older == newer)
        {
            let message = format!("`{}` of {} becomes itself", word.text(), self.field);
            let hint = "leave it out: values that are not listed pass";
            notes.push(
                Diagnostic::new(Code::MatchesNothing, &table.at(), message).label("this step").hint(hint),
            );
        }
        let mut note = |code, message: String, label: &str| {
            notes.push(Diagnostic::new(code, &table.at(), message).label(label));
        };
        for (key, direction) in [("up", Direction::Up), ("down", Direction::Down)] {
            let WordMap { pairs, one_way, .. } = self.words(direction);
            let sources: Vec<&Scalar> = pairs.iter().chain(&one_way).map(|(source, _)| source).collect();
            let repeated = (1..sources.len()).find(|at| sources[..*at].contains(&sources[*at]));
            if let Some(at) = repeated {
                let message = format!("`{}` becomes two values going {key}", sources[at]);
                note(Code::Contradiction, message, "one of them must go");
            }
            if let Some((word, _)) = one_way.iter().find(|(word, other)| word == other) {
                note(
                    Code::MatchesNothing,
                    format!("`{word}` becomes itself going {key}"),
                    "it changes nothing",
                );
            }
        }
        let words = [Direction::Up, Direction::Down].map(|direction| self.words(direction));
        let scalars = || words.iter().flat_map(WordMap::scalars);
        if self.parts.is_whole() {
            return;
        }
        if let Some(value) = scalars().find(|value| !value.is_string()) {
            let message = format!("`{value}` is no string, and what stands behind signs or in a list is one");
            note(Code::BadValue, message, "write words only");
        }
        if let Some(value) = scalars().find(|value| {
            let signed = self.parts.signs && value.text().starts_with(['-', '+']);
            signed || self.parts.list.is_some_and(|list| value.text().contains(list))
        }) {
            let message = format!("`{}` can match nothing: it has a sign or a separator in it", value.text());
            note(Code::MatchesNothing, message, "signs and separators stand around values");
        }
    }
}

/// Reads values and those that they become: a table of words, or a list of pairs of JSON.
pub(super) fn words(
    table: &Table<'_>,
    (key, value): (&str, &Spanned<DeValue<'_>>),
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<(Scalar, Scalar)>> {
    let before = notes.len();
    let mut read: Vec<(Scalar, Scalar, Location)> = Vec::new();
    match value.get_ref() {
        DeValue::Table(_) => {
            for (source, target) in table.inner(value, "the values", notes)?.names() {
                let at = table.place(target.span());
                let target = newer_word(table, target, notes);
                read.extend(target.map(|target| (Scalar::string(source.text), target, at)));
            }
        }
        DeValue::Array(pairs) => {
            read.extend(pairs.iter().filter_map(|value| {
                pair(table, value, notes).map(|(source, target)| (source, target, table.place(value.span())))
            }));
        }
        other => {
            let wanted = "a table of words, or a list of pairs of JSON";
            notes.push(wrong_type(&table.place(value.span()), &format!("`{key}`"), wanted, other));
        }
    }
    if key == "values" {
        for (at, (_, newer, place)) in read.iter().enumerate() {
            if read[..at].iter().any(|(_, known, _)| known == newer) {
                let message = format!("two older values become `{newer}`, and none could come back");
                let note = Diagnostic::new(Code::Contradiction, place, message).label("stands twice");
                notes.push(note.hint("write the one that does not come back under `up`"));
            }
        }
    }
    let read = read.into_iter().map(|(source, target, _)| (source, target)).collect();
    (notes.len() == before).then_some(read)
}

/// Reads the value that a word becomes.
fn newer_word(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Scalar> {
    match value.get_ref() {
        DeValue::String(text) => Some(Scalar::string(text)),
        DeValue::Boolean(flag) => Scalar::read(if *flag { "true" } else { "false" }),
        DeValue::Integer(number) if number.radix() == 10 && number::is_number(number.as_str().as_bytes()) => {
            Scalar::read(number.as_str())
        }
        other => {
            let wanted = "a string, a boolean or a whole number";
            let at = table.place(value.span());
            let note = wrong_type(&at, "a value of an enumeration", wanted, other);
            notes.push(note.hint("for any other value, write pairs of JSON: [['null', '\"none\"']]"));
            None
        }
    }
}

/// Reads a pair of values, each as JSON: `['null', '"none"']`.
fn pair(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<(Scalar, Scalar)> {
    let text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::String(text) => Scalar::read_or_empty(text),
        _ => None,
    };
    let pair = match value.get_ref() {
        DeValue::Array(pair) if pair.len() == 2 => text(&pair[0]).zip(text(&pair[1])),
        _ => None,
    };
    if pair.is_none() {
        let hint = "write the two values as JSON in single quotes: ['null', '\"none\"']";
        let note =
            Diagnostic::new(Code::BadValue, &table.place(value.span()), "this is no pair of JSON values");
        notes.push(note.label("no lists or objects but empty ones").hint(hint));
    }
    pair
}

/// Reads how the values of a map stand in a text: `signs = true`, `list = ","`.
fn parts(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Parts {
    let signs = table.flag("signs", notes);
    let separator = |text: &Text<'_>, notes: &mut Vec<Diagnostic>| {
        let mut letters = text.text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if SEPARATORS.contains(&letter) => Some(letter),
            _ => {
                let message = format!("`{}` does not stand between the values of a list", text.text);
                let label = "one of `,`, `;`, `|` and `:` belongs here";
                notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
                None
            }
        }
    };
    let text = table.string("list", notes);
    let list = text.and_then(|text| separator(&text, notes));
    Parts { signs, list }
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

    fn map(rest: &str) -> Vec<Step> {
        parse(&format!("map = 's'\n{rest}")).unwrap_or_else(|| panic!("{rest}"))
    }

    fn of(value: &str) -> String {
        format!("{{\"s\":{value}}}")
    }

    #[test]
    fn values_are_renamed_and_others_pass() {
        let steps = map("values = { processing_volume = 'volume_usd' }");
        check_both(&steps, &of("\"processing_volume\""), &of("\"volume_usd\""));
        check(&steps, Up, &of("\"processing\\u005fvolume\""), &of("\"volume_usd\""), "");
        for other in ["\"created_at\"", "null", "1", "[\"processing_volume\"]"] {
            check_both(&steps, &of(other), &of(other));
        }
        check(&steps, Up, &of("\"volume_usd\""), &of("\"volume_usd\""), "s=unconverted");
    }

    #[test]
    fn a_value_may_be_any_scalar_and_is_one_by_its_text() {
        let steps = map("values = { immediate = false, at_end = true, low = 1, 'null' = 'none' }");
        for (old, new) in
            [("\"immediate\"", "false"), ("\"at_end\"", "true"), ("\"low\"", "1"), ("\"null\"", "\"none\"")]
        {
            check_both(&steps, &of(old), &of(new));
        }
        for other in ["1.0", "1e0", "null", "\"1\"", "\"true\""] {
            check_both(&steps, &of(other), &of(other));
        }
        check(&steps, Up, &of("true"), &of("true"), "s=unconverted");
        let steps =
            map("values = [['null', '\"none\"'], ['1.10', '\"b\"'], ['1.1', '\"a\"'], ['true', '0']]");
        for (old, new) in [("null", "\"none\""), ("1.10", "\"b\""), ("1.1", "\"a\""), ("true", "0")] {
            check_both(&steps, &of(old), &of(new));
        }
        check(&steps, Down, &of("null"), &of("null"), "s=unconverted");
        check_both(&steps, "{}", "{}");
    }

    #[test]
    fn a_word_of_one_version_becomes_another_and_is_told() {
        let steps = map("values = { a = 'b' }\nup = { old = 'b' }\ndown = { new = 'a', newer = 'old' }");
        check_both(&steps, &of("\"a\""), &of("\"b\""));
        check(&steps, Up, &of("\"old\""), &of("\"b\""), "s=dropped");
        check(&steps, Down, &of("\"new\""), &of("\"a\""), "s=dropped");
        check(&steps, Down, &of("\"newer\""), &of("\"old\""), "s=dropped");
        check(&steps, Up, &of("\"new\""), &of("\"new\""), "");
        let steps = map("down = [['\"new\"', 'null']]");
        check(&steps, Down, &of("\"new\""), &of("null"), "s=dropped");
        check_both(&steps, &of("\"a\""), &of("\"a\""));
    }

    #[test]
    fn every_other_word_becomes_the_rest() {
        let steps = map("values = { a = 'b', c = 'c' }\nup_rest = '\"c\"'\ndown_rest = 'null'");
        check_both(&steps, &of("\"a\""), &of("\"b\""));
        check_both(&steps, &of("\"c\""), &of("\"c\""));
        check(&steps, Up, &of("\"x\""), &of("\"c\""), "s=dropped");
        check(&steps, Up, &of("\"b\""), &of("\"c\""), "s=dropped");
        check(&steps, Down, &of("7"), &of("null"), "s=dropped");
        for no_word in ["null", "[1]", "{\"a\":1}"] {
            check_both(&steps, &of(no_word), &of(no_word));
        }
    }

    #[test]
    fn the_elements_of_a_list_are_mapped() {
        let steps = parse("map = 's[*]'\nvalues = { a = 'b' }\ndown = { c = 'a' }").unwrap();
        check_both(&steps, &of("[ \"a\" , 1,\"x\",null,[\"a\"] ]"), &of("[ \"b\" , 1,\"x\",null,[\"a\"] ]"));
        check_both(&steps, &of("[]"), &of("[]"));
        check_both(&steps, &of("null"), &of("null"));
        check(&steps, Up, &of("[\"b\",\"a\"]"), &of("[\"b\",\"b\"]"), "s=unconverted");
        check(&steps, Down, &of("[\"c\",\"b\"]"), &of("[\"a\",\"a\"]"), "s=dropped");
        check(&steps, Up, &of("\"a\""), &of("\"a\""), "s=unconverted");
        check(&steps, Up, &of("{\"a\":\"a\"}"), &of("{\"a\":\"a\"}"), "s=unconverted");
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for mistake in [
            "",
            "values = {}\nup = 1",
            "values = { a = 'x', b = 'x' }",
            "values = { a = 1.5 }",
            "values = { a = 0x10 }",
            "values = { a = [] }",
            "values = [['1']]",
            "values = [['{\"a\":1}', '1']]",
            "values = [['[1]', '1']]",
            "values = [[1, 2]]",
            "values = [['1', '2'], ['1', '3']]",
            "values = { a = 'b' }\nup = { a = 'c' }",
            "values = { a = 'b' }\ndown = { b = 'c' }",
            "up = { a = 'a' }",
            "values = { a = 'b' }\nup_rest = '[]'",
            "values = { a = true }\nsigns = true",
            "values = { a = 'b' }\nup_rest = 'null'\nlist = ','",
        ] {
            assert_eq!(parse(&format!("map = 's'\n{mistake}")), None, "{mistake}");
        }
    }

    #[test]
    fn row_14_1k_values_behind_signs_and_in_lists_go_there_and_back() {
        let steps = map("values = { company = 'account', total = 'sum' }\nsigns = true\nlist = ','");
        for (old, new) in [
            ("company", "account"),
            ("-company", "-account"),
            ("+company,-total", "+account,-sum"),
            ("created_at, company,-x", "created_at, account,-x"),
            ("companies,x-company", "companies,x-company"),
            ("", ""),
        ] {
            check_both(&steps, &of(&format!("\"{old}\"")), &of(&format!("\"{new}\"")));
            let (old, new) = (format!("s={old}&company=1"), format!("s={new}&company=1"));
            for (direction, from, to) in [(Up, &old, &new), (Down, &new, &old)] {
                assert_eq!(on_pairs(&steps, direction, from), (to.clone(), String::new()));
            }
        }
        let odd = of("\"-account,x\"");
        check(&steps, Up, &odd, &odd, "s=unconverted");
        check(&steps, Up, &of("\"-account,total\""), &of("\"-account,sum\""), "s=unconverted");
        for other in ["null", "1", "[\"company\"]", "{\"company\":1}"] {
            check_both(&steps, &of(other), &of(other));
        }
    }

    #[test]
    fn words_of_parameters_are_their_text() {
        let steps = map("values = { yes = true, low = 1 }\nup = { old = 'new' }\nup_rest = '\"other\"'");
        for (direction, from, to, losses) in [
            (Up, "s=yes&s[]=low&s=&s", "s=true&s[]=1&s=&s", ""),
            (Down, "s=true&s=1&s=x", "s=yes&s=low&s=x", ""),
            (Up, "s=old&s=x", "s=new&s=other", "s=dropped"),
        ] {
            assert_eq!(on_pairs(&steps, direction, from), (to.to_owned(), losses.to_owned()));
        }
        assert!(steps[0].fits_parameters());
        assert!(!map("values = [['null', '\"a\"']]")[0].fits_parameters(), "parameters have no null");
    }

    fn on_pairs(steps: &[Step], direction: Direction, text: &str) -> (String, String) {
        let effects: Vec<Effect> = steps.iter().flat_map(|step| step.effects(direction)).collect();
        let (mut pairs, mut losses) = (Pairs::parse(text), Losses::default());
        effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut losses));
        (pairs.to_string(), losses.to_string())
    }
}
