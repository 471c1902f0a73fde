//! Changes of a whole message: of the request of an operation, or of its response, as one document with places.
//!
//! Such a change names an operation in place of a resource. Its fields begin with a place: `query.account_id`,
//! `header.X-Company`, `body.amount`, `status`. The message is a resource of its own, which nobody has to declare; the
//! resources of its query and of its body stand inside it.

use super::{
    Address, Authored, Example, Found, Operation, OperationId, Pack, Part, Resource, VersionPlace, header,
    module::documents, operations::named,
};
use crate::{
    alike::closest,
    authored::{Code, Diagnostic, Location, Source, Table, Text},
    json::{Field, Hop, Name},
    step::{Direction, Effect, Made, Scalar, ValueForm},
};
use std::{collections::BTreeSet, sync::Arc};

/// The place of the parameters of the query.
pub(crate) const QUERY: &str = "query";
/// The place of the header fields.
pub(crate) const HEADER: &str = "header";
/// The place of the parameters of the path.
pub(crate) const PATH: &str = "path";
/// The place of the body.
pub(crate) const BODY: &str = "body";
/// The place of the status code.
pub(crate) const STATUS: &str = "status";

/// Statuses whose responses have no body (RFC 9110, sections 15.3.5 and 15.3.6).
pub(crate) const WITHOUT_BODY: [u16; 2] = [204, 205];

/// Reads which message a change is of, and returns its index among the resources.
pub(super) fn read(table: &mut Table<'_>, pack: &mut Pack, notes: &mut Vec<Diagnostic>) -> Option<usize> {
    let listed = table.strings("operation", notes);
    let mut operations: Vec<OperationId> =
        listed.iter().filter_map(|text| named(text, pack, notes)).collect();
    let is_sound = operations.len() == listed.len() && !operations.is_empty();
    operations.sort();
    operations.dedup();
    let part = table.string("part", notes);
    if let Some(text) = table.has("resource").then(|| table.string("resource", notes)).flatten() {
        let message = "a change is of a resource or of an operation, and this one names both";
        let hint = "leave `resource` out for a change of the whole request or response; leave `operation` and `part` \
                    out for a change of the resource wherever it is found";
        table.tell(
            Diagnostic::new(Code::BadValue, &text.at, message).label("beside `operation`").hint(hint),
            notes,
        );
        return None;
    }
    let Some(part) = part else {
        if !table.has("part") {
            let message = "a change of an operation does not say which part of it changes";
            let hint = "add `part = \"request\"` or `part = \"response\"`";
            let note = Diagnostic::new(Code::MissingKey, &table.at(), message);
            notes.push(note.label("`part` is missing").hint(hint));
        }
        return None;
    };
    let part = self::part(&part, notes)?;
    is_sound.then(|| message(pack, operations, part, table.at()))
}

/// Reads `request` or `response`.
fn part(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Part> {
    let part = [Part::Request, Part::Answer].into_iter().find(|part| part.name() == text.text);
    if part.is_none() {
        let message = format!("`{}` is not a part that a change of an operation has", text.text);
        let hint = match text.text {
            "query" | "body" => {
                "write `request`, and name the fields by their places: `query.account_id`, `body.amount`"
            }
            _ => "the request is everything that a client sends, the response all that it gets back",
        };
        let note = Diagnostic::new(Code::BadValue, &text.at, message);
        notes.push(note.label("`request` or `response` belongs here").hint(hint));
    }
    part
}

/// Returns the index of the resource that is this message of these operations.
pub(super) fn message(pack: &mut Pack, operations: Vec<OperationId>, part: Part, at: Location) -> usize {
    let found: Vec<Found> = operations
        .into_iter()
        .map(|operation| Found { operation, part, path: Vec::new(), during: None })
        .collect();
    if let Some(known) = pack.resources.iter().position(|resource| resource.found == found) {
        return known;
    }
    let names: Vec<String> = found.iter().map(|found| pack.operation(found.operation).to_string()).collect();
    let name = format!("{} of {}", part.name(), names.join(", "));
    pack.resources.push(Resource { name, found, holds: Vec::new(), held: Vec::new(), at });
    pack.resources.len() - 1
}

/// Reads an example of a whole message, which is a JSON object with its places.
pub(super) fn example(
    source: &Arc<Source>,
    table: &mut Table<'_>,
    part: Part,
    notes: &mut Vec<Diagnostic>,
) -> Option<Example> {
    for key in ["in", "part"] {
        if let Some(text) = table.strings(key, notes).into_iter().next() {
            let message = format!("an example of a change of an operation has no `{key}`");
            let hint = format!(
                "leave it out: it shows the whole {} of the operation that the change names",
                part.name()
            );
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("not needed").hint(hint));
        }
    }
    documents(source, table, notes)
}

/// Adds the places that the resources of a query or a body have in the whole messages that change.
pub(super) fn place(pack: &mut Pack) {
    let messages: BTreeSet<(OperationId, bool)> = pack
        .resources
        .iter()
        .flat_map(|resource| &resource.found)
        .filter(|found| found.part.is_whole())
        .map(|found| (found.operation, found.part.is_of_response()))
        .collect();
    if messages.is_empty() {
        return;
    }
    for resource in &mut pack.resources {
        let inside = |found: &Found| {
            let (part, place) = match found.part {
                Part::Query => (Part::Request, QUERY),
                Part::Body => (Part::Request, BODY),
                Part::Response => (Part::Answer, BODY),
                Part::Request | Part::Answer | Part::Errors(_) => return None,
            };
            let path = [&[Hop::Member(Name::new(place))], &*found.path].concat();
            messages.contains(&(found.operation, part.is_of_response())).then(|| Found {
                part,
                path,
                ..found.clone()
            })
        };
        let placed: Vec<Found> = resource.places().filter_map(inside).collect();
        resource.held.extend(placed);
    }
}

/// The message that steps are checked for.
struct Message<'p> {
    pack: &'p Pack,
    part: Part,
    operations: Vec<&'p Operation>,
}

/// Notes every step that names no place of the message, or does there what nobody can.
pub(super) fn check(pack: &Pack, resource: usize, steps: &[Authored], notes: &mut Vec<Diagnostic>) {
    let Some(Found { part, .. }) = pack.resources[resource].found.first() else { return };
    let operations =
        pack.resources[resource].found.iter().map(|found| pack.operation(found.operation)).collect();
    let message = Message { pack, part: *part, operations };
    let mut spelled: Vec<Field> = Vec::new();
    for Authored { step, at } in steps {
        let mut problems: Vec<Problem> = Vec::new();
        for effect in [Direction::Up, Direction::Down].into_iter().flat_map(|way| step.effects(way)) {
            problems.extend(message.effect(&effect));
            for field in effect.fields() {
                problems.extend(other_spelling(&mut spelled, &field));
            }
        }
        let mut told: Vec<String> = Vec::new();
        for Problem { code, message, label, hint } in problems {
            if !told.contains(&message) {
                notes.push(Diagnostic::new(code, at, message.clone()).label(label).hint(hint));
                told.push(message);
            }
        }
    }
    bodies(steps, notes);
}

/// A mistake in a step.
struct Problem {
    code: Code,
    message: String,
    label: String,
    hint: String,
}

impl Problem {
    fn new(code: Code, message: String, hint: impl Into<String>) -> Self {
        Problem { code, message, label: "this step".into(), hint: hint.into() }
    }
}

/// The names of fields match whatever their case; so one field has one spelling.
fn other_spelling(spelled: &mut Vec<Field>, field: &Field) -> Option<Problem> {
    let [place, name] = field.names() else { return None };
    if place.text() != HEADER {
        return None;
    }
    let same = |known: &&Field| {
        known.names().get(1).is_some_and(|known| known.text().eq_ignore_ascii_case(name.text()))
    };
    match spelled.iter().find(same) {
        Some(known) if known == field => None,
        Some(known) => Some(Problem::new(
            Code::Contradiction,
            format!("`{field}` and `{known}` are one header field, spelled in two ways"),
            format!("write `{known}` here, too: the case of such a name does not count"),
        )),
        None => {
            spelled.push(field.clone());
            None
        }
    }
}

impl Message<'_> {
    /// The names that a field may begin with.
    fn places(&self) -> &'static [&'static str] {
        match self.part {
            Part::Answer => &[STATUS, HEADER, BODY, PATH],
            _ => &[QUERY, HEADER, BODY, PATH],
        }
    }

    fn word(&self) -> &'static str {
        self.part.name()
    }

    fn effect(&self, effect: &Effect) -> Vec<Problem> {
        let mut problems: Vec<Problem> =
            effect.fields().iter().filter_map(|field| self.field(field)).collect();
        if !problems.is_empty() {
            return problems;
        }
        let flat = effect.flat();
        let changed = flat.iter().flat_map(|(effect, is_guarded)| {
            effect.changed().into_iter().map(move |field| (effect, field, *is_guarded))
        });
        for (effect, field, is_guarded) in changed {
            match field.names().first().map(Name::text) {
                Some(PATH) => problems.extend(self.in_path(effect, field, is_guarded)),
                Some(STATUS) => problems.extend(status(effect)),
                Some(QUERY | HEADER) => problems.extend(constant(effect, field)),
                _ => {}
            }
        }
        problems
    }

    /// The fault of a field, if any.
    fn field(&self, field: &Field) -> Option<Problem> {
        let names = field.names();
        let place = names.first().map(Name::text).unwrap_or_default();
        let word = self.word();
        if !self.places().contains(&place) {
            let known: Vec<String> = self.places().iter().map(|place| format!("`{place}`")).collect();
            let hint = match closest(place, self.places().iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!(
                    "a field of a change of an operation begins with its place, one of {}: `body.{field}`",
                    known.join(", ")
                ),
            };
            return Some(Problem::new(
                Code::BadPath,
                format!("`{field}` is in no place of a {word}: `{place}` is none"),
                hint,
            ));
        }
        let wanted = match place {
            STATUS => Some(1),
            BODY => None,
            _ => Some(2),
        };
        if wanted.is_some_and(|wanted| names.len() != wanted) {
            let hint = match place {
                STATUS => "the status is one number: `status`".to_owned(),
                HEADER => "name one header field: `header.X-Company`".to_owned(),
                _ => format!("name one parameter: `{place}.account_id`; one with brackets cannot be named"),
            };
            return Some(Problem::new(
                Code::BadPath,
                format!("`{field}` is not one value of a {word}"),
                hint,
            ));
        }
        match (place, names.get(1)) {
            (HEADER, Some(name)) => self.header(field, name.text()),
            (PATH, Some(name)) => self.path(field, name.text()),
            (BODY, _) if self.part == Part::Request => self.without_body(field),
            _ => None,
        }
    }

    fn header(&self, field: &Field, name: &str) -> Option<Problem> {
        if !header::is_token(name) {
            return Some(Problem::new(
                Code::BadPath,
                format!("`{name}` is not the name of a header field"),
                "letters, digits and hyphens belong there: `header.X-Company`",
            ));
        }
        let carries = |place: &VersionPlace| matches!(place, VersionPlace::Header(header) if name.eq_ignore_ascii_case(header));
        let meaning = match self.pack.version_places.iter().any(carries) {
            true => Some("it carries the version"),
            // It is the API's own wherever it is sent.
            false if name.eq_ignore_ascii_case("idempotency-key") => None,
            false => header::taken(name),
        }?;
        Some(Problem {
            code: Code::BadValue,
            message: format!("`{field}` is no field for a step to change"),
            label: meaning.into(),
            hint: "a step may change the fields that are the API's own, such as `header.X-Company`".into(),
        })
    }

    /// The fault of an effect that changes a parameter of the path.
    fn in_path(&self, effect: &Effect, field: &Field, is_guarded: bool) -> Option<Problem> {
        if self.part == Part::Answer {
            return Some(Problem::new(
                Code::Unsupported,
                format!("`{field}` is a parameter of the request's path, which no response changes"),
                "a step can copy it: `{ add = \"body.id\", copy = \"path.id\" }`",
            ));
        }
        let is_possible = match effect {
            Effect::Relocate { .. } => true,
            Effect::Reform { form, .. } => {
                matches!(form, ValueForm::Converted(_) | ValueForm::Mapped { .. })
            }
            _ => false,
        };
        if is_possible && !is_guarded {
            return None;
        }
        let message = match is_guarded {
            true => format!("`{field}` is a parameter of the path, and a guard decides whether it changes"),
            false => format!("`{field}` is a parameter of the path, which this step cannot change"),
        };
        Some(Problem::new(
            Code::Unsupported,
            message,
            "every request needs all parameters of its path: `move` one out of the path or into it in every request, \
             `map` or `convert` one, or copy one: `{ add = \"body.id\", copy = \"path.id\" }`",
        ))
    }

    /// The fault of a parameter that no address of an operation has. The response is to the client's request, whichever
    /// version that is in.
    fn path(&self, field: &Field, name: &str) -> Option<Problem> {
        let has = |address: &Address| address.parameters().any(|known| known == name);
        let lacks = self.operations.iter().find(|operation| match self.part {
            Part::Answer => !operation.addresses().all(has),
            _ => !operation.addresses().any(has),
        })?;
        if lacks.addresses().any(has) {
            return Some(Problem::new(
                Code::UnknownName,
                format!("`{lacks}` has no `{field}` at some of its addresses"),
                "a response knows the path of its request, so name a parameter that all addresses have",
            ));
        }
        let mut known: Vec<&str> = lacks.addresses().flat_map(Address::parameters).collect();
        known.sort_unstable();
        known.dedup();
        let hint = match known.is_empty() {
            true => "its path has no parameters".to_owned(),
            false => format!("its parameters are {}", known.join(", ")),
        };
        Some(Problem::new(Code::UnknownName, format!("`{lacks}` has no `{field}`"), hint))
    }

    fn without_body(&self, field: &Field) -> Option<Problem> {
        let without = self
            .operations
            .iter()
            .find(|operation| operation.addresses().all(|address| address.method == "GET"))?;
        Some(Problem::new(
            Code::MatchesNothing,
            format!("`{field}` can match nothing: `{without}` has no body"),
            "name a field of the query or of the header, or an operation whose requests have a body",
        ))
    }
}

/// The faults of an effect on the status.
fn status(effect: &Effect) -> Vec<Problem> {
    let hint = "write the older and the newer status: `{ map = \"status\", values = [['200', '201']] }`";
    let Effect::Reform { form: ValueForm::Mapped { words, .. }, .. } = effect else {
        let message = "the status can be mapped, and nothing else".to_owned();
        return vec![Problem::new(Code::BadValue, message, hint)];
    };
    if !words.is_only_pairs() {
        let message =
            "a status has one meaning in both versions: `up`, `down` and the rest are not for it".to_owned();
        return vec![Problem::new(Code::BadValue, message, hint)];
    }
    let all = words.pairs.iter().flat_map(|(older, newer)| [older, newer]);
    let odd = all.filter(|status| status_of(status).is_none_or(|status| !is_mappable(status)));
    odd.map(|status| {
        Problem::new(
            Code::BadValue,
            format!("`{}` is no status that a step can map", status.text()),
            "a final status of success belongs there, a number from 200 to 299 but for 206; other responses are \
             not translated",
        )
    })
    .collect()
}

/// Notes a status that has no body and stands for one that has: what becomes of the body must be said.
fn bodies(steps: &[Authored], notes: &mut Vec<Diagnostic>) {
    let ways = [Direction::Up, Direction::Down];
    for (Authored { step, at }, way) in steps.iter().flat_map(|authored| ways.map(|way| (authored, way))) {
        for (from, to) in mapped_statuses(&step.effects(way)) {
            let is_empty = |status| status_of(status).is_some_and(|status| WITHOUT_BODY.contains(&status));
            if is_empty(from) == is_empty(to) || is_told(steps, way, is_empty(to)) {
                continue;
            }
            let (from, to) = (from.text(), to.text());
            let message =
                format!("a response with {from} becomes one with {to}, and nothing says what its body is");
            let hint = "one of the two has no body; add `{ drop = \"body\", restore = '{…}' }` where the newer \
                        version has none, or `{ add = \"body\", value = '{…}' }` where the older one has none";
            notes.push(Diagnostic::new(Code::BadValue, at, message).label("this step").hint(hint));
        }
    }
}

/// The statuses that effects map, each with the one that it becomes.
fn mapped_statuses(effects: &[Effect]) -> impl Iterator<Item = &(Scalar, Scalar)> {
    let words = effects.iter().flat_map(Effect::flat).filter_map(|(effect, _)| match effect {
        Effect::Reform { field, form: ValueForm::Mapped { words, .. }, .. } => {
            (field.names().first()?.text() == STATUS).then_some(words)
        }
        _ => None,
    });
    words.flat_map(|words| &words.pairs)
}

/// Tells whether steps say that the body goes, or what it is.
fn is_told(steps: &[Authored], way: Direction, goes: bool) -> bool {
    let effects: Vec<Effect> = steps.iter().flat_map(|authored| authored.step.effects(way)).collect();
    let is_body = |field: &Field| field.names().len() == 1 && field.names()[0].text() == BODY;
    effects.iter().flat_map(Effect::flat).any(|(effect, _)| match effect {
        Effect::Remove { field, .. } => goes && is_body(field),
        Effect::Make { field, made: Made::Constant { .. } } => !goes && is_body(field),
        _ => false,
    })
}

/// The fault of a constant that stands in a query or in a header, where all values are text.
fn constant(effect: &Effect, field: &Field) -> Option<Problem> {
    let (Effect::Make { made, .. } | Effect::Remove { made, .. }) = effect else { return None };
    let texts = match made {
        Made::Constant { text, .. } | Made::Default { text } | Made::Beside { text: Some(text), .. } => {
            vec![text.clone()]
        }
        Made::Derived(derived) => derived.texts(),
        Made::Computed(computed) => computed.texts(),
        Made::Nothing | Made::Beside { text: None, .. } => return None,
    };
    texts.into_iter().find(|text| text.first() != Some(&b'"')).map(|text| {
        let text = String::from_utf8_lossy(&text);
        Problem::new(
            Code::BadValue,
            format!("`{field}` is text, and `{text}` is none"),
            format!("write `'\"{text}\"'`: the values of a query and of header fields are strings"),
        )
    })
}

/// The status that a word of a map is.
fn status_of(word: &Scalar) -> Option<u16> {
    if word.is_string() { None } else { word.text().parse().ok() }
}

/// Tells whether a status is a final one of success, of a whole representation.
fn is_mappable(status: u16) -> bool {
    (200..300).contains(&status) && status != 206
}
