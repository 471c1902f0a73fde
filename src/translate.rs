//! Running a plan on a request or a response: text in, text and losses out. No network, no waiting.

use crate::{
    form::Pairs,
    json::{Fault, FaultKind, Output, Paths, Walk},
    plan::{Plan, Program, Rewriter},
    step::Losses,
};
use bytes::Bytes;
use std::sync::Arc;

/// What came out, and what was lost on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated<T> {
    /// The text in the other version.
    pub output: T,
    /// What the other version could not say.
    pub losses: Losses,
}

/// How a request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json` and every `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// The text does not fit the plan. `Display` is for people and quotes nothing but names of the pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    /// Not JSON, nested too deep, or a key that matters stands twice.
    #[error("the body cannot be translated: {0}")]
    Json(#[from] Fault),
    /// The form is not UTF-8 text.
    #[error("the form is not UTF-8 text")]
    FormNotText,
    /// A form has no levels and no types, and the plan needs them.
    #[error("this operation's body is translated as JSON only; a form cannot say what changes")]
    FormNotTranslatable,
}

impl Untranslatable {
    /// The machine-readable code, one word for each kind.
    pub fn code(&self) -> &'static str {
        match self {
            Untranslatable::Json(Fault { kind: FaultKind::TooDeep, .. }) => "json_depth",
            Untranslatable::Json(Fault { kind: FaultKind::Repeated(_), .. }) => "duplicate_key",
            Untranslatable::Json(Fault { kind: FaultKind::TooLarge { .. }, .. }) => "object_too_large",
            Untranslatable::Json(_) => "json_invalid",
            Untranslatable::FormNotText => "form_invalid",
            Untranslatable::FormNotTranslatable => "form_unsupported",
        }
    }

    /// The limit that one object of the body is over, in bytes, where that is what is wrong.
    pub fn too_large(&self) -> Option<usize> {
        match self {
            Untranslatable::Json(Fault { kind: FaultKind::TooLarge { limit }, .. }) => Some(*limit),
            _ => None,
        }
    }
}

/// Translates the query of a request, without its `?`.
pub fn query(plan: &Plan, query: &str) -> Translated<String> {
    let mut losses = Losses::default();
    let mut pairs = Pairs::parse(query);
    if let Some(program) = &plan.query {
        program.run_on_pairs(&mut pairs, &mut losses);
    }
    Translated { output: pairs.to_string(), losses }
}

/// Translates the whole body of a request. An empty body is none, and stays so.
///
/// ```
/// use dateline::{pack::Pack, plan::Plan, translate};
///
/// let pack = Pack::embedded()?;
/// let create = pack.find("POST /plans").unwrap();
/// let plan = Plan::compile(&pack, create, "2025-01-01".parse()?, "2026-07-01".parse()?);
/// let body = br#"{ "company_id": "biz_x", "initial_price": 6.90 }"#;
/// let translated = translate::request_body(&plan, translate::Media::Json, body)?;
/// assert_eq!(translated.output, br#"{ "account_id": "biz_x", "initial_price": 6.90 }"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The client's body does not fit.
pub fn request_body(plan: &Plan, media: Media, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    match (&plan.body, media) {
        (Some(paths), Media::Json) => json_body(paths, body),
        (Some(paths), Media::Form) => form_body(paths, body),
        (None, _) => Ok(Translated { output: body.to_vec(), losses: Losses::default() }),
    }
}

/// Translates the whole JSON body of a successful response. An empty body is none, and stays so.
///
/// # Errors
/// The upstream's body does not fit.
pub fn response_body(plan: &Plan, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    match &plan.response {
        Some(paths) => json_body(paths, body),
        None => Ok(Translated { output: body.to_vec(), losses: Losses::default() }),
    }
}

/// The translation of the JSON body of one successful response, as it comes. An empty body is none, and stays so.
///
/// What no step touches leaves with the chunk it came in; an object that is translated is kept until it is whole.
///
/// ```
/// use bytes::Bytes;
/// use dateline::{pack::Pack, plan::Plan, translate::ResponseStream};
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
}

impl ResponseStream {
    /// A translation that keeps at most `object_bytes` bytes of the body at a time.
    pub fn new(plan: Arc<Plan>, object_bytes: usize) -> Self {
        let (out, rewriter) = (Output::default(), Rewriter::default());
        ResponseStream { plan, walk: Walk::new(object_bytes), out, rewriter, began: false }
    }

    /// Translates the next chunk: the pieces that can leave, in order, none of them empty.
    ///
    /// # Errors
    /// The upstream's body does not fit, or an object is over the limit. Nothing can follow then.
    pub fn feed(&mut self, chunk: &Bytes) -> Result<Vec<Bytes>, Untranslatable> {
        self.began |= !chunk.is_empty();
        self.out.share(chunk);
        let ResponseStream { plan, walk, out, rewriter, .. } = self;
        match &plan.response {
            Some(paths) => walk.feed(
                chunk,
                paths,
                |program, text, depth, out| rewriter.rewrite(program, text, depth, out),
                out,
            )?,
            None => return Ok(vec![chunk.clone()]),
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
        Ok(rewriter.losses())
    }

    /// How many bytes of the body are kept.
    pub fn kept(&self) -> usize {
        self.walk.kept()
    }
}

fn json_body(paths: &Paths<Program>, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let mut rewriter = Rewriter::default();
    let output = match body {
        [] => Vec::new(),
        _ => {
            Walk::whole(body, paths, |program, text, depth, out| rewriter.rewrite(program, text, depth, out))?
        }
    };
    Ok(Translated { output, losses: rewriter.losses() })
}

fn form_body(paths: &Paths<Program>, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let mut losses = Losses::default();
    let text = std::str::from_utf8(body).map_err(|_| Untranslatable::FormNotText)?;
    let (Some(program), 1) = (paths.target(), paths.targets().count()) else {
        return Err(Untranslatable::FormNotTranslatable);
    };
    if !program.fits_parameters() {
        return Err(Untranslatable::FormNotTranslatable);
    }
    let mut pairs = Pairs::parse(text);
    program.run_on_pairs(&mut pairs, &mut losses);
    Ok(Translated { output: pairs.to_string().into_bytes(), losses })
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
