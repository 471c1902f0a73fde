//! The pack of one row: two versions, the change between them, and its examples; checked.

use super::{
    super::packs::{Files, load},
    row::{Class, Row, Sheet},
};
use dateline_core::{
    Version,
    check::{Trials, check},
    pack::{Pack, Part, Presence},
    plan::Words,
    route::Routes,
    step::KINDS,
    translate::{CrossingRequest, Media, crosses},
};
use std::{collections::BTreeSet, sync::Arc};
use toml::{Table, Value};

/// The documents that are made up for one row. A row's pack is small, and there are hundreds.
const TRIALS: Trials = Trials { cases: 12, seed: 1 };

/// A row that holds.
pub(super) struct Built<'r> {
    pub(super) sheet: &'r Sheet,
    pub(super) row: &'r Row,
    /// The constructs that say it, such as `move`; none for a row that is unsaid.
    pub(super) constructs: BTreeSet<String>,
    /// What its examples lose going up and coming down.
    pub(super) losses: (BTreeSet<String>, BTreeSet<String>),
}

impl<'r> Built<'r> {
    /// The row, once its pack is sound and does what the row says; what is wrong with it otherwise.
    pub(super) fn new(sheet: &'r Sheet, row: &'r Row) -> Result<Self, String> {
        let name = format!("{}: row {} ({})", sheet.name, row.number(), row.change);
        Self::tried(sheet, row).map_err(|problem| format!("{name}\n{problem}"))
    }

    fn tried(sheet: &'r Sheet, row: &'r Row) -> Result<Self, String> {
        is_whole(row)?;
        let files = files(sheet, row)?;
        let pack = load(&files).map_err(|mistakes| mistakes.to_string())?;
        if let Some(mistakes) = check(&pack, TRIALS).mistakes {
            return Err(mistakes.to_string());
        }
        if row.unsaid.is_some() {
            is_explained(&pack, row)?;
        }
        moves_as_told(&pack, row)?;
        let changes: Vec<&Table> = tables(&files[&format!("{}.toml", newer(sheet, row))], "change").collect();
        let lost = |key: &str| -> BTreeSet<String> {
            let examples = changes.iter().flat_map(|change| tables(change, "example"));
            let losses = examples.filter_map(|example| example.get(key).and_then(Value::as_str));
            let losses = losses.flat_map(|losses| losses.split(", ")).filter(|loss| !loss.is_empty());
            losses.map(str::to_owned).collect()
        };
        let losses = (lost("up_loses"), lost("down_loses"));
        let constructs = constructs(&files["api.toml"], &changes, row);
        let built = Built { sheet, row, constructs, losses };
        built.is_of_its_class()?;
        Ok(built)
    }

    /// A row that is exact loses nothing, and a lossy one something, unless it says why not.
    fn is_of_its_class(&self) -> Result<(), String> {
        let Row { class, though, .. } = self.row;
        let is_lossless = self.losses.0.is_empty() && self.losses.1.is_empty() && self.row.unsaid.is_none();
        let is_odd = match class {
            Class::Exact => !is_lossless || !self.row.is_said(),
            Class::Lossy => is_lossless || !self.row.is_said(),
            Class::Impossible => self.row.is_said(),
        };
        match (is_odd, though) {
            (true, None) => Err(format!(
                "it is {class}, and {}: say why with `though`",
                match (self.row.is_said(), is_lossless) {
                    (false, _) => "it is unsaid",
                    (true, true) => "its examples lose nothing",
                    (true, false) => "its examples lose something",
                }
            )),
            (false, Some(_)) => Err(format!("it is {class}, as it should be: `though` says nothing")),
            _ => Ok(()),
        }
    }
}

/// A row says one thing: steps, that nothing needs to be said, or that nothing can be.
fn is_whole(row: &Row) -> Result<(), String> {
    match [row.has_steps(), row.nothing.is_some(), row.unsaid.is_some(), row.gone.is_some()] {
        [true, false, false, false] | [false, true, false, false] => Ok(()),
        [_, false, true, false] | [false, false, false, true] => Ok(()),
        _ => {
            Err("it has either steps (or `changes`, or `moves`), or `nothing`, or `unsaid`, or `gone`".into())
        }
    }
}

fn older<'r>(sheet: &'r Sheet, row: &'r Row) -> &'r str {
    row.older.as_ref().unwrap_or(&sheet.file.older)
}

fn newer<'r>(sheet: &'r Sheet, row: &'r Row) -> &'r str {
    row.newer.as_ref().or(row.version.as_ref()).unwrap_or(&sheet.file.newer)
}

/// The tables of a list of a table.
fn tables<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t Table> {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

/// A place where the resource stands.
struct Place<'r> {
    operation: String,
    part: &'r str,
    at: &'r str,
}

impl<'r> Place<'r> {
    /// Reads `GET /orders`, `GET /orders $.data[*]`, `POST /orders body $.plan` or `GET /orders query`.
    fn read(text: &'r str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let (method, path, part, at) = match words[..] {
            [method, path] => (method, path, "response", "$"),
            [method, path, at] if at.starts_with('$') => (method, path, "response", at),
            [method, path, part] => (method, path, part, "$"),
            [method, path, part, at] => (method, path, part, at),
            _ => return Err(format!("`{text}` is no place: write `GET /orders $.data[*]`")),
        };
        Ok(Place { operation: format!("{method} {path}"), part, at })
    }

    fn found(&self) -> Value {
        let mut found = Table::new();
        found.insert("in".into(), self.operation.clone().into());
        found.insert("part".into(), self.part.into());
        if self.part != "query" {
            found.insert("at".into(), self.at.into());
        }
        found.into()
    }

    /// The whole document in which only this one stands.
    fn whole(&self, document: &str) -> String {
        let mut whole = document.to_owned();
        let hops = self.at.trim_start_matches('$').replace("[*]", ".[*]");
        for hop in hops.split('.').filter(|hop| !hop.is_empty()).rev() {
            whole = if hop == "[*]" { format!("[{whole}]") } else { format!("{{\"{hop}\":{whole}}}") };
        }
        whole
    }
}

/// The files of the row's pack.
fn files(sheet: &Sheet, row: &Row) -> Result<Files, String> {
    let places: Vec<Place<'_>> =
        row.places.texts().iter().map(|text| Place::read(text)).collect::<Result<_, _>>()?;
    let version = |version: &str| {
        let mut file = Table::new();
        file.insert("version".into(), version.into());
        file.insert("title".into(), "Title".into());
        file
    };
    let (older, newer) = (older(sheet, row), newer(sheet, row));
    let mut api: Table =
        [("name", "row"), ("title", &*sheet.file.api), ("header", "Version"), ("base_path", "")]
            .map(|(key, value)| (key.to_owned(), value.into()))
            .into_iter()
            .collect();
    api.insert("default_version".into(), older.into());
    let (dated, plain): (BTreeSet<&str>, BTreeSet<&str>) =
        places.iter().map(|place| &*place.operation).partition(|operation| {
            row.gone.is_some() || row.moves.iter().flatten().any(|address| address == operation)
        });
    api.insert("operations".into(), plain.into_iter().map(Value::from).collect::<Vec<_>>().into());
    if let Some(operations) = addresses(row, &dated, (older, newer)) {
        api.insert("operation".into(), operations);
    }
    let mut module = version(newer);
    let mut changes: Vec<Value> = Vec::new();
    if !row.steps.is_empty() {
        let found: Vec<Value> = places.iter().map(Place::found).collect();
        api.insert("resource".into(), table([("Thing", table([("found", found.into())]))]));
        changes.push(change(row, &places).into());
    }
    changes.extend(row.changes.iter().cloned().map(Value::from));
    for change in changes.iter_mut().filter_map(Value::as_table_mut) {
        finished(change, row);
    }
    if !changes.is_empty() {
        module.insert("change".into(), changes.into());
    }
    if let Some(why) = &row.unsaid {
        module.insert("unsaid".into(), vec![unsaid(row, why, &places)].into());
    }
    for head in [&sheet.file.head, &row.head] {
        merge(&mut api, head);
    }
    if api.get("versions").is_some_and(|versions| versions.get("in").is_some()) {
        // The row says where the version stands.
        api.remove("header");
    }
    Ok([
        ("api.toml".to_owned(), api),
        (format!("{older}.toml"), version(older)),
        (format!("{newer}.toml"), module),
    ]
    .into_iter()
    .collect())
}

/// The operations of a row that move, and those that are gone.
fn addresses(row: &Row, dated: &BTreeSet<&str>, (older, newer): (&str, &str)) -> Option<Value> {
    let moved =
        row.moves.iter().map(|[from, to]| table([(older, from.clone().into()), (newer, to.clone().into())]));
    let gone = row.gone.iter().flat_map(|instead| {
        let ends = move |address: &&str| {
            let gone = table([("gone", instead.clone().into())]);
            table([(older, (*address).into()), (newer, gone)])
        };
        dated.iter().map(ends)
    });
    let operations: Table =
        moved.chain(gone).enumerate().map(|(number, dates)| (format!("operation_{number}"), dates)).collect();
    (!operations.is_empty()).then(|| operations.into())
}

fn table<const N: usize>(keys: [(&str, Value); N]) -> Value {
    Value::Table(keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Puts keys into a table; those of tables inside it, into these.
fn merge(into: &mut Table, keys: &Table) {
    for (key, value) in keys {
        match (into.get_mut(key), value) {
            (Some(Value::Table(into)), Value::Table(value)) => merge(into, value),
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

/// The change of the short form. Of a resource in several places the examples are shown in each.
fn change(row: &Row, places: &[Place<'_>]) -> Table {
    let mut change = Table::new();
    change.insert("resource".into(), "Thing".into());
    if let Some(when) = &row.when {
        change.insert("when".into(), when.clone().into());
    }
    change.insert("steps".into(), row.steps.iter().cloned().map(Value::from).collect::<Vec<_>>().into());
    let mut short = Table::new();
    let texts = [("old", &row.old), ("new", &row.new), ("up_loses", &row.up), ("down_loses", &row.down)];
    for (key, text) in texts.iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
        short.insert((*key).to_owned(), text.clone().into());
    }
    let examples: Vec<&Table> = [&short].into_iter().chain(&row.more).collect();
    let is_json =
        |example: &Table| example.get("old").and_then(Value::as_str).is_some_and(|old| old.starts_with('{'));
    let is_form =
        |place: &Place<'_>| place.part == "body" && !examples.iter().any(|example| is_json(example));
    let mut shown: Vec<Value> = Vec::new();
    for example in examples.iter().filter(|example| example.contains_key("old")) {
        let here = |place: &&Place<'_>| is_json(example) != (place.part == "query" || is_form(place));
        shown.push((*example).clone().into());
        if example.contains_key("in") {
            continue;
        }
        for place in places.iter().filter(here).filter(|_| places.len() > 1) {
            let mut whole = (*example).clone();
            whole.insert("in".into(), place.operation.clone().into());
            whole.insert("part".into(), place.part.into());
            for side in ["old", "new"] {
                let text = example.get(side).and_then(Value::as_str).unwrap_or_default();
                let text = if is_json(example) { place.whole(text) } else { text.to_owned() };
                whole.insert(side.into(), text.into());
            }
            shown.push(whole.into());
        }
    }
    change.insert("example".into(), shown.into());
    change
}

/// Gives a change what it has of its row, and each of its examples the losses: none, unless it names them.
fn finished(change: &mut Table, row: &Row) {
    change.entry("name").or_insert_with(|| row.change.clone().into());
    change.entry("why").or_insert_with(|| "Why.".into());
    let examples = change.get_mut("example").and_then(Value::as_array_mut).into_iter().flatten();
    for example in examples.filter_map(Value::as_table_mut) {
        let ways = match example.get("way").and_then(Value::as_str) {
            Some("up") => &["up_loses"][..],
            Some("down") => &["down_loses"],
            _ => &["up_loses", "down_loses"],
        };
        for way in ways {
            example.entry(*way).or_insert_with(|| "".into());
        }
    }
}

fn unsaid(row: &Row, why: &str, places: &[Place<'_>]) -> Value {
    let operations: BTreeSet<&str> = places.iter().map(|place| &*place.operation).collect();
    let mut unsaid = Table::new();
    unsaid.insert("name".into(), row.change.clone().into());
    unsaid.insert("why".into(), why.into());
    unsaid.insert("in".into(), operations.into_iter().map(Value::from).collect::<Vec<_>>().into());
    let texts = [("then", &row.then), ("instead", &row.instead)];
    for (key, text) in texts.iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
        unsaid.insert((*key).to_owned(), text.clone().into());
    }
    let narrows = [("parameter", &row.parameter), ("values", &row.values)];
    for (key, value) in narrows.iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
        unsaid.insert((*key).to_owned(), value.clone());
    }
    if let Some(client) = &row.client {
        unsaid.insert("client".to_owned(), client.clone().into());
    }
    unsaid.into()
}

/// An exchange that would cross an unsaid change is told of it, whichever side is the older; one of a side that the row
/// leaves out is not. Of a row with parameters, a request crosses it that has one of them, and no other.
fn is_explained(pack: &Arc<Pack>, row: &Row) -> Result<(), String> {
    let versions: Vec<Version> = pack.versions().collect();
    let crossed = [(versions[0], pack.newest()), (pack.newest(), versions[0])];
    let told = pack.operation_ids().filter(|operation| {
        crossed.iter().all(|(client, upstream)| {
            let words = Words::new(pack, *operation, *client, *upstream);
            let side = if pack.is_older(*client, *upstream) { "older" } else { "newer" };
            let is_meant = row.client.as_ref().is_none_or(|client| client == side);
            words.to_string().contains(&row.change) == is_meant
        })
    });
    if told.count() == 0 {
        return Err("it is unsaid, and no operation is told of it: name one in `in`".into());
    }
    let unsaid = pack.modules.iter().flat_map(|module| &module.unsaid);
    for (unsaid, parameter) in
        unsaid.flat_map(|unsaid| unsaid.scope.parameters.iter().map(move |p| (unsaid, p)))
    {
        let [name, rest @ ..] = &parameter.names[..] else { return Err("a parameter has no name".into()) };
        let value = unsaid.scope.values.first().map_or("x", String::as_str);
        let brackets: String = rest.iter().map(|name| format!("[{name}]")).collect();
        let (with, without) = (format!("a=1&{name}{brackets}={value}"), "a=1&b=x");
        for (text, wanted) in [(&*with, true), (without, false)] {
            let request = match parameter.part {
                Part::Query => CrossingRequest { query: Some(text), body: Some((Media::Other, b"")) },
                _ => CrossingRequest { query: None, body: Some((Media::Form, text.as_bytes())) },
            };
            if crosses(unsaid, None, request) != Some(wanted) {
                return Err(format!("`{text}` crosses it, or does not"));
            }
        }
    }
    Ok(())
}

/// Requests of each version are found, and go to the address of the other one with their parameters; those for an
/// operation that is gone are told so.
fn moves_as_told(pack: &Pack, row: &Row) -> Result<(), String> {
    let routes = Routes::new(pack);
    let versions: Vec<Version> = pack.versions().collect();
    let (older, newer) = (versions[0], pack.newest());
    let filled = |address: &str| address.replace('{', "1_").replace('}', "");
    for [from, to] in &row.moves {
        for (client, asked, upstream, wanted) in [(older, from, newer, to), (newer, to, older, from)] {
            let (asked, wanted) = (filled(asked), filled(wanted));
            let target = asked.split_once(' ').and_then(|(method, path)| {
                let id = routes.find(method, path, client)?;
                let parameters = routes.parameters(pack.address(id, client)?, path)?;
                let address = pack.address(id, upstream)?;
                Some(format!("{} {}", address.method, parameters.render(address)?))
            });
            if target.as_ref() != Some(&wanted) {
                return Err(format!(
                    "`{asked}` at {client} goes to {target:?} at {upstream}, not to `{wanted}`"
                ));
            }
        }
    }
    if let Some(instead) = &row.gone {
        let is_gone =
            |id| matches!(pack.presence(id, newer), Presence::Gone { instead: told, .. } if told == instead);
        if pack.operation_ids().count() == 0 || !pack.operation_ids().all(is_gone) {
            return Err("its operations are not gone".into());
        }
    }
    Ok(())
}

/// The constructs that a pack is made of, by the names that its author knows.
fn constructs(api: &Table, changes: &[&Table], row: &Row) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if row.nothing.is_some() {
        found.insert("nothing".to_owned());
    }
    if row.unsaid.is_some() {
        let of = if row.parameter.is_some() { " with a parameter" } else { "" };
        found.insert(format!("unsaid{of}: {}", row.then.as_deref().unwrap_or("native")));
    }
    let operations = api.get("operation").and_then(Value::as_table).into_iter().flatten();
    let addresses: Vec<&Value> = operations
        .filter_map(|(_, dates)| dates.as_table())
        .flat_map(|dates| dates.iter().map(|(_, address)| address))
        .collect();
    let has_guard = addresses.iter().any(|address| address.get("body").is_some());
    found.extend(has_guard.then(|| "operation: body".to_owned()));
    found.extend((row.gone.is_none() && !addresses.is_empty()).then(|| "operation".to_owned()));
    found.extend(row.gone.as_ref().map(|_| "operation: gone".to_owned()));
    let resources = api.get("resource").and_then(Value::as_table).into_iter().flatten();
    found.extend(resources.filter_map(|(_, resource)| resource.get("holds").map(|_| "holds".to_owned())));
    for change in changes {
        found.extend(change.contains_key("operation").then(|| "exchange".to_owned()));
        found.extend(change.contains_key("when").then(|| "when".to_owned()));
        for step in tables(change, "steps") {
            found.extend(step.contains_key("when").then(|| "when".to_owned()));
            found.extend(
                KINDS.iter().find(|kind| step.contains_key(kind.key)).map(|kind| kind.key.to_owned()),
            );
        }
    }
    found
}
