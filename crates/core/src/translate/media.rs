//! The media type of a request's body.

/// A media type that the translation tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json` and every `+json`, a merge patch (RFC 7396) among them.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json-patch+json` (RFC 6902).
    JsonPatch,
    /// `multipart/form-data` (RFC 7578), with what its parts are told apart by, or nothing if it does not say so.
    Multipart(Option<Boundary>),
    /// Any other type, or none at all. The body is translated if it is JSON.
    Other,
}

/// The delimiter between the parts of a multipart body (RFC 2046, 5.1.1): 1 to 70 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    bytes: [u8; Boundary::LONGEST],
    length: usize,
}

impl Boundary {
    const LONGEST: usize = 70;

    /// The boundary that is this text, where it can be one.
    pub fn new(text: &[u8]) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
        let is_one = !text.is_empty() && text.iter().all(allowed) && text.last() != Some(&b' ');
        let mut bytes = [0; Self::LONGEST];
        bytes.get_mut(..text.len()).filter(|_| is_one)?.copy_from_slice(text);
        Some(Boundary { bytes, length: text.len() })
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Media {
    /// Reads a `Content-Type` (RFC 9110, 8.3.1), or returns `Other` if there is none.
    ///
    /// ```
    /// use dateline_core::translate::Media;
    ///
    /// assert_eq!(Media::of(Some(b"application/merge-patch+json")), Media::Json);
    /// assert_eq!(Media::of(None), Media::Other);
    /// ```
    pub fn of(content_type: Option<&[u8]>) -> Media {
        let Some(value) = content_type else { return Media::Other };
        let (essence, parameters) = match value.iter().position(|byte| *byte == b';') {
            Some(at) => (&value[..at], &value[at..]),
            None => (value, &[][..]),
        };
        let essence = essence.trim_ascii();
        let is = |name: &str| essence.eq_ignore_ascii_case(name.as_bytes());
        let suffix = essence.len().checked_sub(5).and_then(|at| essence.get(at..));
        let has_suffix =
            essence.contains(&b'/') && suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json"));
        if is("application/json") {
            Media::Json
        } else if is("application/x-www-form-urlencoded") {
            Media::Form
        } else if is("multipart/form-data") {
            Media::Multipart(boundary(parameters))
        } else if is("application/json-patch+json") {
            Media::JsonPatch
        } else if has_suffix {
            Media::Json
        } else {
            Media::Other
        }
    }
}

/// The one `boundary` among parameters, if there is one.
fn boundary(parameters: &[u8]) -> Option<Boundary> {
    let mut found = None;
    for (name, value) in super::multipart::parameters(parameters)? {
        if name.eq_ignore_ascii_case(b"boundary") && found.replace(value.plain()).is_some() {
            return None;
        }
    }
    Boundary::new(&found?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_essence() {
        let of = |value: &str| Media::of(Some(value.as_bytes()));
        for json in ["application/json", "Application/JSON;charset=utf-8", "application/problem+json ; a=b"] {
            assert_eq!(of(json), Media::Json, "{json}");
        }
        assert_eq!(of("application/merge-patch+json"), Media::Json);
        assert_eq!(of("application/x-www-form-urlencoded; charset=UTF-8"), Media::Form);
        assert_eq!(of("application/json-patch+json"), Media::JsonPatch);
        for other in
            ["", "text/html", "application/jsonl", "+json", "text/plain; x=application/json", "text/json"]
        {
            assert_eq!(of(other), Media::Other, "{other}");
        }
        assert_eq!(Media::of(None), Media::Other);
    }

    #[test]
    fn a_boundary_stands_there_once() {
        let of = |value: &str| match Media::of(Some(value.as_bytes())) {
            Media::Multipart(boundary) => boundary.map(|boundary| boundary.as_bytes().to_vec()),
            other => panic!("{other:?}"),
        };
        for (text, wanted) in [
            ("multipart/form-data; boundary=x-1", "x-1"),
            ("Multipart/Form-Data;charset=utf-8;Boundary=\"a b:c\"", "a b:c"),
            ("multipart/form-data; boundary=\"a\\-b\"", "a-b"),
        ] {
            assert_eq!(of(text), Some(wanted.as_bytes().to_vec()), "{text}");
        }
        for odd in [
            "multipart/form-data",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"a ",
            "multipart/form-data; boundary=\"a \"",
            "multipart/form-data; boundary=a; boundary=a",
            "multipart/form-data; boundary=a{b",
            &format!("multipart/form-data; boundary={}", "a".repeat(71)),
        ] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
