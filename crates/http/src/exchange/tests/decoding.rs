//! Content codings for a caller that decodes, and for one that does not.

use super::*;
use crate::policy::Policy;

const CODED: [(&str, &str); 2] = [("content-type", "application/json"), ("content-encoding", "gzip")];

fn exchanges(decoding: Decoding, policy: &Policy) -> Exchanges {
    let pack = Arc::new(Pack::embedded().unwrap());
    Exchanges::new(pack, policy, decoding, Some(hop()), Clock::system()).unwrap()
}

fn asked(method: Method, fields: &[(&'static str, &'static str)]) -> Parts {
    let (mut head, ()) = http::Request::new(()).into_parts();
    (head.method, head.uri) = (method, "/api/v1/plans?company_id=x".parse().unwrap());
    head.headers = map(fields);
    head.headers.insert(header::HOST, HeaderValue::from_static("gateway.example"));
    head
}

/// An answer, as far as its head tells.
fn answered(status: u16, fields: &[(&'static str, &'static str)]) -> http::response::Parts {
    let (mut head, ()) = http::Response::new(()).into_parts();
    head.status = StatusCode::from_u16(status).unwrap();
    head.headers = map(fields);
    head
}

#[test]
fn a_coded_body_is_read_only_if_the_caller_decodes() {
    for (decoding, decodes) in [(Decoding::Supported, true), (Decoding::Unsupported, false)] {
        let exchanges = exchanges(decoding, &Policy::default());
        let list = asked(Method::GET, &[("accept-encoding", "gzip, deflate")]);
        let exchange = exchanges.decide(&list).unwrap();

        let up = exchange.request_headers(list.headers.clone(), Arrival::default(), None);
        assert_eq!(up["accept-encoding"], if decodes { "gzip" } else { "identity" });
        let down =
            |treatment| exchange.response_headers(map(&CODED), StatusCode::OK, treatment, None, None, None);
        let varies = |headers: HeaderMap| lines(&headers).contains(&"vary: accept-encoding".to_owned());
        assert_eq!(varies(down(Treatment::Translate)), decodes);

        let treated = exchange.treatment(&Method::GET, StatusCode::OK, &map(&CODED), false);
        assert_eq!(treated.is_ok(), decodes);
        assert!(matches!(treated, Ok(Treatment::Translate) | Err(Refusal::ResponseCoding)));
        let has_words = |fields: &[_]| exchange.words(&list, None, &answered(400, fields)).is_some();
        assert_eq!((has_words(&CODED), has_words(&CODED[..1])), (decodes, true), "an error is read, too");

        let create = asked(Method::POST, &CODED);
        let read = exchanges.decide(&create).unwrap().request_body(&create.headers, false);
        assert_eq!(read.is_ok(), decodes);
        assert!(matches!(read, Ok(Some(_)) | Err(Refusal::RequestCoded)));
    }
}

#[test]
fn what_passes_needs_no_decoding() {
    let policy = Policy { other_version: OtherVersion::Pass, ..Policy::default() };
    let other = [&CODED[..], &[("api-version-date", "2031-01-01")]].concat();
    for (decoding, coding) in [(Decoding::Supported, "deflate"), (Decoding::Unsupported, "gzip")] {
        let exchanges = exchanges(decoding, &policy);
        let list = asked(Method::GET, &[]);
        let exchange = exchanges.decide(&list).unwrap();
        let mut came = answered(200, &other);
        came.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        let stated = exchange.stated(&came.headers, false);
        assert_eq!(stated, StatedVersion::Unclear(Some(v("2031-01-01"))));
        let turned =
            exchanges.as_answered(exchange, &list, AnswerHead { head: &came, is_empty: false }, stated, true);
        let turned = turned.expect("it passes as it came, whatever its coding");
        let treated = turned.treatment(&Method::GET, came.status, &came.headers, false);
        assert_eq!(treated.unwrap(), Treatment::Pass);
    }
}
