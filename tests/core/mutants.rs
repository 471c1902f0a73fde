//! Mutants of the built-in pack: one step, or one place, is removed or says something else. `dateline check` must notice
//! every one of them, so that the pack's examples show all that it says.

use super::packs::{self, Files};
use crate::common::pack;
use dateline_core::{
    check::{Trials, check, check_examples},
    pack::Pack,
    step::{GUARDED, Holds, KINDS, Key, KindFacts, Usage},
};
use std::sync::Arc;
use toml::{Table, Value};

/// Mutants that nobody can tell from the pack, and why.
const EQUIVALENT: [(&str, &str); 9] = [
    (r#"2026-06-20.toml: add "volume_usd.settled" copy "volume_usd.attributed": last"#, COMMUTES),
    (r#"2026-06-20.toml: add "volume_usd.awaiting_settlement" value '"0.00"': last"#, COMMUTES),
    (r#"2026-06-20.toml: move "total_earnings" to "earnings_usd.total": last"#, COMMUTES),
    (r#"2026-06-20.toml: move "pending_payout" to "earnings_usd.pending": last"#, COMMUTES),
    (r#"2026-06-20.toml: move "completed_payout" to "earnings_usd.completed": last"#, COMMUTES),
    (r#"2026-06-20.toml: drop "currency" restore '"usd"': last"#, COMMUTES),
    (r#"2026-06-20.toml: move "base_amount" to "transaction_amount_usd": last"#, COMMUTES),
    (r#"2026-06-20.toml: move "amount" to "commission_amount_usd": last"#, COMMUTES),
    (r#"2026-06-20.toml: convert "payout_percentage" as "number * 0.01": last"#, COMMUTES),
];

/// Steps commute where none reads or writes what the other writes: no field of the one is, is in, or holds one of the
/// other, and an add still has its anchor moved before it. What is left is the order of keys, and documents are their
/// values.
const COMMUTES: &str = "it names no field that a step behind it names";

/// Notes a mutant by its name and by what is done to the files.
type Push<'p> = dyn FnMut(String, &dyn Fn(&mut Files)) + 'p;

/// A pack that says something else, and what.
struct Mutant {
    name: String,
    files: Files,
}

fn files() -> Files {
    pack::built_in().into_iter().map(|(name, text)| (name, text.parse().unwrap())).collect()
}

fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Value::as_str)
}

/// The list of tables at a path of keys and indices.
fn list<'f>(files: &'f mut Files, file: &str, path: &[&str]) -> &'f mut Vec<Value> {
    let mut value = files.get_mut(file).unwrap().get_mut(path[0]).unwrap();
    for key in &path[1..] {
        value = match key.parse::<usize>() {
            Ok(index) => &mut value.as_array_mut().unwrap()[index],
            Err(_) => value.get_mut(*key).unwrap(),
        };
    }
    value.as_array_mut().unwrap()
}

/// Returns all alterations of one step alone, as the table of kinds says.
fn alterations(step: &Table) -> Vec<(String, Table)> {
    let kind = KINDS.iter().find(|kind| step.contains_key(kind.key)).unwrap();
    let mut altered = Vec::new();
    for key in kind.keys().chain(GUARDED.keys()) {
        for value in others(step, key) {
            let mut table = step.clone();
            let shown = value.as_ref().map_or("gone".to_owned(), ToString::to_string);
            match value {
                Some(value) => table.insert(key.name.into(), value),
                None => table.remove(key.name),
            };
            if table != *step {
                altered.push((format!("{} is {shown}", key.name), table));
            }
        }
    }
    altered.extend(other_usages(kind, step));
    altered
}

/// Returns other values of a key; `None` for the key left out.
fn others(step: &Table, key: Key) -> Vec<Option<Value>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Some((*text).into())).collect::<Vec<_>>();
    let own = step.get(key.name);
    match key.holds {
        // A field with another name, in another place, in no group.
        Holds::Field => match own.and_then(Value::as_str) {
            Some(field) => {
                let alone = field.rsplit('.').next().unwrap();
                texts(&[&format!("{field}x"), &format!("other.{field}"), alone])
            }
            None => Vec::new(),
        },
        Holds::Conversion => {
            let conversions = [
                "number -> decimal",
                "decimal -> number",
                "number * 0.001",
                "number * 0.01",
                "number * 0.1",
                "number * 10",
                "number * 100",
                "epoch -> rfc3339",
                "rfc3339 -> epoch",
                "epoch_ms -> rfc3339",
                "rfc3339 -> epoch_ms",
                "boolean -> string",
                "string -> boolean",
            ];
            // Digits that are all kept are the same by value as digits with zeros behind them.
            let twin = match own.and_then(Value::as_str) {
                Some("string -> number") => "decimal -> number",
                Some("number -> string") => "number -> decimal",
                _ => "",
            };
            let others =
                texts(&conversions.map(|other| if other == twin { "string -> boolean" } else { other }));
            [vec![None], others].concat()
        }
        Holds::Json if own.is_some() => texts(&[
            "null", "true", "0", "0.00", "\"0.00\"", "\"0.01\"", "\"usd\"", "\"eur\"", "\"\"", "[]", "{}",
        ]),
        Holds::Name => texts(&["type", "id"]),
        Holds::Text => texts(&["invoice", "Receipt"]),
        Holds::Why => vec![own.is_none().then(|| "nothing".into())],
        Holds::Side => vec![own.is_some().then_some(None).flatten(), own.is_none().then(|| "older".into())],
        Holds::Flag if own.is_some() => vec![None, Some(false.into())],
        Holds::Separator if own.is_some() => vec![None, Some(";".into())],
        Holds::Words => match own {
            Some(Value::Table(words)) => other_words(words),
            Some(Value::Array(pairs)) => other_pairs(pairs),
            _ => Vec::new(),
        },
        Holds::Fields => match own.and_then(Value::as_array) {
            Some(fields) => other_fields(fields),
            None => Vec::new(),
        },
        Holds::Sources => own.map(other_sources).unwrap_or_default(),
        Holds::Aggregate => texts(&["min", "max", "sum", "first", "join"]),
        Holds::Rows => match own.and_then(Value::as_array) {
            Some(rows) => [vec![None], other_rows(rows)].concat(),
            None => Vec::new(),
        },
        Holds::Tuple => match own.and_then(Value::as_str) {
            Some(tuple) => {
                let others = other_tuples(tuple).into_iter().map(|tuple| Some(tuple.into()));
                [None].into_iter().chain(others).collect()
            }
            None => Vec::new(),
        },
        Holds::Guard => own.and_then(Value::as_table).map(other_guards).unwrap_or_default(),
        Holds::Lookup => texts(&["others"]),
        Holds::Scaling => {
            texts(&["decimal -> minor", "minor -> decimal", "number -> minor", "minor -> number"])
        }
        Holds::Json | Holds::Flag | Holds::Separator => Vec::new(),
    }
}

/// Returns the list of fields with one of them gone, with another field for each, and the other way round.
fn other_fields(fields: &[Value]) -> Vec<Option<Value>> {
    let mut others = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let mut without = fields.to_vec();
        without.remove(index);
        let mut other = fields.to_vec();
        other[index] = format!("{}x", field.as_str().unwrap()).into();
        others.extend([Some(Value::Array(without)), Some(Value::Array(other))]);
    }
    let reversed: Vec<Value> = fields.iter().rev().cloned().collect();
    others.extend((reversed != fields).then_some(Some(Value::Array(reversed))));
    others
}

/// Returns other places of the values that something is computed of.
fn other_sources(from: &Value) -> Vec<Option<Value>> {
    match from {
        Value::Array(fields) => other_fields(fields),
        Value::String(list) => {
            let others = [format!("{list}x"), format!("other.{list}"), list.replace("[*]", "")];
            others.map(|other| Some(other.into())).into()
        }
        _ => Vec::new(),
    }
}

/// Returns the rows with one of them gone, and with another value in each cell.
fn other_rows(rows: &[Value]) -> Vec<Option<Value>> {
    let mut others = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut without = rows.to_vec();
        without.remove(index);
        others.push(Some(Value::Array(without)));
        for side in 0..2 {
            for tuple in other_tuples(row[side].as_str().unwrap()) {
                let mut altered = rows.to_vec();
                altered[index][side] = tuple.into();
                others.push(Some(Value::Array(altered)));
            }
        }
    }
    others
}

/// Returns the values with another one in the place of each.
fn other_tuples(tuple: &str) -> Vec<String> {
    let cells: Vec<&str> = tuple.split(", ").collect();
    let mut others = Vec::new();
    for index in 0..cells.len() {
        for other in ["\"another\"", "absent", "null"].into_iter().filter(|other| *other != cells[index]) {
            let mut cells = cells.clone();
            cells[index] = other;
            others.push(cells.join(", "));
        }
    }
    others
}

/// Returns the table of words with one of them gone, another word, and two that change places.
fn other_words(words: &Table) -> Vec<Option<Value>> {
    let mut others = Vec::new();
    for (older, newer) in words {
        let mut change = |change: &dyn Fn(&mut Table)| {
            let mut words = words.clone();
            change(&mut words);
            others.push(Some(Value::Table(words)));
        };
        change(&|words| _ = words.remove(older));
        change(&|words| _ = words.insert(older.clone(), "other".into()));
        change(&|words| {
            words.remove(older);
            words.insert("other".into(), newer.clone());
        });
        for (other, target) in words.iter().filter(|(other, _)| *other != older) {
            change(&|words| {
                words.insert(older.clone(), target.clone());
                words.insert(other.clone(), newer.clone());
            });
        }
    }
    others
}

/// Returns no guard, and the guard with a condition dropped, negated, or with another value.
fn other_guards(guard: &Table) -> Vec<Option<Value>> {
    let mut others = vec![None];
    for (field, condition) in guard {
        let mut dropped = guard.clone();
        dropped.remove(field);
        if !dropped.is_empty() {
            others.push(Some(Value::Table(dropped)));
        }
        let not = condition.as_table().and_then(|table| table.get("not"));
        let negated = match not {
            Some(inner) => inner.clone(),
            None => Value::Table([("not".to_owned(), condition.clone())].into_iter().collect()),
        };
        let values = other_values(not.unwrap_or(condition)).into_iter().map(|value| match not {
            Some(_) => Value::Table([("not".to_owned(), value)].into_iter().collect()),
            None => value,
        });
        for condition in values.chain([negated]) {
            let mut altered = guard.clone();
            altered.insert(field.clone(), condition);
            others.push(Some(Value::Table(altered)));
        }
        let mut moved = guard.clone();
        moved.remove(field);
        moved.insert(format!("{field}x"), condition.clone());
        others.push(Some(Value::Table(moved)));
    }
    others
}

/// Returns the values of a condition with one of them gone, and with another in its place.
fn other_values(values: &Value) -> Vec<Value> {
    match values {
        Value::Array(values) => {
            let mut others = Vec::new();
            for index in 0..values.len() {
                let mut removed = values.clone();
                removed.remove(index);
                others.push(Value::Array(removed));
                for other in other_values(&values[index]) {
                    let mut altered = values.clone();
                    altered[index] = other;
                    others.push(Value::Array(altered));
                }
            }
            others
        }
        Value::Table(is) => {
            let with = |value| Value::Table([("is".to_owned(), value)].into_iter().collect());
            match &is["is"] {
                Value::Array(words) => (0..words.len())
                    .map(|index| {
                        let mut words = words.clone();
                        words.remove(index);
                        with(Value::Array(words))
                    })
                    .collect(),
                _ => vec![with("list".into())],
            }
        }
        _ => vec!["other".into()],
    }
}

/// Returns the list of pairs with one of them gone, and with another value on either side.
fn other_pairs(pairs: &[Value]) -> Vec<Option<Value>> {
    let mut others = Vec::new();
    for index in 0..pairs.len() {
        let mut removed = pairs.to_vec();
        removed.remove(index);
        others.push(Some(Value::Array(removed)));
        for side in 0..2 {
            let mut altered = pairs.to_vec();
            altered[index][side] = "\"another\"".into();
            others.push(Some(Value::Array(altered)));
        }
    }
    others
}

/// Returns the step written in the other ways that its kind has: a copy of the anchor for a value beside it.
fn other_usages(kind: &KindFacts, step: &Table) -> Vec<(String, Table)> {
    let has_all = |usage: &&Usage| usage.keys.iter().all(|key| step.contains_key(key.name));
    let whole = || kind.usages.iter().filter(|usage| !usage.is_option);
    let Some(own) = whole().filter(has_all).max_by_key(|usage| usage.keys.len()) else { return Vec::new() };
    let mut others = Vec::new();
    for usage in whole().filter(|usage| usage.keys != own.keys) {
        let mut table = step.clone();
        own.keys.iter().for_each(|key| _ = table.remove(key.name));
        for key in usage.keys {
            // What has no counterpart in the step has a value of its own.
            let same = step.get(key.name);
            let like = own.keys.iter().filter(|own| own.holds == key.holds && own.name != kind.key);
            let like = like.filter_map(|own| step.get(own.name)).next();
            let value = same.or(like).cloned().unwrap_or_else(|| "\"0.00\"".into());
            table.insert(key.name.into(), value);
        }
        let names: Vec<&str> = usage.keys.iter().map(|key| key.name).collect();
        others.push((format!("written with {}", names.join(", ")), table));
    }
    others
}

/// Returns the word for a step in the name of its mutant.
fn called(step: &Value) -> String {
    step.as_table()
        .unwrap()
        .iter()
        .take(2)
        .map(|(key, value)| format!("{key} {value}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Packs in which one step is another, or is in another place, or not at all.
fn steps(original: &Files, push: &mut Push<'_>) {
    for (file, module) in original {
        let changes = module.get("change").and_then(Value::as_array);
        for (change, table) in changes.into_iter().flatten().enumerate() {
            let change = change.to_string();
            let path = ["change", &*change, "steps"];
            let steps = table["steps"].as_array().unwrap();
            for (index, step) in steps.iter().enumerate() {
                let name = format!("{file}: {}", called(step));
                push(format!("{name}: removed"), &|files| _ = list(files, file, &path).remove(index));
                for (what, altered) in alterations(step.as_table().unwrap()) {
                    push(format!("{name}: {what}"), &|files| {
                        list(files, file, &path)[index] = Value::Table(altered.clone());
                    });
                }
                if index + 1 < steps.len() {
                    push(format!("{name}: last"), &|files| {
                        let steps = list(files, file, &path);
                        let step = steps.remove(index);
                        steps.push(step);
                    });
                }
                for (other, with) in steps.iter().enumerate().skip(index + 1) {
                    swaps((file, &path), (index, step), (other, with), push);
                }
            }
        }
    }
}

/// Packs in which two steps have changed a value of theirs with each other.
fn swaps(
    (file, path): (&str, &[&str]),
    (index, step): (usize, &Value),
    (other, with): (usize, &Value),
    push: &mut Push<'_>,
) {
    for key in ["move", "to", "as", "drop", "restore", "add"] {
        if step.get(key).is_some() && with.get(key).is_some() && step.get(key) != with.get(key) {
            push(format!("{file}: {}: {key} swapped with {}", called(step), called(with)), &|files| {
                let steps = list(files, file, path);
                let [one, two] = [&steps[index][key], &steps[other][key]].map(Clone::clone);
                steps[index][key] = two;
                steps[other][key] = one;
            });
        }
    }
}

/// The mutants that `make` makes of a pack.
fn mutants(original: &Files, make: &[fn(&Files, &mut Push<'_>)]) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for make in make {
        make(original, &mut |name, edit| {
            let mut files = original.clone();
            edit(&mut files);
            mutants.push(Mutant { name, files });
        });
    }
    mutants
}

/// Places where a resource is not found, or is found wrongly.
fn places(original: &Files, push: &mut Push<'_>) {
    const API: &str = "api.toml";
    let api = &original[API];
    for (resource, table) in api["resource"].as_table().unwrap() {
        let path = ["resource", resource, "found"];
        for (index, place) in table["found"].as_array().unwrap().iter().enumerate() {
            let name = format!("{resource}: {}", called(place));
            push(format!("{name}: removed"), &|files| _ = list(files, API, &path).remove(index));
            let paths =
                ["$", "$.data[*]", "$.items[*]", "$.data", "$.data[*][*]", "$[*]"].map(|at| ("at", at));
            let parts = ["query", "body", "response"].map(|part| ("part", part));
            for (key, value) in paths.into_iter().chain(parts) {
                let is_query = text(place.as_table().unwrap(), "part") == Some("query");
                if place.get(key).and_then(Value::as_str) == Some(value) || (is_query && key == "at") {
                    continue;
                }
                push(format!("{name}: {key} is {value}"), &|files| {
                    let place = list(files, API, &path)[index].as_table_mut().unwrap();
                    place.insert(key.into(), value.into());
                    match value {
                        "query" => _ = place.remove("at"),
                        _ => _ = place.entry("at").or_insert("$".into()),
                    }
                });
            }
        }
    }
}

/// Tells whether a check notices: the pack cannot be read, or it has a mistake.
fn is_noticed(mutant: &Mutant) -> bool {
    let Ok(pack) = packs::load(&mutant.files) else { return true };
    // The examples alone tell of nearly all, and take little time; of those that are equivalent, nothing can.
    let is_equivalent = EQUIVALENT.iter().any(|(name, _)| *name == mutant.name);
    check_examples(&pack).is_some()
        || (!is_equivalent && check(&pack, Trials { cases: 50, seed: 1 }).mistakes.is_some())
}

#[test]
fn every_mutant_of_the_pack_is_noticed() {
    let original = files();
    assert!(check_examples(&packs::load(&original).unwrap()).is_none(), "the pack itself");
    let mutants = mutants(&original, &[steps, places]);
    let survivors: Vec<&str> =
        mutants.iter().filter(|mutant| !is_noticed(mutant)).map(|mutant| &*mutant.name).collect();
    assert_eq!(survivors, EQUIVALENT.map(|(name, _)| name), "of {} mutants", mutants.len());
    assert!(mutants.len() > 400, "{} mutants", mutants.len());
}

/// The examples of each kind show all that it says: so a kind that the built-in pack does not use has its mutants, too.
#[test]
fn every_mutant_of_the_examples_of_a_kind_is_noticed() {
    for kind in KINDS.iter().chain([&GUARDED]) {
        let mutants = mutants(&packs::of_examples(kind), &[alterations_alone]);
        let survivors: Vec<&str> =
            mutants.iter().filter(|mutant| !is_noticed(mutant)).map(|mutant| &*mutant.name).collect();
        assert!(survivors.is_empty(), "{}: {survivors:#?}, of {} mutants", kind.key, mutants.len());
        assert!(mutants.len() > 5, "{}: {} mutants", kind.key, mutants.len());
    }
}

/// Packs in which one step is another, or is not there.
fn alterations_alone(original: &Files, push: &mut Push<'_>) {
    steps(original, &mut |name, edit| {
        if !name.ends_with(": last") && !name.contains(" swapped with ") {
            push(name, edit);
        }
    });
}

/// A pack whose lists are sorted by fields behind signs, in lists; the map is what is in the step.
fn sorted_by(map: &str) -> Option<Arc<Pack>> {
    let api = "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
               operations = ['GET /a', 'POST /a']\n[resource.A]\nfound = [{ in = 'GET /a', part = 'query' }, \
               { in = 'POST /a', part = 'body', at = '$' }]\n";
    let example = |part: &str, old: &str, new: &str| {
        format!(
            "[[change.example]]\nin = '{part}\nold = '{old}'\nnew = '{new}'\nup_loses = ''\ndown_loses = ''\n"
        )
    };
    let query =
        example("GET /a'\npart = 'query'", "sort=-company,total&x=-company", "sort=-account,sum&x=-company");
    let form = example("POST /a'\npart = 'body'", "sort=%2Dtotal%2C-x", "sort=%2Dsum%2C-x");
    let body =
        example("POST /a'\npart = 'body'", r#"{"sort":"+total, company"}"#, r#"{"sort":"+sum, account"}"#);
    let changes = format!(
        "[[change]]\nname = 'Change'\nwhy = 'Why.'\nresource = 'A'\nsteps = [{{ map = 'sort', {map} }}]\n\
         {query}{form}{body}"
    );
    pack::of_versions(api, [("2025-01-01", ""), ("2025-01-02", changes.as_str())]).ok()
}

#[test]
fn row_14_1k_mutants_of_signs_and_lists_are_noticed() {
    let values = "values = { company = 'account', total = 'sum' }";
    let sound = sorted_by(&format!("{values}, signs = true, list = ','")).expect("a pack");
    if let Some(mistakes) = check(&sound, Trials { cases: 200, seed: 1 }).mistakes {
        panic!("{mistakes}");
    }
    for mutant in [
        "".to_owned(),
        "signs = true".to_owned(),
        "list = ','".to_owned(),
        "signs = false, list = ','".to_owned(),
        "signs = true, list = ';'".to_owned(),
    ] {
        let map = format!("{values}{}{mutant}", if mutant.is_empty() { "" } else { ", " });
        let pack = sorted_by(&map).unwrap_or_else(|| panic!("{map} is a pack"));
        assert!(check_examples(&pack).is_some(), "{map}");
    }
    for mistake in ["signs = 'yes'", "list = 'ab'", "list = ''", "list = ' '", "list = 1", "lists = ','"] {
        assert!(sorted_by(&format!("{values}, {mistake}")).is_none(), "{mistake}");
    }
    for values in ["values = { '-company' = 'account' }", "values = { company = 'a,b' }"] {
        assert!(sorted_by(&format!("{values}, signs = true, list = ','")).is_none(), "{values}");
    }
}
