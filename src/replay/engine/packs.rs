//! A recording translated by the pack in force, and by another one: what the upstream and the client would get.

use super::{Findings, Values, What, exchange::Documents};
use dateline_core::{
    Version,
    compare::{Ignored, Place, Translations, documents, kind},
    form::Pairs,
    pack::Part,
    step::{LossKind, Losses},
    translate::Translated,
};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::Arc};

/// A document in the other version, and what was lost; or why it has none.
type Outcome = Result<(String, Losses), String>;

/// Compares two packs. With one pack, lists the failures and losses of its translations.
pub(super) fn compare(
    name: &str,
    documents: &Documents<'_>,
    in_force: &Translations,
    other: Option<&Translations>,
    (pin, upstream): (Version, Version),
) -> Findings {
    let mut findings = Findings::default();
    let parts = [Part::Query, Part::Body, Part::Response];
    for part in parts {
        let (from, to) = if part == Part::Response { (upstream, pin) } else { (pin, upstream) };
        let Some(old) = outcome(documents, in_force, part, from, to) else { continue };
        let new = match other {
            Some(other) => outcome(documents, other, part, from, to),
            None => Some(old.clone()),
        };
        let Some(new) = new else { continue };
        let mut note = |what| findings.note(part, what, name);
        match (&old, &new) {
            (Ok((old, _)), Ok((new, _))) => {
                differences(documents, part, old, new).into_iter().for_each(&mut note)
            }
            (old, new) => {
                let why = |outcome: &Outcome| outcome.as_ref().err().cloned();
                note(What::Fails { before: why(old), after: why(new) });
            }
        }
        lost(&old, &new, other.is_none()).into_iter().for_each(note);
    }
    findings
}

/// Translates a part, or returns `None` if the exchange has none.
fn outcome(
    documents: &Documents<'_>,
    translations: &Translations,
    part: Part,
    from: Version,
    to: Version,
) -> Option<Outcome> {
    let pack = translations.pack();
    let found = documents.operation(pack);
    // What a pack does not know passes as it is.
    let operation = found.unwrap_or(dateline_core::pack::OperationId(0));
    let (place, document) = match part {
        Part::Response => (Place::new(operation, part), documents.answer?),
        Part::Query | Part::Body => documents.request(operation).find(|(place, _)| place.part == part)?,
        // A capture has no header fields.
        Part::Request | Part::Answer | Part::Errors(_) => return None,
    };
    if let Some(version) = [from, to].into_iter().find(|version| !pack.supports(*version)) {
        return Some(Err(format!("the pack has no version {version}: such requests are refused")));
    }
    if found.is_none() {
        return Some(Ok((document.to_owned(), Losses::default())));
    }
    let translated = translations.translate(place, from, to, document);
    Some(match translated {
        Ok(Translated { output, losses }) => Ok((output, losses)),
        Err(problem) => Err(problem.to_string()),
    })
}

/// Lists the differences between the translations of two packs.
fn differences(all: &Documents<'_>, part: Part, old: &str, new: &str) -> Vec<What> {
    if old == new {
        return Vec::new();
    }
    let is_pairs = all
        .request(dateline_core::pack::OperationId(0))
        .any(|(place, _)| place.part == part && place.is_pairs());
    let read = |text: &str| match is_pairs {
        true => Some(pairs(text)),
        false => serde_json::from_str(text).ok(),
    };
    let (Some(before), Some(after)) = (read(old), read(new)) else { return vec![What::Bytes] };
    let compared = documents(&before, &after, &Ignored::default());
    let value = |difference: dateline_core::compare::Difference| What::Value {
        path: difference.path.pattern(),
        kinds: (kind(difference.expected.as_ref()), kind(difference.got.as_ref())),
        values: Some(Values { old: difference.expected, new: difference.got }),
    };
    let values: Vec<What> = compared.differences.into_iter().map(value).collect();
    match values.is_empty() && part != Part::Response {
        true => vec![What::Bytes],
        false => values,
    }
}

/// Parameters by name; the values of each in their order.
fn pairs(text: &str) -> Value {
    let mut parameters = Map::new();
    for (name, value) in Pairs::parse(text).iter().filter(|(name, value)| !name.is_empty() || value.is_some())
    {
        let value = value.map_or(Value::Null, Value::String);
        match parameters.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
            None => _ = parameters.insert(name, value),
        }
    }
    Value::Object(parameters)
}

/// Losses that only one of two has; all of them, where there is only one pack.
fn lost(old: &Outcome, new: &Outcome, all: bool) -> Vec<What> {
    let names = |outcome: &Outcome| -> BTreeSet<(Arc<str>, LossKind)> {
        let losses = outcome.as_ref().map(|(_, losses)| losses);
        losses
            .into_iter()
            .flat_map(Losses::distinct)
            .map(|lost| (Arc::clone(&lost.field), lost.kind))
            .collect()
    };
    let (old, new) = (names(old), names(new));
    let differ = |(before, after): (bool, bool)| all || before != after;
    let loss = |(field, kind): &(Arc<str>, LossKind)| {
        let key = (Arc::clone(field), *kind);
        let (before, after) = (old.contains(&key), new.contains(&key));
        differ((before, after)).then_some(What::Loss {
            field: key.0,
            kind: key.1,
            before,
            after,
            compared: !all,
        })
    };
    old.union(&new).filter_map(loss).collect()
}
