//! Heads as Envoy has them, and what changes in them.

use super::proto::{self, BoolValue, HeaderMutation, HeaderValueOption, HttpHeaders};
use bytes::Bytes;
use dateline_http::exchange::hop;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, Version, header};

/// The attribute that says whose an answer is, where Envoy is configured to send it.
const DETAILS: &str = "response.code_details";

/// A head is none: Envoy has let something pass that is no HTTP.
#[derive(Debug, thiserror::Error)]
#[error("{0} is missing or is none")]
pub(super) struct NoHead(&'static str);

/// The head of an answer.
#[derive(Debug)]
pub(super) struct AnswerHead {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// True if there is no body.
    pub(super) ends: bool,
    /// The origin of the answer, in Envoy's words.
    pub(super) details: Option<String>,
}

/// The head of a request: its target is a path, and `Host` stands first, as in HTTP/1.1.
///
/// A `:path` that is missing or is no path, or that has a fragment, is told as `*`: the exchange refuses that with an
/// answer, while an error of the stream may let Envoy send the request on.
pub(super) fn request(head: HttpHeaders) -> Result<Request<()>, NoHead> {
    let (mut method, mut path, mut authority) = (None, None, None);
    let fields = fields(head, |name, value| match name {
        ":method" => method = Method::from_bytes(value).ok(),
        ":path" => path = target(value),
        ":authority" => authority = HeaderValue::from_bytes(value).ok(),
        _ => {}
    });
    let mut headers = HeaderMap::with_capacity(fields.len() + 4);
    if let Some(authority) = authority {
        headers.insert(header::HOST, authority);
    }
    for (name, value) in fields {
        headers.append(name, value);
    }
    let mut request = Request::new(());
    *request.method_mut() = method.ok_or(NoHead(":method"))?;
    *request.uri_mut() = path.unwrap_or(Uri::from_static("*"));
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The target that a `:path` is. One with a fragment is none (RFC 9113, 8.3.1): parsing drops the fragment, and Envoy
/// would send it on.
fn target(path: &[u8]) -> Option<Uri> {
    Uri::try_from(path).ok().filter(|_| !path.contains(&b'#'))
}

/// The head of an answer. `attributes` are those that came with it.
pub(super) fn answer(
    head: HttpHeaders,
    mut attributes: impl Iterator<Item = proto::Struct>,
) -> Result<AnswerHead, NoHead> {
    let (mut status, ends) = (None, head.end_of_stream);
    let fields = fields(head, |name, value| {
        if name == ":status" {
            status = StatusCode::from_bytes(value).ok();
        }
    });
    let mut headers = HeaderMap::with_capacity(fields.len() + 6);
    for (name, value) in fields {
        headers.append(name, value);
    }
    let details = attributes.find_map(|mut known| known.fields.remove(DETAILS)?.string_value);
    Ok(AnswerHead { status: status.ok_or(NoHead(":status"))?, headers, ends, details })
}

/// The fields of a head. Those that HTTP has in its first line are told apart.
fn fields(head: HttpHeaders, mut pseudo: impl FnMut(&str, &[u8])) -> Vec<(HeaderName, HeaderValue)> {
    let fields = head.headers.unwrap_or_default().headers;
    let field = |field: proto::HeaderValue| {
        let proto::HeaderValue { key, value, raw_value } = field;
        let value = Bytes::from(if raw_value.is_empty() { value.into_bytes() } else { raw_value });
        if key.starts_with(':') {
            pseudo(&key, &value);
            return None;
        }
        let name = HeaderName::try_from(key).ok()?;
        Some((name, HeaderValue::from_maybe_shared(value).ok()?))
    };
    fields.into_iter().filter_map(field).collect()
}

/// Returns the announced length of a body, if there is exactly one.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    let mut values = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = values.next()?.to_str().ok()?.parse().ok();
    length.filter(|_| values.next().is_none())
}

/// Changes that are made of one head for another. `keeps` are fields that stay as they are.
pub(super) fn mutation(
    from: &HeaderMap,
    to: &HeaderMap,
    keeps: impl Fn(&HeaderName) -> bool,
) -> HeaderMutation {
    let mut mutation = HeaderMutation::default();
    for name in from.keys().filter(|name| !to.contains_key(*name) && !keeps(name)) {
        mutation.remove_headers.push(name.as_str().to_owned());
    }
    for name in to.keys().filter(|name| !keeps(name)) {
        let (before, after) = (from.get_all(name), to.get_all(name));
        if before.iter().eq(after.iter()) {
            continue;
        }
        for (at, value) in after.iter().enumerate() {
            mutation.set_headers.push(set(name.as_str(), value.as_bytes().to_vec(), at > 0));
        }
    }
    mutation
}

/// The same for the head of a request, whose method and target may change as well. The host is the business of Envoy's route.
pub(super) fn request_mutation(
    (method, uri, headers): &(Method, Uri, HeaderMap),
    to: &http::request::Parts,
    keeps_the_way: bool,
) -> HeaderMutation {
    let keeps = |name: &HeaderName| name == header::HOST || (keeps_the_way && hop::is_forwarding(name));
    let mut mutation = mutation(headers, &to.headers, keeps);
    let path = |uri: &Uri| uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    if *method != to.method {
        mutation.set_headers.push(set(":method", to.method.as_str().into(), false));
    }
    let (before, after) = (path(uri), path(&to.uri));
    if before != after {
        mutation.set_headers.push(set(":path", after.into(), false));
    }
    mutation
}

/// The same for the head of an answer, whose status may change as well.
pub(super) fn answer_mutation(from: (StatusCode, &HeaderMap), to: &http::response::Parts) -> HeaderMutation {
    let mut mutation = mutation(from.1, &to.headers, |_| false);
    if from.0 != to.status {
        mutation.set_headers.push(set(":status", to.status.as_str().into(), false));
    }
    mutation
}

/// All fields of a head, in the place of whatever is there.
pub(super) fn all(headers: &HeaderMap) -> HeaderMutation {
    mutation(&HeaderMap::new(), headers, |name| name == header::CONTENT_LENGTH || hop::is_hop_by_hop(name))
}

/// Takes all trailers out.
pub(super) fn no_trailers(trailers: Option<proto::HeaderMap>) -> HeaderMutation {
    let names = trailers.unwrap_or_default().headers.into_iter().map(|field| field.key);
    HeaderMutation { remove_headers: names.collect(), ..HeaderMutation::default() }
}

/// Sets a header by means of `append`, which every Envoy knows. An Envoy that does not know `append_action` would lose
/// a second `Set-Cookie`.
fn set(key: &str, raw_value: Vec<u8>, append: bool) -> HeaderValueOption {
    let header = proto::HeaderValue { key: key.to_owned(), value: String::new(), raw_value };
    let append = Some(BoolValue { value: append });
    HeaderValueOption { header: Some(header), append, keep_empty_value: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&str, &'static str)]) -> HttpHeaders {
        let field = |(key, value): &(&str, &'static str)| proto::HeaderValue {
            key: (*key).to_owned(),
            value: String::new(),
            raw_value: value.as_bytes().to_vec(),
        };
        let headers = proto::HeaderMap { headers: fields.iter().map(field).collect() };
        HttpHeaders { headers: Some(headers), ..HttpHeaders::default() }
    }

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut map = HeaderMap::new();
        fields.iter().map(field).for_each(|(name, value)| {
            map.append(name, value);
        });
        map
    }

    fn told(mutation: &HeaderMutation) -> String {
        let set = mutation.set_headers.iter().map(|set| {
            let header = set.header.as_ref().unwrap();
            let sign = if set.append.unwrap().value { "+" } else { "=" };
            format!("{}{sign}{}", header.key, String::from_utf8_lossy(&header.raw_value))
        });
        let removed = mutation.remove_headers.iter().map(|name| format!("-{name}"));
        removed.chain(set).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_head_is_one_of_http_1() {
        let sent = head(&[
            (":method", "PATCH"),
            (":path", "/a?b=c"),
            (":authority", "api.example.com"),
            (":scheme", "https"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
        ]);
        let request = request(sent).unwrap();
        assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::PATCH, "/a?b=c"));
        let told: Vec<_> = request.headers().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(told, ["host", "cookie", "cookie"]);
    }

    #[test]
    fn row_14_1j_what_is_no_path_is_no_operations() {
        for path in ["#x", "?x", "", "*", "/a#b", "/a?b#c", "a b"] {
            let request = request(head(&[(":method", "GET"), (":path", path)])).unwrap();
            assert!(!request.uri().path().starts_with('/'), "{path}: {}", request.uri());
        }
        assert_eq!(request(head(&[(":method", "GET")])).unwrap().uri(), "*");
    }

    #[test]
    fn what_is_no_head_is_told() {
        let no_method = head(&[(":path", "/")]);
        assert_eq!(request(no_method).unwrap_err().to_string(), ":method is missing or is none");
        assert!(answer(head(&[(":status", "abc")]), std::iter::empty()).is_err());
        assert_eq!(answer(head(&[(":status", "201")]), std::iter::empty()).unwrap().status, 201);
    }

    #[test]
    fn only_what_changes_is_said() {
        let from = map(&[("a", "1"), ("b", "1"), ("b", "2"), ("c", "1"), ("x-forwarded-for", "192.0.2.1")]);
        let to = map(&[("a", "1"), ("b", "1"), ("b", "3"), ("d", "1")]);
        assert_eq!(told(&mutation(&from, &to, |_| false)), "-c -x-forwarded-for b=1 b+3 d=1");
        let (mut head, ()) = Request::new(()).into_parts();
        (head.uri, head.headers) = (Uri::from_static("/b?c"), to);
        let from = (Method::GET, Uri::from_static("/a"), from);
        assert_eq!(told(&request_mutation(&from, &head, true)), "-c b=1 b+3 d=1 :path=/b?c");
        head.method = Method::PATCH;
        assert_eq!(told(&request_mutation(&from, &head, true)), "-c b=1 b+3 d=1 :method=PATCH :path=/b?c");
    }
}
