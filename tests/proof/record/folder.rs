//! The folder: whose it is, full, in use by another, and another after a reload.

use super::*;

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
async fn a_folder_that_cannot_be_used_costs_recordings_and_no_request() {
    let upstream = Upstream::answers(json("{}")).await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = nowhere(&temporary);
    let held = dateline_gateway::capture::format::Folder::open(Path::new(&folder)).unwrap();
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
        let pack = dateline_core::pack::Pack::embedded().unwrap();
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
