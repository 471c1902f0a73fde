//! Validators and shared caches: a translated answer is a representation of its own.

use super::support::{Gateway, Protocol, Upstream, answer, ask, get, known_client};
use dateline_http::policy::{Match, bearer_sha256};

const PLAN: &str = "/api/v1/plans/plan_pro";
const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn row_44_a_client_revalidates_with_the_tag_that_it_got() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Gateway::before(&upstream).await;
    let first = gateway.send(get(PLAN)).await;
    let tag = first.field("etag").unwrap();
    assert!(tag.starts_with("W/\"") && tag.contains(".dl-2025-01-01-"), "{tag}");

    let list = format!("\"foreign\", {tag}");
    for sent in [get(PLAN).with("if-none-match", tag), get(PLAN).with("if-none-match", &list)] {
        let again = gateway.send(sent).await;
        assert_eq!((again.status(), again.field("etag")), (304, Some(tag)));
        assert_eq!(again.field("api-version-date"), Some("2025-01-01"));
        assert_eq!(again.all("vary"), ["api-version-date", "accept-encoding"]);
        assert_eq!(again.field("content-length"), None);
    }
    let head = gateway.send(ask("HEAD", PLAN).with("if-none-match", tag)).await;
    assert_eq!((head.status(), head.field("etag")), (304, Some(tag)));
}

#[tokio::test]
async fn row_44_another_versions_tag_is_another_representations() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Gateway::before(&upstream).await;
    let old = gateway.send(get(PLAN).pin("2025-01-01")).await;
    let middle = gateway.send(get(PLAN).pin("2026-06-08")).await;
    let native = gateway.send(get(PLAN).pin("2026-07-01")).await;
    let tags = [old, middle, native].map(|answer| answer.field("etag").unwrap().to_owned());
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    for (tag, pin) in [(&tags[1], "2025-01-01"), (&tags[2], "2025-01-01"), (&tags[0], "2026-07-01")] {
        let answer = gateway.send(get(PLAN).pin(pin).with("if-none-match", tag)).await;
        assert_eq!(answer.status(), 200, "{tag} at {pin}");
    }
    let native = gateway.send(get(PLAN).pin("2026-07-01").with("if-none-match", &tags[2])).await;
    assert_eq!((native.status(), native.field("etag")), (304, Some(tags[2].as_str())));
}

#[tokio::test]
async fn row_44_head_is_gets_without_a_length() {
    let upstream = Upstream::sandbox("2026-07-01").await;
    let gateway = Gateway::before(&upstream).await;
    let got = gateway.send(get(PLAN)).await;
    for head in [gateway.send(ask("HEAD", PLAN)).await, gateway.send_h2(ask("HEAD", PLAN)).await] {
        assert_eq!((head.status(), head.body.len()), (200, 0));
        assert_eq!(head.field("content-length"), None);
        for name in ["etag", "content-type", "vary", "api-version-date"] {
            assert_eq!(head.all(name), got.all(name), "{name}");
        }
    }
    let native = gateway.send(ask("HEAD", PLAN).pin("2026-07-01")).await;
    assert!(native.field("content-length").is_some(), "it passes");
}

#[tokio::test]
async fn row_44_a_write_is_conditional_on_the_tag_that_the_client_got() {
    let upstream = Upstream::answers(answer("200 OK", &[JSON, "etag: \"v1\""], r#"{"account":null}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let got = gateway.send(get(PLAN)).await;
    let tag = got.field("etag").unwrap();
    for method in ["PATCH", "DELETE", "PUT"] {
        let answer = gateway.send(ask(method, PLAN).with("if-match", tag)).await;
        assert_eq!(upstream.requests().pop().unwrap().field("if-match"), Some("\"v1\""), "{method}");
        assert_eq!(answer.field("etag"), Some(tag), "{method}");
    }
    gateway.send(ask("PATCH", PLAN).with("if-match", "\"v1\"")).await;
    let never = upstream.requests().pop().unwrap().field("if-match").unwrap().to_owned();
    assert_ne!(never, "\"v1\"", "a foreign tag matches nothing");
    gateway.send(ask("PATCH", PLAN).with("if-match", "*")).await;
    assert_eq!(upstream.requests().pop().unwrap().field("if-match"), Some("*"));
}

#[tokio::test]
async fn row_44_weak_tags_and_junk_are_mapped_as_they_are() {
    let upstream = Upstream::answers(answer("200 OK", &[JSON, "etag: W/\"a,b\""], "{}")).await;
    let gateway = Gateway::before(&upstream).await;
    let tag = gateway.send(get(PLAN)).await.field("etag").unwrap().to_owned();
    gateway.send(get(PLAN).with("if-none-match", &tag)).await;
    assert_eq!(upstream.requests()[1].field("if-none-match"), Some("W/\"a,b\""));
    gateway.send(get(PLAN).with("if-none-match", "\"a,b\"").with("if-none-match", "junk")).await;
    assert_eq!(upstream.requests()[2].field("if-none-match"), None);
}

#[tokio::test]
async fn row_44_conditions_on_bytes_and_times_go_up_only_where_nothing_is_translated() {
    let upstream =
        Upstream::answers(answer("200 OK", &[JSON, "accept-ranges: bytes", "last-modified: then"], "{}"))
            .await;
    let gateway = Gateway::before(&upstream).await;
    let sent = |pin| {
        let sent = get(PLAN).pin(pin).with("range", "bytes=0-1").with("if-range", "\"a\"");
        sent.with("if-modified-since", "then").with("if-unmodified-since", "then")
    };
    let translated = gateway.send(sent("2025-01-01")).await;
    let request = upstream.requests().pop().unwrap();
    for name in ["range", "if-range", "if-modified-since"] {
        assert_eq!(request.field(name), None, "{name}");
    }
    assert_eq!(request.field("if-unmodified-since"), Some("then"), "a write's guard must not vanish");
    assert_eq!((translated.field("accept-ranges"), translated.field("last-modified")), (None, Some("then")));
    let passed = gateway.send(sent("2026-07-01")).await;
    let request = upstream.requests().pop().unwrap();
    for name in ["range", "if-range", "if-modified-since", "if-unmodified-since"] {
        assert!(request.field(name).is_some(), "{name}");
    }
    assert_eq!(passed.field("accept-ranges"), Some("bytes"));
}

#[tokio::test]
async fn row_44_a_part_that_was_not_asked_for_is_an_error() {
    let part = answer("206 Partial Content", &[JSON, "content-range: bytes 0-1/9"], "{}");
    let upstream = Upstream::answers(part).await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get(PLAN)).await;
    assert_eq!(answer.error(), (502, "response_untranslatable".to_owned()));
    assert_eq!(answer.field("dateline-outcome"), Some("responded"));
    assert_eq!(gateway.send(get(PLAN).pin("2026-07-01").with("range", "bytes=0-1")).await.status(), 206);
}

#[tokio::test]
async fn row_44_vary_gains_and_keyed_answers_are_private() {
    let fields = [JSON, "vary: Origin", "cache-control: public, max-age=60", "etag: \"a\""];
    let upstream = Upstream::answers(answer("200 OK", &fields, "{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        let matcher = Match::Bearer(bearer_sha256(b"key"));
        let client = known_client("c", None, matcher);
        config.clients = vec![client];
    })
    .await;
    let keyed = || get(PLAN).without("authorization").with("authorization", "Bearer key");
    // The coding of an answer that passes is the upstream's business, its `Vary` too.
    let vary = ["Origin", "api-version-date", "authorization", "accept-encoding"];
    for (pin, vary) in [("2025-01-01", &vary[..]), ("2026-07-01", &vary[..3])] {
        let answer = gateway.send(keyed().pin(pin)).await;
        assert_eq!(answer.field("cache-control"), Some("max-age=60, private"));
        assert_eq!(answer.all("vary"), vary);
        let answer = gateway.send(get(PLAN).pin(pin)).await;
        assert_eq!(answer.field("cache-control"), Some("public, max-age=60"));
        assert_eq!(answer.all("vary"), vary);
    }
    let refused = gateway.send(keyed().pin("x")).await;
    assert_eq!(refused.error().0, 400);
    assert_eq!(refused.all("vary"), ["api-version-date", "authorization"]);
}

#[tokio::test]
async fn row_44_no_cache_that_is_shared_keeps_what_is_one_keys() {
    let fields = [
        JSON,
        "cache-control: public, s-maxage=60",
        "CDN-Cache-Control: max-age=600",
        "Some-CDN-Cache-Control: max-age=600",
        "Surrogate-Control: max-age=600",
        "x-a: 1",
    ];
    let upstream = Upstream::answers(answer("200 OK", &fields, "{}")).await;
    let gateway = Gateway::configured(&upstream, |config| {
        let matcher = Match::Bearer(bearer_sha256(b"key"));
        let pin = Some("2026-06-08");
        config.clients = vec![known_client("c", pin, matcher)];
    })
    .await;
    let keyed = get(PLAN).without("authorization").with("authorization", "bearer  key");
    for protocol in Protocol::ALL {
        let answer = gateway.receive(protocol, &keyed).await.unwrap();
        assert_eq!(answer.field("api-version-date"), Some("2026-06-08"), "{protocol:?}");
        assert_eq!((answer.field("cache-control"), answer.field("x-a")), (Some("private"), Some("1")));
        for name in ["cdn-cache-control", "some-cdn-cache-control", "surrogate-control"] {
            assert_eq!(answer.field(name), None, "{name}");
        }
        let others = gateway.receive(protocol, &get(PLAN)).await.unwrap();
        assert_eq!(others.field("cdn-cache-control"), Some("max-age=600"));
        assert_eq!(others.all("vary"), ["api-version-date", "authorization", "accept-encoding"]);
    }
}

#[tokio::test]
async fn row_44_errors_and_304_vary_and_are_private_too() {
    for status in ["304 Not Modified", "404 Not Found", "503 Service Unavailable"] {
        let text = format!("HTTP/1.1 {status}\r\ncache-control: public\r\netag: \"a\"\r\n");
        let end = if status.starts_with("304") { "\r\n" } else { "content-length: 2\r\n\r\n{}" };
        let upstream = Upstream::answers(text + end).await;
        let gateway = Gateway::configured(&upstream, |config| {
            let matcher = Match::Bearer(bearer_sha256(b"test"));
            config.clients = vec![known_client("c", None, matcher)];
        })
        .await;
        let vary = ["api-version-date", "authorization", "accept-encoding"];
        for (pin, vary) in [("2025-01-01", &vary[..]), ("2026-07-01", &vary[..2])] {
            let answer = gateway.send(get(PLAN).pin(pin)).await;
            assert_eq!(answer.status().to_string(), status[..3]);
            assert_eq!(answer.field("cache-control"), Some("private"), "{status}");
            assert_eq!(answer.all("vary"), vary, "{status}");
        }
    }
}

#[tokio::test]
async fn row_44_a_part_is_no_answer_to_any_method_or_protocol() {
    let part = answer("206 Partial Content", &[JSON, "content-range: bytes 0-1/9"], "{}");
    let upstream = Upstream::answers(part).await;
    let gateway = Gateway::before(&upstream).await;
    for protocol in Protocol::ALL {
        for sent in [get(PLAN).with("range", "bytes=0-1"), ask("PATCH", PLAN).json("{}")] {
            let answer = gateway.receive(protocol, &sent).await.unwrap();
            assert_eq!(answer.error(), (502, "response_untranslatable".to_owned()), "{protocol:?}");
            assert!(answer.error_message().ends_with("The upstream answered 206"), "{}", answer.text());
            assert_eq!(upstream.requests().pop().unwrap().field("range"), None);
        }
    }
}

#[tokio::test]
async fn row_44_the_length_of_another_representation_is_never_told() {
    let fields = [JSON, "content-digest: sha-256=:x:", "accept-ranges: bytes"];
    let upstream = Upstream::scripted(move |mut connection| async move {
        loop {
            let request = connection.next().await?;
            let answer = answer("200 OK", &fields, r#"{"account":null}"#);
            let body = if request.start.starts_with("HEAD") { answer.len() - 16 } else { answer.len() };
            connection.send(&answer[..body]).await;
        }
    })
    .await;
    let gateway = Gateway::before(&upstream).await;
    for protocol in [Protocol::Http10, Protocol::Http11, Protocol::Http2] {
        let head = gateway.receive(protocol, &ask("HEAD", PLAN)).await.unwrap();
        let got = gateway.receive(protocol, &get(PLAN)).await.unwrap();
        assert_eq!((head.status(), head.field("content-length")), (200, None), "{protocol:?}");
        assert_eq!(got.text(), r#"{"company":null}"#);
        assert!(matches!(got.field("content-length"), Some("16")), "{protocol:?}");
        for name in ["content-digest", "accept-ranges"] {
            assert_eq!((head.field(name), got.field(name)), (None, None), "{name}");
        }
        let passed = gateway.receive(protocol, &ask("HEAD", PLAN).pin("2026-07-01")).await.unwrap();
        assert_eq!(passed.field("content-length"), Some("16"), "{protocol:?}");
    }
}
