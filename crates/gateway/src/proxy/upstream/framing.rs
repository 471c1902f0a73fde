//! The end of an answer (RFC 9112, 6.3) as a proxy must see it: an answer that two readers could cut at different
//! places is refused.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// A fault in the framing of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misframed {
    #[error("Content-Length and Transfer-Encoding both")]
    Both,
    #[error("a Transfer-Encoding other than chunked, once")]
    Coding,
}

/// Tells from the head whether only the end of the connection ends the body of an answer. If the same `Content-Length`
/// was sent twice (RFC 9110, 8.6), one is left in its plain form. `length` is that of the body, or `None` if there can
/// be no body, since the library then reads no length and leaves any in the head.
///
/// The client library reads such heads, too. It prefers chunks to a length, and ignores an unknown coding.
///
/// # Errors
/// [`Misframed`] where the answer is to be refused and the connection closed.
pub(super) fn settle(
    method: &Method,
    status: StatusCode,
    headers: &mut HeaderMap,
    length: Option<u64>,
) -> Result<bool, Misframed> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter().map(HeaderValue::as_bytes);
    let first = lengths.next();
    match (codings.next(), codings.next()) {
        (Some(_), _) if first.is_some() => return Err(Misframed::Both),
        (Some(coding), None) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => return Ok(false),
        (Some(_), _) => return Err(Misframed::Coding),
        (None, _) => {}
    }
    let Some(first) = first else { return Ok(has_body(method, status)) };
    if !is_plain(first) || lengths.next().is_some() {
        match length {
            Some(length) => headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length)),
            None => headers.remove(header::CONTENT_LENGTH),
        };
    }
    Ok(false)
}

/// Tells whether a length is written in digits only, without leading zeros.
fn is_plain(length: &HeaderValue) -> bool {
    match length.as_bytes() {
        [b'0', _, ..] => false,
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

/// Tells whether an answer can have a body.
pub(super) fn has_body(method: &Method, status: StatusCode) -> bool {
    let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    method != Method::HEAD && !status.is_informational() && !bodiless.contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn row_36_two_ways_to_end_are_none() {
        let ends = |method, status: u16, fields: &[_]| {
            settle(&method, StatusCode::from_u16(status).unwrap(), &mut map(fields), Some(3))
        };
        let (length, chunked) = (("content-length", "3"), ("transfer-encoding", "chunked"));
        assert_eq!(ends(Method::GET, 200, &[length]), Ok(false));
        assert_eq!(ends(Method::GET, 200, &[("transfer-encoding", "Chunked ")]), Ok(false));
        assert_eq!(ends(Method::GET, 200, &[]), Ok(true));
        assert_eq!(ends(Method::HEAD, 200, &[]), Ok(false));
        assert_eq!(ends(Method::GET, 304, &[]), Ok(false));
        assert_eq!(ends(Method::GET, 200, &[length, chunked]), Err(Misframed::Both));
        assert_eq!(ends(Method::HEAD, 200, &[chunked, length]), Err(Misframed::Both));
        for coding in ["gzip, chunked", "gzip", "identity", "chunked, chunked", "chunked;q=1", ""] {
            let coded = ends(Method::GET, 200, &[("transfer-encoding", coding)]);
            assert_eq!(coded, Err(Misframed::Coding), "{coding}");
        }
        assert_eq!(ends(Method::GET, 200, &[chunked, chunked]), Err(Misframed::Coding));
    }

    #[test]
    fn row_36_a_length_is_passed_on_once() {
        let said = |fields: &[_], length| {
            let mut headers = map(fields);
            assert!(settle(&Method::GET, StatusCode::OK, &mut headers, length).is_ok());
            let values = headers.get_all(header::CONTENT_LENGTH).iter();
            values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let three = ("content-length", "3");
        assert_eq!(said(&[three, three], Some(3)), ["3"]);
        assert_eq!(said(&[("content-length", "3, 3")], Some(3)), ["3"]);
        assert_eq!(said(&[three], Some(3)), ["3"]);
        assert_eq!(said(&[("content-length", "03")], Some(3)), ["3"]);
        assert_eq!(said(&[("content-length", "0")], Some(0)), ["0"]);
        assert_eq!(said(&[three], None), ["3"], "of a response to HEAD");
        assert!(said(&[three, ("content-length", "4")], None).is_empty());
        assert!(said(&[("content-length", "-3")], None).is_empty());
        assert!(said(&[], Some(0)).is_empty());
    }
}
