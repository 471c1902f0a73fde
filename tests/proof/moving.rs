//! Data that changes under the feet is no mistake: whatever moves while it is verified, nothing is reported. And what is
//! really wrong is, beside all of it.

use super::support::{self, Message, Upstream, json};
use crate::common::pack;
use dateline_core::pack::Pack;
use dateline_gateway::{
    Config,
    verify::{Options, Outcome, Verifier},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinSet;

const OLD: &str = "2025-01-01";
const REQUESTS: usize = 2000;
/// The number of concurrent workers.
const WORKERS: usize = 8;

/// The ways in which data moves, each by its own plan: how often it was read, and what a draw says.
const MOTIONS: [fn(u64, u64) -> Value; 10] = [
    // It stands still.
    |_, _| json!({"members": 5}),
    // A counter, and a time.
    |read, _| json!({"members": read, "updated_at": format!("2026-11-24T12:00:{:02}Z", read % 60)}),
    // To and fro, with each reading, and with every third.
    |read, _| json!({"visible": read % 2 == 0}),
    |read, _| json!({"visibility": if read % 3 == 0 { "hidden" } else { "visible" }}),
    // Replicas of which one lags.
    |_, draw| json!({"stock": draw % 2}),
    // A state that is left for good between two readings.
    |read, _| json!({"status": if read < 2 { "open" } else { "closed" }}),
    // A list that grows at its end, one at its front, one that is turned.
    |read, _| json!({"offers": (0..read.min(20)).map(|id| json!({"id": id, "price": id * 2})).collect::<Vec<_>>()}),
    |read, _| json!({"offers": (0..read.min(20)).rev().map(|id| json!({"id": id})).collect::<Vec<_>>()}),
    |read, _| json!({"offers": if read % 2 == 0 { [1, 2, 3] } else { [3, 1, 2] }}),
    // Fields that come and go, types that change, a group that is null at times.
    |read, draw| match (read + draw) % 4 {
        0 => json!({"trial": {"days": 7}}),
        1 => json!({"trial": null}),
        2 => json!({"trial": "none"}),
        _ => json!({}),
    },
];

/// Every plan moves in one way, and is told alike in every version but for the name of its account.
struct Moving {
    reads: Mutex<HashMap<String, u64>>,
}

impl Moving {
    fn answer(&self, request: &Message) -> Vec<u8> {
        let id = request.start.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
        let read = {
            let mut reads = self.reads.lock().unwrap();
            let read = reads.entry(id.clone()).or_default();
            *read += 1;
            *read - 1
        };
        let number: usize = id.trim_start_matches("plan_").parse().unwrap();
        // Any mixture of the two will do.
        let draw =
            (read + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1) << 17).rotate_left(23) % 1009;
        let account = if request.field("api-version-date") == Some(OLD) { "company" } else { "account" };
        let mut plan = Map::new();
        plan.insert("id".to_owned(), id.into());
        plan.insert(account.to_owned(), json!({"id": "biz_x", "title": "Pickaxe"}));
        plan.insert("initial_price".to_owned(), json!(6.5));
        if let Value::Object(moves) = MOTIONS[number % MOTIONS.len()](read, draw) {
            plan.extend(moves);
        }
        json(&Value::Object(plan).to_string())
    }
}

async fn moving() -> Upstream {
    let moving = Arc::new(Moving { reads: Mutex::default() });
    Upstream::scripted_with(moving, move |mut connection, moving| async move {
        loop {
            let request = connection.next().await?;
            connection.send(moving.answer(&request)).await;
        }
    })
    .await
}

/// Verifies this many requests. Returns the number of each result, and the paths that are reported.
async fn verified(
    pack: Arc<Pack>,
    requests: usize,
) -> (BTreeMap<&'static str, usize>, BTreeMap<String, usize>, usize) {
    let upstream = moving().await;
    let mut config = Config::default();
    config.upstream.url = Some(upstream.url.clone());
    let options = Options { pause: Duration::from_micros(50), ..Options::default() };
    let verifier = Arc::new(Verifier::new(&config, pack, options).unwrap());
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let verifier = Arc::clone(&verifier);
        workers.spawn(async move {
            let (mut results, mut paths) = (BTreeMap::new(), BTreeMap::new());
            for number in (worker..requests).step_by(WORKERS) {
                let target = format!("/api/v1/plans/plan_{number}");
                let verdict = verifier.verify(&target, &HeaderMap::new(), Some(OLD.parse().unwrap())).await;
                *results.entry(verdict.outcome.as_str()).or_insert(0) += 1;
                match verdict.outcome {
                    Outcome::Differed { differences } => differences
                        .iter()
                        .for_each(|found| *paths.entry(found.path.to_string()).or_insert(0) += 1),
                    Outcome::Failed(failure) => panic!("{target}: {failure}"),
                    _ => {}
                }
            }
            (results, paths)
        });
    }
    let (mut results, mut paths) = (BTreeMap::new(), BTreeMap::new());
    while let Some(worker) = workers.join_next().await {
        let (its_results, its_paths) = worker.unwrap();
        its_results.into_iter().for_each(|(result, count)| *results.entry(result).or_insert(0) += count);
        its_paths.into_iter().for_each(|(path, count)| *paths.entry(path).or_insert(0) += count);
    }
    (results, paths, upstream.count())
}

#[tokio::test]
async fn data_that_moves_under_the_feet_of_2000_checks_gives_no_report() {
    let (results, paths, readings) = verified(support::pack(), REQUESTS).await;
    assert_eq!((results.get("differed"), paths.len()), (None, 0), "{paths:?}");
    // It did move: most of what moves is seen to.
    assert!(results["unsettled"] > REQUESTS / 2, "{results:?}");
    assert!(results["agreed"] > REQUESTS / 10, "{results:?}");
    assert!(readings > REQUESTS * 3, "{readings}");
    println!("{results:?}, {readings} readings");
}

/// The judge is not just mute: on the same data, what a broken pack does is reported, and nothing else.
#[tokio::test]
async fn what_a_broken_pack_does_to_data_that_moves_is_reported_and_nothing_else() {
    let pack = pack::edited(|files| {
        pack::replace(
            files,
            "2026-06-09.toml",
            r#"{ move = "company", to = "account" }"#,
            r#"{ move = "firm", to = "account" }"#,
        );
    });
    let requests = 100;
    let (results, paths, _) = verified(pack, requests).await;
    assert_eq!(results.get("differed"), Some(&requests), "{results:?}");
    let expected = ["$.company", "$.firm"].map(|path| (path.to_owned(), requests));
    assert_eq!(paths, BTreeMap::from(expected));
}
