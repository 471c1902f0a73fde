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

/// A field, and the lists on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InLists {
    /// The names that lead to it, as if an element stood in the place of its list.
    pub(crate) field: Field,
    /// The lists whose elements it goes through, outermost first.
    pub(crate) lists: Vec<Field>,
}

/// A field of a resource: names, `volume_usd.settled`; JSONPath without its `$.`. It may go through the elements of lists,
/// `items[*].price`, which is then the field `items.price` of each.
pub(crate) fn field(text: &Text<'_>, may_be_in_lists: bool, notes: &mut Vec<Diagnostic>) -> Option<Field> {
    const NAMES: &str = "a field is names with dots between them, from the resource's own object: `amounts.total`; \
                         `['any name']` is a name with other characters in it";
    const ELEMENTS: &str =
        "`[*]` stands for every element of a list, `items[*].price`; one of them alone cannot be named";
    const GUARD: &str = "the guard of a change reads one object. Write it as the guard of each step on these elements, in the \
                         step itself";
    if let Some(field) = hyphenated(text.text) {
        return Some(field);
    }
    if text.text.contains(".*") {
        let message = format!("`{}` names members of any key, which no step can", text.text);
        let hint =
            "`[*]` stands for the elements of a list; members whose keys are data are named one by one";
        notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("not supported").hint(hint));
        return None;
    }
    let hops = match field_hops(text.text) {
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
    match of_hops(&hops) {
        Some(InLists { field, lists }) if may_be_in_lists || lists.is_empty() => Some(field),
        read => {
            let hint = if read.is_some() { GUARD } else { NAMES };
            let message = format!("`{}` is not a field of one object", text.text);
            notes.push(Diagnostic::new(Code::BadPath, &text.at, message).label("names only").hint(hint));
            None
        }
    }
}

/// A field with the lists that it goes through; `None` for a text that is none.
pub(crate) fn in_lists(text: &str) -> Option<InLists> {
    match hyphenated(text) {
        Some(field) => Some(InLists { field, lists: Vec::new() }),
        None => of_hops(&field_hops(text).ok()?),
    }
}

fn field_hops(text: &str) -> Result<Vec<Hop>, NotCompiled> {
    parse_path(&format!("${}{text}", if text.starts_with('[') { "" } else { "." }))
}

fn of_hops(hops: &[Hop]) -> Option<InLists> {
    let (mut names, mut lists): (Vec<&str>, Vec<Field>) = (Vec::new(), Vec::new());
    for hop in hops {
        match hop {
            Hop::Member(name) => names.push(name.text()),
            // A list of lists has elements that are no fields.
            Hop::Elements if lists.last().map_or(0, |list| list.names().len()) == names.len() => return None,
            Hop::Elements => lists.push(Field::new(names.iter().copied())),
        }
    }
    (!names.is_empty()).then(|| InLists { field: Field::new(names), lists })
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
