//! Exchanges kept as files: what is in them, what never is, and that no request notices.

use super::support::{Ask, Gateway, Process, Upstream, answer, ask, get, json, until};
use dateline::{
    Config,
    recording::{Body, Exchange, Paths, exchanges},
};
use std::{fs, io::Write, path::Path};
use tempfile::TempDir;

const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";

/// A folder that is not there yet.
fn nowhere(temporary: &TempDir) -> String {
    temporary.path().join("recording").to_str().unwrap().to_owned()
}

async fn recording(upstream: &Upstream, folder: &str, change: impl FnOnce(&mut Config)) -> Gateway {
    Gateway::configured(upstream, |config| {
        config.record.folder = Some(folder.into());
        change(config);
    })
    .await
}

/// The names and exchanges of a folder, as soon as there are so many.
async fn kept(folder: &str, count: usize) -> Vec<(String, Exchange)> {
    let read = || exchanges(Path::new(folder)).map(Iterator::collect).unwrap_or_else(|_| Vec::new());
    until("files", || read().len() >= count).await;
    let read = read();
    assert_eq!(read.len(), count, "{read:?}");
    read.into_iter().map(|recorded| (recorded.name, recorded.exchange.expect("an exchange"))).collect()
}

/// Everything that is in the files of a folder, and their names.
fn everything(folder: &str) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.map(|file| format!("{}\n{}", file.display(), fs::read_to_string(&file).unwrap())).collect()
}

/// A counter of `/metrics`.
async fn counted(gateway: &Gateway, series: &str) -> u64 {
    let text = gateway.admin("/metrics").await.text().to_owned();
    let line =
        text.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}\n{text}"));
    line.trim().parse().unwrap()
}

async fn until_counted(gateway: &Gateway, series: &str, count: u64) {
    for _ in 0..2000 {
        if counted(gateway, series).await >= count {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(counted(gateway, series).await, count, "{series}");
}

fn unrecorded(reason: &str) -> String {
    format!("dateline_unrecorded_exchanges_total{{reason=\"{reason}\"}}")
}

#[tokio::test]
async fn a_request_is_kept_as_it_was_sent_and_its_answer_as_it_came() {
    let came = r#"{"id":"plan_x","account":{"id":"biz_x"},"price":1E+2,"u":"\u00e9"}"#;
    let upstream = Upstream::answers(answer(
        "200 OK",
        &["content-type: application/json", "set-cookie: s=cookie_secret"],
        came,
    ))
    .await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    let sent = ask("POST", "/api/v1/plans?company_id=biz%5Fx&x=1")
        .pin(OLD)
        .json(r#"{ "company_id": "biz_x", "initial_price": 6.90 }"#);
    let translated = gateway.send(sent.with("x-other", "1")).await;
    assert!(translated.text().contains(r#""company":{"id":"biz_x"},"price":1E+2"#), "{}", translated.text());
    let (name, exchange) = kept(&folder, 1).await.remove(0);
    assert_eq!(name, "post-plans-000001.json");
    let body = |json: &str| json.split_whitespace().collect::<String>();
    let (Body::Json(request), Body::Json(answer)) = (&exchange.request, &exchange.answer) else {
        panic!("{exchange:?}")
    };
    assert_eq!(
        (body(request).as_str(), body(answer).as_str()),
        (r#"{"company_id":"biz_x","initial_price":6.90}"#, came)
    );
    let expected = Exchange {
        day: exchange.day,
        client: exchange.client.clone(),
        pin: OLD.parse().ok(),
        pin_source: "header".into(),
        upstream: NEW.parse().ok(),
        operation: "POST /plans".into(),
        method: "POST".into(),
        path: "/api/v1/plans".into(),
        query: Some("company_id=biz%5Fx&x=1".into()),
        request_fields: vec![("content-type".into(), "application/json".into())],
        request: exchange.request.clone(),
        status: 200,
        answer_fields: vec![("content-type".into(), "application/json".into())],
        answer: exchange.answer.clone(),
    };
    assert_eq!(exchange, expected);
    assert!(exchange.client.starts_with("key-") && exchange.client.len() == 16, "{}", exchange.client);
    let text = everything(&folder);
    assert!(!text.contains("test\"") && !text.contains("cookie_secret"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn folder_and_files_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let upstream = Upstream::answers(json("{}")).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    gateway.send(get(PLAN)).await;
    kept(&folder, 1).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(Path::new(&folder)), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn what_passes_is_kept_too_and_codings_are_undone() {
    let body = br#"{"data":[{"id":"user_x"}]}"#;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    let coded = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        coded.len()
    );
    let upstream = Upstream::answers([head.as_bytes(), &coded].concat()).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    // Nothing is translated at the upstream's version.
    let sent = ask("POST", "/api/v1/plans")
        .pin(NEW)
        .with("content-encoding", "gzip")
        .with("accept-encoding", "gzip")
        .form("");
    let got = gateway.send(sent.body(coded.clone())).await;
    assert_eq!(got.body, coded);
    gateway.send(get(PLAN).pin(OLD).with("accept-encoding", "gzip")).await;
    let kept = kept(&folder, 2).await;
    let [(_, got), (_, posted)] = kept.as_slice() else { panic!("{kept:?}") };
    assert!(matches!(&posted.request, Body::Form(form) if form.contains("user_x")), "{posted:?}");
    for exchange in [got, posted] {
        assert!(matches!(&exchange.answer, Body::Json(json) if json.contains("user_x")), "{exchange:?}");
    }
    assert_eq!(got.request, Body::Empty);
}

#[tokio::test]
async fn errors_and_empty_answers_are_kept_and_what_is_no_json_is_counted() {
    let upstream = Upstream::scripted(|mut connection| async move {
        loop {
            let sent = connection.next().await?;
            let (status, kind, body) = match sent.start.split(' ').nth(1).unwrap_or_default() {
                "/api/v1/plans/none" => {
                    ("404 Not Found", "application/json", r#"{"error":{"message":"none"}}"#)
                }
                "/api/v1/plans/html" => ("502 Bad Gateway", "text/html", "<html>"),
                "/api/v1/plans/odd" => ("200 OK", "application/json", r#"{"a":"#),
                _ => ("200 OK", "application/json", ""),
            };
            connection.send(answer(status, &[&format!("content-type: {kind}")], body)).await;
        }
    })
    .await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    for path in ["none", "empty", "html", "odd"] {
        gateway.send(get(&format!("/api/v1/plans/{path}")).pin(NEW)).await;
    }
    // Of no operation of the pack, and answered by the gateway itself.
    gateway.send(get("/api/v1/unknown")).await;
    gateway.send(get(PLAN).pin("none")).await;
    let kept = kept(&folder, 2).await;
    let statuses: Vec<u16> = kept.iter().map(|(_, exchange)| exchange.status).collect();
    assert_eq!(statuses, [404, 200]);
    assert_eq!(kept[1].1.answer, Body::Empty);
    until_counted(&gateway, &unrecorded("unfit"), 2).await;
    until_counted(&gateway, "dateline_recorded_exchanges_total", 2).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_cut_short_is_not_kept_and_passes_all_the_same() {
    let long = format!(r#"{{"x":"{}"}}"#, "a".repeat(5000));
    let upstream = Upstream::answers(json(&long)).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |config| config.limits.object_bytes = 4000).await;
    assert_eq!(gateway.send(get(PLAN).pin(NEW)).await.text(), long);
    until_counted(&gateway, &unrecorded("incomplete"), 1).await;
    let short = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\":";
    let upstream = Upstream::answers_and_closes(short).await;
    let gateway = recording(&upstream, &format!("{folder}-2"), |_| {}).await;
    let mut client = gateway.connect().await;
    client.send(get(PLAN).pin(NEW).with("connection", "close").bytes()).await;
    client.rest().await;
    until_counted(&gateway, &unrecorded("incomplete"), 1).await;
    assert_eq!(everything(&folder) + &everything(&format!("{folder}-2")), "");
}

/// Requests with a secret wherever one can stand.
fn canaries() -> Vec<Ask> {
    let mut asks = Vec::new();
    for secret in
        ["canary@canary.test", "can%61ry%40canary.test", "apik_canary", "whsec_canary", "own_canary_key"]
    {
        let target = format!("/api/v1/plans?email={secret}&{secret}=1&api_key=canary");
        asks.push(ask("POST", &target).json(&format!(
            r#"{{"x":["{secret}"],"{secret}":{{"password":"canary"}},"c\u0061nary\u0040b.test":1}}"#
        )));
        asks.push(ask("POST", &target).form(&format!("a[{secret}]={secret}&password=canary&name=canary")));
        asks.push(
            get(&format!("/api/v1/plans/{secret}")).with("x-other", "canary").with("user-agent", "canary"),
        );
        asks.push(get(&format!("/api/v1/users/{secret}")).with("accept", "canary@canary.test"));
    }
    for (name, value) in [
        ("authorization", "Bearer own_canary_key"),
        ("x-api-key", "own_canary_key"),
        ("cookie", "a=own_canary_key"),
    ] {
        asks = asks.into_iter().map(|ask| ask.without(name).with(name, value)).collect();
    }
    asks
}

#[tokio::test]
async fn row_45_no_secret_of_a_request_or_an_answer_is_in_the_files() {
    let body = r#"{"data":[{"email":"canary@canary.test","token":"canary","name":"canary","x":"own_canary_key","y":"sk_live_canary","n":{"canary@b.test":"Bearer canary"}}]}"#;
    let upstream =
        Upstream::answers(answer("200 OK", &["content-type: application/json", "x-canary: canary"], body))
            .await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway =
        recording(&upstream, &folder, |config| config.record.redact = Paths::parse(&["$..name"]).unwrap())
            .await;
    let canaries = canaries();
    for ask in &canaries {
        gateway.send(ask.clone().pin(OLD)).await;
    }
    kept(&folder, canaries.len()).await;
    let text = everything(&folder);
    let found: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("canary") || line.contains("can%61ry") || line.contains("c\\u0061nary"))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(text.contains("redacted-"));
}

#[tokio::test]
async fn the_same_value_has_the_same_stand_in_all_over_a_recording() {
    let upstream = Upstream::answers(json(r#"{"email":"jane@b.test","id":"plan_x"}"#)).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    gateway.send(get("/api/v1/plans?query=jane%40b.test").pin(NEW)).await;
    gateway.send(get(PLAN).pin(NEW)).await;
    let kept = kept(&folder, 2).await;
    let [(_, list), (_, plan)] = kept.as_slice() else { panic!("{kept:?}") };
    let Body::Json(answer) = &plan.answer else { panic!("{plan:?}") };
    let address = list.query.as_deref().unwrap().strip_prefix("query=").unwrap();
    assert!(address.ends_with("@example.com") && answer.contains(address), "{address} {answer}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_recordings_and_no_request() {
    let upstream = Upstream::answers(json("{}")).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let held = dateline::recording::Folder::open(Path::new(&folder)).unwrap();
    let gateway = recording(&upstream, &folder, |_| {}).await;
    for _ in 0..20 {
        assert_eq!(gateway.send(get(PLAN)).await.status(), 200);
    }
    until_counted(&gateway, &unrecorded("disk"), 20).await;
    drop(held);
    assert_eq!(everything(&folder).lines().count(), 1, "the lock");
}

#[tokio::test]
async fn a_full_folder_takes_in_only_what_it_has_less_of() {
    let upstream = Upstream::answers(json("{}")).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |config| config.record.max_exchanges = 3).await;
    for _ in 0..5 {
        gateway.send(get(PLAN).pin(NEW)).await;
    }
    until_counted(&gateway, &unrecorded("full"), 2).await;
    gateway.send(get("/api/v1/users").pin(NEW)).await;
    until_counted(&gateway, "dateline_recorded_exchanges_total", 4).await;
    let names: Vec<String> = kept(&folder, 3).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["get-plans-id-000002.json", "get-plans-id-000003.json", "get-users-000001.json"]);
}

#[tokio::test]
async fn a_reload_turns_it_on_and_off_and_elsewhere() {
    let upstream = Upstream::answers(json("{}")).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = Gateway::before(&upstream).await;
    let reload = |folder: Option<String>| {
        let mut config = Config::default();
        config.upstream.url = Some(upstream.url.clone());
        config.record.folder = folder.map(Into::into);
        let pack = dateline::pack::Pack::embedded().unwrap();
        assert!(gateway.reloads().reload(Ok::<_, String>((config, pack))).is_some());
    };
    gateway.send(get(PLAN).pin(NEW)).await;
    for (place, count) in [(Some("1"), 1), (Some("1"), 2), (Some("2"), 1), (None, 0)] {
        let place = place.map(|place| format!("{folder}-{place}"));
        reload(place.clone());
        gateway.send(get(PLAN).pin(NEW)).await;
        if let Some(place) = place {
            kept(&place, count).await;
        }
    }
    until_counted(&gateway, "dateline_recorded_exchanges_total", 3).await;
}

#[tokio::test]
async fn the_command_serves_records_and_tells_how_many() {
    let upstream = Upstream::answers(json(r#"{"id":"plan_x"}"#)).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let process = Process::running("record", &upstream, &["--into", &folder], &[]).await;
    for _ in 0..3 {
        assert_eq!(process.send(get(PLAN).pin(OLD)).await.status(), 200);
    }
    process.terminate();
    let told = format!("recorded 3 exchanges in {folder}");
    until("it tells", || process.written().contains(&told)).await;
    assert!(process.ended().await.success());
    kept(&folder, 3).await;
}

#[cfg(unix)]
#[test]
fn the_command_does_not_begin_where_others_could_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("x"), "").unwrap();
    fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dateline"));
    let folder = temporary.path().to_str().unwrap();
    command.args(["record", "--into", folder, "--sandbox"]).env_clear();
    command.envs([("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0"), ("DATELINE_ADMIN__ADDRESS", "off")]);
    let output = command.output().unwrap();
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{notes}");
    assert!(notes.contains("others than its owner may look into it"), "{notes}");
}

/// What `dateline replay` says of a folder, and its exit code.
fn replay(folder: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dateline"));
    let output = command.args(["replay", folder]).args(arguments).env_clear().output().unwrap();
    let written = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&written).into_owned(), output.status.code())
}

#[tokio::test]
async fn what_was_recorded_is_replayed_on_a_version_and_on_a_pack() {
    let upstream = Upstream::sandbox(NEW).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let gateway = recording(&upstream, &folder, |_| {}).await;
    for path in ["plans?company_id=biz_x", "referrals/businesses", "referrals/businesses/bref_pickaxe"] {
        assert_eq!(gateway.send(get(&format!("/api/v1/{path}")).pin(OLD)).await.status(), 200, "{path}");
    }
    kept(&folder, 3).await;
    drop(gateway);

    let (text, code) = replay(&folder, &[]);
    assert!(code == Some(0) && text.contains("`volume_usd.settled` is dropped"), "{text}");
    let (text, code) = replay(&folder, &["--to", NEW, "--values"]);
    assert!(code == Some(0) && text.contains("`company_id` \"biz_x\" is called `account_id`"), "{text}");
    assert!(
        text.contains("`processing_volume` 11050.00 becomes `volume_usd.attributed` \"11050.00\""),
        "{text}"
    );
    let (text, code) = replay(&folder, &["--to", NEW, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["exchanges"], &report["found_in"]), (Some(0), &3.into(), &3.into()));

    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/transforms/whop");
    let (text, code) = replay(&folder, &["--pack", built_in]);
    assert!(code == Some(0) && text.contains("3 exchanges of 1 client: nothing changes."), "{text}");
    let other = temporary.path().join("pack");
    fs::create_dir(&other).unwrap();
    for entry in fs::read_dir(built_in).unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(entry.path()).unwrap();
        let broken = text.replace(r#"move = "company_id""#, r#"move = "firm_id""#);
        fs::write(other.join(entry.file_name()), broken).unwrap();
    }
    let (text, code) = replay(&folder, &["--pack", other.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("account_id: a text is gone") && text.contains("company_id: a text is new"),
        "{text}"
    );

    let (text, code) = replay(&folder, &["--client", "nobody"]);
    assert!(code == Some(1) && text.contains("has no exchange of a client `nobody`"), "{text}");
    assert_eq!(replay(temporary.path().join("none").to_str().unwrap(), &[]).1, Some(2));
    assert_eq!(replay(&folder, &["--to", "2020-01-01"]).1, Some(2));
}
