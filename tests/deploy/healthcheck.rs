//! `dateline healthcheck`: ready or not, as an exit code.

use crate::{
    common::program::{Ran, dateline, ran},
    wire::support::{Process, Upstream, get, json, until, within},
};
use std::net::{Ipv4Addr, TcpListener};

/// Runs `dateline healthcheck` with this admin address.
async fn healthcheck(admin: &str) -> (i32, String, String) {
    let mut command = dateline(&["healthcheck", "--timeout", "1"]);
    command.env("DATELINE_ADMIN__ADDRESS", admin);
    let asked = tokio::task::spawn_blocking(move || ran(&mut command));
    let Ran { code, output, notes } = within("the health check ends", asked).await.unwrap();
    (code.unwrap(), output, notes)
}

#[tokio::test]
async fn it_tells_ready_from_draining_from_gone() {
    let (upstream, go_on) = Upstream::gated(json("{}")).await;
    let process = Process::before(&upstream, &[("DATELINE_ADMIN__ADDRESS", "0.0.0.0:0")]).await;
    let admin = process.events(1, |event| event["admin_address"].is_string()).await.remove(0);
    let admin = admin["admin_address"].as_str().unwrap().to_owned();
    assert!(admin.starts_with("0.0.0.0:"), "{admin}");
    assert_eq!(healthcheck(&admin).await, (0, "ready\n".to_owned(), String::new()));

    let mut client = process.connect().await;
    client.send(get("/api/v1/plans/plan_x").bytes()).await;
    until("it is under way", || upstream.count() == 1).await;
    process.terminate();
    until("it drains", || process.written().contains("draining")).await;
    let asked_at = admin.replace("0.0.0.0", "127.0.0.1");
    let not_ready = format!("dateline: not ready: {asked_at} answers 503: draining\n");
    assert_eq!(healthcheck(&admin).await, (1, String::new(), not_ready));

    go_on.notify_one();
    client.answer().await;
    assert!(process.ended().await.success());
    let (code, output, notes) = healthcheck(&admin).await;
    assert_eq!((code, output.as_str()), (1, ""), "{notes}");
    assert!(notes.contains(&format!("{asked_at} (admin.address) does not answer")), "{notes}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    // Whoever connects is never answered.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (code, _, notes) = healthcheck(&silent.local_addr().unwrap().to_string()).await;
    assert_eq!(code, 1);
    assert!(notes.contains("it takes too long"), "{notes}");
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_usage_error() {
    for (admin, told) in [
        ("off", "admin.address is \"off\""),
        ("127.0.0.1:0", "admin.address is on any free port"),
        ("here", "DATELINE_ADMIN__ADDRESS"),
    ] {
        let (code, output, notes) = healthcheck(admin).await;
        assert_eq!((code, output.as_str()), (2, ""), "{notes}");
        assert!(notes.contains(told), "{notes}");
    }
}
