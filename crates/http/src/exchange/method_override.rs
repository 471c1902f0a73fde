//! Requests that ask to be taken for another method: `X-HTTP-Method-Override` and its relatives, and a `_method` among
//! the parameters.
//!
//! Frameworks honour them so that clients which know only `GET` and `POST` can send the rest, and to the plan of the
//! method in the first line such a request is another one. Where that could make a difference it is refused, as a path
//! is that can be read in two ways (`upstream.method_override`).

use dateline_core::{
    form,
    pack::{Operation, Pack},
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// The parameter that names another method.
pub(crate) const PARAMETER: &str = "_method";

/// Methods that a server knows, whether the pack has operations of them or not.
const REGISTERED: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];

/// Tells whether a field of this name asks for another method.
pub(super) fn asks(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("-method-override") || name == "x-http-method"
}

/// Returns the methods that a head asks for.
pub(super) fn in_head<'h>(uri: &'h Uri, headers: &'h HeaderMap) -> impl Iterator<Item = Vec<u8>> + 'h {
    let fields =
        headers.iter().filter(|(name, _)| asks(name)).map(|(_, value)| HeaderValue::as_bytes(value).to_vec());
    // Decoded: `%5Fmethod` is the same.
    let parameters = uri.query().into_iter().flat_map(|query| form::values_of(query, PARAMETER));
    fields.chain(parameters.map(String::into_bytes))
}

/// The methods that a server could be asked for: those that are registered, and those of a pack.
pub(super) fn methods(pack: &Pack) -> Vec<String> {
    let addresses = pack.operations.iter().flat_map(Operation::addresses);
    let own = addresses.map(|address| address.method.clone());
    let mut methods: Vec<String> = REGISTERED.into_iter().map(str::to_owned).chain(own).collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// Tells whether a value names one of these methods, in any case, alone or in a list.
pub(super) fn names(value: &[u8], methods: &[&str]) -> bool {
    let is =
        |part: &[u8]| methods.iter().any(|method| part.trim_ascii().eq_ignore_ascii_case(method.as_bytes()));
    value.split(|byte| *byte == b',').any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_14_1g_every_way_to_ask_is_known() {
        let asked = |uri: &'static str, name: &'static str| -> Vec<String> {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("patch"))]);
            let values = in_head(&Uri::from_static(uri), &headers).collect::<Vec<_>>();
            values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect()
        };
        for name in ["x-http-method-override", "x-http-method", "x-method-override", "http-method-override"] {
            assert_eq!(asked("/plans", name), ["patch"], "{name}");
        }
        assert_eq!(asked("/plans?a=1&%5Fmethod=del%45te&_method[]=PUT&_method", "x-own"), ["delEte", "PUT"]);
        assert!(asked("/plans?method=patch&x_method=patch&a=_method", "x-own").is_empty());
    }

    #[test]
    fn row_14_1g_a_method_is_known_in_any_case_and_in_a_list() {
        for value in ["patch", " PATCH ", "put, Patch"] {
            assert!(names(value.as_bytes(), &["PATCH"]), "{value}");
        }
        for value in ["", "PATCHES", "card", ",,", "POST"] {
            assert!(!names(value.as_bytes(), &["PATCH"]), "{value}");
        }
    }
}
