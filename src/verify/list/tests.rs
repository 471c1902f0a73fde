use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use dateline_core::{pack::Pack, route::Routes};

/// Reads a list of requests to the built-in pack's API.
fn read_with(text: &str, change: impl FnOnce(&mut Api<'_>)) -> Result<List, ListError> {
    static ROUTES: LazyLock<Routes> = LazyLock::new(|| Routes::new(&Pack::embedded().unwrap()));
    let operation = |path: &str| ROUTES.find_at_any("GET", path).map(|id| id.0);
    let mut api = Api {
        version: &[HeaderName::from_static("api-version-date")],
        written_for: &|_, headers| headers.get("api-version-date")?.to_str().ok()?.parse().ok(),
        hosts: vec!["api.whop.com".to_owned(), "127.0.0.1:8080".to_owned()],
        credentials: false,
        operation: &operation,
        per_operation: None,
    };
    change(&mut api);
    read(text.as_bytes(), api)
}

fn list(text: &str) -> List {
    read_with(text, |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

fn targets(list: &List) -> Vec<&str> {
    list.requests.iter().map(|(_, asked)| &*asked.target).collect()
}

#[test]
fn a_line_is_a_request_a_comment_or_nothing() {
    let list = list(
        "\u{feff}\n# what the cron job asks\n/api/v1/plans\n\n  GET /api/v1/plans?first=2&plan_types[]=renewal  \r\n\
         GET /api/v1/users/me HTTP/1.1\nhttps://API.whop.com/api/v1/plans/plan_x#top\nGET /api/v1/plans\n\
         POST /api/v1/plans\nDELETE /api/v1/plans/plan_x HTTP/2\n/about\nhttp://127.0.0.1:8080/api/v1/plans/plan_y",
    );
    assert_eq!(
        targets(&list),
        [
            "/api/v1/plans",
            "/api/v1/plans?first=2&plan_types[]=renewal",
            "/api/v1/users/me",
            "/api/v1/plans/plan_x",
            "/api/v1/plans/plan_y",
        ]
    );
    let left_out = LeftOut { other_methods: 2, duplicates: 1, no_operation: 1, ..LeftOut::default() };
    assert_eq!(list.left_out, left_out);
    assert_eq!(
        list.left_out.told(),
        "; left out: 1 more than once, 2 of another method than GET, 1 of no operation that the pack has"
    );
}

#[test]
fn access_logs_quote_the_request() {
    for (what, line) in [
        (
            "common",
            r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /api/v1/plans?first=2 HTTP/1.0" 200 2326"#,
        ),
        (
            "combined, nginx",
            r#"192.0.2.7 - - [24/Nov/2026:12:00:00 +0000] "GET /api/v1/plans?first=2 HTTP/1.1" 200 612 "https://a.test/\"x" "curl/8.1 \"GET /api/v1/plans/no HTTP/1.1\"""#,
        ),
        (
            "Envoy",
            r#"[2026-04-15T20:17:00.310Z] "GET /api/v1/plans?first=2 HTTP/2" 200 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80""#,
        ),
        (
            "Traefik",
            r#"10.42.0.1 - - [24/Nov/2026:12:00:00 +0000] "GET /api/v1/plans?first=2 HTTP/1.1" 200 5 "-" "-" 1 "api@docker" "http://10.0.0.2:80" 3ms"#,
        ),
        (
            "HAProxy",
            r#"haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /api/v1/plans?first=2 HTTP/1.1""#,
        ),
        (
            "a load balancer",
            r#"https 2026-07-02T22:23:00.186641Z app/lb/50dc6c 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://api.whop.com:443/api/v1/plans?first=2 HTTP/1.1" "curl/7.46.0""#,
        ),
    ] {
        let list = list(line);
        assert_eq!(targets(&list), ["/api/v1/plans?first=2"], "{what}");
        assert_eq!(list.left_out, LeftOut::default(), "{what}");
    }
    let list = list(
        "::1 - - [1] \"GET /api/v1/plans HTTP/1.1\" 200 1\n::1 - - [1] \"-\" 408 0\n\
         ::1 - - [1] \"\\x16\\x03\\x01\" 400 0\n::1 - - [1] \"POST /api/v1/plans HTTP/1.1\" 200 1\n\
         ::1 - - [1] \"GET /api/v1/users?query=\\x22a\\\\\\xC3\\xa4 HTTP/1.1\" 200 1",
    );
    assert_eq!(targets(&list), ["/api/v1/plans", "/api/v1/users?query=%22a%5C%C3%a4"]);
    assert_eq!((list.left_out.without_request, list.left_out.other_methods), (2, 1));
}

#[test]
fn what_cannot_be_read_is_told_with_its_line_and_not_quoted() {
    let long = format!("/api/v1/plans?q={}", "x".repeat(LONGEST_LINE as usize));
    let list = list(&format!(
        "\n\nplans?api_key=secret\n/api/v1/plans /api/v1/users\nGET /api/v1/plans HTTP/1.1 200\n\
         GET /api/v1/plans/\u{1}\n{long}\n/api/v1/plans\n"
    ));
    let told: Vec<String> =
        list.left_out.unreadable.iter().map(|(place, why)| format!("{place}: {why}")).collect();
    assert_eq!(
        told,
        [
            "3: neither a path, `GET /path?query`, a URL, nor a line of an access log",
            "4: the line has more than one request; write one on each line",
            "5: the line has more than one request; write one on each line",
            "6: the target is not a path and query (RFC 9112, 3.2.1): write other characters as %XX",
            "7: a line of more than 65536 bytes",
        ]
    );
    assert_eq!(targets(&list), ["/api/v1/plans"]);
    let junk = format!("{}/api/v1/plans", "junk\n".repeat(25));
    let list = self::list(&junk);
    assert_eq!((list.left_out.unreadable.len(), list.left_out.more_unreadable), (TOLD, 15));
}

#[test]
fn a_file_without_a_request_is_refused() {
    let error = |text: &str| read_with(text, |_| {}).unwrap_err().to_string();
    assert_eq!(error(""), "holds no GET of an operation that the pack has");
    assert_eq!(
        error("POST /api/v1/plans\n/x\njunk"),
        "holds no GET of an operation that the pack has; left out: 1 of another method than GET, \
         1 of no operation that the pack has, 1 that cannot be read"
    );
    let own = r#"{"timestamp":"2026-11-24T12:00:00.0Z","level":"INFO","method":"GET","operation":"GET /plans","target":"dateline::request"}"#;
    assert!(error(&format!("{own}\n{own}\n")).starts_with("this is a log of dateline's own, "));
    for json in [r#"{"request":"GET /api/v1/plans HTTP/1.1"}"#, "{}", r#"{"log":{}}"#, r#"{"log":3}"#, "{"] {
        assert!(error(json).starts_with("this is JSON, and no HAR file"), "{json}");
    }
    let broken = error(r#"{"log":{"entries":[{"request":{"method":"GET","url":"/api/v1/plans"}},{"#);
    assert_eq!(broken, "the HAR file is broken: EOF while parsing an object at line 1 column 71");
}

/// A recording of two hosts, one of which is the API's.
const HAR: &str = r#"
 {"log":{"version":"1.2","creator":{"name":"x"},"entries":[
  {"startedDateTime":"2026-11-24","request":{"method":"GET","url":"https://api.whop.com/api/v1/plans?first=1","httpVersion":"h2","headers":[
    {"name":":authority","value":"api.whop.com"},{"name":"Authorization","value":"Bearer canary"},{"name":"Accept-Language","value":"de"},
    {"name":"API-Version-Date","value":"2026-06-08"},{"name":"x-tenant","value":"7"},{"name":"if-none-match","value":"\"x\""}],
    "queryString":[]},"response":{"status":200,"content":{"text":"{\"request\":{}}"}}},
  {"request":{"method":"POST","url":"https://api.whop.com/api/v1/plans","postData":{"text":"x"}}},
  {"request":{"method":"GET","url":"https://cdn.test/logo.png"}},
  {"request":{"method":"GET","url":"https://staging.test/api/v1/users","headers":[{"name":"cookie","value":"canary"}]}},
  {"request":{"method":"GET","url":"ws://x"}},
  {"response":{}}
 ],"pages":[]},"comment":"x"}"#;

#[test]
fn a_har_file_has_requests_with_fields() {
    let list = list(HAR);
    assert_eq!(targets(&list), ["/api/v1/plans?first=1", "/api/v1/users"]);
    let first = &list.requests[0].1;
    assert_eq!(first.written_for, Some("2026-06-08".parse().unwrap()));
    let fields: Vec<_> = first.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    assert_eq!(fields, ["accept-language: \"de\""], "no credential unless it is asked for");
    let LeftOut { other_methods, no_operation, unreadable, hosts, foreign_credentials, .. } = list.left_out;
    assert_eq!((other_methods, no_operation, foreign_credentials), (2, 1, 0));
    assert_eq!(unreadable, [(Place::Entry(5), Unreadable::Target)]);
    assert_eq!(hosts, BTreeMap::from([("staging.test".to_owned(), 1)]));
}

#[test]
fn credentials_are_taken_where_they_are_asked_for_and_the_apis() {
    let list = read_with(HAR, |api| api.credentials = true).unwrap();
    let names: Vec<_> = list.requests[0].1.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["authorization", "accept-language", "x-tenant"]);
    assert!(list.requests[1].1.headers.is_empty(), "another host's cookie");
    assert_eq!(list.left_out.foreign_credentials, 1);
    assert!(!format!("{list:?}").contains("canary"));
}

#[test]
fn requests_of_one_operation_can_be_bounded() {
    let text = "/api/v1/plans/a\n/api/v1/plans/b\n/api/v1/users\n/api/v1/plans/c\n/api/v1/plans/a";
    let list = read_with(text, |api| api.per_operation = Some(2)).unwrap();
    assert_eq!(targets(&list), ["/api/v1/plans/a", "/api/v1/plans/b", "/api/v1/users"]);
    assert_eq!((list.left_out.over, list.left_out.duplicates), (1, 1));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "([ -~\\n]|\\PC|/api/v1/plans|\"GET |HTTP/1.1\"|\\\\x22|https://|\\{\"log\":\\{\"entries\":\\[){0,40}") {
        let _ = read_with(&text, |_| {});
    }

    #[test]
    fn any_har_is_read(text in "[\\[\\]{}:,\"a-z0-9 ]{0,60}") {
        let _ = read_with(&format!("{{\"log\":{{\"entries\":[{{\"request\":{text}"), |_| {});
    }

    #[test]
    fn a_target_is_the_same_in_every_form(query in "[a-zA-Z0-9_=&%.\\[\\]~+-]{0,30}") {
        let target = format!("/api/v1/plans?{query}");
        let har = format!("{{\"log\":{{\"entries\":[{{\"request\":{{\"method\":\"GET\",\"url\":\"https://api.whop.com{target}\"}}}}]}}}}");
        for text in [target.clone(), format!("GET {target} HTTP/1.1"), format!("- [x] \"GET {target} HTTP/1.1\" 200"), har] {
            let list = list(&text);
            prop_assert_eq!(targets(&list), [&*target]);
        }
    }
}
