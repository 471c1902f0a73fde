//! `docs/response-fields.md` against responses of every kind: what is set is on the page, and what is on the page is set.

use crate::wire::support::{Ask, Gateway, Message, Upstream, ask, get, v};
use dateline_gateway::config::Config;
use dateline_http::policy::{
    AfterSunset, Client, Match, OnLoss, Retirement, UntranslatableBody, bearer_sha256,
};
use flate2::{Compression, write::GzEncoder};
use std::{collections::BTreeSet, io::Write as _};

const PAGE: &str = include_str!("../../docs/response-fields.md");

const REFERRAL: &str = "/api/v1/referrals/businesses/bref_x";
const KEY: &str = "key-of-a-configured-client";
const ORIGIN: &str = "https://app.example.com";

/// The fields that the page names, in lower case, in the first column of the table in a section.
fn listed(section: &str) -> BTreeSet<String> {
    let (_, rest) = PAGE.split_once(&format!("\n## {section}\n")).expect("the section");
    let table = rest.split("\n## ").next().unwrap_or_default();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.filter(|name| !name.contains('*')).map(str::to_ascii_lowercase).collect()
}

/// An upstream that says a lot in each answer, about this connection, this body and itself.
async fn talkative() -> Upstream {
    Upstream::scripted(|mut connection| async move {
        loop {
            let request = connection.next().await?;
            let own = format!("http://{}", request.field("host")?);
            let fields = [
                "content-type: application/json".to_owned(),
                "content-encoding: gzip".to_owned(),
                "x-theirs: passes".to_owned(),
                "etag: \"tag\"".to_owned(),
                "cache-control: public, max-age=60".to_owned(),
                "x-request-id: theirs".to_owned(),
                "connection: keep-alive, x-hop".to_owned(),
                "x-hop: here".to_owned(),
                "keep-alive: timeout=5".to_owned(),
                "proxy-authenticate: Basic".to_owned(),
                "trailer: x-checksum".to_owned(),
                "upgrade: h2c".to_owned(),
                "accept-ranges: bytes".to_owned(),
                "content-md5: YQ==".to_owned(),
                "digest: sha-256=YQ==".to_owned(),
                "content-digest: sha-256=:YQ==:".to_owned(),
                "repr-digest: sha-256=:YQ==:".to_owned(),
                "x-signature: a".to_owned(),
                "x-hub-signature-256: a".to_owned(),
                "stripe-signature: a".to_owned(),
                "signature: sig1=:YQ==:".to_owned(),
                "signature-input: sig1=(\"content-digest\")".to_owned(),
                "surrogate-control: max-age=60".to_owned(),
                "cdn-cache-control: max-age=60".to_owned(),
                format!("location: {own}/api/v1/plans"),
                format!("content-location: {own}/api/v1/plans"),
                format!("link: <{own}/api/v1/plans>; rel=next"),
                format!("access-control-allow-origin: {ORIGIN}"),
                "access-control-allow-credentials: true".to_owned(),
            ];
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(BODY.as_bytes()).ok()?;
            let body = encoder.finish().ok()?;
            let head = format!(
                "HTTP/1.1 200 OK\r\n{}\r\ncontent-length: {}\r\n\r\n",
                fields.join("\r\n"),
                body.len()
            );
            connection.send([head.as_bytes(), &body].concat()).await;
        }
    })
    .await
}

/// A referral for whose older clients something is made up and something is dropped.
const BODY: &str = r#"{"volume_usd":{"attributed":"1.00","settled":"0.50","awaiting_settlement":"0.50"}}"#;

/// A client that is known by its key, a version that is being retired, and an origin of the gateway's own.
fn everything(config: &mut Config) {
    config.clients.push(Client {
        name: "keyed".to_owned(),
        pin: None,
        matcher: Match::Bearer(bearer_sha256(KEY.as_bytes())),
        upstream_version: None,
        losses: OnLoss::Report,
    });
    config.versions = vec![Retirement {
        pin: v("2025-01-01"),
        deprecated: Some("2026-12-01".parse().unwrap()),
        sunset: Some("2027-06-01".parse().unwrap()),
        link: Some("https://example.com/changes".to_owned()),
        after_sunset: AfterSunset::Serve,
    }];
    config.listen.public_url = Some("https://gateway.example.com".to_owned());
    config.responses.cors_expose = true;
    config.requests.untranslatable = UntranslatableBody::Pass;
}

/// Returns the names of a response's fields, in lower case.
fn names(response: &Message) -> BTreeSet<String> {
    response.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
}

/// A request of the configured client, from a page of another origin.
fn keyed(ask: Ask) -> Ask {
    ask.without("authorization").with("authorization", &format!("Bearer {KEY}")).with("origin", ORIGIN)
}

#[tokio::test]
async fn the_page_of_response_fields_names_what_is_set_and_nothing_else() {
    let gateway = Gateway::configured(&talkative().await, everything).await;
    let translated = gateway.send(keyed(get(REFERRAL).with("accept-encoding", "gzip"))).await;
    let untranslated =
        gateway.send(keyed(ask("POST", "/api/v1/plans").with("content-type", "text/csv").body("a,b"))).await;
    let error = gateway.send(keyed(get(REFERRAL).pin("1999-01-01"))).await;
    let closed = gateway.send_raw("GET /api/v1/plans HTTP/1.1\r\n\r\n").await;
    let full =
        Gateway::configured(&talkative().await, |config| config.limits.max_concurrent_requests = 0).await;
    let shed = full.send(get(REFERRAL)).await;
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let streamed = Gateway::before(&Upstream::answers(chunks).await).await.send(get("/other")).await;
    assert_eq!(
        [translated.status(), untranslated.status(), error.status(), closed.status()],
        [200, 200, 400, 400]
    );
    assert_eq!([shed.status(), streamed.status()], [503, 200]);

    let all = [&translated, &untranslated, &error, &closed, &shed, &streamed];
    let mut seen: BTreeSet<String> = all.into_iter().flat_map(names).collect();
    assert!(seen.remove("x-theirs"), "what nobody names passes");
    assert_eq!(seen, listed("Fields that Dateline sets"));

    let left_out = listed("Fields that Dateline leaves out");
    let came: BTreeSet<String> = names(&translated).intersection(&left_out).cloned().collect();
    assert_eq!(came, BTreeSet::new());
}
