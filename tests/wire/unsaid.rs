//! Changes that no step can say: an exchange that would cross one is native, refused or told, and never sent in hope.

use super::support::{Ask, Gateway, Message, Protocol, Upstream, ask, get, json, refusing, strict, until, v};
use crate::common::{pack, program};
use dateline_gateway::config::{Config, Sample, Verify};
use dateline_http::policy::ServedVersions;

const API: &str = r#"
operations = [
  "GET /databases/{id}", "GET /fees", "GET /pages/{id}", "POST /pages", "GET /plain", "GET /others/{id}", "POST /roles", "POST /notes",
]
[resource.Role]
found = [{ in = "POST /roles", part = "body", at = "$" }]
[resource.Page]
found = [
  { in = "GET /pages/{id}", part = "response", at = "$" },
  { in = "POST /pages", part = "response", at = "$" },
]
[resource.Other]
found = [{ in = "GET /others/{id}", part = "response", at = "$" }]
"#;

const CHANGES: &str = r#"
[[change]]
name = "Call the rank of a role its name"
why = "As everywhere."
resource = "Role"
steps = [{ move = "rank", to = "name" }]
[[change]]
name = "Call the title a name"
why = "As everywhere."
resource = "Page"
steps = [{ move = "title", to = "name" }]
[[change]]
name = "Call its title a name, too"
why = "As everywhere."
resource = "Other"
steps = [{ move = "title", to = "name" }]
[[unsaid]]
name = "Split databases into data sources"
why = "The id of a data source is told by another endpoint."
in = "GET /databases/{id}"
[[unsaid]]
name = "Give fees another meaning"
why = "Nothing says which fee was meant."
instead = "Ask GET /costs."
in = ["GET /fees"]
then = "refuse"
[[unsaid]]
name = "Drop the filter by draft"
why = "Drafts are not listed."
in = ["GET /plain"]
parameter = "query.status"
values = ["draft"]
client = "older"
then = "refuse"
[[unsaid]]
name = "Give two roles no more"
why = "No other role allows the same."
in = "POST /roles"
parameter = ["body.rank", "body.ranks"]
values = ["king", "queen"]
client = "older"
[[unsaid]]
name = "Write no colour of a note"
why = "It has none."
in = "POST /notes"
parameter = "body.colour"
then = "tell"
[[unsaid]]
name = "Count the words of pages"
why = "Nobody counted before."
resource = "Page"
then = "tell"
"#;

async fn gateway(change: impl FnOnce(&mut Config)) -> (Upstream, Gateway) {
    let upstream = Upstream::answers(json(r#"{"name":"a"}"#)).await;
    let pack = pack::shop(API, ("2026-01-01", CHANGES));
    let gateway = Gateway::of_pack(pack, &upstream, |config| {
        config.upstream.version = Some(v("2026-01-01"));
        change(config);
    })
    .await;
    (upstream, gateway)
}

fn old(ask: Ask) -> Ask {
    ask.with("shop-version", "2025-01-01")
}

/// The status, the error type, and the outcome.
fn refusal(message: &Message) -> (u16, String, Option<&str>) {
    let body: serde_json::Value = serde_json::from_str(message.text()).expect("an error");
    let code = body["error"]["type"].as_str().unwrap_or_default().to_owned();
    (message.status(), code, message.field("dateline-outcome"))
}

fn is_refused() -> (u16, String, Option<&'static str>) {
    (400, "change_untranslatable".to_owned(), Some("not_sent"))
}

#[tokio::test]
async fn what_the_upstream_serves_is_asked_at_the_clients_version() {
    for serves in [ServedVersions::All, ServedVersions::Listed(vec![v("2025-01-01")])] {
        let (upstream, gateway) = gateway(|config| config.upstream.serves = serves).await;
        let answer = gateway.send(old(get("/v1/databases/db_1"))).await;
        assert_eq!((answer.status(), answer.text()), (200, r#"{"name":"a"}"#), "untranslated");
        let versions = ["shop-version", "dateline-upstream-version"].map(|name| answer.field(name));
        assert_eq!(versions, [Some("2025-01-01"); 2]);
        assert_eq!(answer.field("dateline-loss"), None);
        assert_eq!(upstream.requests()[0].field("shop-version"), Some("2025-01-01"));
        // At the upstream's own version there is nothing to cross, and another operation is translated.
        gateway.send(get("/v1/databases/db_1").with("shop-version", "2026-01-01")).await;
        gateway.send(old(get("/v1/plain"))).await;
        let versions: Vec<_> = upstream.requests()[1..]
            .iter()
            .map(|request| request.field("shop-version").map(str::to_owned))
            .collect();
        assert_eq!(versions, [Some("2026-01-01".to_owned()), Some("2026-01-01".to_owned())]);
    }
}

#[tokio::test]
async fn what_it_does_not_serve_is_refused_before_anything_is_sent() {
    let (upstream, gateway) = gateway(|_| {}).await;
    let refused = gateway.send(old(get("/v1/databases/db_1"))).await;
    assert_eq!(refusal(&refused), is_refused());
    for part in [
        "2025-01-01",
        "2026-01-01",
        "Split databases into data sources",
        "told by another endpoint",
        "Move to version 2026-01-01",
    ] {
        assert!(refused.text().contains(part), "{part}: {}", refused.text());
    }
    // However the path is spelled.
    for path in
        ["/v1/databases/db_1/", "/v1/%64atabases/db_1", "/v1//databases/db_1", "/v1/x/../databases/db_1"]
    {
        let refused = gateway.send(old(get(path))).await;
        assert_eq!(refused.status(), 400, "{path}: {}", refused.text());
    }
    // The newer one beside the older: what is refused is the crossing, in either direction.
    for path in ["/v1/databases/db_1", "/v1//databases/db_1"] {
        assert_eq!(gateway.send(get(path).with("shop-version", "2026-01-01")).await.status(), 200, "{path}");
    }
    assert_eq!(upstream.count(), 2);
}

#[tokio::test]
async fn only_a_request_with_the_filter_is_refused() {
    let (upstream, gateway) = gateway(|config| config.upstream.serves = ServedVersions::All).await;
    for query in ["?status=draft", "?x=1&%73tatus%5B%5D=dr%61ft", "?status=open,draft"] {
        let refused = gateway.send(old(get(&format!("/v1/plain{query}")))).await;
        assert_eq!(refusal(&refused), is_refused(), "{query}");
        assert!(refused.text().contains("requests with query.status = draft"), "{}", refused.text());
    }
    assert_eq!(upstream.count(), 0);
    for query in ["", "?status=open", "?x[status]=draft"] {
        assert_eq!(gateway.send(old(get(&format!("/v1/plain{query}")))).await.status(), 200, "{query}");
    }
    // A client that has the change does not mean that filter.
    let newer = get("/v1/plain?status=draft").with("shop-version", "2026-01-01");
    assert_eq!(gateway.send(newer).await.status(), 200);
    assert_eq!(upstream.count(), 4);
}

/// The body of a request is read before anything is sent, and says what becomes of it.
#[tokio::test]
async fn only_a_body_with_the_value_is_refused_or_native() {
    let role = |body: &str| old(ask("POST", "/v1/roles").json(body));
    for protocol in Protocol::ALL {
        let (upstream, gateway) = gateway(|_| {}).await;
        for body in [r#"{"rank":"king"}"#, r#"{"rank":"clerk","rank":"queen"}"#, r#"{"ranks":["king"]}"#] {
            let refused = gateway.receive(protocol, &role(body)).await.expect("a response");
            assert_eq!(refusal(&refused), is_refused(), "{protocol:?} {body}");
            assert!(!refused.text().contains("clerk"), "{}", refused.text());
        }
        assert_eq!(upstream.count(), 0);
        let answer = gateway.receive(protocol, &role(r#"{"rank":"clerk"}"#)).await.expect("a response");
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert_eq!(upstream.requests()[0].text(), r#"{"name":"clerk"}"#, "all others are translated");

        let (upstream, gateway) = self::gateway(|config| config.upstream.serves = ServedVersions::All).await;
        gateway.receive(protocol, &role(r#"{"rank": "king"}"#)).await.expect("a response");
        gateway.receive(protocol, &role(r#"{"rank": "clerk"}"#)).await.expect("a response");
        let told: Vec<_> = upstream
            .requests()
            .iter()
            .map(|request| (request.text().to_owned(), request.field("shop-version").unwrap().to_owned()))
            .collect();
        let wanted = [(r#"{"rank": "king"}"#, "2025-01-01"), (r#"{"name": "clerk"}"#, "2026-01-01")];
        assert_eq!(told, wanted.map(|(body, version)| (body.to_owned(), version.to_owned())));
    }
}

#[tokio::test]
async fn only_a_body_with_the_field_is_told() {
    let (upstream, gateway) = gateway(refusing).await;
    let note = |body: &str| old(ask("POST", "/v1/notes").json(body));
    let answer = gateway.send(note(r#"{"colour":"red"}"#)).await;
    assert_eq!(
        (answer.status(), answer.field("dateline-loss")),
        (200, Some("write-no-colour-of-a-note=unsaid"))
    );
    let answer = gateway.send(note(r#"{"text":"red"}"#)).await;
    assert_eq!((answer.status(), answer.field("dateline-loss")), (200, None));
    let refused = gateway.send(strict(note(r#"{"colour":"red"}"#))).await;
    assert_eq!(refusal(&refused), (400, "translation_would_lose".to_owned(), Some("not_sent")));
    let empty = gateway.send(old(ask("POST", "/v1/notes"))).await;
    assert_eq!((empty.status(), empty.field("dateline-loss")), (200, None));
    let bodies: Vec<_> = upstream.requests().iter().map(|request| request.text().to_owned()).collect();
    assert_eq!(bodies, [r#"{"colour":"red"}"#, r#"{"text":"red"}"#, ""]);
}

#[tokio::test]
async fn what_the_pack_refuses_is_refused_whatever_the_upstream_serves() {
    let (upstream, gateway) = gateway(|config| config.upstream.serves = ServedVersions::All).await;
    for protocol in Protocol::ALL {
        let refused = gateway.receive(protocol, &old(get("/v1/fees"))).await.expect("a response");
        assert_eq!(refusal(&refused), is_refused());
        assert!(refused.text().contains("Ask GET /costs."), "{}", refused.text());
    }
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn what_is_told_is_translated_as_far_as_it_goes_and_named_as_a_loss() {
    let (upstream, gateway) = gateway(refusing).await;
    let answer = gateway.send(old(get("/v1/pages/p_1"))).await;
    assert_eq!((answer.status(), answer.text()), (200, r#"{"title":"a"}"#));
    assert_eq!(answer.field("dateline-loss"), Some("count-the-words-of-pages=unsaid"));
    let write = gateway.send(old(ask("POST", "/v1/pages").json("{}"))).await;
    assert_eq!(
        (write.status(), write.field("dateline-loss")),
        (200, Some("count-the-words-of-pages=unsaid"))
    );
    // A client that refuses losses refuses this one.
    let refused = gateway.send(strict(old(get("/v1/pages/p_1")))).await;
    assert_eq!(refusal(&refused), (400, "translation_would_lose".to_owned(), Some("not_sent")));
    assert_eq!(upstream.count(), 2);
}

/// A check would hold what is told to be as it was to what the upstream says natively, and they differ.
#[tokio::test]
async fn what_is_told_is_not_verified() {
    let (upstream, gateway) = gateway(|config| {
        config.verify = Verify { sample: Sample::ALL, ..Verify::default() };
    })
    .await;
    for path in ["/v1/pages/p_1", "/v1/others/o_1"] {
        assert_eq!(gateway.send(old(get(path))).await.status(), 200);
    }
    let checked = |path: &str| {
        let by_a_check = |id: &str| id.starts_with("dateline-verify-");
        let checks = upstream.requests();
        checks.iter().any(|one| one.field("x-request-id").is_some_and(by_a_check) && one.start.contains(path))
    };
    until("the other is checked", || checked("/v1/others/")).await;
    assert!(!checked("/v1/pages/"));
}

#[test]
fn an_operator_is_told_of_them_by_every_command_that_shows_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in pack::shop_files(API, ("2026-01-01", CHANGES)) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let pack = folder.path().to_str().unwrap();
    let versions = ["--from", "2025-01-01", "--to", "2026-01-01", "--pack", pack];
    let run = |arguments: &[&str]| {
        let ran = program::ran(&mut program::dateline(arguments));
        assert_eq!(ran.code, Some(0), "{}", ran.notes);
        ran
    };
    let explained = run(&[&["explain", "--operation", "GET /databases/{id}"][..], &versions].concat()).output;
    let reason = "The id of a data source is told by another endpoint.";
    for part in
        ["Changes that cannot be translated:", "2026-01-01: Split databases into data sources", reason]
    {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    let translate = ["translate", "--operation", "GET /pages/{id}", "--side", "response"];
    let translated = run(&[&translate[..], &versions].concat());
    assert_eq!(translated.notes, "count-the-words-of-pages unsaid\n");
    let roles = ["translate", "--operation", "POST /roles", "--side", "request"];
    let mut translated = program::dateline(&[&roles[..], &versions].concat());
    let input = folder.path().join("body.json");
    std::fs::write(&input, r#"{"rank":"king"}"#).unwrap();
    let translated = program::ran(translated.stdin(std::fs::File::open(input).unwrap()));
    assert_eq!(
        (&*translated.output, &*translated.notes),
        (r#"{"name":"king"}"#, "give-two-roles-no-more unsaid\n")
    );
    let listed = run(&["versions", "--pack", pack]).output;
    assert!(
        listed.contains("only: requests with query.status = draft, clients of older versions"),
        "{listed}"
    );
    assert!(listed.contains("Give fees another meaning (cannot be translated: refuse)"), "{listed}");
}
