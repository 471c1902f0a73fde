use super::*;
use crate::{MAX_BODY, MAX_RECEIVED, UnknownVersion};

fn sandbox() -> Sandbox {
    Sandbox::new(None).unwrap()
}

#[test]
fn every_operation_wants_a_bearer_token() {
    let sandbox = sandbox();
    for credential in [None, Some("Basic eDp5"), Some("Bearer "), Some("Bearer")] {
        for path in ["/api/v1/plans", "/api/v1/referrals/partners", "/api/v1/nowhere"] {
            let mut request = Request::get(path).body(Bytes::new()).unwrap();
            if let Some(credential) = credential {
                request.headers_mut().insert("authorization", credential.parse().unwrap());
            }
            let response = sandbox.respond(request);
            assert_eq!(response.status(), 401);
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            assert_eq!(value(&text(&response))["error"]["type"], "unauthorized");
        }
    }
    let mut restricted = get_request(ApiVersion::Users, "/plans");
    restricted.headers_mut().insert("authorization", "bearer restricted".parse().unwrap());
    assert_eq!(refused(&sandbox, restricted).0, 403);
}

#[test]
fn the_version_is_the_headers_or_the_first() {
    let sandbox = sandbox();
    let mut absent = get_request(ApiVersion::Earnings, "/plans/plan_pro");
    absent.headers_mut().remove("api-version-date");
    let response = sandbox.respond(absent);
    assert_eq!(response.headers()["api-version-date"], "2025-01-01");
    assert_eq!(response.headers()["vary"], "api-version-date");
    assert!(text(&response).contains(r#""company":{"#));

    for wrong in ["", "2026-06-10", "2026-06-09 ,2026-06-20", "latest", "2026-7-01"] {
        let mut request = get_request(ApiVersion::Earnings, "/plans");
        request.headers_mut().insert("api-version-date", wrong.parse().unwrap());
        let (status, kind, message) = refused(&sandbox, request);
        assert_eq!((status, kind.as_str()), (400, "invalid_api_version"), "{wrong}");
        assert!(message.contains("2025-01-01, 2026-06-08, 2026-06-09, 2026-06-20, 2026-07-01"), "{message}");
    }
    let mut repeated = get_request(ApiVersion::Earnings, "/plans");
    repeated.headers_mut().append("api-version-date", "2026-07-01".parse().unwrap());
    assert_eq!(refused(&sandbox, repeated).0, 400);
}

#[test]
fn a_fixed_sandbox_knows_only_its_own_version() {
    for (version, api) in Sandbox::versions().iter().zip(ApiVersion::ALL) {
        let sandbox = Sandbox::new(Some(*version)).unwrap();
        for asked in ApiVersion::ALL {
            let response = sandbox.respond(get_request(asked, "/plans"));
            assert_eq!(response.status().as_u16(), if asked == api { 200 } else { 400 });
            assert_eq!(response.headers()["api-version-date"], api.date());
        }
        let mut absent = get_request(api, "/plans/plan_pro");
        absent.headers_mut().remove("api-version-date");
        let response = sandbox.respond(absent);
        assert_eq!(text(&response), get_text(api, "/plans/plan_pro"));
        assert_eq!(response.headers().get("vary"), None);
    }
    let asked = "2026-07-08-1".parse().unwrap();
    assert_eq!(Sandbox::new(Some(asked)).unwrap_err(), UnknownVersion { asked });
}

#[test]
fn pages_go_forwards_and_backwards() {
    for version in ApiVersion::ALL {
        for (path, all) in [
            ("/plans", vec!["plan_invoice", "plan_free", "plan_annual", "plan_lifetime", "plan_pro"]),
            (
                "/referrals/businesses/earnings",
                vec!["bre_sample", "bre_unsettled", "bre_half", "bre_invoice", "bre_canceled", "bre_bare"],
            ),
        ] {
            let mut seen: Vec<String> = Vec::new();
            let mut page = get(version, &format!("{path}?first=2"));
            assert_eq!(page["page_info"]["has_previous_page"], false);
            loop {
                seen.extend(ids(&page).into_iter().map(str::to_owned));
                if page["page_info"]["has_next_page"] == false {
                    break;
                }
                let after = page["page_info"]["end_cursor"].as_str().unwrap().replace('=', "%3D");
                page = get(version, &format!("{path}?first=2&after={after}"));
                assert_eq!(page["page_info"]["has_previous_page"], true);
            }
            assert_eq!(seen, all);

            let last = get(version, &format!("{path}?last=2"));
            assert_eq!(ids(&last), all[all.len() - 2..]);
            assert_eq!(last["page_info"]["has_previous_page"], true);
            let before = last["page_info"]["start_cursor"].as_str().unwrap();
            let earlier = get(version, &format!("{path}?last=2&before={before}"));
            assert_eq!(ids(&earlier), all[all.len() - 4..all.len() - 2]);
            assert_eq!(earlier["page_info"]["has_next_page"], true);
        }
    }
    let empty = get_text(ApiVersion::Users, "/plans?company_id=biz_nobody");
    assert_eq!(
        empty,
        r#"{"data":[],"page_info":{"has_next_page":false,"end_cursor":null,"has_previous_page":false,"start_cursor":null}}"#
    );
    for query in ["first=0", "first=x", "first=-1", "after=nothing", "first=1&last=1"] {
        let request = get_request(ApiVersion::Users, &format!("/plans?{query}"));
        assert_eq!(refused(&sandbox(), request).1, "invalid_parameter", "{query}");
    }
}

#[test]
fn a_repeated_write_under_one_key_happens_once() {
    let sandbox = sandbox();
    let write = |version, token: &str, key: &str, path: &str, body: &str| {
        let mut request = request(Method::POST, version, path, (JSON, body));
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        sandbox.respond(request)
    };
    let body = r#"{"account_id":"biz_x"}"#;
    let first = write(ApiVersion::Plans, "a", "k", "/plans", body);
    let again = write(ApiVersion::Plans, "a", "k", "/plans", body);
    assert_eq!((first.status(), first.headers().get("idempotent-replayed")), (StatusCode::OK, None));
    assert_eq!(
        (first.body(), &again.headers()["idempotent-replayed"]),
        (again.body(), &"true".parse().unwrap())
    );

    let others = [
        write(ApiVersion::Plans, "a", "k", "/plans", r#"{"account_id": "biz_x"}"#),
        write(ApiVersion::Referrals, "a", "k", "/plans", body),
        write(ApiVersion::Plans, "a", "k", "/plans?title=x", body),
        write(ApiVersion::Plans, "a", "k", "/plans/", body),
    ];
    for other in others {
        assert_eq!(other.status(), 409);
        assert_eq!(value(&text(&other))["error"]["type"], "idempotency_conflict");
    }
    for fresh in [
        write(ApiVersion::Plans, "b", "k", "/plans", body),
        write(ApiVersion::Plans, "a", "l", "/plans", body),
    ] {
        assert_eq!(fresh.headers().get("idempotent-replayed"), None);
        assert_ne!(fresh.body(), first.body());
    }
    assert_eq!(write(ApiVersion::Plans, "a", "", "/plans", body).status(), 400);
    // What failed may be mended under the same key.
    assert_eq!(write(ApiVersion::Plans, "a", "m", "/plans", "{}").status(), 400);
    assert_eq!(write(ApiVersion::Plans, "a", "m", "/plans", body).status(), 200);
}

#[test]
fn reads_have_etags_and_heads() {
    let sandbox = sandbox();
    let read = |method: Method, tag: Option<&str>, version| {
        let mut request = request(method, version, "/plans/plan_pro", (JSON, ""));
        if let Some(tag) = tag {
            request.headers_mut().insert("if-none-match", tag.parse().unwrap());
        }
        sandbox.respond(request)
    };
    let whole = read(Method::GET, None, ApiVersion::Plans);
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let head = read(Method::HEAD, None, ApiVersion::Plans);
    assert_eq!(head.headers(), whole.headers());
    assert!(head.body().is_empty());
    assert_eq!(head.headers()["content-length"], whole.body().len().to_string().as_str());

    for matching in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        for method in [Method::GET, Method::HEAD] {
            let unchanged = read(method, Some(&matching), ApiVersion::Plans);
            assert_eq!(unchanged.status(), 304);
            assert!(unchanged.body().is_empty());
            assert_eq!(unchanged.headers()["etag"], tag.as_str());
            assert_eq!(unchanged.headers()["api-version-date"], "2026-06-09");
        }
    }
    assert_eq!(read(Method::GET, Some("\"x\""), ApiVersion::Plans).status(), 200);
    assert_eq!(read(Method::GET, Some(&tag), ApiVersion::Users).status(), 200);
}

#[test]
fn paths_and_methods_are_told_apart() {
    let sandbox = sandbox();
    let status =
        |method, path: &str| refused(&sandbox, request(method, ApiVersion::Plans, path, (JSON, ""))).0;
    for path in ["/nowhere", "", "/plans//", "/plans/plan_nobody", "/users/nobody", "/plans/a/b"] {
        assert_eq!(status(Method::GET, path), 404, "{path}");
    }
    let put = sandbox.respond(request(Method::PUT, ApiVersion::Plans, "/plans/plan_pro", (JSON, "{}")));
    assert_eq!(
        (put.status().as_u16(), &put.headers()["allow"]),
        (405, &"GET, HEAD, PATCH, DELETE".parse().unwrap())
    );
    assert_eq!(status(Method::POST, "/referrals/businesses/earnings"), 405);
    assert_eq!(status(Method::GET, "/plans/plan_pro?expand=1"), 400);
}

#[test]
fn it_remembers_what_it_received() {
    let sandbox = sandbox();
    for number in 0..MAX_RECEIVED + 5 {
        let path = format!("/plans?first={number}");
        let _ = sandbox.respond(request(Method::GET, ApiVersion::Plans, &path, (FORM, "a=%20b")));
    }
    let received = sandbox.clone().received();
    assert_eq!(received.len(), MAX_RECEIVED);
    assert_eq!(received[0].path_and_query, "/api/v1/plans?first=5");
    let last = received.last().unwrap();
    assert_eq!((&last.method, last.body.as_ref()), (&Method::GET, b"a=%20b".as_slice()));
    assert_eq!(last.headers["authorization"], "Bearer test");
    let shown = format!("{last:?}");
    assert!(!shown.contains("test") && !shown.contains("first") && !shown.contains("%20b"), "{shown}");
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let sandbox = sandbox();
    let sized = |size: usize| {
        let body = format!(r#"{{"title":"{}"}}"#, "x".repeat(size - 12));
        assert_eq!(body.len(), size);
        sandbox.respond(request(Method::PATCH, ApiVersion::Plans, "/plans/plan_pro", (JSON, &body))).status()
    };
    assert_eq!(sized(MAX_BODY), 200);
    assert_eq!(sized(MAX_BODY + 1), 413);
}

#[test]
fn deep_or_odd_bodies_do_no_harm() {
    let sandbox = sandbox();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [deep.as_str(), "{\"a\":\u{0}}", "{\"title\":\"\\ud800\"}", "{\"title\":\"x\"} x"] {
        let patch = request(Method::PATCH, ApiVersion::Plans, "/plans/plan_pro", (JSON, body));
        assert_eq!(sandbox.respond(patch).status(), 400);
    }
    for form in ["%ff%fe=%zz", "=", "[]=1", "a[b][c]=1", "a[=1", "a]=1", "title[]=x"] {
        let patch = request(Method::PATCH, ApiVersion::Plans, "/plans/plan_pro", (FORM, form));
        assert_eq!(sandbox.respond(patch).status(), 400, "{form}");
    }
    assert_eq!(sandbox.respond(get_request(ApiVersion::Plans, "/plans?&&")).status(), 200);
}
