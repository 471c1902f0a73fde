//! `dateline record` and `dateline replay`.

use super::*;
use crate::common::{
    pack,
    program::{Ran, dateline, ran},
};

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
    let mut command = dateline(&["record", "--into", temporary.path().to_str().unwrap(), "--sandbox"]);
    command.envs([("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0"), ("DATELINE_ADMIN__ADDRESS", "off")]);
    let Ran { code, notes, .. } = ran(&mut command);
    assert_eq!(code, Some(2), "{notes}");
    assert!(notes.contains("others than its owner may look into it"), "{notes}");
}

/// Returns the output of `dateline replay` for a folder, and its exit code.
fn replay(folder: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let Ran { code, output, notes } = ran(dateline(&["replay", folder]).args(arguments));
    (output + &notes, code)
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
    pack::write(&other, |files| {
        for text in files.values_mut() {
            *text = text.replace(r#"move = "company_id""#, r#"move = "firm_id""#);
        }
    });
    let (text, code) = replay(&folder, &["--pack", other.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("account_id: string is gone") && text.contains("company_id: string is new"),
        "{text}"
    );

    let (text, code) = replay(&folder, &["--client", "nobody"]);
    assert!(code == Some(1) && text.contains("has no exchange of a client `nobody`"), "{text}");
    assert_eq!(replay(temporary.path().join("none").to_str().unwrap(), &[]).1, Some(2));
    assert_eq!(replay(&folder, &["--to", "2020-01-01"]).1, Some(2));
}
