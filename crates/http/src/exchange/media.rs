//! What kind of body a head announces.

use dateline_core::translate::Media;
use http::{HeaderMap, HeaderValue, header};

/// How a head says that its body is written.
pub fn of(headers: &HeaderMap) -> Media {
    Media::of(headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes))
}

/// Whether an answer says that it is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    matches!(of(headers), Media::Json | Media::JsonPatch)
}

/// Whether the head announces a form: encoded as a query is, or in parts.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    matches!(of(headers), Media::Form | Media::Multipart(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_json_where_it_says_so() {
        let is =
            |value| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]));
        assert!(
            is("application/json") && is("application/problem+json") && is("application/json-patch+json")
        );
        assert!(!is("text/json") && !is("application/x-www-form-urlencoded") && !is_json(&HeaderMap::new()));
    }
}
