//! The exact bytes that the upstream and the client get.

use super::support::{Ask, Gateway, Upstream, answer, ask, get, json};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Returns the request at a scripted upstream if a client sends these bytes. `HOST` stands for its authority.
async fn upstream_gets(sent: &str) -> String {
    let upstream = Upstream::answers(OK).await;
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.send_raw(sent).await.text(), "ok");
    let host = upstream.url.replace("http://", "");
    upstream.only().raw_text().replace(&host, "HOST")
}

#[tokio::test]
async fn golden_a_read_that_passes() {
    let sent = "GET /api/v1/plans/plan_x?b=2&a[]=%31&a[]=&=&&c=+%zz HTTP/1.1\r\n\
        User-Agent: sdk/1.0 (x; y)\r\n\
        Host: gateway.test:1\r\n\
        Api-Version-Date: 2026-07-01\r\n\
        Authorization: Bearer k\r\n\
        X-Odd: a\tb  c;\"d\",\u{e9}\r\n\
        X-Twice: 1\r\n\
        X-Empty:\r\n\
        X-Twice: 2\r\n\
        Accept-Encoding: gzip, br;q=0.5\r\n\
        If-None-Match: \"a\", W/\"b\"\r\n\
        Range: bytes=0-1\r\n\r\n";
    assert_eq!(
        upstream_gets(sent).await,
        "GET /api/v1/plans/plan_x?b=2&a[]=%31&a[]=&=&&c=+%zz HTTP/1.1\r\n\
        user-agent: sdk/1.0 (x; y)\r\n\
        host: HOST\r\n\
        api-version-date: 2026-07-01\r\n\
        authorization: Bearer k\r\n\
        x-odd: a\tb  c;\"d\",\u{e9}\r\n\
        x-twice: 1\r\n\
        x-twice: 2\r\n\
        x-empty: \r\n\
        accept-encoding: gzip, br;q=0.5\r\n\
        if-none-match: \"a\", W/\"b\"\r\n\
        range: bytes=0-1\r\n\r\n"
    );
}

#[tokio::test]
async fn golden_a_read_that_is_translated() {
    let sent = "GET /api/v1/plans/?plan_types[]=renewal&company%5Fid=biz_x&plan_types%5B%5D=one_time&q=a+b%2f&company_id[]=y&company_ids=z HTTP/1.1\r\n\
        Host: gateway.test\r\n\
        Authorization: Bearer k\r\n\
        Accept-Encoding: gzip, deflate;q=0.5\r\n\
        Range: bytes=0-1\r\n\
        X-Last: 1\r\n\r\n";
    let upstream = Upstream::answers(json(r#"{"data":[]}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send_raw(sent).await;
    assert_eq!(
        upstream.only().raw_text().replace(&upstream.url.replace("http://", ""), "HOST"),
        "GET /api/v1/plans/?plan_types[]=renewal&account_id=biz_x&plan_types%5B%5D=one_time&q=a+b%2f&account_id[]=y&company_ids=z HTTP/1.1\r\n\
        host: HOST\r\n\
        authorization: Bearer k\r\n\
        accept-encoding: gzip\r\n\
        x-last: 1\r\n\
        api-version-date: 2026-07-01\r\n\r\n"
    );
}

#[tokio::test]
async fn golden_a_json_write() {
    let body = "{ \"title\" : \"\\u00e9\\/\", \"company_id\":\"biz_x\",\"initial_price\": 6.90,\n\"metadata\":{\"company_id\":1e400} }";
    let sent = format!(
        "POST /api/v1/plans HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json; charset=utf-8\r\n\
        Content-Length: {}\r\nContent-MD5: m\r\nDigest: d\r\nIdempotency-Key: i-1\r\nX-Request-Id: req-1\r\n\r\n{body}",
        body.len()
    );
    let translated = body.replacen("company_id", "account_id", 1);
    assert_eq!(
        upstream_gets_json(&sent).await,
        format!(
            "POST /api/v1/plans HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/json; charset=utf-8\r\n\
            content-length: {}\r\nidempotency-key: i-1\r\nx-request-id: req-1\r\naccept-encoding: identity\r\n\
            api-version-date: 2026-07-01\r\n\r\n{translated}",
            translated.len()
        )
    );
}

/// The same, where the answer must be JSON.
async fn upstream_gets_json(sent: &str) -> String {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    assert_eq!(gateway.send_raw(sent).await.status(), 200);
    upstream.only().raw_text().replace(&upstream.url.replace("http://", ""), "HOST")
}

#[tokio::test]
async fn golden_a_form_write() {
    let sent = "PATCH /api/v1/users/me HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/x-www-form-urlencoded\r\n\
        Content-Length: 32\r\n\r\nbio=a+b%20&company%5Fid=biz_x&c=";
    assert_eq!(
        upstream_gets(sent).await,
        "PATCH /api/v1/users/me HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/x-www-form-urlencoded\r\n\
        content-length: 30\r\napi-version-date: 2026-07-01\r\n\r\nbio=a+b%20&account_id=biz_x&c="
    );
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes_every_time() {
    let create =
        || ask("POST", "/api/v1/plans").json(r#"{"a":1,"company_id":"x"}"#).with("idempotency-key", "i");
    let upstream = Upstream::answers(json("{}")).await;
    for _ in 0..2 {
        let gateway = Gateway::before(&upstream).await;
        gateway.send(create()).await;
        gateway.send(create()).await;
    }
    let requests = upstream.requests();
    assert!(requests.iter().all(|request| request.raw == requests[0].raw));
    assert_eq!(requests.len(), 4);
}

#[tokio::test]
async fn what_passes_keeps_its_bytes_both_ways() {
    let body =
        "{ \"company\" :\t{\"a\":1.0,\"a\":2} , \"x\":\"\\ud800\", \"n\":1E400 }\r\n\u{0}not even JSON";
    let came = answer(
        "201 Made It",
        &[
            "Content-Type: application/json",
            "X-B: 2",
            "X-A: \"1\"\t\u{e9}",
            "X-B: 1",
            "Set-Cookie: a=1",
            "Set-Cookie: b=2",
        ],
        body,
    );
    let upstream = Upstream::answers(came).await;
    let gateway = Gateway::before(&upstream).await;
    for target in ["/api/v1/plans", "/api/v1/no/such?operation", "/"] {
        let sent = ask("POST", target).pin("2026-07-01").json(body);
        let answer = gateway.send(sent).await;
        assert_eq!((answer.status(), answer.text()), (201, body));
        let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..5], ["content-type", "x-b", "x-b", "x-a", "set-cookie"], "{target}");
        assert_eq!((answer.all("x-b"), answer.field("x-a")), (vec!["2", "1"], Some("\"1\"\t\u{e9}")));
        assert_eq!(answer.all("set-cookie"), ["a=1", "b=2"]);
    }
    assert!(upstream.requests().iter().all(|request| request.text() == body));
}

#[tokio::test]
async fn chunked_bodies_stay_whole() {
    let chunked = "POST /api/v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\nTrailer: X-T\r\n";
    let chunks = "\r\n7;ext=1\r\n{\"compa\r\nA\r\nny_id\":\"x\"\r\n1\r\n}\r\n0\r\nX-T: 1\r\n\r\n";
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    gateway.send_raw(format!("{chunked}{chunks}")).await;
    let translated = &upstream.requests()[0];
    assert_eq!(translated.text(), r#"{"account_id":"x"}"#);
    assert_eq!(
        (translated.field("content-length"), translated.field("transfer-encoding")),
        (Some("18"), None)
    );
    gateway.send_raw(format!("{chunked}Api-Version-Date: 2026-07-01\r\n{chunks}")).await;
    let passed = &upstream.requests()[1];
    assert_eq!(passed.text(), r#"{"company_id":"x"}"#);
    assert_eq!((passed.field("content-length"), passed.field("transfer-encoding")), (None, Some("chunked")));
    assert!(!passed.raw_text().to_lowercase().contains("x-t") && !passed.raw_text().contains("ext"));
}

#[tokio::test]
async fn a_translated_answer_has_its_own_length_and_no_digest() {
    let fields =
        ["content-type: application/json", "Content-MD5: m", "Digest: d", "Repr-Digest: r", "X-Keep: 1"];
    let upstream = Upstream::answers(answer("200 OK", &fields, r#"{"id":"p","account":null}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get("/api/v1/plans/p")).await;
    assert_eq!(answer.text(), r#"{"id":"p","company":null}"#);
    assert_eq!((answer.field("content-length"), answer.field("x-keep")), (Some("25"), Some("1")));
    for name in ["content-md5", "digest", "repr-digest"] {
        assert_eq!(answer.field(name), None, "{name}");
    }
    let passed = gateway.send(get("/api/v1/plans/p").pin("2026-07-01")).await;
    assert_eq!((passed.field("content-md5"), passed.field("digest")), (Some("m"), Some("d")));
}

#[tokio::test]
async fn a_chunked_answer_is_translated_and_passed() {
    let chunked = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.api+json\r\ntransfer-encoding: chunked\r\n\r\n\
        7\r\n{\"accou\r\n9\r\nnt\":null}\r\n0\r\nx-trailer: 1\r\n\r\n";
    let upstream = Upstream::answers(chunked).await;
    let gateway = Gateway::before(&upstream).await;
    let answer = gateway.send(get("/api/v1/plans/p")).await;
    assert_eq!((answer.text(), answer.field("content-length")), (r#"{"company":null}"#, Some("16")));
    let answer = gateway.send(get("/api/v1/plans/p").pin("2026-07-01")).await;
    assert_eq!((answer.text(), answer.field("content-length")), (r#"{"account":null}"#, None));
    assert_eq!(answer.field("transfer-encoding"), Some("chunked"));
    assert!(!answer.raw_text().contains("x-trailer"));
}

#[tokio::test]
async fn http2_and_http1_clients_get_the_same() {
    let upstream = Upstream::answers(json(r#"{"id":"p","account":{"id":"b"}}"#)).await;
    let gateway = Gateway::before(&upstream).await;
    let write: fn() -> Ask = || {
        let write = ask("POST", "/api/v1/plans?x=%20").json(r#"{"company_id":"x"}"#);
        write.with("cookie", "a=1").with("x-request-id", "r1")
    };
    let one = gateway.send(write()).await;
    let two = gateway.send_h2(write()).await;
    assert_eq!(one.body, two.body);
    let fields = |of: &super::support::Message| {
        let mut fields = of.fields.clone();
        fields.retain(|(name, _)| name != "date");
        fields.sort();
        fields
    };
    assert_eq!(fields(&one), fields(&two));
    let [one, two] = &upstream.requests()[..] else { panic!("two requests") };
    assert_eq!((&one.start, one.text()), (&two.start, two.text()));
    assert_eq!(fields(one), fields(two));
}

#[tokio::test]
async fn odd_targets_keep_their_bytes() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for (sent, wanted) in [
        ("/api/v1/plans?company_id=\u{e9}&x", "/api/v1/plans?account_id=\u{e9}&x"),
        ("/api/v1/plans?", "/api/v1/plans?"),
        ("/api/v1/plans?a=%00&company_id=1?2", "/api/v1/plans?a=%00&account_id=1?2"),
        ("/api/v1/plans?%63ompany_id[%5d]=1", "/api/v1/plans?account_id[%5d]=1"),
        ("/api/v1/plans/%70lan%2Fx/", "/api/v1/plans/%70lan%2Fx/"),
        ("//api/v1/files?company_id=1", "//api/v1/files?company_id=1"),
        ("/api/v1/files/../x?company_id=1", "/api/v1/files/../x?company_id=1"),
    ] {
        gateway.send(get(sent)).await;
        assert_eq!(upstream.requests().pop().unwrap().start, format!("GET {wanted} HTTP/1.1"));
    }
}

#[tokio::test]
async fn the_body_of_a_get_goes_up() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::before(&upstream).await;
    for framing in ["content-length: 2\r\n\r\n{}", "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"] {
        let head = "GET /api/v1/plans HTTP/1.1\r\nhost: x\r\napi-version-date: 2026-07-01\r\n";
        assert_eq!(gateway.send_raw(format!("{head}{framing}")).await.status(), 200);
    }
    assert!(upstream.requests().iter().all(|request| request.text() == "{}"));
}
