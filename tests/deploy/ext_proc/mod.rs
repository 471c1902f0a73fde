//! The gateway as a filter of Envoy's, spoken with as Envoy speaks. `tests/deploy/envoy` has the real one.

mod envoy;
mod messages;
mod told;

use crate::{
    common::pack::{SUM, shop_at},
    wire::support::{Process, Upstream, json},
};
use envoy::{
    BodySendMode, HeaderSendMode, Mutation, Part, Processor, Reply, Stream, body, changes, of_head, piece,
    trailers,
};
use std::time::Duration;
use tonic::Code;

const JSON: (&str, &str) = ("content-type", "application/json");
const OLD: (&str, &str) = ("api-version-date", "2025-01-01");
const NEW: (&str, &str) = ("api-version-date", "2026-07-01");

#[tokio::test]
async fn an_answer_is_asked_for_and_translated_as_it_comes() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/plans?company_id=biz_x", &[OLD], true).await;
    let first = stream.next().await.unwrap().unwrap();
    let told = first.mode_override.unwrap();
    assert_eq!(told.request_body_mode(), BodySendMode::None);
    assert_eq!(told.response_body_mode(), BodySendMode::FullDuplexStreamed);
    assert_eq!(told.response_trailer_mode(), HeaderSendMode::Send);
    let up = of_head(&first.response.unwrap());
    assert_eq!(
        up,
        [
            "api-version-date: 2026-07-01",
            "accept-encoding: identity",
            ":path: /api/v1/plans?account_id=biz_x"
        ]
    );

    stream.answer("200", &[("etag", "\"1\"")], false).await;
    stream.say(Part::ResponseBody(body(r#"{"data":[{"account":{"id":"b"#, false))).await;
    stream.say(Part::ResponseBody(body(r#"iz_x"}}]}"#, false))).await;
    stream.say(Part::ResponseTrailers(trailers(&[("x-sum", "1")]))).await;
    let down = of_head(&stream.reply().await);
    for field in
        ["content-length: 37", "api-version-date: 2025-01-01", "dateline-upstream-version: 2026-07-01"]
    {
        assert!(down.iter().any(|change| change == field), "{field} is not in {down:?}");
    }
    assert!(!down.iter().any(|change| change == "etag: \"1\""), "{down:?}");
    let Reply::ResponseBody(said) = stream.reply().await else { panic!("no body") };
    let said = said.response.unwrap().body_mutation.unwrap().mutation.unwrap();
    assert_eq!(said, piece(r#"{"data":[{"company":{"id":"biz_x"}}]}"#, false));
    let Reply::ResponseTrailers(reply) = stream.reply().await else { panic!("no trailers") };
    assert_eq!(changes(reply.header_mutation.as_ref()), ["-x-sum"]);
    stream.close();
    assert_eq!(stream.next().await.unwrap(), None, "nothing is left to do");
}

#[tokio::test]
async fn a_request_is_held_until_all_of_it_is_translated() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("POST", "/api/v1/plans", &[OLD, JSON, ("content-length", "22")], false).await;
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.response, None, "nothing is sent on");
    let told = first.mode_override.unwrap();
    assert_eq!(told.request_body_mode(), BodySendMode::FullDuplexStreamed);
    assert_eq!(told.request_trailer_mode(), HeaderSendMode::Send);
    stream.say(Part::RequestBody(body(r#"{"company_"#, false))).await;
    stream.say(Part::RequestBody(body(r#"id":"biz_x"}"#, true))).await;
    let head = of_head(&stream.reply().await);
    assert!(
        !head.iter().any(|change| change.contains("content-length")),
        "it is as long as it was: {head:?}"
    );
    assert_eq!(stream.pieces().await, r#"{"account_id":"biz_x"}"#);
    stream.answer("201", &[], false).await;
    stream.say(Part::ResponseBody(body(r#"{"account":null}"#, true))).await;
    of_head(&stream.reply().await);
    assert_eq!(stream.pieces().await, r#"{"company":null}"#);
}

#[tokio::test]
async fn what_is_refused_never_goes_up() {
    let processor = Processor::new(|_| {}).await;
    for (fields, text, status, kind) in [
        (vec![("api-version-date", "2020-01-01"), JSON], None, 400, "unsupported_api_version"),
        (vec![OLD, JSON], Some(r#"{"company_id":"#), 400, "json_invalid"),
        (vec![OLD, JSON, ("content-encoding", "compress")], None, 415, "unsupported_content_encoding"),
    ] {
        let mut stream = processor.stream().await.unwrap();
        let fields = [fields, vec![("x-request-id", "req_1")]].concat();
        stream.request("POST", "/api/v1/plans", &fields, false).await;
        if let Some(text) = text {
            assert_eq!(stream.next().await.unwrap().unwrap().response, None);
            stream.say(Part::RequestBody(body(text, true))).await;
        }
        let answer = stream.immediate().await;
        assert_eq!(answer.status.unwrap().code, status, "{kind}");
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (said["error"]["type"].as_str(), said["error"]["request_id"].as_str()),
            (Some(kind), Some("req_1"))
        );
        let fields = changes(answer.headers.as_ref());
        for field in ["dateline-outcome: not_sent", "content-type: application/json", "x-request-id: req_1"] {
            assert!(fields.iter().any(|change| change == field), "{field} is not in {fields:?}");
        }
        stream.close();
        assert_eq!(stream.next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn row_14_1j_a_path_that_is_none_is_answered_and_never_sent_on() {
    let processor = Processor::new(|_| {}).await;
    for path in ["#x", "?x", "*", "/api/v1/plans#x"] {
        let mut stream = processor.stream().await.unwrap();
        stream.request("GET", path, &[OLD], true).await;
        let answer = stream.immediate().await;
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (answer.status.unwrap().code, said["error"]["type"].as_str()),
            (400, Some("invalid_target"))
        );
        assert!(changes(answer.headers.as_ref()).iter().any(|change| change == "dateline-outcome: not_sent"));
    }
}

#[tokio::test]
async fn row_14_1i_a_write_without_a_body_says_so_to_envoy() {
    let processor = Processor::new(|_| {}).await;
    for (method, says) in [("POST", true), ("PATCH", true), ("DELETE", false)] {
        let mut stream = processor.stream().await.unwrap();
        stream.request(method, "/api/v1/plans/plan_x", &[OLD], true).await;
        let head = of_head(&stream.reply().await);
        assert_eq!(head.iter().any(|change| change == "content-length: 0"), says, "{method}: {head:?}");
    }
}

#[tokio::test]
async fn what_has_no_plan_stays_with_envoy() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("PATCH", "/api/v1/users/me", &[NEW, JSON, ("content-length", "9")], false).await;
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!((first.mode_override, of_head(&first.response.unwrap())), (None, Vec::new()));
    stream.answer("200", &[("content-length", "9"), NEW], false).await;
    let down = of_head(&stream.reply().await);
    assert!(down.iter().any(|change| change == "dateline-upstream-version: 2026-07-01"), "{down:?}");
    assert!(!down.iter().any(|change| change.contains("content-length")), "{down:?}");
    stream.close();
    assert_eq!(stream.next().await.unwrap(), None);
}

#[tokio::test]
async fn an_operation_that_moves_gets_another_method_and_path() {
    let operations = "operations = []\n[operation.evidence]\n\"2025-01-01\" = \"POST /disputes/{id}/evidence\"\n\
                      \"2026-07-01\" = \"PATCH /disputes/{id}\"\n[operation.report]\n\
                      \"2025-01-01\" = \"GET /reports\"\n\"2026-07-01\" = { gone = \"Ask /stats.\" }\n";
    let pack = crate::common::pack::shop(operations, ("2026-07-01", ""));
    let processor = Processor::of_pack((*pack).clone(), |_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    let old = ("shop-version", "2025-01-01");
    stream.request("POST", "/v1/disputes/d%2F1/evidence?a=b", &[old, JSON], true).await;
    let up = of_head(&stream.reply().await);
    for change in ["shop-version: 2026-07-01", ":method: PATCH", ":path: /v1/disputes/d%2F1?a=b"] {
        assert!(up.iter().any(|known| known == change), "{change} is not in {up:?}");
    }
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/v1/reports", &[old], true).await;
    let answer = stream.immediate().await;
    assert_eq!(answer.status.unwrap().code, 410);
}

/// The built-in pack, with the shape of another API's errors.
#[tokio::test]
async fn row_14_1m_errors_in_envoy_have_the_shape_of_the_pack() {
    let template = r#"{"code":"{type}","text":"{message}","status":"{status:number}"}"#;
    let mut pack = dateline_core::pack::Pack::embedded().unwrap();
    pack.errors = Some(dateline_core::pack::ErrorShape::parse(template, "application/problem+json").unwrap());
    let processor = Processor::of_pack(pack, |_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/plans", &[("api-version-date", "2020-01-01")], true).await;
    let answer = stream.immediate().await;
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((&said["code"], &said["status"]), (&"unsupported_api_version".into(), &400.into()), "{said}");
    let fields = changes(answer.headers.as_ref());
    assert!(fields.contains(&"content-type: application/problem+json".to_owned()), "{fields:?}");
}

#[tokio::test]
async fn row_14_2d_an_operation_that_the_pack_does_not_know_is_labelled_so_in_envoy() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/payments", &[OLD], true).await;
    let up = of_head(&stream.reply().await);
    assert!(up.iter().any(|change| change == "api-version-date: 2026-07-01"), "{up:?}");
    stream.answer("200", &[JSON], false).await;
    let down = of_head(&stream.reply().await);
    for label in ["api-version-date: 2026-07-01", "dateline-upstream-version: 2026-07-01"] {
        assert!(down.iter().any(|change| change == label), "{down:?}");
    }
}

#[tokio::test]
async fn a_version_in_the_path_is_another_path_for_envoy() {
    let api = "operations = ['GET /orders/{id}']\nresource.Order.found = [{ in = 'GET /orders/{id}', part = 'response', at = '$' }]\n";
    let place = "versions.in = [{ path = '/admin/api/{version}' }]";
    let pack = shop_at(place, "/admin/api", api, SUM);
    let processor = Processor::of_pack((*pack).clone(), |_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/admin/api/2025-01-01/orders/o_1?a=%20", &[], true).await;
    let up = of_head(&stream.reply().await);
    assert_eq!(up, ["accept-encoding: identity", ":path: /admin/api/2026-07-01/orders/o_1?a=%20"]);
    stream.answer("200", &[("content-location", "/admin/api/2026-07-01/orders/o_1")], false).await;
    stream.say(Part::ResponseBody(body(r#"{"sum":7}"#, true))).await;
    let down = of_head(&stream.reply().await);
    let expected = "content-location: /admin/api/2025-01-01/orders/o_1";
    assert!(down.iter().any(|change| change == expected), "{down:?}");
    let Reply::ResponseBody(said) = stream.reply().await else { panic!("no body") };
    let said = said.response.unwrap().body_mutation.unwrap().mutation.unwrap();
    assert_eq!(said, piece(r#"{"total":7}"#, true));
}

#[tokio::test]
async fn the_body_of_an_error_is_in_the_clients_version_for_envoy() {
    let api = "operations = ['GET /orders']\nresource.Order.found = [{ in = '*', part = 'errors', status = '4xx', at = '$' }]\n";
    let pack = crate::common::pack::shop(api, SUM);
    let processor = Processor::of_pack((*pack).clone(), |_| {}).await;
    for (status, told) in [("402", r#"{"total":7}"#), ("500", r#"{"sum":7}"#)] {
        let mut stream = processor.stream().await.unwrap();
        stream.request("GET", "/v1/orders", &[("shop-version", "2025-01-01")], true).await;
        stream.reply().await;
        stream.answer(status, &[], false).await;
        stream.say(Part::ResponseBody(body(r#"{"sum":7}"#, true))).await;
        stream.reply().await;
        assert_eq!(stream.pieces().await, told, "{status}");
    }
}

#[tokio::test]
async fn bodies_that_are_sent_whole_are_answered_whole() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap().with(BodySendMode::Buffered);
    stream.request("POST", "/api/v1/plans", &[OLD, JSON, ("content-length", "22")], false).await;
    assert!(of_head(&stream.reply().await).is_empty(), "its head can change with its body");
    stream.say(Part::RequestBody(body(r#"{"company_id":"biz_x"}"#, true))).await;
    let Reply::RequestBody(reply) = stream.reply().await else { panic!("no body") };
    let reply = reply.response.unwrap();
    let head = changes(reply.header_mutation.as_ref());
    assert!(head.iter().any(|change| change == "api-version-date: 2026-07-01"), "{head:?}");
    let whole = |text: &'static str| Some(Mutation::Body(text.as_bytes().to_vec()));
    assert_eq!(reply.body_mutation.unwrap().mutation, whole(r#"{"account_id":"biz_x"}"#));
    stream.answer("200", &[], false).await;
    assert!(of_head(&stream.reply().await).is_empty());
    stream.say(Part::ResponseBody(body(r#"{"account":1}"#, true))).await;
    let Reply::ResponseBody(reply) = stream.reply().await else { panic!("no body") };
    let reply = reply.response.unwrap();
    assert!(!changes(reply.header_mutation.as_ref()).is_empty());
    assert_eq!(reply.body_mutation.unwrap().mutation, whole(r#"{"company":1}"#));
}

#[tokio::test]
async fn bodies_that_always_come_pass_as_they_came() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap().with(BodySendMode::FullDuplexStreamed);
    stream.request("PATCH", "/api/v1/users/me", &[NEW, JSON], false).await;
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.mode_override, None, "Envoy would not be told");
    of_head(&first.response.unwrap());
    stream.say(Part::RequestBody(body("{ }", false))).await;
    stream.say(Part::RequestBody(body("", true))).await;
    assert_eq!(stream.pieces().await, "{ }");
    stream.answer("200", &[], false).await;
    of_head(&stream.reply().await);
    stream.say(Part::ResponseBody(body("[ ]", true))).await;
    assert_eq!(stream.pieces().await, "[ ]");
}

#[tokio::test]
async fn what_cannot_be_finished_ends_in_an_error() {
    let processor = Processor::new(|config| config.limits.buffer_bytes = 10).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/plans", &[OLD], true).await;
    of_head(&stream.reply().await);
    stream.answer("200", &[], false).await;
    stream.say(Part::ResponseBody(body(r#"{"data":[{"account":1},"#, false))).await;
    of_head(&stream.reply().await);
    stream.say(Part::ResponseBody(body("no JSON]}", true))).await;
    let ended = loop {
        match stream.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("Envoy would take that for the end"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::DataLoss, "{ended:?}");
}

#[tokio::test]
async fn row_14_1a_what_fails_before_its_head_was_let_go_is_an_error_in_its_place() {
    let large = format!(r#"{{"account":1,"pad":"{}"}}"#, "x".repeat(300_000));
    let list = format!(r#"{{"data":[{{"account":1}},{{"pad":"{}"}}"#, "x".repeat(100_000));
    for (mode, path, text, kind) in [
        (BodySendMode::None, "/api/v1/plans/plan_x", &large, "response_too_large"),
        (BodySendMode::FullDuplexStreamed, "/api/v1/plans/plan_x", &large, "response_too_large"),
        (BodySendMode::Buffered, "/api/v1/plans/plan_x", &large, "response_too_large"),
        // Envoy holds the head until all of it is there.
        (BodySendMode::Buffered, "/api/v1/plans", &list, "response_untranslatable"),
    ] {
        let processor = Processor::new(|config| config.limits.object_bytes = 200_000).await;
        let mut stream = processor.stream().await.unwrap().with(mode);
        stream.request("GET", path, &[OLD], true).await;
        of_head(&stream.reply().await);
        stream.answer("200", &[("x-request-id", "req_up")], false).await;
        if mode == BodySendMode::Buffered {
            assert!(of_head(&stream.reply().await).is_empty(), "the head can change with the body");
            stream.say(Part::ResponseBody(body(text, true))).await;
        } else {
            let (one, two) = text.split_at(text.len() / 2);
            stream.say(Part::ResponseBody(body(one, false))).await;
            stream.say(Part::ResponseBody(body(two, true))).await;
        }
        let answer = stream.immediate().await;
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status.unwrap().code, said["error"]["type"].as_str()), (502, Some(kind)));
        let fields = changes(answer.headers.as_ref());
        for field in ["dateline-outcome: responded", "dateline-upstream-request-id: req_up"] {
            assert!(fields.iter().any(|change| change == field), "{field} is not in {fields:?}");
        }
    }
}

#[tokio::test]
async fn the_end_of_the_gateway_is_never_a_clean_one_for_what_is_under_way() {
    let mut processor = Processor::new(|config| config.timeouts.drain = Duration::from_millis(200)).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/plans", &[OLD], true).await;
    of_head(&stream.reply().await);
    let mut held = processor.stream().await.unwrap();
    held.request("POST", "/api/v1/plans", &[OLD, JSON], false).await;
    assert_eq!(held.next().await.unwrap().unwrap().response, None);
    processor.stop();
    assert!(stream.next().await.is_err());
    assert!(held.next().await.is_err());
    processor.ended().await;
}

#[tokio::test]
async fn a_drain_waits_for_what_is_under_way() {
    let mut processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap();
    stream.request("GET", "/api/v1/plans", &[OLD], true).await;
    of_head(&stream.reply().await);
    processor.stop();
    stream.answer("200", &[], false).await;
    stream.say(Part::ResponseBody(body(r#"{"data":[{"account":1}]}"#, true))).await;
    of_head(&stream.reply().await);
    assert_eq!(stream.pieces().await, r#"{"data":[{"company":1}]}"#);
    stream.close();
    assert_eq!(stream.next().await.unwrap(), None);
    drop(stream);
    processor.ended().await;
}

#[tokio::test]
async fn envoys_own_failures_are_told_as_the_proxys() {
    let processor = Processor::new(|_| {}).await;
    for (details, status, outcome) in [
        ("upstream_reset_before_response_started{remote_connection_failure|x}", 502, "not_sent"),
        ("upstream_reset_before_response_started{connection_termination}", 502, "unknown"),
        ("upstream_response_timeout", 504, "unknown"),
    ] {
        let mut stream = processor.stream().await.unwrap();
        stream.request("GET", "/api/v1/plans", &[OLD], true).await;
        of_head(&stream.reply().await);
        let head = envoy::head(&[(":status", "503")], false);
        stream.say_with(Part::ResponseHeaders(head), &[("response.code_details", details)]).await;
        let answer = stream.immediate().await;
        assert_eq!(answer.status.unwrap().code, status, "{details}");
        let fields = changes(answer.headers.as_ref());
        assert!(fields.contains(&format!("dateline-outcome: {outcome}")), "{fields:?}");
    }
}

#[tokio::test]
async fn a_filter_that_is_not_fit_is_told() {
    let processor = Processor::new(|_| {}).await;
    let mut stream = processor.stream().await.unwrap().with(BodySendMode::Streamed);
    stream.request("GET", "/api/v1/plans", &[], true).await;
    assert_eq!(stream.next().await.unwrap_err().code(), Code::FailedPrecondition);
    let mut stream = processor.stream().await.unwrap();
    stream.answer("200", &[], true).await;
    assert_eq!(stream.next().await.unwrap_err().code(), Code::FailedPrecondition);
}

/// Otherwise a client that sends slowly is told of Envoy's patience, not of the gateway's.
#[test]
fn the_examples_wait_for_as_long_as_the_gateway_does() {
    let limit = dateline_gateway::Config::default().timeouts.request_body;
    for (example, key) in [
        (include_str!("../../../deploy/envoy/ext_proc.yaml"), "message_timeout: "),
        (include_str!("../../../deploy/kubernetes/envoy-gateway/policies.yaml"), "messageTimeout: "),
    ] {
        let line = example.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
        let seconds = line.strip_suffix('s').unwrap().parse().unwrap();
        assert!(Duration::from_secs(seconds) > limit, "{key}{line}");
    }
}

#[tokio::test]
async fn row_14_2g_a_line_inside_envoy_names_its_client_and_says_what_it_wanted() {
    let upstream = Upstream::answers(json("{}")).await;
    let environment =
        [("DATELINE_LOG__FIELDS", "peer,path,user_agent"), ("DATELINE_LISTEN__TRUSTED_PROXIES", "127.0.0.1")];
    let gateway = Process::running("ext-proc", &upstream, &[], &environment).await;
    let key = ("authorization", "Bearer sk_live_envoy");
    let way = ("x-forwarded-for", "203.0.113.7, 198.51.100.1");
    let agent = ("user-agent", "curl/8.5 jane@example.org");

    let mut stream = Stream::to(gateway.address()).await.unwrap();
    let path = "/api/v1/plans/sk_live_path?key=sk_live_query";
    stream.request("GET", path, &[key, way, agent, ("api-version-date", "2031-01-01")], true).await;
    assert_eq!(stream.immediate().await.status.unwrap().code, 400);
    stream.close();

    let mut stream = Stream::to(gateway.address()).await.unwrap();
    stream.request("GET", "/api/v1/plans", &[key, OLD], true).await;
    of_head(&stream.reply().await);
    stream.answer("200", &[], false).await;
    stream.say(Part::ResponseBody(body(r#"{"data":[]}"#, true))).await;
    of_head(&stream.reply().await);
    stream.pieces().await;
    stream.close();

    let mut stream = Stream::to(gateway.address()).await.unwrap();
    stream.request("GET", "/api/v1/plans", &[key, OLD], true).await;
    of_head(&stream.reply().await);
    stream
        .say_with(
            Part::ResponseHeaders(envoy::head(&[(":status", "503")], true)),
            &[("response.code_details", "no_healthy_upstream")],
        )
        .await;
    assert_eq!(stream.immediate().await.status.unwrap().code, 502);
    stream.close();

    let events = gateway.requests(3).await;
    let name = events[1]["client"].as_str().unwrap();
    assert!(name.starts_with("key-") && name.len() == 16, "{events:#?}");
    assert!(events.iter().all(|event| event["client"] == name), "{events:#?}");
    assert_eq!(
        (&events[0]["client_accepted"], &events[0]["wanted_version"]),
        (&false.into(), &"2031-01-01".into())
    );
    assert_eq!((&events[0]["peer"], &events[0]["level"]), (&"198.51.100.1".into(), &"INFO".into()));
    let (seen_path, seen_agent) =
        (events[0]["path"].as_str().unwrap(), events[0]["user_agent"].as_str().unwrap());
    assert!(seen_path.starts_with("/api/v1/plans/redacted-") && !seen_path.contains('?'), "{seen_path}");
    assert!(
        seen_agent.starts_with("curl/8.5 redacted-") && seen_agent.ends_with("@example.com"),
        "{seen_agent}"
    );
    assert!(
        events[1].get("client_accepted").is_none() && events[1]["upstream_total_us"].is_u64(),
        "{events:#?}"
    );
    assert_eq!((&events[1]["peer"], &events[2]["level"]), (&"127.0.0.1".into(), &"WARN".into()));
    assert!(!gateway.written().contains("sk_live"), "{}", gateway.written());
}
