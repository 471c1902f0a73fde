//! Plans: what must change between a client's pin and the upstream's version, compiled once.

pub(crate) mod collect;
mod explain;
mod fold;
mod form;
pub(crate) mod message;
pub(crate) mod nesting;
mod pass;
#[cfg(test)]
mod path_independence;
mod program;
#[cfg(test)]
pub(crate) mod random;
mod rewriter;
mod store;

pub use explain::{ChangeExplanation, Explanation, PlaceExplanation, UnsaidExplanation, Words, explain};
pub(crate) use form::{FormProgram, rewrite_document};
use message::{MessagePlan, Messages};
pub use program::Program;
use program::programs;
pub(crate) use rewriter::Rewriter;
pub use store::Plans;

use crate::{
    json::{Hop, Name, Paths},
    pack::{ErrorPlaces, ErrorStatuses, OperationId, Pack, Part},
    step::Losses,
    version::Version,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The translation of one exchange: its request from the client's version to the upstream's, and its response back.
///
/// A plan holds only what changes the operation between the two versions. Where that is nothing, the bytes pass.
#[derive(Debug)]
pub struct Plan {
    /// The program for the parameters of the query.
    pub(crate) query: Option<FormProgram>,
    /// The programs for the request's body.
    pub(crate) body: Option<Paths<Program>>,
    /// The same for a body that is a form, where all of it can be said of one.
    pub(crate) form: Option<FormProgram>,
    /// The programs for the body of a successful response.
    pub(crate) response: Option<Paths<Program>>,
    /// The programs for the bodies of errors, by their statuses. They are rare.
    pub(crate) errors: Box<[(ErrorStatuses, Paths<Program>)]>,
    /// The plans for whole messages, where one of them changes at any version. They are rare.
    pub(crate) messages: Option<Box<Messages>>,
    /// The losses that the translation of the response can cause, and those that are certain.
    losses: ResponseLosses,
    fingerprint: String,
    /// The places at which the upstream's errors name fields.
    pub(crate) error_places: Arc<ErrorPlaces>,
}

/// The losses of a response, as far as the plan knows them. The counts say nothing.
#[derive(Debug, Default)]
struct ResponseLosses {
    possible: Losses,
    certain: Losses,
}

impl Plan {
    /// Compiles the plan of an operation. Both versions should be the pack's.
    pub fn compile(pack: &Pack, operation: OperationId, client: Version, upstream: Version) -> Plan {
        let up = |part| collect::places(pack, operation, part, client, upstream);
        let query = FormProgram::new(pack, operation, Part::Query, &up(Part::Query));
        let places = up(Part::Body);
        let form = FormProgram::new(pack, operation, Part::Body, &places);
        let body = programs(pack, operation, Part::Body, places);
        let places = collect::places(pack, operation, Part::Response, upstream, client);
        let whole = collect::places(pack, operation, Part::Answer, upstream, client);
        let fingerprint = fingerprint(places.iter().chain(&whole));
        let response = programs(pack, operation, Part::Response, places);
        let errors = pack.error_parts(operation).into_iter().filter_map(|part| {
            let places = collect::places(pack, operation, part, upstream, client);
            Some((part.errors()?, programs(pack, operation, part, places)?))
        });
        let errors = errors.collect();
        let messages = Messages::compile(pack, operation, client, upstream);
        let mut losses = response.as_ref().map(ResponseLosses::of).unwrap_or_default();
        let answer = messages.as_ref().and_then(|messages| messages.answer.as_ref());
        for loss in answer.into_iter().flat_map(MessagePlan::own_losses) {
            losses.possible.report(loss.kind, &loss.field);
        }
        let error_places = pack.error_places.clone();
        Plan { query, body, form, response, errors, messages, losses, fingerprint, error_places }
    }

    /// The plan that changes nothing and reads every response: whether it is whole.
    pub fn reading() -> Plan {
        let (losses, fingerprint) = (ResponseLosses::default(), String::new());
        Plan {
            query: None,
            body: None,
            form: None,
            response: Some(Paths::default()),
            errors: Box::default(),
            messages: None,
            losses,
            fingerprint,
            error_places: Arc::default(),
        }
    }

    /// Tells whether nothing changes in either direction.
    pub fn is_empty(&self) -> bool {
        let is_moved = self.moves(Part::Request) || self.moves(Part::Answer);
        !self.translates_query()
            && !self.translates_request_body()
            && !self.translates_response()
            && self.errors.is_empty()
            && !is_moved
    }

    /// Tells whether parameters of the query may change.
    pub fn translates_query(&self) -> bool {
        self.query.is_some()
    }

    /// Tells whether the request's body may change.
    pub fn translates_request_body(&self) -> bool {
        self.body.is_some() || self.moves_body(Part::Request)
    }

    /// Tells whether the body of a successful response may change.
    pub fn translates_response(&self) -> bool {
        self.response.is_some() || self.moves_body(Part::Answer)
    }

    /// The programs for the body of an error with this status.
    pub(crate) fn error(&self, status: u16) -> Option<&Paths<Program>> {
        self.errors.iter().find(|(statuses, _)| statuses.contains(status)).map(|(_, paths)| paths)
    }

    /// Tells whether the body of any error may change.
    pub fn translates_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Tells whether the body of an error with this status may change.
    pub fn translates_error(&self, status: u16) -> bool {
        self.error(status).is_some()
    }

    /// The plan for a whole message, `Part::Request` or `Part::Answer`.
    pub(crate) fn message(&self, part: Part) -> Option<&MessagePlan> {
        let messages = self.messages.as_ref()?;
        match part {
            Part::Request => messages.request.as_ref(),
            Part::Answer => messages.answer.as_ref(),
            Part::Query | Part::Body | Part::Response | Part::Errors(_) => None,
        }
    }

    /// Tells whether values of a whole message move or change: `Part::Request` or `Part::Answer`.
    pub fn moves(&self, part: Part) -> bool {
        self.message(part).is_some_and(|message| message.moves)
    }

    /// Tells whether the body of a whole message that changes is a part of what changes.
    pub fn moves_body(&self, part: Part) -> bool {
        self.message(part).is_some_and(|message| message.moves && message.joins_body)
    }

    /// Tells whether parameters of the path of a request change.
    pub fn moves_path(&self) -> bool {
        self.message(Part::Request).is_some_and(MessagePlan::moves_path)
    }

    /// The names of the header fields that steps on a whole message name.
    pub fn header_fields(&self, part: Part) -> &[Name] {
        self.message(part).map_or(&[], |message| &message.fields)
    }

    /// Tells whether all that is done to the pairs of a part is done to parameters of the first level.
    pub(crate) fn is_flat(&self, part: Part) -> bool {
        let program = match part {
            Part::Query => &self.query,
            Part::Body => &self.form,
            Part::Response | Part::Request | Part::Answer | Part::Errors(_) => &None,
        };
        program.as_ref().is_none_or(FormProgram::is_flat)
    }

    /// The header fields of a whole message that get another name, each with its name before and after.
    pub fn header_renames(&self, part: Part) -> Vec<(Name, Name)> {
        self.message(part).map(MessagePlan::header_renames).unwrap_or_default()
    }

    /// Returns the number of steps in both directions.
    pub fn steps(&self) -> usize {
        let errors = self.errors.iter().map(|(_, paths)| paths);
        let bodies = self.body.iter().chain(&self.response).chain(errors).flat_map(Paths::targets);
        let whole = [Part::Request, Part::Answer].into_iter().filter_map(|part| self.message(part));
        let of_messages: usize = whole.map(MessagePlan::steps).sum();
        let of_query = self.query.as_ref().map_or(0, FormProgram::steps);
        of_query + bodies.map(Program::steps).sum::<usize>() + of_messages
    }

    /// Returns the losses of a request whose body cannot be read at all: none of it is translated.
    pub fn unread_request(&self) -> Losses {
        let mut losses = Losses::default();
        for (path, program) in self.body.iter().flat_map(Paths::each) {
            program.report_misplaced(&path, 1, &mut losses);
        }
        losses
    }

    /// Every loss that the translation of the response can cause; the counts say nothing. Of a resource that holds
    /// itself, the places of its first level are named, and not those of deeper ones.
    pub fn possible_response_losses(&self) -> &Losses {
        &self.losses.possible
    }

    /// Every loss of a successful response that is certain before it is there, whatever it says, as long as it is one
    /// that the upstream's version documents; the counts say nothing.
    ///
    /// Those are the values that the older version has and the newer one does not say, restored beside the other
    /// members of the document's own object. What depends on more is not certain: elements, which there may be none
    /// of, containers and anchors, which may be absent or null, and values, which may have the documented form.
    pub fn certain_response_losses(&self) -> &Losses {
        &self.losses.certain
    }

    /// Eight hexadecimal digits that differ where the translation of the response differs, the same on every build.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl ResponseLosses {
    fn of(response: &Paths<Program>) -> Self {
        let mut losses = ResponseLosses::default();
        for program in response.targets() {
            program.losses().for_each(|loss| losses.possible.report(loss.kind, &loss.field));
            for path in program.places().into_iter().filter(|path| !comes_again(path)) {
                losses.possible.report_misplaced(&Hop::display(path).into(), None, 1);
            }
        }
        let certain = response.target().into_iter().flat_map(Program::certain_losses);
        certain.for_each(|loss| losses.certain.report(loss.kind, &loss.field));
        losses
    }
}

/// Tells whether a path leads into a member of the same name again. A resource that holds itself has such a place for
/// every level, more than a header field can list.
fn comes_again(path: &[Hop]) -> bool {
    path.iter().enumerate().any(|(at, hop)| *hop != Hop::Elements && path[..at].contains(hop))
}

/// Takes the fingerprint of what is done at some places: of effects, and of no word for people.
fn fingerprint<'a, 'p: 'a>(places: impl Iterator<Item = &'a collect::Place<'p>>) -> String {
    let mut bytes = Vec::new();
    for (path, runs) in places {
        bytes.extend_from_slice(Hop::display(path).as_bytes());
        for run in runs {
            bytes.push(b'\n');
            run.changes
                .iter()
                .flat_map(|change| &change.effects)
                .for_each(|effect| effect.encode(&mut bytes));
        }
        bytes.extend_from_slice(b"\n\n");
    }
    Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pack::test::{change, of_changes},
        step::Direction,
    };

    fn plan(operation: &str, client: &str, upstream: &str) -> Plan {
        let pack = Pack::embedded().unwrap();
        let id = pack.find(operation).unwrap();
        Plan::compile(&pack, id, client.parse().unwrap(), upstream.parse().unwrap())
    }

    #[test]
    fn only_modules_that_touch_the_operation_are_in_its_plan() {
        assert!(plan("POST /referrals/partners", "2025-01-01", "2026-07-01").is_empty());
        assert!(plan("GET /plans", "2026-06-09", "2026-07-01").is_empty());
        assert!(plan("GET /referrals/businesses", "2026-07-01", "2026-06-20").is_empty());
        assert!(plan("GET /plans", "2026-06-09", "2026-06-09").is_empty());
        let users = plan("PATCH /users/me", "2025-01-01", "2026-06-08");
        assert!(users.translates_query() && users.translates_request_body() && !users.translates_response());
    }

    #[test]
    fn a_loss_is_certain_where_nothing_in_the_answer_can_prevent_it() {
        let certain = |operation: &str, client: &str, upstream: &str| {
            plan(operation, client, upstream).certain_response_losses().to_string()
        };
        let one = "GET /referrals/businesses/{id}";
        assert_eq!(certain(one, "2025-01-01", "2026-07-01"), "referred_by_account_id=made-up");
        assert_eq!(certain(one, "2026-07-01", "2025-01-01"), "", "an anchor may be absent or null");
        assert_eq!(
            certain("GET /referrals/businesses", "2025-01-01", "2026-07-01"),
            "",
            "a list may be empty"
        );
        assert_eq!(certain("GET /referrals/businesses/{id}/earnings", "2026-06-20", "2026-07-01"), "");
        assert_eq!(certain("PATCH /plans/{id}", "2025-01-01", "2026-07-01"), "");
    }

    #[test]
    fn the_fingerprint_is_of_the_response() {
        let older = plan("GET /referrals/businesses/{id}", "2025-01-01", "2026-07-01");
        let old = plan("GET /referrals/businesses/{id}", "2026-06-09", "2026-06-20");
        assert_eq!(older.fingerprint(), old.fingerprint(), "both take off the same version");
        let back = plan("GET /referrals/businesses/{id}", "2026-06-20", "2026-06-09");
        assert_ne!(old.fingerprint(), back.fingerprint());
        assert_eq!(old.fingerprint().len(), 8);
    }

    /// The fingerprint of a pack with one change, and the words for its step.
    fn fingerprint_of(name: &str, step: &str) -> (String, String) {
        let found = "resource.A.found = [{ in = 'GET /a', part = 'response', at = '$' }]";
        let pack = of_changes(found, &["", &change(name, "A", step)]);
        let plan = Plan::compile(&pack, OperationId(0), pack.versions().next().unwrap(), pack.newest());
        let words = &pack.modules[1].changes[0].steps[0].step.describe(Direction::Down);
        (plan.fingerprint().to_owned(), words.clone())
    }

    #[test]
    fn the_fingerprint_is_of_effects_and_of_no_words() {
        let (own, words) =
            fingerprint_of("Drop", "{ drop = 'c', restore = '1', implied_by = 'all have it' }");
        let (same, reworded) =
            fingerprint_of("Leave out", "{ drop = 'c', restore = '1', implied_by = 'so' }");
        assert_ne!(words, reworded);
        assert_eq!(own, same, "what is said to people is not what is done");
        for other in [
            "{ drop = 'c', restore = '2', implied_by = 'all have it' }",
            "{ drop = 'd', restore = '1', implied_by = 'all have it' }",
            "{ drop = 'c', restore = '1' }",
            "{ move = 'c', to = 'd' }",
        ] {
            assert_ne!(own, fingerprint_of("Drop", other).0, "{other}");
        }
    }
}
