//! Memory: bounded by limits whatever is sent, and shed before it runs out.

use super::support::{Gateway, Protocol, Upstream, ask, get, json, within};
use dateline_gateway::Config;
use tokio::task::JoinSet;

const PLANS: &str = "/api/v1/plans";

/// A write of about this many bytes.
fn write(bytes: usize) -> super::support::Ask {
    ask("POST", PLANS).json(&format!(r#"{{"company_id":"biz_x","title":"{}"}}"#, "x".repeat(bytes)))
}

fn budget(bytes: u64) -> impl FnOnce(&mut Config) {
    move |config| config.limits.memory_bytes = bytes
}

#[tokio::test]
async fn row_32_a_request_over_the_budget_is_shed_before_anything_is_sent() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, budget(200 << 10)).await;
    let bytes = write(150 << 10).bytes();
    let (most, rest) = bytes.split_at(bytes.len() - 10);
    let mut slow = gateway.connect().await;
    slow.send(most).await;
    // As soon as that has been read, there is no room for another one.
    let shed = within("a request is shed", async {
        loop {
            let answer = gateway.send(write(100 << 10)).await;
            if answer.status() != 200 {
                return answer;
            }
        }
    })
    .await;
    assert_eq!(shed.error(), (503, "overloaded".to_owned()));
    assert_eq!((shed.field("retry-after"), shed.field("dateline-outcome")), (Some("1"), Some("not_sent")));
    let before = upstream.count();
    for protocol in Protocol::ALL {
        let answer = gateway.receive(protocol, &write(100 << 10)).await.unwrap();
        assert_eq!(answer.error(), (503, "overloaded".to_owned()), "{protocol:?}");
    }
    assert_eq!(upstream.count(), before, "nothing was sent");
    for protocol in Protocol::ALL {
        assert_eq!(
            gateway.receive(protocol, &write(10)).await.unwrap().status(),
            200,
            "little always has room"
        );
        let passes = write(300 << 10).pin("2026-07-01");
        assert_eq!(gateway.receive(protocol, &passes).await.unwrap().status(), 200, "what passes takes none");
    }
    slow.send(rest).await;
    assert_eq!(slow.answer().await.status(), 200, "what was there first is finished");
    assert_eq!(gateway.send(write(100 << 10)).await.status(), 200, "and its room is free again");
}

#[tokio::test]
async fn row_32_what_a_departed_client_had_is_free_again() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, budget(200 << 10)).await;
    for _ in 0..20 {
        let mut client = gateway.connect().await;
        let bytes = write(150 << 10).bytes();
        client.send(&bytes[..bytes.len() - 1]).await;
    }
    within("there is room", async { while gateway.send(write(150 << 10)).await.status() != 200 {} }).await;
}

#[tokio::test]
async fn row_32_an_answer_over_the_budget_is_an_error_that_asks_for_no_repetition() {
    let list = format!(r#"{{"data":[{}]}}"#, vec![r#"{"account":null}"#; 20_000].join(","));
    let upstream = Upstream::answers(json(&list)).await;
    let whole = |config: &mut Config| {
        (config.limits.buffer_bytes, config.limits.object_bytes) = (1 << 30, 1 << 30);
        config.limits.memory_bytes = 200 << 10;
    };
    let gateway = Gateway::configured(&upstream, whole).await;
    for protocol in Protocol::ALL {
        let answer = gateway.receive(protocol, &get(PLANS)).await.unwrap();
        assert_eq!(answer.error(), (502, "overloaded".to_owned()), "{protocol:?}");
        assert_eq!(
            (answer.field("retry-after"), answer.field("dateline-outcome")),
            (None, Some("responded"))
        );
        assert!(answer.error_message().contains("The upstream answered 200"), "{}", answer.error_message());
    }
    let gateway = Gateway::configured(&upstream, budget(200 << 10)).await;
    let answer = gateway.receive(Protocol::Http11, &get(PLANS)).await.unwrap();
    assert!(answer.text() == list.replace("account", "company"), "what streams needs little");
    let answer = gateway.receive(Protocol::Http11, &get(PLANS).pin("2026-07-01")).await.unwrap();
    assert!(answer.text() == list, "what passes needs none");
}

#[tokio::test]
async fn row_32_an_object_over_the_budget_breaks_a_streamed_answer_off() {
    let list = format!(r#"{{"data":[{{"account":1}},{{"id":"{}"}}]}}"#, "x".repeat(500_000));
    let upstream = Upstream::answers(json(&list)).await;
    let gateway = Gateway::configured(&upstream, |config| {
        (config.limits.buffer_bytes, config.limits.memory_bytes) = (1, 200 << 10);
    })
    .await;
    for protocol in [Protocol::Http11, Protocol::Http2] {
        assert!(gateway.receive(protocol, &get(PLANS)).await.is_none_or(|answer| answer.status() == 502));
    }
}

#[tokio::test]
async fn row_32_what_an_old_client_waits_for_is_counted_too() {
    let body = "x".repeat(300_000);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let upstream = Upstream::answers(chunked).await;
    let gateway = Gateway::configured(&upstream, budget(200 << 10)).await;
    let passes = get(PLANS).pin("2026-07-01");
    let answer = gateway.receive(Protocol::Http10, &passes).await.unwrap();
    assert_eq!(answer.error(), (502, "overloaded".to_owned()));
    assert_eq!(gateway.receive(Protocol::Http11, &passes).await.unwrap().text(), body);
}

#[tokio::test]
async fn row_32_what_a_coding_needs_is_counted_too() {
    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Gateway::configured(&upstream, budget(30 << 10)).await;
    for coding in ["gzip", "br", "zstd"] {
        let answer = gateway.send(ask("POST", PLANS).json("{}").with("content-encoding", coding)).await;
        assert_eq!(answer.error(), (503, "overloaded".to_owned()), "{coding}");
    }
    assert_eq!(upstream.connections(), 0);
}

/// The most that a process has had resident, in bytes.
#[cfg(target_os = "linux")]
fn peak(process: &super::support::Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// A list of zeros takes a tree fifty times its size.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn row_32_memory_does_not_follow_the_body() {
    const AT_ONCE: usize = 2;
    let zeros = vec!["0"; 2 << 20].join(",");
    let body = format!(r#"{{"data":[{{"account":1}},{zeros}]}}"#);
    let size = body.len();
    let came =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n{body}");
    let upstream = Upstream::scripted_with(came, move |mut connection, came| async move {
        loop {
            connection.next().await?;
            connection.send(&came).await;
        }
    })
    .await;
    let process = super::support::Process::before(&upstream, &[]).await;
    process.send(get(PLANS).pin("2026-07-01").with("x", "warm")).await;
    let before = peak(&process);
    let (mut answers, endpoint) = (JoinSet::new(), *process);
    for _ in 0..AT_ONCE {
        answers.spawn(async move { endpoint.send(get(PLANS)).await.body.len() });
    }
    assert_eq!(answers.join_all().await, [size; AT_ONCE]);
    let grown = peak(&process).saturating_sub(before);
    println!("{AT_ONCE} answers of {size} bytes: {grown} bytes more than one that passed");
    assert!(grown < 16 << 20, "{grown} bytes for {AT_ONCE} times {size}");
}
