//! Whole messages: values that move between the path, the query, the header and the body of a request, and between the
//! status, the header and the body of a response.
//!
//! The steps run on a small document that is made of the values that they name. What they do not name stays as it is,
//! byte for byte.

use super::{Translated, Untranslatable, json_body, program_on_query};
use crate::{
    form::{self, Pairs},
    json::{Fault, FaultKind, Field, Name, Scanner, Walk, elements, quoted, unescape},
    pack::{BODY, HEADER, PATH, Part, QUERY, STATUS, WITHOUT_BODY},
    plan::{
        Plan, Program, Rewriter,
        message::{MessagePlan, MessageStage, Stage},
    },
    step::{LossKind, Losses, Renamed, RenamedField},
};
use std::sync::Arc;

/// A message, as far as a plan needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The status code of a response.
    pub status: Option<u16>,
    /// The parameters in the path, decoded. Those of a response are the ones of the client's request.
    pub path: Vec<MessageField>,
    /// The query of a request, without its `?`.
    pub query: Option<String>,
    /// The header fields that the plan names ([`Plan::header_fields`]).
    pub fields: Vec<MessageField>,
    /// The body, if there is one and the plan needs it ([`Plan::moves_body`]): JSON.
    pub body: Option<Vec<u8>>,
}

/// A header field or a parameter of the path of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageField {
    /// The name; of a header field in any case.
    pub name: Arc<str>,
    /// The value.
    pub value: FieldValue,
}

/// The value of a header field or of a parameter of the path, as far as steps can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// The field is not there.
    Absent,
    /// The field is there once, and its value is text.
    Text(String),
    /// The field is there several times, or its value is no text.
    Odd,
}

impl FieldValue {
    /// The text, where the field is there and has one.
    pub fn text(&self) -> Option<&str> {
        match self {
            FieldValue::Text(text) => Some(text),
            FieldValue::Absent | FieldValue::Odd => None,
        }
    }
}

/// The status that says that the client's copy is still good. It has no body.
const NOT_MODIFIED: u16 = 304;

/// Translates a whole message by a plan that [moves](Plan::moves) values of it.
///
/// # Errors
/// The message does not fit. A request with a value that has no form in its new place is such a one; a response goes
/// without it, which is a loss.
pub fn message(plan: &Plan, part: Part, message: Message) -> Result<Translated<Message>, Untranslatable> {
    let (mut message, mut losses) = (message, Losses::default());
    let came = message.status;
    if let Some(plan) = plan.message(part) {
        run(plan, part, &mut message, &mut losses)?;
    }
    if came == Some(NOT_MODIFIED) {
        // That the client's copy is still good is so in every version.
        message.status = came;
    }
    let has_none = |status| status == NOT_MODIFIED || WITHOUT_BODY.contains(&status);
    if message.status.is_some_and(has_none) && message.body.take().is_some() {
        losses = losses.without_made_up(BODY);
    }
    Ok(Translated { output: message, losses })
}

/// Returns the names that a plan changes in a request: a field is named from its place, `account` whatever that is.
pub(crate) fn renamed(plan: &Plan, message: Message) -> Renamed {
    let (mut message, mut all) = (message, Renamed::default());
    if let Some(plan) = plan.message(Part::Request) {
        // A request that was sent had a translation.
        let _ = run_noting(plan, &mut message, &mut |renamed| note(&mut all, renamed));
    }
    let inside = |field: &Field| match field.names() {
        [_] | [] => field.clone(),
        [_, inside @ ..] => Field::new(inside.iter().map(Name::text)),
    };
    let fields = std::mem::take(&mut all.fields).into_iter().map(|field| RenamedField {
        client: inside(&field.client),
        upstream: inside(&field.upstream),
        ..field
    });
    all.fields = fields.filter(|field| field.client != field.upstream).collect();
    all.own = all.own.iter().map(inside).collect();
    all
}

/// Adds what a stage renames to what those before it have renamed.
fn note(all: &mut Renamed, renamed: Renamed) {
    for field in renamed.fields {
        match all.fields.iter_mut().find(|known| known.upstream == field.client) {
            Some(known) => *known = RenamedField { client: known.client.clone(), ..field },
            None => all.fields.push(field),
        }
    }
    all.values.extend(renamed.values);
    all.own.extend(renamed.own);
}

/// The names of a query or a body as those of the message that it is in.
fn placed(place: &str, renamed: Renamed) -> Renamed {
    let inside = |field: &Field| Field::new([place].into_iter().chain(field.names().iter().map(Name::text)));
    let fields = renamed.fields.iter().map(|field| RenamedField {
        client: inside(&field.client),
        upstream: inside(&field.upstream),
        is_wrapped: field.is_wrapped,
    });
    let (fields, own) = (fields.collect(), renamed.own.iter().map(inside).collect());
    Renamed { fields, own, ..renamed }
}

fn run(
    plan: &MessagePlan,
    part: Part,
    message: &mut Message,
    losses: &mut Losses,
) -> Result<(), Untranslatable> {
    plan.stages.iter().try_for_each(|stage| run_stage(stage, part, message, losses))
}

/// Runs the plan of a request, and tells the names that each stage changes.
fn run_noting(
    plan: &MessagePlan,
    message: &mut Message,
    note: &mut dyn FnMut(Renamed),
) -> Result<(), Untranslatable> {
    for stage in &plan.stages {
        match stage {
            Stage::Query(program) => {
                let pairs = Pairs::parse(message.query.as_deref().unwrap_or_default());
                note(placed(QUERY, program.renamed(&pairs, &Renamed::default())));
            }
            Stage::Body(paths) => {
                let mut all = Renamed::default();
                let each = |program: &Program, text: &[u8], depth: u32, _: &mut Vec<u8>| {
                    let (renamed, length) = program.renamed(text, depth, &Renamed::default())?;
                    all.extend(renamed);
                    Ok(length)
                };
                if let Some(body) = &message.body {
                    Walk::whole(body, paths, each)?;
                }
                note(placed(BODY, all));
            }
            Stage::Message(stage) => {
                let mut run = StageRun { stage, is_answer: false, message, lost: Losses::default() };
                let texts = run.texts()?;
                let (document, _) = run.document(&texts);
                note(stage.program.renamed(&document, 0, &Renamed::default())?.0);
            }
        }
        run_stage(stage, Part::Request, message, &mut Losses::default())?;
    }
    Ok(())
}

fn run_stage(
    stage: &Stage,
    part: Part,
    message: &mut Message,
    losses: &mut Losses,
) -> Result<(), Untranslatable> {
    match stage {
        Stage::Query(program) => {
            let Translated { output, losses: lost } =
                program_on_query(Some(program), message.query.as_deref());
            message.query = output;
            losses.extend(lost);
        }
        Stage::Body(paths) => {
            if let Some(body) = &message.body {
                let Translated { output, losses: lost } = json_body(paths, body)?;
                message.body = Some(output);
                losses.extend(lost);
            }
        }
        Stage::Message(stage) => {
            let mut run =
                StageRun { stage, is_answer: part == Part::Answer, message, lost: Losses::default() };
            run.run()?;
            losses.extend(run.lost);
        }
    }
    Ok(())
}

/// One version's steps on a message.
struct StageRun<'s, 'm> {
    stage: &'s MessageStage,
    is_answer: bool,
    message: &'m mut Message,
    lost: Losses,
}

/// The values of a message that a stage names, each in the order of its names.
struct Texts {
    path: Vec<Option<String>>,
    query: Vec<Option<String>>,
    header: Vec<Option<String>>,
}

/// A member that no parameter and no field is called. It keeps the places from being empty, so that steps find them.
const KEEPER: &str = "";

impl StageRun<'_, '_> {
    fn run(&mut self) -> Result<(), Untranslatable> {
        let mut blanks = 0;
        if let Some(body) = self.message.body.as_deref().filter(|_| self.stage.names_body) {
            let mut scanner = Scanner::new(body);
            blanks = scanner.position();
            let is_object = scanner.peek() == b'{';
            scanner.value()?;
            scanner.end()?;
            if self.stage.needs_object && !is_object {
                let path = "$.body".into();
                self.lost.report_misplaced(&path, Some(&self.stage.cause), 1);
                return Ok(());
            }
        }
        let texts = self.texts()?;
        let (document, start) = self.document(&texts);
        let (mut rewriter, mut out) = (Rewriter::default(), Vec::new());
        let ran = rewriter.rewrite(&self.stage.program, &document, 0, &mut out);
        // The place is told as it is in the body.
        ran.map_err(|fault| Fault { offset: fault.offset.saturating_sub(start) + blanks, ..fault })?;
        self.keeps_bytes(&document, &out)?;
        self.lost.extend(rewriter.losses());
        self.read(&out, &texts)
    }

    fn texts(&mut self) -> Result<Texts, Untranslatable> {
        Ok(Texts { path: self.path()?, query: self.query()?, header: self.header()? })
    }

    /// The document that the steps run on, and the place where its body begins.
    fn document(&self, texts: &Texts) -> (Vec<u8>, usize) {
        let mut document = Vec::new();
        self.write(texts, &mut document);
        let mut start = document.len();
        if let Some(body) = self.message.body.as_deref().filter(|_| self.stage.names_body) {
            document.extend_from_slice(format!(",\"{BODY}\":").as_bytes());
            start = document.len();
            document.extend_from_slice(body.trim_ascii());
        }
        document.push(b'}');
        (document, start)
    }

    /// The values of the parameters of the path that a step names.
    fn path(&mut self) -> Result<Vec<Option<String>>, Untranslatable> {
        let mut values = Vec::new();
        for name in &self.stage.path {
            let parameter = self.message.path.iter().find(|parameter| *parameter.name == *name.text());
            let value = parameter.map(|parameter| &parameter.value);
            if value == Some(&FieldValue::Odd) {
                if !self.is_answer {
                    return Err(unsayable(PATH, name));
                }
                self.lost.report(LossKind::Unconverted, &Field::new([PATH, name.text()]));
            }
            values.push(value.and_then(FieldValue::text).map(str::to_owned));
        }
        Ok(values)
    }

    /// The values of the parameters of the query that a step names.
    fn query(&self) -> Result<Vec<Option<String>>, Untranslatable> {
        let pairs = Pairs::parse(self.message.query.as_deref().unwrap_or_default());
        let mut values = Vec::new();
        for name in &self.stage.query {
            let mut found = pairs.values_of(name);
            let value = match (found.next(), found.next()) {
                (None, _) => None,
                (Some(Some(value)), None) if pairs.brackets(name).all(str::is_empty) => Some(value),
                (Some(_), _) => return Err(unsayable(QUERY, name)),
            };
            values.push(value);
        }
        Ok(values)
    }

    /// Checks that parameters whose bytes are no text stay where they are: no other place has a form for them.
    fn keeps_bytes(&self, before: &[u8], after: &[u8]) -> Result<(), Untranslatable> {
        let pairs = Pairs::parse(self.message.query.as_deref().unwrap_or_default());
        for name in self.stage.query.iter().filter(|name| !pairs.are_texts(name)) {
            let Some(value) = pairs.values_of(name).next().flatten().map(|value| quoted(&value)) else {
                continue;
            };
            let count =
                |text: &[u8]| text.windows(value.len()).filter(|window| *window == value.as_bytes()).count();
            let query = members(after)?.into_iter().find(|(place, _)| place == QUERY);
            let query = query.map_or(Ok(Vec::new()), |(_, inside)| members(inside))?;
            let is_own = |(own, text): &(String, &[u8])| own == name.text() && *text == value.as_bytes();
            if !query.iter().any(is_own) || count(before) != count(after) {
                return Err(unsayable(QUERY, name));
            }
        }
        Ok(())
    }

    /// The values of the header fields that a step names.
    fn header(&mut self) -> Result<Vec<Option<String>>, Untranslatable> {
        let mut values = Vec::new();
        for name in &self.stage.header {
            let value = self.message.field(name.text()).map(|field| &field.value);
            if value == Some(&FieldValue::Odd) {
                if !self.is_answer {
                    return Err(unsayable(HEADER, name));
                }
                self.lost.report(LossKind::Unconverted, &Field::new([HEADER, name.text()]));
            }
            values.push(value.and_then(FieldValue::text).map(str::to_owned));
        }
        Ok(values)
    }

    /// Writes the document but for its body and its end.
    fn write(&self, texts: &Texts, out: &mut Vec<u8>) {
        let StageRun { stage, message, .. } = self;
        let places = [
            (PATH, &stage.path, &texts.path),
            (QUERY, &stage.query, &texts.query),
            (HEADER, &stage.header, &texts.header),
        ];
        for (place, names, values) in places {
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.extend_from_slice(format!("\"{place}\":{{\"{KEEPER}\":null").as_bytes());
            let members = names.iter().zip(values);
            for (name, value) in members.filter_map(|(name, value)| Some((name, value.as_deref()?))) {
                out.push(b',');
                out.extend_from_slice(name.quoted());
                out.push(b':');
                out.extend_from_slice(quoted(value).as_bytes());
            }
            out.push(b'}');
        }
        if let Some(status) = message.status {
            out.extend_from_slice(format!(",\"{STATUS}\":{status}").as_bytes());
        }
    }

    /// Reads the document back into the message.
    fn read(&mut self, document: &[u8], texts: &Texts) -> Result<(), Untranslatable> {
        let root = members(document)?;
        let inside = |place: &str| -> Result<Vec<(String, &[u8])>, Fault> {
            let value = root.iter().find(|(name, _)| name == place);
            value
                .filter(|(_, value)| value.first() == Some(&b'{'))
                .map_or(Ok(Vec::new()), |(_, value)| members(value))
        };
        if self.stage.moves_path && !self.is_answer {
            self.read_path(&inside(PATH)?, &texts.path)?;
        }
        self.read_query(&inside(QUERY)?, &texts.query)?;
        self.read_header(&inside(HEADER)?, &texts.header)?;
        if self.message.status.is_some() {
            let status = root.iter().find(|(name, _)| name == STATUS);
            let status = status.and_then(|(_, value)| str::from_utf8(value).ok()?.parse().ok());
            self.message.status = status.or(self.message.status);
        }
        if self.stage.names_body {
            self.message.body = root.iter().find(|(name, _)| name == BODY).map(|(_, value)| value.to_vec());
        }
        Ok(())
    }

    fn read_path(
        &mut self,
        members: &[(String, &[u8])],
        before: &[Option<String>],
    ) -> Result<(), Untranslatable> {
        let stage = self.stage;
        for (name, before) in stage.path.iter().zip(before) {
            let is_null = |(own, value): &(String, &[u8])| own == name.text() && value.starts_with(b"n");
            if members.iter().any(is_null) {
                return Err(unsayable(PATH, name));
            }
            let now = self.value(PATH, name, members, is_segment_text)?;
            if now == *before {
                continue;
            }
            let value = now.map_or(FieldValue::Absent, FieldValue::Text);
            match self.message.path.iter_mut().find(|parameter| *parameter.name == *name.text()) {
                Some(parameter) => parameter.value = value,
                None => self.message.path.push(MessageField { name: name.text().into(), value }),
            }
        }
        Ok(())
    }

    fn read_query(
        &mut self,
        members: &[(String, &[u8])],
        before: &[Option<String>],
    ) -> Result<(), Untranslatable> {
        let stage = self.stage;
        let query = self.message.query.take();
        let mut pairs = Pairs::parse(query.as_deref().unwrap_or_default());
        for (name, before) in stage.query.iter().zip(before) {
            let now = self.value(QUERY, name, members, |_| true)?;
            match (before, now) {
                (Some(before), Some(now)) if *before == now => {}
                (Some(_), Some(now)) => {
                    pairs
                        .values(name)
                        .for_each(|value| value.replace(form::Parts::default(), |_| Some(now.clone())));
                }
                (Some(_), None) => _ = pairs.remove(name),
                (None, Some(now)) => pairs.push(name, &now),
                (None, None) => {}
            }
        }
        self.message.query =
            Some(pairs.to_string()).filter(|text| !text.is_empty() || query.as_deref() == Some(""));
        Ok(())
    }

    fn read_header(
        &mut self,
        members: &[(String, &[u8])],
        before: &[Option<String>],
    ) -> Result<(), Untranslatable> {
        let stage = self.stage;
        for (name, before) in stage.header.iter().zip(before) {
            let now = self.value(HEADER, name, members, is_field_text)?;
            // One that could not be read stays, unless another value takes its place.
            if now == *before {
                continue;
            }
            let value = now.map_or(FieldValue::Absent, FieldValue::Text);
            self.message.set_field(name.text(), value);
        }
        Ok(())
    }

    /// The text of a value in its new place.
    fn value(
        &mut self,
        place: &'static str,
        name: &Name,
        members: &[(String, &[u8])],
        fits: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, Untranslatable> {
        let Some((_, value)) = members.iter().find(|(own, _)| own == name.text()) else { return Ok(None) };
        let field = || Field::new([place, name.text()]);
        let text = match value.first() {
            Some(b'"') => unescape(value),
            Some(b'n') => {
                self.lost.report(LossKind::Dropped, &field());
                return Ok(None);
            }
            Some(b'{' | b'[') | None => None,
            // A number and a boolean keep their text, as all do that no step converts.
            Some(_) => {
                self.lost.report(LossKind::Unconverted, &field());
                str::from_utf8(value).ok().map(str::to_owned)
            }
        };
        match text.filter(|text| fits(text)) {
            Some(text) => Ok(Some(text)),
            None if self.is_answer => {
                self.lost.report(LossKind::Dropped, &field());
                Ok(None)
            }
            None => Err(unsayable(place, name)),
        }
    }
}

impl Message {
    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&MessageField> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    fn set_field(&mut self, name: &str, value: FieldValue) {
        match self.fields.iter_mut().find(|field| field.name.eq_ignore_ascii_case(name)) {
            Some(field) => field.value = value,
            None => self.fields.push(MessageField { name: name.into(), value }),
        }
    }
}

/// Tells whether a text can be the value of a header field, and comes out of it as it went in.
fn is_field_text(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'))
        && !text.starts_with([' ', '\t'])
        && !text.ends_with([' ', '\t'])
}

/// Tells whether a text can be a segment of a path that every server reads alike. Even encoded, some servers end a
/// segment at a slash or at a semicolon (`route::lenient`).
fn is_segment_text(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && !text.contains(|character: char| matches!(character, '/' | '\\' | ';') || character.is_control())
}

fn unsayable(place: &str, name: &Name) -> Untranslatable {
    Untranslatable::unmovable(&Field::new([place, name.text()]))
}

/// The members of the object that a text is, each with its plain name and its value as it is written.
fn members(text: &[u8]) -> Result<Vec<(String, &[u8])>, Fault> {
    let mut scanner = Scanner::new(text);
    let mut members: Vec<(String, &[u8])> = Vec::new();
    scanner.open()?;
    scanner.space();
    if scanner.close_empty() {
        return Ok(members);
    }
    loop {
        let at = scanner.position();
        let key = scanner.key()?;
        let name = unescape(key).unwrap_or_default();
        if members.iter().any(|(known, _)| *known == name) {
            return Err(Fault { offset: at, kind: FaultKind::Repeated(name.as_str().into()) });
        }
        scanner.colon()?;
        let value = scanner.value()?;
        members.push((name, value));
        scanner.space();
        if !scanner.more()? {
            return Ok(members);
        }
        scanner.space();
    }
}

/// Translates a whole message that is written as a JSON document, as the examples of a pack are.
///
/// # Errors
/// The document is no message, or does not fit.
pub fn message_document(plan: &Plan, part: Part, text: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let Some(message_plan) = plan.message(part) else {
        return Ok(Translated { output: text.to_vec(), losses: Losses::default() });
    };
    let (mut message, others) = read_document(part, text)?;
    let mut losses = Losses::default();
    run(message_plan, part, &mut message, &mut losses)?;
    if !message_plan.joins_body {
        let paths = if part == Part::Answer { &plan.response } else { &plan.body };
        if let (Some(paths), Some(body)) = (paths, &message.body) {
            let Translated { output, losses: lost } = json_body(paths, body)?;
            message.body = Some(output);
            losses.extend(lost);
        }
    }
    if losses.misplaced().next().is_some() && part == Part::Request {
        return Err(Untranslatable::Misplaced(losses.only_misplaced()));
    }
    Ok(Translated { output: write_document(&message, &others), losses })
}

/// Members of a document that are no places, as they are written.
type Others = Vec<(String, Vec<u8>)>;

fn read_document(part: Part, text: &[u8]) -> Result<(Message, Others), Untranslatable> {
    let mut scanner = Scanner::new(text);
    if scanner.peek() != b'{' {
        return Err(Untranslatable::NoMessage("it is no object"));
    }
    scanner.value()?;
    scanner.end()?;
    let (mut message, mut others) = (Message::default(), Vec::new());
    for (name, value) in members(text)? {
        match (&*name, part) {
            (STATUS, Part::Answer) => {
                let status = str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                message.status = Some(status.ok_or(Untranslatable::NoMessage("`status` is no status"))?);
            }
            (PATH, _) => {
                let read = |(name, value): (String, &[u8])| {
                    let value = text_of(value).filter(|text| is_segment_text(text))?;
                    Some(MessageField { name: name.into(), value: FieldValue::Text(value) })
                };
                let read: Option<Vec<_>> = object(value)?.into_iter().map(read).collect();
                message.path =
                    read.ok_or(Untranslatable::NoMessage("a value in `path` is no text of a segment"))?;
            }
            (QUERY, Part::Request) => message.query = Some(query_of(value)?),
            (HEADER, _) => {
                for (name, value) in object(value)? {
                    let value = text_of(value).filter(|value| is_field_text(value));
                    let value = value
                        .ok_or(Untranslatable::NoMessage("a value in `header` is no text of a field"))?;
                    message.set_field(&name, FieldValue::Text(value));
                }
            }
            (BODY, _) => message.body = Some(value.to_vec()),
            _ => others.push((name, value.to_vec())),
        }
    }
    if message.body.is_some() && message.status.is_some_and(|status| WITHOUT_BODY.contains(&status)) {
        return Err(Untranslatable::NoMessage("a response with this status has no body"));
    }
    Ok((message, others))
}

fn object(value: &[u8]) -> Result<Vec<(String, &[u8])>, Untranslatable> {
    match value.first() {
        Some(b'{') => Ok(members(value)?),
        _ => Err(Untranslatable::NoMessage("a place is no object")),
    }
}

fn text_of(value: &[u8]) -> Option<String> {
    value.starts_with(b"\"").then(|| unescape(value))?
}

/// The query that an object stands for: a list is a parameter that is there several times, null one without a value.
fn query_of(value: &[u8]) -> Result<String, Untranslatable> {
    let mut pairs: Vec<String> = Vec::new();
    for (name, value) in object(value)? {
        let name = form::encode(&name);
        let values = match value.first() {
            Some(b'[') => {
                let elements = elements(value).filter(|elements| elements.len() > 1);
                let elements =
                    elements.ok_or(Untranslatable::NoMessage("a list in `query` is of several values"))?;
                elements.into_iter().map(|range| &value[range]).collect()
            }
            Some(b'n') => {
                pairs.push(name);
                continue;
            }
            _ => vec![value],
        };
        for value in values {
            let value = text_of(value).ok_or(Untranslatable::NoMessage("a value in `query` is no string"))?;
            pairs.push(format!("{name}={}", form::encode(&value)));
        }
    }
    Ok(pairs.join("&"))
}

fn write_document(message: &Message, others: &Others) -> Vec<u8> {
    let mut places: Vec<String> = Vec::new();
    if let Some(status) = message.status {
        places.push(format!("\"{STATUS}\":{status}"));
    }
    let place = |name: &str, members: Vec<String>| {
        (!members.is_empty()).then(|| format!("\"{name}\":{{{}}}", members.join(",")))
    };
    let texts = |fields: &[MessageField]| -> Vec<String> {
        let texts = fields.iter().filter_map(|field| {
            let value = field.value.text()?;
            Some(format!("{}:{}", quoted(&field.name), quoted(value)))
        });
        texts.collect()
    };
    places.extend(place(PATH, texts(&message.path)));
    places.extend(place(QUERY, written_query(message.query.as_deref().unwrap_or_default())));
    places.extend(place(HEADER, texts(&message.fields)));
    let mut out = format!("{{{}", places.join(",")).into_bytes();
    let body = message.body.as_ref().map(|body| (BODY, body));
    for (name, value) in body.into_iter().chain(others.iter().map(|(name, value)| (&**name, value))) {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(quoted(name).as_bytes());
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.push(b'}');
    out
}

fn written_query(query: &str) -> Vec<String> {
    let mut named: Vec<(String, Vec<String>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name, quoted(&form::decode(value))),
            None => (pair, "null".to_owned()),
        };
        let name = form::decode(name);
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => named.push((name, vec![value])),
        }
    }
    let written = named.into_iter().map(|(name, values)| match &values[..] {
        [value] => format!("{}:{value}", quoted(&name)),
        values => format!("{}:[{}]", quoted(&name), values.join(",")),
    });
    written.collect()
}

#[cfg(test)]
mod tests;
