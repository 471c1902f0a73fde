//! Running a plan on a request or a response: text in, text and losses out. No network, no waiting.

use crate::{
    form::Pairs,
    json::{self, Fault, FaultKind, Paths},
    plan::{Plan, Program},
    step::Losses,
};

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
            Untranslatable::Json(_) => "json_invalid",
            Untranslatable::FormNotText => "form_invalid",
            Untranslatable::FormNotTranslatable => "form_unsupported",
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
/// let create = pack.operation_ids().find(|id| pack.operation(*id).to_string() == "POST /plans").unwrap();
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

fn json_body(paths: &Paths<Program>, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let mut losses = Losses::default();
    if body.is_empty() {
        return Ok(Translated { output: Vec::new(), losses });
    }
    let output = json::rewrite(body, paths, |program, text, depth, out| {
        program.rewrite(text, depth, out, &mut losses)
    })?;
    Ok(Translated { output, losses })
}

fn form_body(paths: &Paths<Program>, body: &[u8]) -> Result<Translated<Vec<u8>>, Untranslatable> {
    let mut losses = Losses::default();
    let text = std::str::from_utf8(body).map_err(|_| Untranslatable::FormNotText)?;
    let (Some(program), 1) = (paths.target(), paths.targets().len()) else {
        return Err(Untranslatable::FormNotTranslatable);
    };
    if !program.fits_parameters() {
        return Err(Untranslatable::FormNotTranslatable);
    }
    let mut pairs = Pairs::parse(text);
    program.run_on_pairs(&mut pairs, &mut losses);
    Ok(Translated { output: pairs.to_string().into_bytes(), losses })
}
