//! The media type that a head announces.

use dateline_core::translate::Media;
use http::{HeaderMap, HeaderValue, header};

/// Returns the media type of the body.
pub fn of(headers: &HeaderMap) -> Media {
    Media::of(headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes))
}

/// Tells whether an answer is announced as JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    matches!(of(headers), Media::Json | Media::JsonPatch)
}

/// Tells whether a form is announced, URL-encoded or multipart.
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
