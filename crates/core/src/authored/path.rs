//! Paths and fields, in the part of RFC 9535 that can be compiled to an automaton.

use super::{Code, Diagnostic, Text};
use crate::json::{Field, Hop, MAX_DEPTH, Name};
use jsonpath_rust::parser::{
    model::{Segment, Selector},
    parse_json_path,
};

/// A path from the root of a body: `$`, `$.data[*]`.
pub(crate) fn path(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Hop>> {
    let hops = hops(text.text, text, notes)?;
    if hops.len() >= MAX_DEPTH as usize {
        let message = format!("the path is longer than a document may be deep, {MAX_DEPTH} levels");
        notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("this can match nothing"));
        return None;
    }
    Some(hops)
}

/// A field of a resource: names only, `volume_usd.settled`; JSONPath without its `$.`.
pub(crate) fn field(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Field> {
    let bracketed = text.text.starts_with('[');
    let hops = hops(&format!("${}{}", if bracketed { "" } else { "." }, text.text), text, notes)?;
    let names: Option<Vec<&str>> = hops
        .iter()
        .map(|hop| match hop {
            Hop::Member(name) => Some(name.text()),
            Hop::Elements => None,
        })
        .collect();
    match names {
        Some(names) if !names.is_empty() => Some(Field::new(names)),
        _ => {
            let hint = "say in api.toml where the resource is found; a field is names with dots between them";
            let message = format!("`{}` is not a field of one object", text.text);
            notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("names only").hint(hint));
            None
        }
    }
}

fn hops(path: &str, text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Hop>> {
    let (message, label, hint) = match parse_path(path) {
        Ok(hops) => return Some(hops),
        Err(NotCompiled::NotAPath) => (
            format!("`{}` is not a path by RFC 9535", text.text),
            "not a path",
            "a path is `$` and then `.name`, `['any name']` or `[*]`; a field is the same without `$.`",
        ),
        Err(NotCompiled::Unsupported(what)) => (
            format!("`{}` is JSONPath that cannot be compiled: {what}", text.text),
            "not supported",
            "use names and `[*]` only, so that a body is walked once, whatever its size",
        ),
    };
    notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label(label).hint(hint));
    None
}

/// A reason why a path cannot be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCompiled {
    /// The text is not JSONPath.
    #[error("not a path by RFC 9535: a path is `$` and then `.name`, `['any name']` or `[*]`")]
    NotAPath,
    /// The text is JSONPath with more than names and `[*]`.
    #[error("names and `[*]` only: {0}")]
    Unsupported(&'static str),
}

/// A JSONPath of names and `[*]` only: `$.data[*].id`.
///
/// # Errors
/// It is no such path.
pub fn parse_path(text: &str) -> Result<Vec<Hop>, NotCompiled> {
    let query = parse_json_path(text).map_err(|_| NotCompiled::NotAPath)?;
    let hop = |segment: &Segment| match segment {
        Segment::Selector(Selector::Name(name)) => Ok(Hop::Member(Name::new(name))),
        Segment::Selector(Selector::Wildcard) => Ok(Hop::Elements),
        other => Err(NotCompiled::Unsupported(kind(other))),
    };
    query.segments.iter().map(hop).collect()
}

fn kind(segment: &Segment) -> &'static str {
    match segment {
        Segment::Descendant(_) => "`..` finds a name at any depth",
        Segment::Selectors(_) => "it selects several names at once",
        Segment::Selector(Selector::Index(_)) => "it selects one element by its index",
        Segment::Selector(Selector::Slice(..)) => "it selects a slice",
        Segment::Selector(Selector::Filter(_)) => "it filters",
        Segment::Selector(Selector::Name(_) | Selector::Wildcard) => "it is supported",
    }
}
