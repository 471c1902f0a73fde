//! Plans for whole messages: requests and responses in which values move between the path, the query, the header and
//! the body.
//!
//! The query and the body have plans of their own for the steps on them alone. Where a version changes the whole message,
//! those are cut at that version: inner places change before outer ones going up and after them coming down, as everywhere.

use super::{
    FormProgram,
    collect::{self, Run},
    program::{Program, programs},
};
use crate::{
    json::{Field, Name, Paths},
    pack::{BODY, HEADER, OperationId, PATH, Pack, Part, QUERY},
    step::{Cause, Effect, LossKind, PossibleLoss, When},
    version::Version,
};
use std::sync::Arc;

/// The plans for the two messages of an operation in which whole messages change.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) request: Option<MessagePlan>,
    pub(crate) answer: Option<MessagePlan>,
}

/// The translation of one message.
#[derive(Debug)]
pub(crate) struct MessagePlan {
    /// The parts of the translation, in the order in which they run.
    pub(crate) stages: Vec<Stage>,
    /// The header fields that a step names, each once.
    pub(crate) fields: Vec<Name>,
    /// True if a step of the whole message names the body, so that it is collected.
    pub(crate) joins_body: bool,
    /// True if a step of the whole message runs. If not, the plans of the query and of the body say all.
    pub(crate) moves: bool,
    /// The programs of all places, for what they can lose.
    whole: Paths<Program>,
}

/// A part of the translation of a message.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The query changes alone.
    Query(FormProgram),
    /// The body changes alone.
    Body(Paths<Program>),
    /// One version changes the whole message.
    Message(Box<MessageStage>),
}

/// The steps of one version on the whole message, and the values that they name.
#[derive(Debug)]
pub(crate) struct MessageStage {
    pub(crate) program: Program,
    pub(crate) path: Vec<Name>,
    pub(crate) query: Vec<Name>,
    pub(crate) header: Vec<Name>,
    /// The header fields that become other ones.
    renames: Vec<(Name, Name)>,
    /// True if a step changes a parameter of the path.
    pub(crate) moves_path: bool,
    /// True if a step names the body or a field of it.
    pub(crate) names_body: bool,
    /// True if the body must be an object, if there is one.
    pub(crate) needs_object: bool,
    /// The first change, for losses that belong to no step alone.
    pub(crate) cause: Arc<Cause>,
}

impl Messages {
    /// Compiles the plans; `None` for an operation none of whose whole messages ever changes.
    pub(super) fn compile(
        pack: &Pack,
        operation: OperationId,
        client: Version,
        upstream: Version,
    ) -> Option<Box<Messages>> {
        let request = MessagePlan::compile(pack, operation, Part::Request, client, upstream);
        let answer = MessagePlan::compile(pack, operation, Part::Answer, upstream, client);
        (request.is_some() || answer.is_some()).then(|| Box::new(Messages { request, answer }))
    }
}

impl MessagePlan {
    fn compile(
        pack: &Pack,
        operation: OperationId,
        part: Part,
        from: Version,
        to: Version,
    ) -> Option<MessagePlan> {
        let places = collect::places(pack, operation, part, from, to);
        let own = places.iter().filter(|(path, _)| path.is_empty());
        let own: Vec<Run<'_>> = own.flat_map(|(_, runs)| runs).cloned().collect();
        let whole = programs(pack, operation, part, places)?;
        let mut effects = own.iter().flat_map(|run| &run.changes).flat_map(|change| &change.effects);
        let is_of_body = |field: &Field| field.names().first().is_some_and(|name| name.text() == BODY);
        let joins_body = effects.any(|effect| effect.fields().iter().any(is_of_body));
        let moves = !own.is_empty();
        let (mut stages, mut at) = (Vec::new(), from);
        for run in own {
            let version = run.version;
            inner(pack, operation, part, (at, version), joins_body, &mut stages);
            stages.push(Stage::Message(Box::new(MessageStage::new(run))));
            at = version;
        }
        inner(pack, operation, part, (at, to), joins_body, &mut stages);
        let mut fields: Vec<Name> = Vec::new();
        for name in stages.iter().flat_map(Stage::header) {
            if !fields.iter().any(|known| known.text().eq_ignore_ascii_case(name.text())) {
                fields.push(name.clone());
            }
        }
        Some(MessagePlan { stages, fields, joins_body, moves, whole })
    }

    /// The number of steps on the whole message.
    pub(crate) fn steps(&self) -> usize {
        self.messages().map(|stage| stage.program.steps()).sum()
    }

    /// Every loss that the translation can cause.
    pub(crate) fn losses(&self) -> impl Iterator<Item = PossibleLoss> + '_ {
        let odd = |field: Field| {
            let loss = |kind| PossibleLoss::new(kind, &field, When::Odd);
            [loss(LossKind::Dropped), loss(LossKind::Unconverted)]
        };
        let of_heads = self.messages().flat_map(MessageStage::head_fields).flat_map(odd);
        self.whole.targets().flat_map(Program::losses).chain(of_heads)
    }

    /// The losses of the steps on the whole message, without those of the query and of the body.
    pub(crate) fn own_losses(&self) -> impl Iterator<Item = PossibleLoss> + '_ {
        self.messages().flat_map(|stage| stage.program.losses())
    }

    /// Tells whether a step changes a parameter of the path.
    pub(crate) fn moves_path(&self) -> bool {
        self.messages().any(|stage| stage.moves_path)
    }

    /// The header fields that get another name, each with its name before and after.
    pub(crate) fn header_renames(&self) -> Vec<(Name, Name)> {
        let mut renames: Vec<(Name, Name)> = Vec::new();
        for (from, to) in self.messages().flat_map(|stage| &stage.renames) {
            match renames.iter_mut().find(|(_, now)| now.text().eq_ignore_ascii_case(from.text())) {
                Some((_, now)) => *now = to.clone(),
                None => renames.push((from.clone(), to.clone())),
            }
        }
        renames
    }

    fn messages(&self) -> impl Iterator<Item = &MessageStage> {
        self.stages.iter().filter_map(|stage| match stage {
            Stage::Message(stage) => Some(&**stage),
            Stage::Query(_) | Stage::Body(_) => None,
        })
    }
}

impl Stage {
    fn header(&self) -> &[Name] {
        match self {
            Stage::Message(stage) => &stage.header,
            Stage::Query(_) | Stage::Body(_) => &[],
        }
    }
}

impl MessageStage {
    fn new(run: Run<'_>) -> MessageStage {
        let effects: Vec<Effect> = run.changes.iter().flat_map(|change| change.effects.clone()).collect();
        let name = run.changes.first().map(|change| change.change.name.as_str()).unwrap_or_default();
        let cause = Arc::new(Cause { version: run.version, change: name.into() });
        let fields: Vec<Field> = effects.iter().flat_map(Effect::fields).collect();
        let in_place = |place: &str| {
            let mut names: Vec<Name> = Vec::new();
            for field in &fields {
                if let [own, name] = field.names()
                    && own.text() == place
                    && !names.contains(name)
                {
                    names.push(name.clone());
                }
            }
            names
        };
        let is_body = |field: &Field| field.names().len() == 1 && field.names()[0].text() == BODY;
        let is_in_body = |field: &Field| field.names().len() > 1 && field.names()[0].text() == BODY;
        let reshapes = effects.iter().flat_map(Effect::flat).any(|(effect, _)| match effect {
            Effect::Widen { from: body, .. } | Effect::Narrow { to: body, .. } => is_body(body),
            _ => false,
        });
        let names_body = fields.iter().any(|field| is_body(field) || is_in_body(field));
        let needs_object = fields.iter().any(is_in_body) && !reshapes;
        let (path, query, header) = (in_place(PATH), in_place(QUERY), in_place(HEADER));
        let is_of_path = |field: &&Field| field.names().first().is_some_and(|name| name.text() == PATH);
        let moves_path = effects.iter().any(|effect| effect.changed().iter().any(is_of_path));
        let renames = effects.iter().filter_map(Effect::moves).filter_map(|(from, to)| {
            match (from.names(), to.names()) {
                ([place, from], [other, to]) if place.text() == HEADER && other.text() == HEADER => {
                    Some((from.clone(), to.clone()))
                }
                _ => None,
            }
        });
        let renames = renames.collect();
        let program = Program::of_run(run);
        MessageStage { program, path, query, header, renames, moves_path, names_body, needs_object, cause }
    }

    /// Every field of the path, of the query and of the header that a step names.
    fn head_fields(&self) -> impl Iterator<Item = Field> {
        let path = self.path.iter().map(|name| Field::new([PATH, name.text()]));
        let query = path.chain(self.query.iter().map(|name| Field::new([QUERY, name.text()])));
        query.chain(self.header.iter().map(|name| Field::new([HEADER, name.text()])))
    }
}

/// Adds what changes the query and the body alone between two versions.
fn inner(
    pack: &Pack,
    operation: OperationId,
    part: Part,
    (from, to): (Version, Version),
    joins_body: bool,
    stages: &mut Vec<Stage>,
) {
    let places = |part| collect::places(pack, operation, part, from, to);
    if part == Part::Request {
        let query = FormProgram::new(pack, operation, Part::Query, &places(Part::Query));
        stages.extend(query.map(Stage::Query));
    }
    if joins_body {
        let body = if part == Part::Request { Part::Body } else { Part::Response };
        stages.extend(programs(pack, operation, body, places(body)).map(Stage::Body));
    }
}
