//! Paths and fields, in the part of RFC 9535 that can be compiled to an automaton.

use super::{Code, Diagnostic, Text};
use crate::json::{Field, Hop, MAX_DEPTH, Name};
use jsonpath_rust::parser::{
    model::{Segment, Selector},
    parse_json_path,
};

/// A path from the root of a body: `$`, `$.data[*]`.
pub(crate) fn path(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Vec<Hop>> {
    let hops = match parse_path(text.text) {
        Ok(hops) => hops,
        Err(problem) => {
            let written = text.text.trim_start_matches(['$', '.']);
            let hint = match (problem, parse_path(&format!("$.{written}"))) {
                (NotCompiled::NotAPath, Ok(_)) if !written.is_empty() => format!("write `$.{written}`"),
                _ => "a path is `$` for the whole body, and then `.name`, `['any name']` or `[*]` for each element of a list"
                    .to_owned(),
            };
            notes.push(no_path(text, problem, &hint));
            return None;
        }
    };
    if hops.len() >= MAX_DEPTH as usize {
        let message = format!("the path is longer than a document may be deep, {MAX_DEPTH} levels");
        notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("this can match nothing"));
        return None;
    }
    Some(hops)
}

/// A field of a resource: names only, `volume_usd.settled`; JSONPath without its `$.`.
pub(crate) fn field(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<Field> {
    const NAMES: &str = "a field is names with dots between them, from the resource's own object: `amounts.total`; \
                         `['any name']` is a name with other characters in it";
    const ELEMENTS: &str = "a step changes one object. Make the elements of the list a resource of their own in api.toml, and \
                            say in this one that it holds them: `holds = { \"items[*]\" = \"Item\" }`";
    if let Some(field) = hyphenated(text.text) {
        return Some(field);
    }
    let bracketed = text.text.starts_with('[');
    let hops = match parse_path(&format!("${}{}", if bracketed { "" } else { "." }, text.text)) {
        Ok(hops) => hops,
        Err(problem) => {
            let is_names = |hops: Vec<Hop>| hops.iter().all(|hop| matches!(hop, Hop::Member(_)));
            let whole = text.text.strip_prefix("$.").filter(|_| parse_path(text.text).is_ok_and(is_names));
            let hint = match (whole, problem) {
                (Some(field), _) => {
                    format!("write `{field}`: a field begins at the resource, not at the body")
                }
                (None, NotCompiled::Unsupported { in_list: true, .. }) => ELEMENTS.to_owned(),
                (None, _) => NAMES.to_owned(),
            };
            notes.push(no_path(text, problem, &hint));
            return None;
        }
    };
    let names: Option<Vec<&str>> = hops
        .iter()
        .map(|hop| match hop {
            Hop::Member(name) => Some(name.text()),
            Hop::Elements => None,
        })
        .collect();
    match names {
        Some(names) if !names.is_empty() => Some(Field::new(names)),
        names => {
            let hint = if names.is_none() { ELEMENTS } else { NAMES };
            let message = format!("`{}` is not a field of one object", text.text);
            notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("names only").hint(hint));
            None
        }
    }
}

/// The field that a text with hyphens names, `header.X-Company`: RFC 9535 has brackets for such names, and without them
/// they are as clear.
fn hyphenated(text: &str) -> Option<Field> {
    let is_name = |name: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        name.bytes().all(is_part)
            && !name.ends_with('-')
            && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    (text.contains('-') && text.split('.').all(is_name)).then(|| Field::new(text.split('.')))
}

/// A note on a text that is no path.
fn no_path(text: &Text<'_>, problem: NotCompiled, hint: &str) -> Diagnostic {
    let (message, label) = match problem {
        NotCompiled::NotAPath => (format!("`{}` is not a path by RFC 9535", text.text), "not a path"),
        NotCompiled::Unsupported { what, .. } => {
            (format!("`{}` is JSONPath that cannot be compiled: {what}", text.text), "not supported")
        }
    };
    Diagnostic::new(Code::BadPath, &text.at, message).label(label).hint(hint)
}

/// A reason why a path cannot be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCompiled {
    /// The text is not JSONPath.
    #[error("not a path by RFC 9535: a path is `$` and then `.name`, `['any name']` or `[*]`")]
    NotAPath,
    /// The text is JSONPath with more than names and `[*]`.
    #[error("names and `[*]` only: {what}")]
    Unsupported {
        /// The part that is more than that.
        what: &'static str,
        /// True if it is about elements of a list.
        in_list: bool,
    },
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
        other => Err(unsupported(other)),
    };
    query.segments.iter().map(hop).collect()
}

fn unsupported(segment: &Segment) -> NotCompiled {
    let (what, in_list) = match segment {
        Segment::Descendant(_) => ("`..` finds a name at any depth", false),
        Segment::Selectors(_) => ("it selects several names at once", false),
        Segment::Selector(Selector::Index(_)) => ("it selects one element by its index", true),
        Segment::Selector(Selector::Slice(..)) => ("it selects a slice", true),
        Segment::Selector(Selector::Filter(_)) => ("it filters", true),
        Segment::Selector(Selector::Name(_) | Selector::Wildcard) => ("it is supported", false),
    };
    NotCompiled::Unsupported { what, in_list }
}
