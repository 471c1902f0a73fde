//! Bodies that a plan has to be read from, whatever they are labelled as: translated, or refused, never passed as if.

use super::support::{Ask, Gateway, Protocol, Upstream, answer, ask, json, known_client};
use dateline_gateway::Config;
use dateline_http::policy::{Client, Match, MethodOverride, OnLoss, UntranslatableBody};

const CREATE: &str = "/api/v1/plans";

fn labelled(content_type: &str, body: &str) -> Ask {
    let ask = ask("POST", CREATE).body(body);
    if content_type.is_empty() { ask } else { ask.with("content-type", content_type) }
}

async fn configured(change: impl FnOnce(&mut Config)) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json(r#"{"id":"plan_x","account":null}"#)).await;
    let gateway = Gateway::configured(&upstream, change).await;
    (upstream, gateway)
}

fn passing(config: &mut Config) {
    config.requests.untranslatable = UntranslatableBody::Pass;
}

const MULTIPART: &str = "multipart/form-data; boundary=\"b 1\"";

fn multipart(name: &str) -> String {
    format!(
        "--b 1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nbiz_x\r\n--b 1\r\n\
         Content-Disposition: form-data; name=\"f\"; filename=\"{name}.bin\"\r\n\r\n{name}\r\n--b 1--\r\n"
    )
}

#[tokio::test]
async fn row_14_1c_json_is_translated_under_any_label_and_keeps_it() {
    let (upstream, gateway) = configured(|_| {}).await;
    let old = r#"{"company_id":"a=b&c%20","initial_price":6.90}"#;
    for label in [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain; charset=utf-8",
        "text/json",
        "application/octet-stream",
        "application/merge-patch+json",
        "",
    ] {
        for protocol in Protocol::ALL {
            let answer = gateway.receive(protocol, &labelled(label, old)).await.expect("an answer");
            assert_eq!((answer.status(), answer.field("dateline-request")), (200, None), "{label}");
            let request = upstream.requests().pop().unwrap();
            assert_eq!(request.text(), old.replace("company_id", "account_id"), "{label} {protocol:?}");
            assert_eq!(request.field("content-type").unwrap_or_default(), label);
            assert_eq!(request.field("content-length"), Some(&*request.body.len().to_string()));
        }
    }
}

#[tokio::test]
async fn row_14_1c_fields_of_a_multipart_form_and_pointers_of_a_patch_are_translated() {
    let (upstream, gateway) = configured(|_| {}).await;
    let patch = r#"[ {"op":"replace","path":"/company_id","value":"x"},{"op":"remove","path":"/title"}]"#;
    for protocol in Protocol::ALL {
        gateway.receive(protocol, &labelled(MULTIPART, &multipart("company_id"))).await.expect("an answer");
        let request = upstream.requests().pop().unwrap();
        let wanted = multipart("company_id").replacen("\"company_id\"", "\"account_id\"", 1);
        assert_eq!((request.text(), request.field("content-type")), (wanted.as_str(), Some(MULTIPART)));
        let label = "application/json-patch+json";
        gateway.receive(protocol, &labelled(label, patch)).await.expect("an answer");
        let request = upstream.requests().pop().unwrap();
        assert_eq!(request.text(), patch.replace("company_id", "account_id"));
        assert_eq!(request.field("content-type"), Some(label));
    }
}

/// Bodies that the plan cannot be run on, and how each is refused.
const UNREAD: [(&str, &str, u16, &str); 11] = [
    ("text/csv", "company_id\nbiz_x\n", 415, "unsupported_media_type"),
    ("application/x-protobuf", "\n\u{5}biz_x", 415, "unsupported_media_type"),
    ("", "company_id=biz_x", 415, "unsupported_media_type"),
    ("text/plain", "{\"company_id\":", 415, "unsupported_media_type"),
    ("multipart/mixed; boundary=b", "--b\r\n\r\n{\"company_id\":1}\r\n--b--", 415, "unsupported_media_type"),
    ("application/json", "[{\"company_id\":1}]", 400, "unexpected_shape"),
    ("application/json", "\"company_id\"", 400, "unexpected_shape"),
    ("text/plain", "7", 400, "unexpected_shape"),
    ("application/x-www-form-urlencoded", "[{\"company_id\":1}]", 400, "unexpected_shape"),
    (
        "application/json-patch+json",
        r#"[{"op":"replace","path":"","value":{"company_id":1}}]"#,
        400,
        "patch_unsupported",
    ),
    (
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"plan\"\r\nContent-Type: application/json\r\n\r\n\
         {\"company_id\":1}\r\n--b--",
        400,
        "form_unsupported",
    ),
];

#[tokio::test]
async fn row_14_1c_what_the_plan_cannot_be_run_on_is_refused_before_anything_is_sent() {
    let (upstream, gateway) = configured(|_| {}).await;
    let malformed = [
        ("multipart/form-data", "--b--", 400, "multipart_invalid"),
        (MULTIPART, "--b 1\r\n\r\n--b 1--", 400, "multipart_invalid"),
        ("application/json-patch+json", "{}", 400, "patch_invalid"),
        ("application/x-www-form-urlencoded", "{\"company_id\":", 400, "json_invalid"),
    ];
    for (label, body, status, code) in UNREAD.into_iter().chain(malformed) {
        for protocol in Protocol::ALL {
            let answer = gateway.receive(protocol, &labelled(label, body)).await.expect("an answer");
            assert_eq!(answer.error(), (status, code.to_owned()), "{label} {body} {protocol:?}");
            assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
            assert!(!answer.text().contains("biz_x"), "{}", answer.text());
        }
    }
    assert_eq!(upstream.connections(), 0);
    // Where nothing is translated, they are nobody's business.
    for (label, body, ..) in UNREAD {
        assert_eq!(gateway.send(labelled(label, body).pin("2026-07-01")).await.status(), 200, "{label}");
        assert_eq!(upstream.requests().pop().unwrap().text(), body);
    }
}

#[tokio::test]
async fn row_14_1c_what_passes_is_told_as_untranslated() {
    let (upstream, gateway) = configured(passing).await;
    let mut passed = 0;
    for (label, body, ..) in UNREAD {
        for protocol in Protocol::ALL {
            let sent = labelled(label, body).with("content-digest", "d");
            let answer = gateway.receive(protocol, &sent).await.expect("an answer");
            assert_eq!(
                (answer.status(), answer.field("dateline-request")),
                (200, Some("untranslated")),
                "{label}"
            );
            assert_eq!(answer.field("dateline-loss"), Some("$=unconverted"), "{label}");
            let request = upstream.requests().pop().unwrap();
            assert_eq!((request.text(), request.field("content-digest")), (body, Some("d")), "{label}");
            passed += 1;
        }
    }
    let metrics = gateway.admin("/metrics").await;
    let counted = format!("dateline_untranslated_requests_total {passed}\n");
    assert!(metrics.text().contains(&counted), "{}", metrics.text());
    let read = gateway.send(labelled("text/plain", "{\"company_id\":1}")).await;
    assert_eq!(read.field("dateline-request"), None);
    assert_eq!(upstream.requests().pop().unwrap().text(), "{\"account_id\":1}");
    for (label, body) in
        [("application/json", "{"), (MULTIPART, "--b 1"), ("application/json-patch+json", "[1]")]
    {
        assert_eq!(gateway.send(labelled(label, body)).await.status(), 400, "malformed: {label}");
    }
}

#[tokio::test]
async fn row_14_1c_a_client_that_refuses_losses_refuses_an_untranslated_body_too() {
    let (upstream, gateway) = configured(|config| {
        passing(config);
        config.clients = vec![Client {
            losses: OnLoss::Refuse,
            ..known_client("ledger", Some("2025-01-01"), Match::Host("gateway.test".to_owned()))
        }];
    })
    .await;
    for (label, body, status, code) in UNREAD {
        assert_eq!(gateway.send(labelled(label, body)).await.error(), (status, code.to_owned()), "{label}");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_14_1c_a_coded_body_is_read_and_an_unknown_coding_is_refused() {
    let (upstream, gateway) = configured(passing).await;
    let coded = labelled("text/csv", "company_id").with("content-encoding", "compress");
    assert_eq!(gateway.send(coded).await.error(), (415, "unsupported_content_encoding".to_owned()));
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_14_1k_what_vouches_for_a_body_is_left_out_where_that_is_rewritten() {
    let fields = ["content-type: application/json", "x-signature: s", "content-digest: d", "x-own: 1"];
    let body = answer("200 OK", &fields, r#"{"id":"plan_x","account":null}"#);
    let upstream = Upstream::answers(body).await;
    let gateway = Gateway::configured(&upstream, |_| {}).await;
    let signed = |text: &str| {
        let fields = [
            ("x-hub-signature-256", "sha256=a"),
            ("x-signature-v1", "b"),
            ("signature-input", "s=(\"@method\" \"content-digest\")"),
            ("signature", "s=:YQ==:"),
            ("content-digest", "d"),
            ("x-own", "1"),
        ];
        fields.iter().fold(labelled("application/json", text), |ask, (name, value)| ask.with(name, value))
    };
    for protocol in Protocol::ALL {
        let got = gateway.receive(protocol, &signed(r#"{"company_id":1}"#)).await.expect("an answer");
        let request = upstream.requests().pop().unwrap();
        for name in
            ["x-hub-signature-256", "x-signature-v1", "signature-input", "signature", "content-digest"]
        {
            assert_eq!(request.field(name), None, "{name} {protocol:?}");
        }
        assert_eq!((got.field("x-signature"), got.field("content-digest")), (None, None), "{protocol:?}");
        assert_eq!((request.field("x-own"), got.field("x-own")), (Some("1"), Some("1")));
        // A body that stays as it was is still vouched for, and so is one that nothing translates.
        for same in [signed(r#"{"x":1}"#), signed(r#"{"company_id":1}"#).pin("2026-07-01")] {
            gateway.receive(protocol, &same).await.expect("an answer");
            let request = upstream.requests().pop().unwrap();
            assert_eq!(
                (request.field("x-signature-v1"), request.field("signature")),
                (Some("b"), Some("s=:YQ==:"))
            );
        }
    }
}

/// Requests that ask to be taken for a method that is translated otherwise.
fn overriding(ask: impl Fn() -> Ask) -> [Ask; 7] {
    let target = |query: &str| {
        let mut ask = ask();
        ask.target = format!("{}?{query}", ask.target);
        ask
    };
    [
        ask().with("x-http-method-override", "PATCH"),
        ask().with("X-HTTP-Method", "patch"),
        ask().with("x-method-override", "PUT, PATCH"),
        target("a=1&_method=PATCH"),
        target("%5Fmethod=p%61tch"),
        ask().form("x=1&_method=patch"),
        ask()
            .with("content-type", "multipart/form-data; boundary=b")
            .body("--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPATCH\r\n--b--"),
    ]
}

#[tokio::test]
async fn row_14_1g_no_plan_is_gone_around_by_another_method() {
    let (upstream, gateway) = configured(|_| {}).await;
    // `PATCH /plans/{id}` has a plan, `POST` there has none; `POST /plans` has one.
    for path in ["/api/v1/plans/plan_x", CREATE] {
        for sent in overriding(|| ask("POST", path)) {
            for protocol in Protocol::ALL {
                let answer = gateway.receive(protocol, &sent).await.expect("an answer");
                let error = (400, "ambiguous_method".to_owned());
                assert_eq!(answer.error(), error, "{} {:?} {protocol:?}", sent.target, sent.fields);
                assert_eq!(answer.field("dateline-outcome"), Some("not_sent"));
            }
        }
    }
    let hidden = gateway.send(ask("POST", "/api/v1/plans/plan_x").with("x_http_method", "PATCH")).await;
    assert_eq!(hidden.error(), (400, "ambiguous_header".to_owned()));
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn row_14_1g_what_could_make_no_difference_passes_as_it_came() {
    let (upstream, gateway) = configured(|_| {}).await;
    for sent in overriding(|| ask("POST", "/api/v1/files/x"))
        .into_iter()
        .chain(overriding(|| ask("POST", "/api/v1/plans/plan_x")).map(|ask| ask.pin("2026-07-01")))
        .chain([
            ask("POST", CREATE).json("{}").with("x-http-method-override", "post"),
            ask("POST", CREATE).json("{}").with("x-http-method-override", "card"),
            ask("GET", "/api/v1/plans?_method=HEAD"),
            ask("POST", "/api/v1/plans/plan_x").form("method=PATCH&x=_method"),
        ])
    {
        assert_eq!(gateway.send(sent.clone()).await.status(), 200, "{} {:?}", sent.target, sent.fields);
        let request = upstream.requests().pop().unwrap();
        assert_eq!(request.body, sent.body, "{} {:?}", sent.target, sent.fields);
    }
}

#[tokio::test]
async fn row_14_1g_an_api_that_does_not_honour_it_may_say_so() {
    let (upstream, gateway) =
        configured(|config| config.upstream.method_override = MethodOverride::Ignored).await;
    for sent in overriding(|| ask("POST", "/api/v1/plans/plan_x")) {
        assert_eq!(gateway.send(sent).await.status(), 200);
    }
    assert_eq!(upstream.count(), 7);
}
