//! Reading operations: the list of those that never move, and the tables of those that do.

use super::{
    Address, BodyGuard, DatedAddress, Operation, OperationId, Pack, Standing, has_mistakes,
    keys::{self, ADDRESS},
    path_moves, versions,
};
use crate::{
    authored::{Code, Diagnostic, Location, Source, Table, Text, did_you_mean, wrong_type},
    pack::operation::AddressSpan,
    version::{Scheme, Version},
};
use std::{collections::HashMap, sync::Arc};
use toml::{Spanned, de::DeValue};

/// Reads the operations of `api.toml`. Their versions are found once all files are read, by [`place`]. Where the scheme of
/// the versions is broken, any label is one.
pub(super) fn read(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    pack: &mut Pack,
    scheme_is_broken: bool,
    notes: &mut Vec<Diagnostic>,
) {
    listed(source, table, pack, notes);
    let Some(named) = table.value("operation").and_then(|value| table.inner(value, "`operation`", notes))
    else {
        return;
    };
    for (name, value) in named.names() {
        if !is_name(name.text) {
            let message = format!("`{}` is not a name of an operation", name.text);
            let hint = "a name begins with a small letter and has letters, digits and `_`: [operation.update_evidence]";
            notes.push(Diagnostic::new(Code::BadValue, &name.at, message).label("not a name").hint(hint));
        }
        let Some(table) = named.inner(value, "an operation", notes) else { continue };
        let scheme = (!scheme_is_broken).then_some(&pack.scheme);
        let addresses = dated(source, &table, pack, scheme, notes).unwrap_or_default();
        pack.operations.extend(Operation::dated(name.text.to_owned(), addresses));
    }
}

/// Tells whether a text can be the name of an operation. A template, which has a space in it, is none.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads the list of the operations that have one address at all versions.
fn listed(source: &Arc<Source>, table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    for value in table.array("operations", notes).into_iter().flatten() {
        let at = Location::new(source, value.span());
        let DeValue::String(text) = value.get_ref() else {
            notes.push(wrong_type(&at, "an operation", "a string", value.get_ref()));
            continue;
        };
        let Some((address, is_repeat)) = address(&Text { text, at: at.clone() }, &pack.base_path, notes)
        else {
            continue;
        };
        let known = pack
            .operations
            .iter()
            .find(|known| known.addresses().any(|known| known.matches_the_same(&address)));
        match known {
            None => pack.operations.push(Operation::always(address)),
            Some(_) if is_repeat => {}
            Some(known) => {
                let message = format!("`{address}` matches the same requests as an operation before it");
                let hint =
                    format!("leave it out: `{known}` stands for both, whatever its parameters are called");
                notes.push(Diagnostic::new(Code::Repeated, &at, message).label("stands twice").hint(hint));
            }
        }
    }
}

/// Reads an address, and tells whether it repeated the base path. What is found in such a one is looked for under the
/// name that it should have.
fn address(text: &Text<'_>, base_path: &str, notes: &mut Vec<Diagnostic>) -> Option<(Address, bool)> {
    let read = match Address::parse(text.text) {
        Ok(read) => read,
        Err(problem) => {
            let message = format!("`{}` is not an operation", text.text);
            let mut note = Diagnostic::new(Code::BadValue, &text.at, message).label(problem);
            note.hint = (text.text == "gone").then(|| {
                "an operation ends with `{ gone = \"…\" }`, which says what to do instead".to_owned()
            });
            notes.push(note);
            return None;
        }
    };
    let below = read.below(base_path);
    if let Some(below) = &below {
        notes.push(repeats_base(&read, below, base_path, &text.at));
    }
    let is_repeat = below.is_some();
    Some((below.unwrap_or(read), is_repeat))
}

/// A note on an operation that begins with the base path.
fn repeats_base(operation: &Address, below: &Address, base: &str, at: &Location) -> Diagnostic {
    let message = format!("`{operation}` begins with the base path");
    let label = format!("`{base}` is put before it");
    let hint = format!(
        "write `{below}`: `base_path` is put before every operation, and this one is `{} {base}{}`; if the API has \
         that path, write `base_path = \"\"` and whole paths",
        operation.method,
        operation.path()
    );
    Diagnostic::new(Code::BadValue, at, message).label(label).hint(hint)
}

/// Reads the dated addresses of one operation, oldest first. Every mistake in them is noted.
fn dated(
    source: &Arc<Source>,
    table: &Table<'_>,
    pack: &Pack,
    scheme: Option<&Scheme>,
    notes: &mut Vec<Diagnostic>,
) -> Option<Vec<DatedAddress>> {
    let before = notes.len();
    let mut entries: Vec<_> = table.names().collect();
    entries.sort_by_key(|(since, _)| since.at.span.start);
    let mut addresses: Vec<DatedAddress> = Vec::new();
    for (since, value) in entries {
        let standing = standing(source, table, value, &pack.base_path, notes);
        let (Some(since), at) = (versions::version(&since, scheme, notes), since.at) else { continue };
        let Some((standing, guard)) = standing else { continue };
        // Where that version is among the others shows once all files are read.
        let dated = DatedAddress { since, module: 0, standing, guard, at };
        if let Some(note) = follows(addresses.last(), &dated, &pack.scheme) {
            notes.push(note);
        }
        addresses.push(dated);
    }
    if addresses.is_empty() && notes.len() == before {
        let message = "an operation without an address is never found";
        let hint = "write the version that brings it, and its address: \"2025-01-01\" = \"GET /orders/{id}\"";
        notes.push(Diagnostic::new(Code::MissingKey, &table.at(), message).label("no address").hint(hint));
    }
    (notes.len() == before).then_some(addresses)
}

/// Reads what an operation is from a version on: its address, `{ at = "…", body = '…' }` with a guard, or
/// `{ gone = "…" }`.
fn standing<'t>(
    source: &'t Arc<Source>,
    table: &Table<'t>,
    value: &'t Spanned<DeValue<'t>>,
    base_path: &str,
    notes: &mut Vec<Diagnostic>,
) -> Option<(Standing, Option<Arc<BodyGuard>>)> {
    if let DeValue::Table(_) = value.get_ref() {
        let mut table = Table::of(source, value, &ADDRESS, notes)?;
        let read = match table.has("at") || table.has("body") {
            true => guarded(&mut table, base_path, notes),
            false => {
                let gone = table.required("gone", notes);
                gone.map(|text| (Standing::Gone(text.text.trim().to_owned()), None))
            }
        };
        table.finish(|key| keys::elsewhere(&keys::API, key), notes);
        return read;
    }
    let text = table.text(value, "an address", notes)?;
    address(&text, base_path, notes).map(|(address, _)| (Standing::At(address), None))
}

/// Reads an address with a guard.
fn guarded(
    table: &mut Table<'_>,
    base_path: &str,
    notes: &mut Vec<Diagnostic>,
) -> Option<(Standing, Option<Arc<BodyGuard>>)> {
    let address = table.required("at", notes).and_then(|text| address(&text, base_path, notes));
    let text = table.required("body", notes);
    let guard = text.as_ref().and_then(|text| BodyGuard::read(text, notes));
    if let Some(gone) = table.string("gone", notes) {
        let message = "an operation that is gone has no address";
        let hint = "leave `gone` out, or `at` and `body`";
        notes.push(Diagnostic::new(Code::Contradiction, &gone.at, message).label("beside `at`").hint(hint));
    }
    let (address, _) = address?;
    if address.method == "GET" {
        let message = format!("requests of `{address}` have no body, and a guard is one");
        let hint = "leave `body` out: an address of a `GET` is one operation's";
        let note = Diagnostic::new(Code::MatchesNothing, &text?.at, message);
        notes.push(note.label("nothing can be this").hint(hint));
        return None;
    }
    Some((Standing::At(address), Some(guard?)))
}

/// A note on an address that cannot follow the one before it.
fn follows(before: Option<&DatedAddress>, now: &DatedAddress, scheme: &Scheme) -> Option<Diagnostic> {
    let DatedAddress { since, standing, at, .. } = now;
    let since = *since;
    let note = |code, message: String, label: &str, hint: &str| {
        Some(Diagnostic::new(code, at, message).label(label).hint(hint))
    };
    let Some(before) = before else {
        return match standing {
            Standing::At(_) => None,
            Standing::Gone(_) => note(
                Code::MatchesNothing,
                "an operation is gone before it was there".to_owned(),
                "it has no address before",
                "write its first address above: \"2025-01-01\" = \"GET /orders\"",
            ),
        };
    };
    if scheme.rank(since).ok() <= scheme.rank(before.since).ok() {
        let message = format!("{since} is written behind {}, which is not older", before.since);
        return note(
            Code::BadValue,
            message,
            "not in order",
            "write the oldest version first, and each once",
        );
    }
    let is_same = match (&before.standing, standing) {
        (Standing::At(own), Standing::At(address)) => own == address && before.guard == now.guard,
        (Standing::Gone(_), Standing::Gone(_)) => true,
        _ => false,
    };
    if !is_same {
        return None;
    }
    note(
        Code::Repeated,
        format!("version {since} says of the operation what {} says", before.since),
        "nothing changes",
        "leave it out: what is said of a version holds until another one says something else",
    )
}

/// Finds the versions of dated addresses among the pack's, and notes every mistake that shows only then.
pub(super) fn place(pack: &mut Pack, notes: &mut Vec<Diagnostic>) {
    let known: Vec<Version> = pack.versions().collect();
    for dated in pack.operations.iter_mut().flat_map(Operation::dates_mut) {
        match known.iter().position(|known| *known == dated.since) {
            Some(module) => dated.module = module,
            None => notes.push(no_version(dated, &known)),
        }
    }
    if !has_mistakes(notes) {
        pack.operations.iter().for_each(|operation| repeated_parameters(operation, notes));
        path_moves::check(pack, notes);
        claims(pack, notes);
    }
}

/// A note on an address of a version that the pack does not have.
fn no_version(dated: &DatedAddress, known: &[Version]) -> Diagnostic {
    let written = dated.since.to_string();
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let message = format!("{written} is not a version of the pack");
    let hint = did_you_mean(&written, known.iter().map(String::as_str)).unwrap_or_else(|| {
        format!("write a version that has a file ({}), or add {written}.toml", known.join(", "))
    });
    Diagnostic::new(Code::UnknownName, &dated.at, message).label("no file has it").hint(hint)
}

/// Notes a parameter that stands twice in an address.
fn repeated_parameters(operation: &Operation, notes: &mut Vec<Diagnostic>) {
    for dated in operation.dates() {
        let Standing::At(address) = &dated.standing else { continue };
        let mut names: Vec<&str> = address.parameters().collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("`{{{}}}` stands twice in `{address}`", pair[0]);
            let hint = "give each its own name: a request goes from one address to the other by the names";
            let note = Diagnostic::new(Code::Repeated, &dated.at, message);
            notes.push(note.label("stands twice").hint(hint));
        }
    }
}

/// Notes every address that two operations have at the same version.
fn claims(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    let mut known: HashMap<String, Vec<(&Operation, AddressSpan<'_>)>> = HashMap::new();
    for operation in &pack.operations {
        for span in operation.spans() {
            let claimed = known.entry(span.address.pattern()).or_default();
            let is_the_same = |(_, known): &&(&Operation, AddressSpan<'_>)| {
                known.overlaps(&span) && !known.is_told_from(&span)
            };
            if let Some((other, its)) = claimed.iter().find(is_the_same) {
                notes.extend(claimed_twice((other, its), (operation, &span)));
            }
            claimed.push((operation, span));
        }
    }
}

/// A note on an address that two operations have. Those of the list were compared when they were read.
fn claimed_twice(
    (one, its): (&Operation, &AddressSpan<'_>),
    (other, others): (&Operation, &AddressSpan<'_>),
) -> Option<Diagnostic> {
    let from = others.since.max(its.since)?;
    let at = [other, one].into_iter().flat_map(Operation::dates).rfind(|dated| dated.module == from)?;
    let from = at.since;
    let (message, hint) = match one.dates().is_empty() || other.dates().is_empty() {
        true => (
            format!("`{}` is listed in `operations` as well", others.address),
            format!("leave it out of `operations`: it is an address of `{}`", if one.dates().is_empty() { other } else { one }),
        ),
        false => (
            format!("`{}` is an address of `{one}` and of `{other}` at version {from}", others.address),
            "an address is one operation's at a time: give the other one another address, or `{ gone = \"…\" }`; or say \
             by which body a request is one of the two, `{ at = \"…\", body = '{\"paused\":true}' }`"
                .to_owned(),
        ),
    };
    Some(Diagnostic::new(Code::Contradiction, &at.at, message).label("claimed by two operations").hint(hint))
}

/// An operation that a pack names, by its name or by one of its addresses; or a note that there is none.
pub(super) fn named(text: &Text<'_>, pack: &Pack, notes: &mut Vec<Diagnostic>) -> Option<OperationId> {
    let known = pack.find(text.text);
    if known.is_some() {
        return known;
    }
    let also: Vec<String> =
        pack.with_address(text.text).map(|id| format!("`{}`", pack.operation(id))).collect();
    if !also.is_empty() {
        let message = format!("`{}` is the address of several operations", text.text);
        let hint = format!("write the name of the one that is meant: {}", also.join(" or "));
        notes.push(Diagnostic::new(Code::UnknownName, &text.at, message).label("not clear").hint(hint));
        return None;
    }
    let names = pack.operations.iter().flat_map(|operation| {
        let addresses = operation.addresses().map(ToString::to_string);
        [operation.to_string()].into_iter().chain(addresses)
    });
    let names: Vec<String> = names.collect();
    let message = format!("`{}` is not among the operations", text.text);
    let below = Address::parse(text.text).ok().and_then(|written| written.below(&pack.base_path));
    let below = below.map(|below| below.to_string()).filter(|below| names.contains(below));
    let hint = below
        .map(|below| format!("`base_path` is put before it: write `{below}`"))
        .or_else(|| did_you_mean(text.text, names.iter().map(String::as_str)))
        .unwrap_or_else(|| "add it to `operations` at the top of the file".into());
    notes.push(Diagnostic::new(Code::UnknownName, &text.at, message).label("not listed").hint(hint));
    None
}
