//! What kind of body a head announces.

use crate::translate::Media;
use http::{HeaderMap, header};

/// The kind of body that can be translated, where the head announces one.
pub(crate) fn of(headers: &HeaderMap) -> Option<Media> {
    let value = headers.get(header::CONTENT_TYPE)?.as_bytes();
    let essence = value.split(|byte| *byte == b';').next().unwrap_or(value).trim_ascii();
    if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        return Some(Media::Form);
    }
    let suffix = essence.len().checked_sub(5).and_then(|at| essence.get(at..));
    let json = essence.eq_ignore_ascii_case(b"application/json")
        || (essence.contains(&b'/') && suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json")));
    json.then_some(Media::Json)
}

/// Whether the body is JSON, in any coding.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    of(headers) == Some(Media::Json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn knows_json_and_forms_by_their_essence() {
        let of = |value| of(&with(header::CONTENT_TYPE, value));
        for json in ["application/json", "Application/JSON;charset=utf-8", "application/problem+json ; a=b"] {
            assert_eq!(of(json), Some(Media::Json), "{json}");
        }
        assert_eq!(of("application/x-www-form-urlencoded; charset=UTF-8"), Some(Media::Form));
        for other in ["", "text/html", "application/jsonl", "+json", "text/plain; x=application/json"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(super::of(&HeaderMap::new()), None);
    }
}
