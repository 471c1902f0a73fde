//! `table`: the values of some fields together are those of other fields in the other version.
//!
//! A status in one field is a status and a flag in another version. Each row has the values of the older version's fields
//! and those of the newer version's. All fields stand in one object. What no row has stays where it is, unless a fallback
//! takes it, and is reported.

use super::{
    Cell, Direction, Effect, Joint, Step, TupleMap, TupleRow,
    cell::shown,
    kind::{Holds, Kind, KindExample, OneWay, Usage, key},
    read::fields,
    recipe::{Recipe, Topic},
};
use crate::{
    authored::{Code, Diagnostic, Location, Table, Text, wrong_type},
    json::Field,
};
use toml::{Spanned, de::DeValue};

/// Looks the values of fields up in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuples {
    /// The fields in the older version.
    pub from: Vec<Field>,
    /// The fields in the newer version.
    pub to: Vec<Field>,
    /// The values of the older fields, and those of the newer ones; neither side repeats one.
    pub rows: Vec<(Vec<Cell>, Vec<Cell>)>,
    /// Values that only the older version has, and those that stand for them in the newer.
    pub up: Vec<(Vec<Cell>, Vec<Cell>)>,
    /// Values that only the newer version has, and those that stand for them in the older.
    pub down: Vec<(Vec<Cell>, Vec<Cell>)>,
    /// The values that stand for every other tuple: going up, and down.
    pub rest: (Option<Vec<Cell>>, Option<Vec<Cell>>),
}

/// A row with its place in the pack.
type PlacedRow = (Vec<Cell>, Vec<Cell>, Location);

impl Kind for Tuples {
    const KEY: &'static str = "table";

    const USAGES: &'static [Usage] = &[
        Usage {
            keys: &[key("table", Holds::Fields), key("to", Holds::Fields), key("rows", Holds::Rows)],
            is_option: false,
            up: "the values of the fields of one object become those of others, by the row that has them; `absent` is a field that is not there",
            down: "the reverse",
            loses: "values that no row has stay, `unconverted`",
        },
        Usage {
            keys: &[key("up", Holds::Rows), key("down", Holds::Rows)],
            is_option: true,
            up: "these rows, too; `any` stands for whatever the field has",
            down: "the same with `down`",
            loses: "`dropped`, each value that the way back would not restore",
        },
        Usage {
            keys: &[key("up_rest", Holds::Tuple), key("down_rest", Holds::Tuple)],
            is_option: true,
            up: "all other values become these, where each field has one and not all are null",
            down: "the same",
            loses: "`dropped`",
        },
    ];

    const EXAMPLES: &'static [KindExample] = &[
        KindExample {
            steps: r#"{ table = ["status"], to = ["status", "inquiry"], rows = [
                ['"warning_open"', '"open", true'], ['"open"', '"open", false'], ['"won"', '"won", absent'] ] },
                { table = ["case.state"], to = ["case.step", "case.escalated", "case.outcome"], rows = [
                ['"answer"', '"waiting", false, null'], ['"info"', '"waiting", true, null'],
                ['"customer_won"', '"closed", false, "customer_won"'] ],
                up = [['"review"', '"waiting", true, null']],
                down = [['"closed", any, "customer_won"', '"customer_won"'], ['"closed", any, absent', 'null']] }"#,
            old: r#"{"id":"o_1","status":"warning_open","case":{"state":"info"}}"#,
            new: r#"{"id":"o_1","status":"open","inquiry":true,"case":{"step":"waiting","escalated":true,"outcome":null}}"#,
            loses: ("", ""),
        },
        KindExample {
            steps: r#"{ table = ["kind", "live"], to = ["mode"], rows = [ ['"card", true', '"live"'], ['"card", false', '1'] ],
                up_rest = '"other"', down_rest = '"unknown", null' }"#,
            old: r#"{"live":false,"kind":"card"}"#,
            new: r#"{"mode":1}"#,
            loses: ("", ""),
        },
    ];

    const ONE_WAY: &'static [OneWay] = &[
        OneWay {
            example: 0,
            direction: Direction::Up,
            from: r#"{"status":"open","case":{"state":"review"}}"#,
            to: r#"{"status":"open","inquiry":false,"case":{"step":"waiting","escalated":true,"outcome":null}}"#,
            loses: "case.state=dropped",
        },
        OneWay {
            example: 0,
            direction: Direction::Up,
            from: r#"{"status":"won","case":{"state":"customer_won"}}"#,
            to: r#"{"status":"won","case":{"step":"closed","escalated":false,"outcome":"customer_won"}}"#,
            loses: "",
        },
        OneWay {
            example: 0,
            direction: Direction::Up,
            from: r#"{"case":{"state":"answer"}}"#,
            to: r#"{"case":{"step":"waiting","escalated":false,"outcome":null}}"#,
            loses: "",
        },
        OneWay {
            example: 0,
            direction: Direction::Down,
            from: r#"{"case":{"step":"closed","escalated":true,"outcome":"customer_won"}}"#,
            to: r#"{"case":{"state":"customer_won"}}"#,
            loses: "case.escalated=dropped",
        },
        OneWay {
            example: 0,
            direction: Direction::Down,
            from: r#"{"case":{"step":"closed","escalated":true}}"#,
            to: r#"{"case":{"state":null}}"#,
            loses: "case.escalated=dropped, case.step=dropped",
        },
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"kind":"card","live":true}"#,
            to: r#"{"mode":"live"}"#,
            loses: "",
        },
        OneWay {
            example: 1,
            direction: Direction::Up,
            from: r#"{"kind":"bank","live":true}"#,
            to: r#"{"mode":"other"}"#,
            loses: "kind=dropped, live=dropped",
        },
        OneWay {
            example: 1,
            direction: Direction::Down,
            from: r#"{"mode":"test"}"#,
            to: r#"{"kind":"unknown","live":null}"#,
            loses: "mode=dropped",
        },
    ];

    const RECIPES: &'static [Recipe] = &[
        Recipe {
            topic: Topic::Values,
            change: "A status in one field becomes a status and a flag",
            steps: &[
                r#"{ table = ["status"], to = ["status", "inquiry"], rows = [['"warning_open"', '"open", true'], ['"open"', '"open", false']] }"#,
            ],
            old: r#"{"status":"warning_open"}"#,
            new: r#"{"status":"open","inquiry":true}"#,
            loses: "nothing; values that no row has stay, `unconverted`",
        },
        Recipe {
            topic: Topic::Values,
            change: "Two fields become one, and the newer version has values more",
            steps: &[
                r#"{ table = ["status", "paused"], to = ["state"], rows = [['"active", false', '"active"'], ['"active", true', '"paused"']], down_rest = '"active", false' }"#,
            ],
            old: r#"{"status":"active","paused":true}"#,
            new: r#"{"state":"paused"}"#,
            loses: "down: any other value is `dropped`, and `down_rest` stands for it",
        },
        Recipe {
            topic: Topic::Requests,
            change: "One filter of a query becomes two",
            steps: &[
                r#"{ table = ["status"], to = ["status", "outcome"], rows = [['"won"', '"closed", "won"'], ['"open"', '"open", absent']] }"#,
            ],
            old: "status=won",
            new: "status=closed&outcome=won",
            loses: "nothing; a request with values that no row has is refused (`400`)",
        },
    ];

    fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
        let from = fields(table, "table", notes);
        let to = fields(table, "to", notes);
        let before = notes.len();
        let all = ["rows", "up", "down"].map(|key| match table.value(key) {
            Some(value) => rows(table, (key, value), notes),
            None => {
                if key == "rows" {
                    table.must_have(key);
                }
                Vec::new()
            }
        });
        let rest = ["up_rest", "down_rest"].map(|key| {
            let text = table.string(key, notes)?;
            Some((Cell::read_all(&text, notes)?, text.at))
        });
        let (from, to) = (from?, to?);
        if notes.len() > before || !table.has("rows") {
            return None;
        }
        let reading = Reading { from: &from, to: &to, all: &all, rest: &rest };
        reading.contradictions(table, notes);
        let plain = |rows: Vec<PlacedRow>| rows.into_iter().map(|(old, new, _)| (old, new)).collect();
        let [rows, up, down] = all.map(plain);
        let [up_rest, down_rest] = rest.map(|rest| rest.map(|(cells, _)| cells));
        let step = Tuples { from, to, rows, up, down, rest: (up_rest, down_rest) };
        (notes.len() == before).then(|| vec![step.into()])
    }

    fn effects(&self, direction: Direction) -> Vec<Effect> {
        vec![Effect::Joint(Box::new(Joint::Tuples(self.map(direction))))]
    }

    fn describe(&self, direction: Direction) -> String {
        let TupleMap { from, to, rows, one_way, rest, .. } = self.map(direction);
        let row = |TupleRow { source, target }: &TupleRow| format!("{} -> {}", shown(source), shown(target));
        let one_way = one_way.iter().map(|one| format!("{} for good", row(one)));
        let rest = rest.iter().map(|rest| format!("any other -> {} for good", shown(rest)));
        let rows = rows.iter().map(row).chain(one_way).chain(rest).collect::<Vec<_>>().join("; ");
        format!("look {} up as {}: {rows}", names(&from), names(&to))
    }
}

impl Tuples {
    /// Returns the table of one direction.
    fn map(&self, direction: Direction) -> TupleMap {
        let row =
            |source: &[Cell], target: &[Cell]| TupleRow { source: source.into(), target: target.into() };
        let (from, to, one_way, rest) = match direction {
            Direction::Up => (&self.from, &self.to, &self.up, &self.rest.0),
            Direction::Down => (&self.to, &self.from, &self.down, &self.rest.1),
        };
        let rows = self.rows.iter().map(|(older, newer)| match direction {
            Direction::Up => row(older, newer),
            Direction::Down => row(newer, older),
        });
        TupleMap {
            from: from.clone(),
            to: to.clone(),
            rows: rows.collect(),
            one_way: one_way.iter().map(|(source, target)| row(source, target)).collect(),
            rest: rest.clone(),
            is_of_parameters: false,
        }
    }
}

/// A table as it was read, before it is known to be sound.
struct Reading<'r> {
    from: &'r [Field],
    to: &'r [Field],
    /// The rows of both directions, of the way up and of the way down.
    all: &'r [Vec<PlacedRow>; 3],
    rest: &'r [Option<(Vec<Cell>, Location)>; 2],
}

impl Reading<'_> {
    /// Notes what makes the table no function in one of its directions, and what does not fit its fields.
    fn contradictions(&self, table: &Table<'_>, notes: &mut Vec<Diagnostic>) {
        let before = notes.len();
        self.places(table, notes);
        self.widths(notes);
        if notes.len() > before {
            return;
        }
        let [rows, up, down] = self.all;
        for (older, newer, at) in rows {
            for cells in [older, newer] {
                if cells.contains(&Cell::Any) {
                    let message = "`any` stands in a row of both directions: nothing would come back";
                    let hint = "write the row for one direction, in `up` or in `down`, on the side that it begins with";
                    let note = Diagnostic::new(Code::BadValue, at, message).label("in `rows`");
                    notes.push(note.hint(hint));
                }
                is_something(cells, at, notes);
            }
        }
        for (key, own) in [("up", up), ("down", down)] {
            for (source, target, at) in own {
                is_something(source, at, notes);
                no_any(target, key, at, notes);
            }
            let there: Vec<(&[Cell], &Location)> = match key {
                "up" => rows.iter().map(|(older, _, at)| (&**older, at)).collect(),
                _ => rows.iter().map(|(_, newer, at)| (&**newer, at)).collect(),
            };
            let begins = there.iter().copied().chain(own.iter().map(|(source, _, at)| (&**source, at)));
            is_function(key, &begins.collect::<Vec<_>>(), there.len(), notes);
        }
        for (rest, key) in self.rest.iter().zip(["up_rest", "down_rest"]) {
            rest.iter().for_each(|(cells, at)| no_any(cells, key, at, notes));
        }
    }

    /// Notes fields that stand twice, or not in one object.
    fn places(&self, table: &Table<'_>, notes: &mut Vec<Diagnostic>) {
        let mut fields = self.from.iter().chain(self.to);
        let Some(first) = fields.next() else { return };
        if let Some(other) = fields.find(|field| !field.is_beside(first)) {
            let message = format!("{first} and {other} are not two fields of one object");
            let hint = "move the fields into one object first, with a `move` for each, and out of it behind the table";
            let note = Diagnostic::new(Code::BadValue, &table.at(), message).label("this step");
            return notes.push(note.hint(hint));
        }
        for side in [self.from, self.to] {
            if let Some(at) = (1..side.len()).find(|at| side[..*at].contains(&side[*at])) {
                let message = format!("{} stands twice on one side of the table", side[at]);
                let note = Diagnostic::new(Code::Repeated, &table.at(), message).label("this step");
                notes.push(note.hint("name each field once, and give its value in each row"));
            }
        }
    }

    /// Notes rows that have more values than there are fields, or fewer.
    fn widths(&self, notes: &mut Vec<Diagnostic>) {
        let mut fits = |key: &str, fields: &[Field], cells: &[Cell], at: &Location| {
            if fields.len() != cells.len() {
                let names = names(fields);
                let message = format!(
                    "`{}` has {}, and `{key}` names {}: {names}",
                    shown(cells),
                    counted(cells.len(), "value"),
                    counted(fields.len(), "field")
                );
                let hint = "give every field a value, in their order; `absent` for one that is not there";
                notes.push(Diagnostic::new(Code::BadValue, at, message).label("this row").hint(hint));
            }
        };
        let [rows, up, down] = self.all;
        for (older, newer, at) in rows.iter().chain(up) {
            fits("table", self.from, older, at);
            fits("to", self.to, newer, at);
        }
        for (newer, older, at) in down {
            fits("to", self.to, newer, at);
            fits("table", self.from, older, at);
        }
        let [up_rest, down_rest] = self.rest;
        up_rest.iter().for_each(|(cells, at)| fits("to", self.to, cells, at));
        down_rest.iter().for_each(|(cells, at)| fits("table", self.from, cells, at));
    }
}

fn names(fields: &[Field]) -> String {
    fields.iter().map(Field::to_string).collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// Notes a tuple of nothing: there would be nothing to begin from.
fn is_something(cells: &[Cell], at: &Location, notes: &mut Vec<Diagnostic>) {
    if !cells.iter().any(|cell| matches!(cell, Cell::Value(_))) {
        let message = format!("`{}` names no value", shown(cells));
        let hint = "give one field a value at least. `up_rest` and `down_rest` stand for all values that have no row; a field \
                    that is made where nothing stands is an `add`";
        notes.push(Diagnostic::new(Code::BadValue, at, message).label("this row").hint(hint));
    }
}

fn no_any(cells: &[Cell], key: &str, at: &Location, notes: &mut Vec<Diagnostic>) {
    if cells.contains(&Cell::Any) {
        let message = format!("`any` is no value that `{key}` could give");
        let hint = "write a value, or `absent` for a field that is not to be there";
        notes.push(Diagnostic::new(Code::BadValue, at, message).label("nothing to write").hint(hint));
    }
}

/// Notes tuples that two rows begin with. The first so many are of both directions, and win over `any`.
fn is_function(key: &str, begins: &[(&[Cell], &Location)], both: usize, notes: &mut Vec<Diagnostic>) {
    for (number, (cells, at)) in begins.iter().enumerate() {
        let collides = |(other, (known, _)): &(usize, &(&[Cell], &Location))| match *other < both {
            true => known == cells,
            false => known.iter().zip(*cells).all(|(one, other)| one.overlaps(other)),
        };
        let Some((_, (known, _))) = begins[..number].iter().enumerate().find(collides) else { continue };
        let message =
            format!("`{}` becomes two tuples going {key}: `{}` has it, too", shown(cells), shown(known));
        let hint = match number < both {
            true => format!(
                "a table is a function each way: write the row that does not come back under `{}`",
                if key == "up" { "down" } else { "up" }
            ),
            false => "a table is a function each way: leave one of the two rows out".to_owned(),
        };
        notes.push(Diagnostic::new(Code::Contradiction, at, message).label("the second row").hint(hint));
    }
}

/// Reads rows: pairs of texts, each with the values of one side.
fn rows(
    table: &Table<'_>,
    (key, value): (&str, &Spanned<DeValue<'_>>),
    notes: &mut Vec<Diagnostic>,
) -> Vec<PlacedRow> {
    let DeValue::Array(all) = value.get_ref() else {
        let wanted = "a list of rows";
        let note = wrong_type(&table.place(value.span()), &format!("`{key}`"), wanted, value.get_ref());
        notes.push(note.hint("write rows of two texts: [['\"open\"', '\"open\", true']]"));
        return Vec::new();
    };
    if all.is_empty() {
        let message = format!("`{key}` has no rows");
        let note = Diagnostic::new(Code::MatchesNothing, &table.place(value.span()), message);
        notes.push(note.label("an empty table").hint("write its rows, or leave it out"));
    }
    all.iter().filter_map(|row| placed_row(table, row, notes)).collect()
}

fn placed_row(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Vec<Diagnostic>,
) -> Option<PlacedRow> {
    let at = table.place(value.span());
    let text = |value: &Spanned<DeValue<'_>>, notes: &mut Vec<Diagnostic>| match value.get_ref() {
        DeValue::String(text) => Cell::read_all(&Text { text, at: table.place(value.span()) }, notes),
        other => {
            let note = wrong_type(&table.place(value.span()), "a side of a row", "a text", other);
            notes.push(note.hint("write the values as JSON in single quotes: '\"open\", true'"));
            None
        }
    };
    match value.get_ref() {
        DeValue::Array(sides) if sides.len() == 2 => {
            let (one, other) = (text(&sides[0], notes), text(&sides[1], notes));
            Some((one?, other?, at))
        }
        _ => {
            let message = "this is no row of two sides";
            let hint = "write the values before and those after, each side a text of JSON: ['\"open\"', '\"open\", true']";
            notes.push(Diagnostic::new(Code::BadValue, &at, message).label("this row").hint(hint));
            None
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

    fn table(rest: &str) -> Vec<Step> {
        parse(rest).unwrap_or_else(|| panic!("{rest}"))
    }

    fn split() -> Vec<Step> {
        table(
            "table = ['status']\nto = ['status', 'inquiry']\n\
             rows = [['\"a\"', '\"x\", true'], ['\"b\"', '\"x\", false'], ['null', 'null, absent']]",
        )
    }

    #[test]
    fn one_field_becomes_two_and_two_become_one() {
        check_both(&split(), r#"{ "status" : "a" }"#, r#"{ "status" : "x", "inquiry" : true }"#);
        check_both(&split(), r#"{"k":1,"status":null}"#, r#"{"k":1,"status":null}"#);
        check_both(&split(), r#"{"k":1}"#, r#"{"k":1}"#);
        check(&split(), Up, r#"{"status":"\u0062"}"#, r#"{"status":"x","inquiry":false}"#, "");
        let swap = table("table = ['a', 'b']\nto = ['b', 'a']\nrows = [['1, 2', '3, 4']]");
        check_both(&swap, r#"{"a":1,"k":0,"b":2}"#, r#"{"a":4,"k":0,"b":3}"#);
    }

    #[test]
    fn a_new_field_takes_the_place_of_one_that_goes() {
        let steps = table("table = ['a', 'b']\nto = ['c']\nrows = [['1, 2', '3'], ['absent, 2', '4']]");
        check(&steps, Up, r#"{"a":1,"k":0,"b":2}"#, r#"{"c":3,"k":0}"#, "");
        check(&steps, Down, r#"{"c":3,"k":0}"#, r#"{"a":1,"k":0,"b":2}"#, "");
        check_both(&steps, r#"{"b":2}"#, r#"{"c":4}"#);
    }

    #[test]
    fn values_without_a_row_stay_and_are_told() {
        for (document, told) in [
            (r#"{"status":"c"}"#, "status=unconverted"),
            (r#"{"status":["a"]}"#, "status=unconverted"),
            (r#"{"status":{"a":1}}"#, "status=unconverted"),
            (r#"{"status":"x","inquiry":true}"#, "status=unconverted"),
        ] {
            check(&split(), Up, document, document, told);
        }
        let half = r#"{"inquiry":true}"#;
        check(&split(), Down, half, half, "inquiry=unconverted");
        let odd = r#"{"status":"x","inquiry":null}"#;
        check(&split(), Down, odd, odd, "inquiry=unconverted, status=unconverted");
    }

    #[test]
    fn what_stood_under_a_name_of_the_other_version_is_lost() {
        check(
            &split(),
            Up,
            r#"{"inquiry":7,"status":"a"}"#,
            r#"{"status":"x","inquiry":true}"#,
            "inquiry=dropped",
        );
    }

    #[test]
    fn a_row_of_one_direction_tells_only_what_does_not_come_back() {
        let steps = table(
            "table = ['a', 'b']\nto = ['c']\nrows = [['1, 2', '3'], ['0, absent', '0']]\n\
             up = [['1, any', '3'], ['9, 9', '8']]\ndown_rest = 'null, 7'",
        );
        check(&steps, Up, r#"{"a":1,"b":5}"#, r#"{"c":3}"#, "b=dropped");
        check(&steps, Up, r#"{"a":1}"#, r#"{"c":3}"#, "b=dropped");
        check(&steps, Up, r#"{"a":9,"b":9}"#, r#"{"c":8}"#, "a=dropped, b=dropped");
        check(&steps, Down, r#"{"c":3}"#, r#"{"a":1,"b":2}"#, "");
        check(&steps, Down, r#"{"c":"x"}"#, r#"{"a":null,"b":7}"#, "c=dropped");
        check(&steps, Down, r#"{"c":[]}"#, r#"{"c":[]}"#, "c=unconverted");
    }

    #[test]
    fn the_fallback_is_for_whole_tuples() {
        let steps = table("table = ['a', 'b']\nto = ['c']\nrows = [['1, 2', '3']]\nup_rest = '0'");
        check(&steps, Up, r#"{"a":1,"b":null}"#, r#"{"c":0}"#, "a=dropped, b=dropped");
        for (part, told) in [
            (r#"{"a":1}"#, "a=unconverted"),
            (r#"{"a":null,"b":null}"#, "a=unconverted, b=unconverted"),
            (r#"{"a":1,"b":[]}"#, "a=unconverted, b=unconverted"),
        ] {
            check(&steps, Up, part, part, told);
        }
    }

    #[test]
    fn parameters_are_looked_up_or_refused() {
        let run = |steps: &[Step], direction, text: &str| {
            let effects: Vec<Effect> = steps.iter().flat_map(|step| step.effects(direction)).collect();
            let (mut pairs, mut losses) = (Pairs::parse(text), Losses::default());
            effects.iter().for_each(|effect| effect.run_on_pairs(&mut pairs, &mut losses));
            (pairs.to_string(), losses.to_string(), losses.refused().count())
        };
        let told = |text: &str, losses: &str, refused| (text.to_owned(), losses.to_owned(), refused);
        let steps = table(
            "table = ['status']\nto = ['state', 'outcome']\n\
             rows = [['\"won\"', '\"closed\", \"won\"'], ['\"a b\"', '1, absent']]",
        );
        assert!(steps[0].fits_parameters());
        assert_eq!(run(&steps, Up, "k&status=won"), told("k&state=closed&outcome=won", "", 0));
        assert_eq!(run(&steps, Up, "status=a+b"), told("state=1", "", 0));
        assert_eq!(run(&steps, Down, "state=1"), told("status=a%20b", "", 0));
        assert_eq!(run(&steps, Down, "outcome=won&state=closed"), told("status=won", "", 0));
        for nothing in ["k=1", "status=", ""] {
            assert_eq!(run(&steps, Up, nothing), told(nothing, "", 0));
        }
        for odd in ["status=x", "status=won&status=won", "status[]=won"] {
            assert_eq!(run(&steps, Up, odd), told(odd, "status=unconverted", 1), "{odd}");
        }
        let same = table("table = ['a', 'b']\nto = ['b', 'a']\nrows = [['1, 2', '1, 1']]");
        assert_eq!(run(&same, Up, "a=7"), told("a=7", "a=unconverted", 0));
    }

    #[test]
    fn a_table_that_is_no_function_is_refused() {
        let head = "table = ['a']\nto = ['b', 'c']\n";
        assert!(parse(&format!("{head}rows = [['1', '1, 2']]")).is_some());
        for mistake in [
            "",
            "rows = []",
            "rows = [['1', '2']]",
            "rows = [['1', '1, 2', '3']]",
            "rows = [[1, 2]]",
            "rows = ['1']",
            "rows = [['1', '1, 2'], ['1', '1, 3']]",
            "rows = [['1', '1, 2'], ['2', '1, 2']]",
            "rows = [['any', '1, 2']]",
            "rows = [['absent', '1, 2']]",
            "rows = [['1', 'absent, absent']]",
            "rows = [['1', '[], 2']]",
            "rows = [['1', '1, 2']]\nup = [['1', '1, 3']]",
            "rows = [['1', '1, 2']]\nup = [['2', '1, 3'], ['any', '1, 4']]",
            "rows = [['1', '1, 2']]\nup = [['any', '1, any']]",
            "rows = [['1', '1, 2']]\ndown = [['absent, any', '1']]",
            "rows = [['1', '1, 2']]\nup_rest = '1'",
            "rows = [['1', '1, 2']]\ndown_rest = 'any'",
        ] {
            assert_eq!(parse(&format!("{head}{mistake}")), None, "{mistake}");
        }
        for fields in [
            "table = []\nto = ['b', 'c']",
            "table = ['a']\nto = ['b', 'b']",
            "table = ['g.a']\nto = ['b', 'c']",
            "table = [1]\nto = ['b', 'c']",
        ] {
            assert_eq!(parse(&format!("{fields}\nrows = [['1', '1, 2']]")), None, "{fields}");
        }
        assert!(parse("table = 'g.a'\nto = ['g.b', 'g.c']\nrows = [['1', '1, 2']]").is_some());
    }
}
