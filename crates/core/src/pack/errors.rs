//! The shape of an API's errors: a template of JSON, which the gateway's own errors are put into.
//!
//! Placeholders stand inside strings, so that what is put there, escaped as a JSON string, can break nothing.

use crate::authored::{Code, Diagnostic, Table, Text, did_you_mean};
use crate::json::quoted;
use serde_json::Value;

/// The placeholders, and what the gateway puts in their place.
const NAMES: [&str; 6] = ["type", "message", "request_id", "status", "status:number", "outcome"];

const HINT: &str = "a template is one JSON text with placeholders inside its strings, such as \
                    '{\"error\":{\"code\":\"{type}\",\"message\":\"{message}\",\"request_id\":\"{request_id}\"}}'; a string that \
                    is all of \"{status:number}\" becomes a number, and `{{` is a brace";

/// The error format of an API, as its pack defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorShape {
    /// The media type, `application/problem+json`.
    pub content_type: String,
    pieces: Vec<ShapePiece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ShapePiece {
    /// JSON text as it stands.
    Text(String),
    Type,
    Message,
    RequestId,
    Status,
    /// The status as a number: the quotes around it are gone.
    StatusNumber,
    Outcome,
}

/// The facts of an error, to be put into a shape.
#[derive(Debug, Clone, Copy)]
pub struct ErrorFacts<'e> {
    /// The machine-readable code, `ambiguous_path`.
    pub kind: &'e str,
    /// The text for people.
    pub message: &'e str,
    /// The id of the request; empty where it has none.
    pub request_id: &'e str,
    /// The status of the answer.
    pub status: u16,
    /// The possible effect on the upstream, such as `not_sent`.
    pub outcome: &'e str,
}

/// A reason why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeMistake {
    /// The text is not JSON.
    #[error("the template is not JSON: {0}")]
    NotJson(String),
    /// A placeholder that nobody knows.
    #[error("`{{{0}}}` is not a placeholder")]
    Unknown(String),
    /// A placeholder that is never closed.
    #[error("a placeholder is not closed")]
    Open,
    /// A placeholder in the name of a member.
    #[error("`{{{0}}}` stands in the name of a member, and placeholders stand in values")]
    InName(String),
    /// A number beside other text.
    #[error("`{{status:number}}` stands beside other text in its string")]
    NumberInText,
}

impl ErrorShape {
    /// Reads a template.
    ///
    /// ```
    /// use dateline_core::pack::{ErrorFacts, ErrorShape};
    ///
    /// let shape = ErrorShape::parse(r#"{"code":"{type}","status":"{status:number}","text":"{message}"}"#, "application/json")?;
    /// let facts = ErrorFacts { kind: "json_invalid", message: "no \"x\"", request_id: "r", status: 400, outcome: "not_sent" };
    /// assert_eq!(shape.render(&facts), br#"{"code":"json_invalid","status":400,"text":"no \"x\""}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`ShapeMistake`] says what is wrong with the template, for the pack's author.
    pub fn parse(template: &str, content_type: &str) -> Result<Self, ShapeMistake> {
        serde_json::from_str::<Value>(template).map_err(|error| ShapeMistake::NotJson(error.to_string()))?;
        let mut pieces = Vec::new();
        let mut rest = template.trim();
        while let Some(start) = rest.find('"') {
            let end = string_end(rest, start);
            text(&mut pieces, &rest[..start]);
            let is_name = rest[end..].trim_start().starts_with(':');
            string(&mut pieces, &rest[start..end], is_name)?;
            rest = &rest[end..];
        }
        text(&mut pieces, rest);
        Ok(ErrorShape { content_type: content_type.to_owned(), pieces })
    }

    /// The body of an error.
    #[must_use]
    pub fn render(&self, facts: &ErrorFacts<'_>) -> Vec<u8> {
        let mut body = String::new();
        for piece in &self.pieces {
            match piece {
                ShapePiece::Text(text) => body.push_str(text),
                ShapePiece::Type => escape(facts.kind, &mut body),
                ShapePiece::Message => escape(facts.message, &mut body),
                ShapePiece::RequestId => escape(facts.request_id, &mut body),
                ShapePiece::Status | ShapePiece::StatusNumber => body.push_str(&facts.status.to_string()),
                ShapePiece::Outcome => escape(facts.outcome, &mut body),
            }
        }
        body.into_bytes()
    }
}

/// Returns the end of the JSON string that begins at `start`, its quotes included. The text is known to be JSON.
fn string_end(text: &str, start: usize) -> usize {
    let mut escaped = false;
    let inside = text[start + 1..].bytes().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    });
    inside.map_or(text.len(), |inside| start + inside + 2)
}

/// Reads a JSON string, quotes included.
fn string(pieces: &mut Vec<ShapePiece>, quoted: &str, is_name: bool) -> Result<(), ShapeMistake> {
    if quoted == "\"{status:number}\"" && !is_name {
        pieces.push(ShapePiece::StatusNumber);
        return Ok(());
    }
    let mut rest = quoted;
    while let Some(brace) = rest.find(['{', '}']) {
        text(pieces, &rest[..brace]);
        let behind = &rest[brace + 1..];
        let twice = behind.starts_with(&rest[brace..=brace]);
        if twice || rest[brace..].starts_with('}') {
            text(pieces, &rest[brace..=brace]);
            rest = &behind[usize::from(twice)..];
            continue;
        }
        let (name, after) = behind.split_once('}').ok_or(ShapeMistake::Open)?;
        if is_name {
            return Err(ShapeMistake::InName(name.to_owned()));
        }
        pieces.push(match name {
            "type" => ShapePiece::Type,
            "message" => ShapePiece::Message,
            "request_id" => ShapePiece::RequestId,
            "status" => ShapePiece::Status,
            "outcome" => ShapePiece::Outcome,
            "status:number" => return Err(ShapeMistake::NumberInText),
            other => return Err(ShapeMistake::Unknown(other.to_owned())),
        });
        rest = after;
    }
    text(pieces, rest);
    Ok(())
}

fn text(pieces: &mut Vec<ShapePiece>, more: &str) {
    match pieces.last_mut() {
        Some(ShapePiece::Text(text)) => text.push_str(more),
        _ if more.is_empty() => {}
        _ => pieces.push(ShapePiece::Text(more.to_owned())),
    }
}

/// A value as it stands inside a JSON string.
fn escape(value: &str, body: &mut String) {
    let quoted = quoted(value);
    body.push_str(&quoted[1..quoted.len() - 1]);
}

/// Reads `[errors]`; mistakes are noted.
pub(super) fn read(table: &mut Table<'_>, notes: &mut Vec<Diagnostic>) -> Option<ErrorShape> {
    let content_type = table.string("content_type", notes);
    let content_type = content_type.map_or(Some("application/json"), |text| media(&text, notes));
    let body = table.required("body", notes)?;
    match ErrorShape::parse(body.text, content_type?) {
        Ok(shape) => Some(shape),
        Err(mistake) => {
            let known = match &mistake {
                ShapeMistake::Unknown(name) => did_you_mean(name, NAMES.into_iter()),
                _ => None,
            };
            let names = NAMES.map(|name| format!("`{{{name}}}`")).join(", ");
            let label = format!("the placeholders are {names}");
            let hint = known.unwrap_or_else(|| HINT.to_owned());
            notes
                .push(Diagnostic::new(Code::BadValue, &body.at, mistake.to_string()).label(label).hint(hint));
            None
        }
    }
}

/// A media type of JSON, or a note that it is none.
fn media<'t>(text: &Text<'t>, notes: &mut Vec<Diagnostic>) -> Option<&'t str> {
    let essence = text.text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence.split_once('/').is_some_and(|(kind, of)| {
        !kind.is_empty() && (of == "json" || of.len() > "+json".len() && of.ends_with("+json"))
    });
    if is_json && text.text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Some(text.text);
    }
    let message = format!("`{}` is not a media type of JSON", text.text);
    let hint = "leave it out for `application/json`, or write one such as `application/problem+json`";
    notes.push(Diagnostic::new(Code::BadValue, &text.at, message).label("not JSON").hint(hint));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROBLEM: &str = r#" {"type":"about:blank#{type}", "status":"{status:number}","code":"{status}","detail":"{message}","{{x}}":"{{message}} \"{outcome}\\","id":["{request_id}"] } "#;

    fn facts(message: &str) -> ErrorFacts<'_> {
        ErrorFacts { kind: "bad_body", message, request_id: "r-1", status: 400, outcome: "not_sent" }
    }

    #[test]
    fn row_14_1m_a_template_is_filled_in() {
        let shape = ErrorShape::parse(PROBLEM, "application/problem+json").unwrap();
        let body = String::from_utf8(shape.render(&facts("a\n\"b\"\\"))).unwrap();
        assert_eq!(
            body,
            r#"{"type":"about:blank#bad_body", "status":400,"code":"400","detail":"a\n\"b\"\\","{x}":"{message} \"not_sent\\","id":["r-1"] }"#
        );
    }

    #[test]
    fn row_14_1m_what_is_no_template_is_said() {
        let mistake =
            |template: &str| ErrorShape::parse(template, "application/json").unwrap_err().to_string();
        assert!(mistake(r#"{"status":{status}}"#).starts_with("the template is not JSON: "));
        assert!(mistake("").starts_with("the template is not JSON: "));
        assert_eq!(mistake(r#"{"a":"{mesage}"}"#), "`{mesage}` is not a placeholder");
        assert_eq!(mistake(r#"{"a":"{message"}"#), "a placeholder is not closed");
        assert!(mistake(r#"{"{type}":1}"#).contains("in the name of a member"));
        assert!(mistake(r#"{"{status:number}" : 1}"#).contains("in the name of a member"));
        assert!(mistake(r#"{"a":"at {status:number}"}"#).contains("beside other text"));
    }

    proptest! {
        #[test]
        fn row_14_1m_whatever_is_filled_in_the_body_is_json_and_says_it(message in any::<String>()) {
            let body = ErrorShape::parse(PROBLEM, "application/json").unwrap().render(&facts(&message));
            let read: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(read["detail"].as_str(), Some(message.as_str()));
            prop_assert_eq!(read["status"].to_string(), "400");
        }

        #[test]
        fn row_14_1m_any_text_is_a_template_or_a_mistake(template in r#"[{}":,a\\\[\] ]{0,20}"#) {
            if let Ok(shape) = ErrorShape::parse(&template, "application/json") {
                prop_assert!(serde_json::from_slice::<Value>(&shape.render(&facts("\"}{")) ).is_ok(), "{}", template);
            }
        }
    }
}
