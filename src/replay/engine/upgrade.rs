//! A client at another version: what it would have to send, and what it would get.

use super::{Findings, Replay, What, exchange::Documents};
use dateline_core::{
    Version,
    compare::{
        Ignored, Place,
        across::{FieldChange, Kind, Seen},
        documents,
    },
    json::Hop,
    pack::{OperationId, Part, parse_path},
    step::Losses,
};
use serde_json::Value;

impl Replay<'_> {
    /// `at` is the operation, the client's version, and the one that the response is in.
    pub(super) fn upgrade(
        &mut self,
        name: &str,
        documents: &Documents<'_>,
        (operation, pin, upstream): (OperationId, Version, Version),
        to: Version,
    ) -> Findings {
        let mut findings = Findings::default();
        for (place, document) in documents.request(operation) {
            match self.crossing(place, pin, to).see(document) {
                Ok(seen) => note(&mut findings, place.part, seen.changes, name),
                Err(problem) => findings.note(place.part, fails(&problem.to_string()), name),
            }
        }
        let Some(answer) = documents.answer else { return findings };
        let place = Place::new(operation, Part::Response);
        match self.answer(place, answer, (upstream, pin, to)) {
            Ok((changes, before, after)) => {
                note(&mut findings, Part::Response, changes, name);
                for lost in before.distinct().chain(after.distinct()) {
                    let is_in = |losses: &Losses| {
                        losses.distinct().any(|own| (own.kind, &own.field) == (lost.kind, &lost.field))
                    };
                    let what = What::Loss {
                        field: lost.field.clone(),
                        kind: lost.kind,
                        before: is_in(&before),
                        after: is_in(&after),
                        compared: true,
                    };
                    findings.note(Part::Response, what, name);
                }
            }
            Err(problem) => findings.note(Part::Response, fails(&problem), name),
        }
        findings
    }

    /// Compares a response at the two versions, and lists its losses at each.
    fn answer(
        &mut self,
        place: Place,
        answer: &str,
        (upstream, pin, to): (Version, Version, Version),
    ) -> Result<(Vec<FieldChange>, Losses, Losses), String> {
        let translate =
            |to| self.in_force.translate(place, upstream, to, answer).map_err(|problem| problem.to_string());
        let (now, then) = (translate(pin)?, translate(to)?);
        let seen = self.crossing(place, pin, to).see(&now.output).map_err(|problem| problem.to_string())?;
        let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|problem| problem.to_string());
        let (before, after) = (read(&now.output)?, read(&then.output)?);
        Ok((told(seen, &before, &after, &then.losses)?, now.losses, then.losses))
    }
}

fn note(findings: &mut Findings, part: Part, changes: Vec<FieldChange>, name: &str) {
    changes
        .into_iter()
        .for_each(|change| findings.note(part, What::Field { field: change, note: None }, name));
}

fn fails(why: &str) -> What {
    What::Fails { before: None, after: Some(why.to_owned()) }
}

/// The changes from what a client gets to what it would get. What was seen is what becomes of the first document by the
/// pack alone: the upstream says more. So values are those of the second document, and nothing is made up that is in it.
fn told(seen: Seen, before: &Value, after: &Value, lost: &Losses) -> Result<Vec<FieldChange>, String> {
    let mut changes = seen.changes;
    for change in &mut changes {
        let is_lost = |names: &Option<Vec<String>>| {
            let field = names.as_ref().map(|names| names.join("."));
            field.is_some_and(|field| {
                lost.iter().any(|lost| *lost.field == field && Some(lost.kind) == change.loss)
            })
        };
        if !is_lost(&change.after) && !is_lost(&change.before) {
            (change.loss, change.source) = (None, None);
        }
        set_values(change, before, after);
    }
    let predicted: Value = serde_json::from_str(&seen.output).map_err(|problem| problem.to_string())?;
    for difference in documents(&predicted, after, &Ignored::default()).differences {
        let path = difference.path.pattern();
        let is_told = |change: &FieldChange| {
            change.path_after().is_some_and(|told| {
                path.strip_prefix(&told).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
        };
        if changes.iter().any(is_told) {
            continue;
        }
        let (old, new) = (difference.expected, difference.got);
        let kind = match (&old, &new) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Gone,
            _ => Kind::Converted,
        };
        let (object, name) = split(&path);
        let names = |value: &Option<Value>| value.as_ref().map(|_| vec![name.clone()]);
        changes.push(FieldChange {
            kind,
            object: Some(object),
            before: names(&old),
            after: names(&new),
            values: (old, new),
            places: 1,
            by: Vec::new(),
            loss: None,
            source: None,
        });
    }
    Ok(changes)
}

/// The path of an object, and the name of its last member.
fn split(path: &str) -> (String, String) {
    match parse_path(path).ok().as_deref().and_then(<[Hop]>::split_last) {
        Some((Hop::Member(name), object)) => (Hop::display(object), name.text().to_owned()),
        _ => (path.to_owned(), String::new()),
    }
}

/// Puts the value of the second document in the place of the one that the pack alone would give.
fn set_values(change: &mut FieldChange, before: &Value, after: &Value) {
    let Some(hops) = change.object.as_deref().and_then(|object| parse_path(object).ok()) else { return };
    let (mut old, mut new) = (Vec::new(), Vec::new());
    objects(before, &hops, &mut old);
    objects(after, &hops, &mut new);
    let value = |object: &Value, names: &Option<Vec<String>>| {
        names.as_ref()?.iter().try_fold(object, |value, name| value.get(name)).cloned()
    };
    let pairs = old.iter().zip(new).map(|(old, new)| (value(old, &change.before), value(new, &change.after)));
    let fits = |(old, new): &(Option<Value>, Option<Value>)| {
        *old == change.values.0 && new.is_some() == change.after.is_some()
    };
    if let Some(values) = pairs.into_iter().find(fits) {
        change.values = values;
    }
}

fn objects<'v>(value: &'v Value, path: &[Hop], found: &mut Vec<&'v Value>) {
    match (path.split_first(), value) {
        (None, value) => found.push(value),
        (Some((Hop::Elements, rest)), Value::Array(elements)) => {
            elements.iter().for_each(|element| objects(element, rest, found));
        }
        (Some((Hop::Member(name), rest)), Value::Object(members)) => {
            members.get(name.text()).into_iter().for_each(|member| objects(member, rest, found));
        }
        _ => {}
    }
}
