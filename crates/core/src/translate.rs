//! Running a plan on a request or a response: text in, text and losses out. No network, no waiting.

mod crossing;
mod json_patch;
mod media;
mod message;
mod multipart;
mod request;
mod untranslatable;

pub use crossing::{CrossingRequest, crosses};
pub use json_patch::NoPatch;
pub use media::{Boundary, Media};
pub(crate) use message::renamed as renamed_message;
pub use message::{FieldValue, Message, MessageField, message, message_document};
pub use multipart::Malformed;
pub(crate) use multipart::Multipart;
pub use request::as_json;
pub use request::form_values;
pub use request::is_guard;
pub use request::request_body;
pub use untranslatable::Untranslatable;

use crate::{
    form::Pairs,
    json::{FaultKind, Field, Output, Paths, Walk},
    plan::{FormProgram, Plan, Program, Rewriter, rewrite_document},
    step::{LossKind, Losses},
};
use bytes::Bytes;
use std::sync::Arc;

/// The result of a translation, with its losses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated<T> {
    /// The text in the other version.
    pub output: T,
    /// The values that the other version cannot express.
    pub losses: Losses,
}

/// Translates the query of a request, without its `?`.
pub fn query(plan: &Plan, query: &str) -> Translated<String> {
    run_on_query(plan.query.as_ref(), query)
}

/// Translates the query of a request that may have none. A parameter that is added makes one, and one without parameters
/// goes.
pub fn optional_query(plan: &Plan, query: Option<&str>) -> Translated<Option<String>> {
    program_on_query(plan.query.as_ref(), query)
}

fn program_on_query(program: Option<&FormProgram>, query: Option<&str>) -> Translated<Option<String>> {
    if query.is_none() && !program.is_some_and(FormProgram::makes_fields) {
        return Translated { output: None, losses: Losses::default() };
    }
    let Translated { output, losses } = run_on_query(program, query.unwrap_or_default());
    let is_kept = !output.is_empty() || query.is_some_and(str::is_empty);
    Translated { output: is_kept.then_some(output), losses }
}

fn run_on_query(program: Option<&FormProgram>, query: &str) -> Translated<String> {
    let mut losses = Losses::default();
    let mut pairs = Pairs::parse(query);
    if let Some(program) = program
        && let Err(fault) = program.run(&mut pairs, &mut losses)
    {
        losses = Losses::default();
        match fault.kind {
            FaultKind::NotUtf8 => losses.report_refused(LossKind::Unconverted, &Field::new(["query"])),
            // Its names are too deep to be read: none of the changes can be made.
            _ => program.report_misplaced(&mut losses),
        }
        return Translated { output: query.to_owned(), losses };
    }
    Translated { output: pairs.to_string(), losses }
}

/// Translates the whole JSON body of a successful response. An empty body stays empty.
///
/// # Errors
/// The upstream's body does not fit.
pub fn response_body(plan: &Plan, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    match &plan.response {
        Some(paths) => json_body(paths, body),
        None => Ok(Translated { output: body.to_vec(), losses: Losses::default() }),
    }
}

/// Translates the whole JSON body of an error. An empty body stays empty.
///
/// # Errors
/// The upstream's body does not fit.
pub fn error_body(plan: &Plan, status: u16, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    match plan.error(status) {
        Some(paths) => json_body(paths, body),
        None => Ok(Translated { output: body.to_vec(), losses: Losses::default() }),
    }
}

/// The translation of the JSON body of one successful response, as it arrives. An empty body stays empty.
///
/// Text that no step touches leaves with its chunk. An object that is translated is kept until it is complete.
///
/// ```
/// use bytes::Bytes;
/// use dateline_core::{pack::Pack, plan::Plan, translate::ResponseStream};
/// use std::sync::Arc;
///
/// let pack = Pack::embedded()?;
/// let list = pack.find("GET /plans").unwrap();
/// let plan = Plan::compile(&pack, list, "2025-01-01".parse()?, "2026-07-01".parse()?);
/// let mut stream = ResponseStream::new(Arc::new(plan), 1 << 20);
/// assert_eq!(stream.feed(&Bytes::from_static(br#"{"data":[{"account":null},{"acc"#))?, [r#"{"data":[{"company":null},"#]);
/// assert_eq!(stream.feed(&Bytes::from_static(br#"ount":1}]}"#))?, [r#"{"company":1}]}"#]);
/// assert!(stream.finish()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ResponseStream {
    plan: Arc<Plan>,
    walk: Walk,
    out: Output,
    rewriter: Rewriter,
    began: bool,
    /// True once an object has been translated.
    has_translated: bool,
    refuses_misplaced: bool,
}

impl ResponseStream {
    /// A translation that keeps at most `object_bytes` bytes of the body at a time.
    pub fn new(plan: Arc<Plan>, object_bytes: usize) -> Self {
        let (out, rewriter) = (Output::default(), Rewriter::default());
        ResponseStream {
            plan,
            walk: Walk::new(object_bytes),
            out,
            rewriter,
            began: false,
            has_translated: false,
            refuses_misplaced: false,
        }
    }

    /// The same, but a value in place of an object that must be translated is an error and does not pass.
    #[must_use]
    pub fn refusing_misplaced(self) -> Self {
        ResponseStream { refuses_misplaced: true, ..self }
    }

    /// Translates the next chunk: the pieces that can leave, in order, none of them empty.
    ///
    /// # Errors
    /// The upstream's body does not fit, or an object is over the limit. Nothing can follow then.
    pub fn feed(&mut self, chunk: &Bytes) -> Result<Vec<Bytes>, Untranslatable> {
        self.began |= !chunk.is_empty();
        self.out.share(chunk);
        let ResponseStream { plan, walk, out, rewriter, has_translated, .. } = self;
        let Some(paths) = &plan.response else { return Ok(vec![chunk.clone()]) };
        walk.feed(
            chunk,
            paths,
            |program, text, depth, out| {
                let length = rewriter.rewrite(program, text, depth, out)?;
                *has_translated = true;
                Ok(length)
            },
            out,
        )?;
        if self.refuses_misplaced && !walk.all_in_place() {
            let mut losses = Losses::default();
            report_misplaced(walk, paths, &mut losses);
            return Err(Untranslatable::Misplaced(losses));
        }
        Ok(self.out.take())
    }

    /// Ends the body: what the translation lost.
    ///
    /// # Errors
    /// The upstream's body is cut short.
    pub fn finish(&mut self) -> Result<Losses, Untranslatable> {
        let rewriter = &mut self.rewriter;
        if let Some(paths) = self.plan.response.as_ref().filter(|_| self.began) {
            self.walk
                .finish(paths, |program, text, depth, out| rewriter.rewrite(program, text, depth, out))?;
        }
        let mut losses = rewriter.losses();
        if let Some(paths) = &self.plan.response {
            report_misplaced(&self.walk, paths, &mut losses);
        }
        Ok(losses)
    }

    /// Tells whether the first object to be translated has begun and is not complete yet. Everything put out so far
    /// precedes that object.
    pub fn gathers_first(&self) -> bool {
        !self.has_translated && self.walk.kept() > 0
    }

    /// Returns the number of bytes of the body that are kept.
    pub fn kept(&self) -> usize {
        self.walk.kept()
    }
}

fn json_body(paths: &Paths<Program>, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    if body.is_empty() {
        return Ok(Translated { output: Vec::new(), losses: Losses::default() });
    }
    let (output, losses) = rewrite_document(paths, body)?;
    Ok(Translated { output, losses })
}

fn report_misplaced(walk: &Walk, paths: &Paths<Program>, losses: &mut Losses) {
    for (path, program, count) in walk.misplaced(paths) {
        program.report_misplaced(&path, count, losses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;

    fn referrals() -> Arc<Plan> {
        let pack = Pack::embedded().unwrap();
        let list = pack.find("GET /referrals/businesses").unwrap();
        Arc::new(Plan::compile(&pack, list, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap()))
    }

    const ELEMENT: &str =
        r#"{"id":"bref_é","volume_usd":{"attributed":"12.50","settled":"1.00","x":[]},"earnings_usd":null}"#;

    #[test]
    fn a_stream_gives_what_a_whole_body_gives_wherever_it_is_cut() {
        let plan = referrals();
        let body = format!(r#"{{"data":[{ELEMENT}, {ELEMENT}],"page":{{"next":"é"}}}}"#);
        let whole = response_body(&plan, body.as_bytes()).unwrap();
        assert!(!whole.losses.is_empty() && whole.output != body.as_bytes());
        let body = Bytes::from(body);
        for cut in 0..=body.len() {
            let mut stream = ResponseStream::new(Arc::clone(&plan), ELEMENT.len());
            let first = stream.feed(&body.slice(..cut)).unwrap();
            assert!(stream.kept() < ELEMENT.len());
            let second = stream.feed(&body.slice(cut..)).unwrap();
            let losses = stream.finish().unwrap();
            assert_eq!(Translated { output: [first, second].concat().concat(), losses }, whole, "{cut}");
        }
    }

    /// Law 2 holds for what is misplaced, too: each change on the way reports it once, whatever way that is.
    #[test]
    fn row_14_1d_what_cannot_be_translated_is_reported_by_each_change_that_it_escapes() {
        let pack = Pack::embedded().unwrap();
        let list = pack.find("GET /referrals/businesses/earnings").unwrap();
        let plan = |client: &str, upstream: &str| {
            Arc::new(Plan::compile(&pack, list, client.parse().unwrap(), upstream.parse().unwrap()))
        };
        let direct = plan("2025-01-01", "2026-07-01");
        for (body, count) in
            [(r#"[{"amount":1}]"#, 1), (r#"{"data":{"amount":1}}"#, 1), (r#"{"data":[[],"x",{},null]}"#, 2)]
        {
            let whole = response_body(&direct, body.as_bytes()).unwrap();
            let changes: Vec<(String, u64)> =
                whole.losses.misplaced().map(|lost| (lost.field.to_string(), lost.count)).collect();
            assert_eq!(changes, vec![("$.data[*]".to_owned(), count); 3], "{body}");
            assert!(whole.losses.to_string().contains("$.data[*]=unconverted"), "{}", whole.losses);

            let first = response_body(&plan("2026-06-20", "2026-07-01"), body.as_bytes()).unwrap();
            let second = response_body(&plan("2025-01-01", "2026-06-20"), &first.output).unwrap();
            let mut losses = first.losses;
            losses.extend(second.losses);
            assert_eq!((second.output, losses), (whole.output.clone(), whole.losses.clone()));

            for cut in 0..=body.len() {
                let (first, second) = body.split_at(cut);
                let feed = |mut stream: ResponseStream| {
                    stream.feed(&Bytes::from(first.to_owned()))?;
                    stream.feed(&Bytes::from(second.to_owned()))?;
                    stream.finish()
                };
                assert_eq!(feed(ResponseStream::new(Arc::clone(&direct), 100)).unwrap(), whole.losses);
                let refused = feed(ResponseStream::new(Arc::clone(&direct), 100).refusing_misplaced());
                let Untranslatable::Misplaced(losses) = refused.unwrap_err() else { panic!("{body}") };
                assert!(losses.misplaced().all(|lost| &*lost.field == "$.data[*]"), "{losses}");
            }
        }
        for body in ["null", "{}", r#"{"data":[]}"#, r#"{"data":null}"#, r#"{"data":[null]}"#] {
            let mut stream = ResponseStream::new(Arc::clone(&direct), 100).refusing_misplaced();
            assert_eq!(stream.feed(&Bytes::from(body)).unwrap().concat(), body.as_bytes());
            assert!(stream.finish().unwrap().is_empty(), "{body}");
        }
    }

    #[test]
    fn row_14_1d_a_request_tells_a_place_that_cannot_be_from_a_value_that_is_odd() {
        let pack = Pack::embedded().unwrap();
        let create = pack.find("POST /plans").unwrap();
        let plan = Plan::compile(&pack, create, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap());
        let misplaced = |body: &str| {
            let translated = request_body(&plan, Media::Json, body.as_bytes()).unwrap();
            translated.losses.misplaced().map(|lost| lost.field.to_string()).collect::<Vec<_>>()
        };
        for body in [r#"[{"company_id":"biz_x"}]"#, "\"company_id=biz_x\"", "7", "[]"] {
            assert_eq!(misplaced(body), ["$"], "{body}");
        }
        for body in ["{}", "null", r#"{"company_id":[1],"account_id":2}"#] {
            assert!(misplaced(body).is_empty(), "{body}");
        }
    }

    #[test]
    fn no_body_is_none_and_a_part_of_one_is_an_error() {
        let mut stream = ResponseStream::new(referrals(), 1000);
        assert!(stream.feed(&Bytes::new()).unwrap().is_empty());
        assert!(stream.finish().unwrap().is_empty());
        stream.feed(&Bytes::from_static(b"{\"data\":[")).unwrap();
        assert_eq!(stream.finish().unwrap_err().code(), "json_invalid");
        let over = stream.feed(&Bytes::from(format!("{{\"x\":\"{}", "y".repeat(1000)))).unwrap_err();
        assert_eq!(over.code(), "object_too_large");
    }
}
