//! The exchanges that an unsaid change concerns, where it is less than all of an operation.
//!
//! A filter that one version cannot express is unsaid for the requests that have it, since a filter that is dropped gives
//! another page. All other requests are translated.

use crate::{
    authored::{Code, Diagnostic, Table, Text},
    pack::Part,
};
use serde_json::Value;
use std::fmt;

/// The exchanges that an unsaid change concerns. Without any of these, it is every exchange of its operations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnsaidScope {
    /// The parameters of which a request must have one.
    pub parameters: Vec<AskedParameter>,
    /// The values of which one of the parameters must have one; none for any value.
    pub values: Vec<String>,
    /// The side of the change that the client must be on.
    pub client: Option<ClientSide>,
    /// The message that changes: [`Part::Request`] or [`Part::Answer`].
    pub part: Option<Part>,
}

/// A parameter of a request, such as a filter that only one version has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedParameter {
    /// The place: [`Part::Query`] or [`Part::Body`].
    pub part: Part,
    /// The names that lead to it: `filter` and `status` of `filter[status]`.
    pub names: Vec<String>,
}

/// A side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientSide {
    /// The client's version is older than the change.
    Older,
    /// The client's version has the change.
    Newer,
}

impl ClientSide {
    const ALL: [ClientSide; 2] = [ClientSide::Older, ClientSide::Newer];

    /// The word that a pack has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClientSide::Older => "older",
            ClientSide::Newer => "newer",
        }
    }
}

impl UnsaidScope {
    /// Tells whether a request must have something to cross the change.
    pub fn depends_on_request(&self) -> bool {
        !self.parameters.is_empty() || self.part == Some(Part::Request)
    }

    /// Tells whether the value that stands at a parameter is one that is meant. A list has all of its values, also one with
    /// commas; a sign before a value is none of it.
    pub fn means(&self, found: &Value) -> bool {
        let is_one = |text: &str| self.values.iter().any(|value| value == text);
        let is_any = |text: &str| {
            is_one(text) || text.split(',').any(|piece| is_one(piece.trim().trim_start_matches(['-', '+'])))
        };
        match found {
            _ if self.values.is_empty() => true,
            Value::String(text) => is_any(text),
            Value::Number(number) => is_one(&number.to_string()),
            Value::Bool(boolean) => is_one(if *boolean { "true" } else { "false" }),
            Value::Null => is_one("null"),
            Value::Array(elements) => elements.iter().any(|element| self.means(element)),
            Value::Object(members) => members.values().any(|member| self.means(member)),
        }
    }
}

/// `requests with query.status = draft or archived, clients of older versions`; nothing for all exchanges.
impl fmt::Display for UnsaidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnsaidScope { parameters, values, client, part } = self;
        let mut said = Vec::new();
        if !parameters.is_empty() {
            let names: Vec<String> = parameters.iter().map(ToString::to_string).collect();
            let values =
                if values.is_empty() { String::new() } else { format!(" = {}", values.join(" or ")) };
            said.push(format!("requests with {}{values}", names.join(" or ")));
        }
        match part {
            Some(part) if part.is_of_response() => said.push("responses".to_owned()),
            Some(_) if parameters.is_empty() => said.push("requests with a query or a body".to_owned()),
            Some(_) | None => {}
        }
        said.extend(client.map(|side| format!("clients of {} versions", side.as_str())));
        f.write_str(&said.join(", "))
    }
}

/// `query.filter.status`.
impl fmt::Display for AskedParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.part.name(), self.names.join("."))
    }
}

/// Reads the keys that narrow an unsaid change; `None` where one of them is wrong.
pub(super) fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<UnsaidScope> {
    let (before, listed) = (notes.len(), table.strings("parameter", notes));
    let parameters: Vec<AskedParameter> = listed.iter().filter_map(|text| parameter(text, notes)).collect();
    let values = table.strings("values", notes);
    if let (Some(value), true) = (values.first(), listed.is_empty()) {
        let note = Diagnostic::new(Code::MissingKey, &value.at, "values of no parameter");
        let hint = "say which parameter has them: parameter = \"query.status\"";
        notes.push(note.label("`parameter` is missing").hint(hint));
    }
    let client = table.string("client", notes).and_then(|text| {
        let known = ClientSide::ALL.into_iter().find(|side| side.as_str() == text.text);
        known.or_else(|| {
            let message = format!("`{}` is no side of a change", text.text);
            let label = "`older` or `newer` belongs here";
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
            None
        })
    });
    let part = table.string("part", notes).and_then(|text| match text.text {
        "request" => Some(Part::Request),
        "response" if !listed.is_empty() => {
            let note = Diagnostic::new(Code::Contradiction, &text.at, "a response has no parameter");
            notes.push(note.label("a parameter is one of requests").hint("leave `part` or `parameter` out"));
            None
        }
        "response" => Some(Part::Answer),
        other => {
            let message = format!("`{other}` is no message of an exchange");
            let label = "`request` or `response` belongs here";
            notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label(label));
            None
        }
    });
    let values = values.iter().map(|value| value.text.to_owned()).collect();
    (notes.len() == before).then_some(UnsaidScope { parameters, values, client, part })
}

/// Reads `query.status`, or `body.evidence.kind`.
fn parameter(text: &Text<'_>, notes: &mut Vec<Diagnostic>) -> Option<AskedParameter> {
    let (place, path) = text.text.split_once('.').unwrap_or((text.text, ""));
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    let part = [Part::Query, Part::Body].into_iter().find(|part| part.name() == place);
    let is_name = |name: &String| !name.is_empty() && !name.contains(['[', ']']);
    if let Some(part) = part.filter(|_| names.iter().all(is_name)) {
        return Some(AskedParameter { part, names });
    }
    let hint = match part {
        Some(_) if path.contains('[') => {
            format!("write `{}`", text.text.replace('[', ".").replace(']', "").trim_end_matches('.'))
        }
        _ => "write `query.status`, `query.filter.status` for `filter[status]`, or `body.status`".to_owned(),
    };
    let message = format!("`{}` is no parameter of a request", text.text);
    notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("no place of a request").hint(hint));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_meant_wherever_it_stands_in_a_list() {
        let scope = UnsaidScope { values: vec!["draft".into(), "5".into()], ..UnsaidScope::default() };
        for meant in [
            json!("draft"),
            json!(5),
            json!("5"),
            json!(["open", "draft"]),
            json!({ "eq": "draft" }),
            json!("open, draft"),
            json!("-draft"),
        ] {
            assert!(scope.means(&meant), "{meant}");
        }
        for other in [json!("drafts"), json!("Draft"), json!(null), json!(5.5), json!([]), json!("open,")] {
            assert!(!scope.means(&other), "{other}");
        }
        assert!(UnsaidScope::default().means(&json!(null)), "any value is");
    }
}
