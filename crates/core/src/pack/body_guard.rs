//! Guards on addresses: several operations share one, and the body of a request says which of them is meant.
//!
//! A guard is a whole body. So the change between an address with a guard and one without is known: the members of the
//! guard come into the body, or go out of it. Such a change is made here, as if the pack had written it.

use super::{Authored, Change, Example, OperationId, Pack, Part, Standing, exchange};
use crate::{
    authored::{Code, Diagnostic, Text},
    json::{Field, Scanner, number, unescape},
    pack::BODY,
    step::{Add, Drop, Filling, Scalar, Step},
};
use std::{fmt, sync::Arc};

/// The body of all requests of an operation at an address that other operations have, too. Displays as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyGuard {
    /// The members, each with its name, in the order in which they are written.
    members: Vec<(String, Scalar)>,
}

impl BodyGuard {
    /// Reads a guard, which is a JSON object of scalars.
    pub(super) fn read(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Arc<BodyGuard>> {
        let read = members(text.text.as_bytes()).filter(|members| !members.is_empty());
        let read = read.and_then(|members| {
            let scalar = |(name, value): (String, &[u8])| {
                Some((name, Scalar::read(std::str::from_utf8(value).ok()?)?))
            };
            members.into_iter().map(scalar).collect::<Option<Vec<_>>>()
        });
        if read.is_none() {
            let message = format!("`{}` is not the body of a request that a guard can be", text.text);
            let hint = "write the whole body, a JSON object of texts, numbers, booleans and null: `body = \
                        '{\"cancel_at_period_end\":false}'`";
            notes.push(
                Diagnostic::new(Code::BadValue, &text.at, message).label("not such an object").hint(hint),
            );
        }
        Some(Arc::new(BodyGuard { members: read? }))
    }

    /// Tells whether a JSON text is this body: an object with these members and no others, in any order.
    pub fn is(&self, body: &[u8]) -> bool {
        let Some(found) = members(body) else { return false };
        found.len() == self.members.len()
            && self
                .members
                .iter()
                .all(|(name, wanted)| found.iter().any(|(own, value)| own == name && is_value(wanted, value)))
    }

    /// Tells whether the pairs of a form are this body: with these names, each once, and with these texts.
    pub fn is_form<'f>(&self, mut pairs: impl Iterator<Item = (String, Option<&'f str>)> + Clone) -> bool {
        pairs.clone().count() == self.members.len()
            && self.members.iter().all(|(name, wanted)| {
                pairs.clone().any(|(own, value)| own == *name && value == Some(wanted.text()))
            })
            && pairs.all(|(own, _)| self.members.iter().any(|(name, _)| own == *name))
    }

    /// Tells whether no body is both.
    pub(super) fn excludes(&self, other: &BodyGuard) -> bool {
        !self.is(other.to_string().as_bytes())
    }

    /// The members that another guard does not have, or not with this value.
    fn beyond<'g>(&'g self, other: Option<&'g BodyGuard>) -> impl Iterator<Item = &'g (String, Scalar)> {
        let has = move |member: &(String, Scalar)| other.is_some_and(|other| other.members.contains(member));
        self.members.iter().filter(move |member| !has(member))
    }
}

impl fmt::Display for BodyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = |(name, value): &(String, Scalar)| {
            format!("{}:{}", crate::json::quoted(name), String::from_utf8_lossy(value.json()))
        };
        let members: Vec<String> = self.members.iter().map(member).collect();
        write!(f, "{{{}}}", members.join(","))
    }
}

/// The members of the object that a whole JSON text is; `None` for any other text, and where a name stands twice.
fn members(text: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let mut check = Scanner::new(text);
    if check.peek() != b'{' {
        return None;
    }
    check.value().and_then(|_| check.end()).ok()?;
    let mut scanner = Scanner::new(text);
    let mut members: Vec<(String, &[u8])> = Vec::new();
    scanner.open().ok()?;
    scanner.space();
    if scanner.close_empty() {
        return Some(members);
    }
    loop {
        let name = unescape(scanner.key().ok()?)?;
        if members.iter().any(|(known, _)| *known == name) {
            return None;
        }
        scanner.colon().ok()?;
        members.push((name, scanner.value().ok()?));
        scanner.space();
        if !scanner.more().ok()? {
            return Some(members);
        }
        scanner.space();
    }
}

/// Tells whether a JSON text is a scalar: a string by its text, a number by its value.
fn is_value(wanted: &Scalar, value: &[u8]) -> bool {
    let is_number = |text: &[u8]| number::is_number(text);
    wanted.is(value) || (is_number(wanted.json()) && is_number(value) && number::equal(wanted.json(), value))
}

/// Adds the changes that follow from guards: where an operation comes to an address with one, its requests get the
/// members; where it leaves such an address, they lose them.
pub(super) fn add_changes(pack: &mut Pack) {
    for id in pack.operation_ids() {
        let dates = pack.operation(id).dates();
        let at = |standing: &Standing| matches!(standing, Standing::At(_));
        let addresses: Vec<_> = dates.iter().filter(|dated| at(&dated.standing)).cloned().collect();
        for pair in addresses.windows(2) {
            let (older, newer) = (pair[0].guard.as_deref(), pair[1].guard.as_deref());
            let since = pair[1].since;
            let Some(module) = pack.modules.iter().position(|module| module.version == since) else {
                continue;
            };
            let gone: Vec<_> = older.into_iter().flat_map(|guard| guard.beyond(newer)).collect();
            let come: Vec<_> = newer.into_iter().flat_map(|guard| guard.beyond(older)).collect();
            if gone.is_empty() && come.is_empty() {
                continue;
            }
            let Standing::At(address) = &pair[1].standing else { continue };
            let steps = steps((&gone, older.is_some()), (&come, newer.is_some()), &pair[1].at);
            let name = pack.operation(id).name().to_owned();
            let document = |guard: Option<&BodyGuard>| match guard {
                Some(guard) => format!("{{\"{BODY}\":{guard}}}"),
                None => "{}".to_owned(),
            };
            let example = Example {
                old: document(older),
                new: document(newer),
                is_pairs: false,
                whole: Vec::new(),
                way: None,
                up_loses: Some(String::new()),
                down_loses: Some(String::new()),
                at: pair[1].at.clone(),
            };
            let change = Change {
                name: format!("Ask `{name}` at `{address}`"),
                why: "The body of a request says which operation it is.".to_owned(),
                resource: exchange::message(pack, vec![id], Part::Request, pair[1].at.clone()),
                steps,
                examples: vec![example],
                at: pair[1].at.clone(),
            };
            pack.modules[module].changes.push(change);
        }
    }
}

/// The steps between two bodies: the members that go, and those that come. A body that only one of the versions has goes
/// or comes with them.
fn steps(
    (gone, had): (&[&(String, Scalar)], bool),
    (come, has): (&[&(String, Scalar)], bool),
    at: &crate::authored::Location,
) -> Vec<Authored> {
    let filling = |text: &[u8]| Filling::Constant {
        text: text.into(),
        implied_by: Some("the operation that is asked".to_owned()),
    };
    let whole = || Field::new([BODY]);
    let drop = |field: Field, text: &[u8]| Step::from(Drop { field, filling: filling(text) });
    let add = |field: Field, text: &[u8]| Step::from(Add { field, filling: filling(text) });
    let mut steps: Vec<Step> = Vec::new();
    steps.extend(gone.iter().map(|(name, value)| drop(Field::new([BODY, name]), value.json())));
    if had && !has {
        steps.push(drop(whole(), b"{}"));
    }
    if has && !had {
        steps.push(add(whole(), b"{}"));
    }
    steps.extend(come.iter().map(|(name, value)| add(Field::new([BODY, name]), value.json())));
    steps.into_iter().map(|step| Authored { step, at: at.clone() }).collect()
}

/// Returns the operations among some that a body is for: the one whose guard it is, or else the one without a guard.
pub(super) fn meant(
    pack: &Pack,
    operations: &[OperationId],
    module: usize,
    is: impl Fn(&BodyGuard) -> bool,
) -> Option<OperationId> {
    let guard = |id: &OperationId| pack.operation(*id).guard_at(module);
    let guarded = operations.iter().find(|id| guard(id).is_some_and(&is));
    guarded.or_else(|| operations.iter().find(|id| guard(id).is_none())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authored::{Location, Source};

    fn guard(text: &str) -> Option<Arc<BodyGuard>> {
        let source = Arc::new(Source { name: "api.toml".into(), text: text.into() });
        let at = Location::new(&source, 0..text.len());
        let mut notes = Vec::new();
        let guard = BodyGuard::read(&Text { text, at }, &mut notes);
        assert_eq!(guard.is_none(), notes.len() == 1, "{text}");
        guard
    }

    #[test]
    fn a_guard_is_one_body_however_that_is_written() {
        let own = guard(r#"{"paused":true,"why":"é","n":1.5,"x":null}"#).unwrap();
        for same in [
            r#"{"paused":true,"why":"é","n":1.5,"x":null}"#,
            " { \"x\" : null , \"n\":15e-1,\"wh\\u0079\":\"\\u00e9\", \"paused\":true } ",
        ] {
            assert!(own.is(same.as_bytes()), "{same}");
        }
        for other in [
            "",
            "{}",
            "null",
            "[]",
            r#"{"paused":true,"why":"é","n":1.5}"#,
            r#"{"paused":true,"why":"é","n":1.5,"x":null,"y":1}"#,
            r#"{"paused":"true","why":"é","n":1.5,"x":null}"#,
            r#"{"paused":true,"why":"e","n":1.5,"x":null}"#,
            r#"{"paused":true,"why":"é","n":"1.5","x":null}"#,
            r#"{"paused":true,"why":"é","n":1.5,"x":0}"#,
            r#"{"paused":false,"paused":true,"why":"é","n":1.5,"x":null}"#,
            r#"{"paused":true,"why":"é","n":1.5,"x":null}}"#,
            r#"{"paused":true,"why":"é","n":1.5,"x":null"#,
        ] {
            assert!(!own.is(other.as_bytes()), "{other}");
        }
        assert!(own.is(own.to_string().as_bytes()));
    }

    #[test]
    fn a_guard_is_an_object_of_scalars() {
        for none in ["", "{}", "[]", "1", r#"{"a":[]}"#, r#"{"a":{}}"#, r#"{"a":1,"a":1}"#, r#"{"a":1"#] {
            assert!(guard(none).is_none(), "{none}");
        }
    }

    #[test]
    fn guards_exclude_each_other_where_no_body_is_both() {
        let of = |text| guard(text).unwrap();
        let one = of(r#"{"a":1,"b":"x"}"#);
        assert!(!one.excludes(&of(r#"{"b":"x","a":1.0}"#)));
        for other in [r#"{"a":1}"#, r#"{"a":1,"b":"y"}"#, r#"{"a":1,"b":"x","c":null}"#] {
            assert!(one.excludes(&of(other)) && of(other).excludes(&one), "{other}");
        }
    }
}
