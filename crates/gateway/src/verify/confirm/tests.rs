use super::*;
use crate::verify::Outcome;
use bytes::Bytes;
use dateline_core::compare::{Ignored, documents};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// An upstream of a test: says what each reading gets, by its number from 0 on. Reading 0 is what was sent.
struct Fake<A> {
    answers: A,
    readings: AtomicUsize,
    ways: Mutex<Vec<Way>>,
}

impl<A: Fn(usize, Way) -> Result<(u16, Value), Failure> + Sync> Subject for Fake<A> {
    async fn read(&self, way: Way) -> Result<Read, Failure> {
        let number = self.readings.fetch_add(1, Relaxed);
        self.ways.lock().unwrap().push(way);
        let (status, body) = (self.answers)(number, way)?;
        Ok(Read { status: StatusCode::from_u16(status).unwrap(), body: Bytes::from(body.to_string()) })
    }

    async fn compare(&self, native: Read, translated: Read) -> Result<Comparison, Failure> {
        let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
        Ok(documents(&read(&native.body), &read(&translated.body), &Ignored::default()))
    }
}

/// The outcome, and how many requests it took.
async fn outcome(
    answers: impl Fn(usize, Way) -> Result<(u16, Value), Failure> + Sync,
) -> (Outcome, usize, Vec<Way>) {
    let fake = Fake { answers, readings: AtomicUsize::new(0), ways: Mutex::default() };
    let sent = fake.read(Way::Translated).await.unwrap();
    let outcome = judge(&fake, sent, Duration::from_micros(10)).await;
    (outcome, fake.readings.load(Relaxed) - 1, fake.ways.into_inner().unwrap())
}

fn paths(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Differed { differences } => differences.iter().map(|found| found.path.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_the_same_takes_one_request() {
    let (outcome, requests, _) = outcome(|_, _| Ok((200, json!({"a": 1})))).await;
    assert_eq!((outcome.as_str(), requests), ("agreed", 1));
}

#[tokio::test]
async fn a_difference_stands_where_nothing_moves_and_takes_every_reading() {
    let answers = |_, way| Ok((200, json!({"a": 1, "b": if way == Way::Native { 1 } else { 10 }})));
    let (outcome, requests, ways) = outcome(answers).await;
    assert_eq!((paths(&outcome), requests), (vec!["$.b".to_owned()], MOST as usize));
    let native = ways.iter().filter(|way| **way == Way::Native).count();
    assert!((2..=20).contains(&native), "both ways, each more than once: {native}");
}

#[tokio::test]
async fn what_moves_beside_what_is_wrong_is_not_reported() {
    let answers = |number: usize, way| {
        let wrong = if way == Way::Native { 1 } else { 10 };
        Ok((200, json!({"wrong": wrong, "counter": number, "list": vec![7; number]})))
    };
    assert_eq!(paths(&outcome(answers).await.0), ["$.wrong"]);
}

#[tokio::test]
async fn what_has_moved_once_is_not_reported() {
    for from in 1..=3 {
        let answers = |number, _| Ok((200, json!({"a": u8::from(number >= from), "b": null})));
        let (outcome, requests, _) = outcome(answers).await;
        assert_ne!(outcome.as_str(), "differed", "{from}");
        assert!(requests <= 5, "{from}: {requests}");
    }
}

/// A value that changes in a rhythm of two to five readings is not reported: the two ways do not meet it in step.
#[tokio::test]
async fn what_goes_to_and_fro_is_not_reported() {
    let mut unsettled = 0;
    for period in 2..=5 {
        for pattern in 1..(1u32 << period) - 1 {
            let answers =
                |number: usize, _| Ok((200, json!({"a": pattern >> (number % period as usize) & 1})));
            for _ in 0..100 {
                let (outcome, ..) = outcome(answers).await;
                assert_ne!(outcome.as_str(), "differed", "{pattern:b} of {period}");
                unsettled += u32::from(outcome.as_str() == "unsettled");
            }
        }
    }
    assert!(unsettled > 500);
}

/// Replicas of which one lags: each reading is one of two values by chance.
#[tokio::test]
async fn what_changes_by_chance_is_not_reported() {
    let (mut unsettled, mut requests) = (0, 0);
    for _ in 0..500 {
        let (outcome, took, _) = outcome(|_, _| Ok((200, json!({"a": random() % 2})))).await;
        assert_ne!(outcome.as_str(), "differed");
        unsettled += u32::from(outcome.as_str() == "unsettled");
        requests += took;
    }
    assert!((180..320).contains(&unsettled), "{unsettled}");
    assert!(requests < 500 * 4, "movement shows at once: {requests}");
}

#[tokio::test]
async fn a_field_that_comes_and_goes_is_not_reported() {
    let answers = |number: usize, way| match (number % 3, way) {
        (0, _) => Ok((200, json!({}))),
        _ => Ok((200, json!({"a": 1}))),
    };
    for _ in 0..50 {
        assert_ne!(outcome(answers).await.0.as_str(), "differed");
    }
}

#[tokio::test]
async fn statuses_are_held_to_the_same() {
    let stands = |_, way| Ok((if way == Way::Native { 404 } else { 200 }, json!({})));
    let (found, requests, _) = outcome(stands).await;
    assert_eq!((found, requests), (Outcome::Statuses { native: 404, translated: 200 }, MOST as usize));
    let deleted = |number, _| Ok((if number > 0 { 404 } else { 200 }, json!({})));
    assert_eq!(outcome(deleted).await.0.as_str(), "failed");
    let (gone, ..) = outcome(|_, _| Ok((404, json!({})))).await;
    assert_eq!(gone, Outcome::Failed(Failure::Status(404)));
}

#[tokio::test]
async fn what_cannot_be_read_to_the_end_is_no_difference() {
    let answers = |number, way| match number {
        5.. => Err(Failure::RateLimit),
        _ => Ok((200, json!({"b": if way == Way::Native { 1 } else { 10 }}))),
    };
    assert_eq!(outcome(answers).await.0, Outcome::Failed(Failure::RateLimit));
}
