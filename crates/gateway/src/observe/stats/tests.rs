use super::{
    client_table::{SERIES, UNNAMED},
    *,
};
use dateline_core::{
    json::Field,
    step::LossKind::{Dropped, MadeUp},
};
use http::HeaderValue;
use std::{sync::LazyLock, thread};

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 24 * 3600;

static NOTHING: LazyLock<Losses> = LazyLock::new(Losses::default);

fn field(text: &str) -> Field {
    Field::new(text.split('.'))
}

fn v(text: &str) -> Version {
    text.parse().unwrap()
}

fn credential(key: &str) -> Credential {
    Credential::new(&HeaderValue::try_from(format!("Bearer {key}")).unwrap())
}

/// A request that the upstream has answered.
fn sample(operation: &str, status: u16) -> RequestSample<'static> {
    let status = StatusCode::from_u16(status).unwrap();
    RequestSample {
        client: None,
        credential: None,
        operation: Some(operation.into()),
        pinned: Some((Pinned::Known(v("2025-01-01")), Source::Header, v("2026-07-01"))),
        status: Some(status),
        upstream_status: Some(status),
        error: None,
        losses: &NOTHING,
        took: Duration::from_millis(3),
        upstream: Some(Duration::from_millis(2)),
        upstream_total: Some(Duration::from_millis(3)),
        request_bytes: 0,
        response_bytes: 10,
        request: None,
        response: None,
    }
}

impl Stats {
    fn tell_of(&self, key: &str, status: u16, now: u64) {
        let credential = credential(key);
        self.count_request_at(
            RequestSample { credential: Some(&credential), ..sample("GET /plans", status) },
            now,
        );
    }

    /// Counts by client.
    fn clients(&self) -> Vec<(String, u64)> {
        let mut clients: Vec<(String, u64)> = Vec::new();
        for row in self.snapshot().requests {
            match clients.last_mut().filter(|(client, _)| *client == row.client.to_string()) {
                Some((_, count)) => *count += row.count,
                None => clients.push((row.client.to_string(), row.count)),
            }
        }
        clients
    }

    fn total(&self) -> u64 {
        self.snapshot().requests.iter().map(|row| row.count).sum()
    }
}

#[test]
fn a_client_without_a_configured_name_is_called_as_the_page_calls_it() {
    let stats = Stats::new();
    let key = credential("sk_1");
    let of = |status: u16| RequestSample { credential: Some(&key), ..sample("GET /plans", status) };
    let before = stats.count_request_at(of(404), NOW).unwrap();
    assert!(!before.accepted, "nothing has shown that it is good");
    let first = stats.count_request_at(of(200), NOW).unwrap();
    assert_eq!((first.name().as_str(), first.accepted), (before.name().as_str(), true));
    let refused = stats.count_request_at(of(401), NOW).unwrap();
    assert_eq!((refused.name().as_str(), refused.accepted), (first.name().as_str(), true));
    let unsent = RequestSample { upstream_status: None, ..of(400) };
    assert_eq!(stats.count_request_at(unsent, NOW).unwrap().name().as_str(), first.name().as_str());
    assert!(stats.clients().iter().any(|(client, _)| client == first.name().as_str()));
    assert_eq!(
        stats.count_request_at(RequestSample { client: Some("billing"), ..of(200) }, NOW),
        None,
        "it has a name"
    );
    assert_eq!(stats.count_request_at(sample("GET /plans", 200), NOW), None, "it has shown nothing");
}

#[test]
fn a_request_is_counted_under_what_it_was() {
    let stats = Stats::new();
    stats.count_request_at(RequestSample { client: Some("billing"), ..sample("GET /plans", 200) }, NOW);
    stats.count_request_at(RequestSample { client: Some("billing"), ..sample("GET /plans", 200) }, NOW + 1);
    let pinned = Some((Pinned::Unknown(Some(v("2030-01-01"))), Source::Header, v("2026-07-01")));
    stats.count_request_at(RequestSample { pinned, operation: None, ..sample("", 299) }, NOW);
    stats.count_request_at(
        RequestSample { pinned: None, status: None, upstream_status: None, ..sample("GET /plans", 200) },
        NOW,
    );
    let rows = stats.snapshot().requests;
    let text = |row: &Row| {
        let SeriesKey { pin, source, upstream, status, .. } = &row.key;
        let operation = row.key.operation();
        let source = source.as_str();
        format!("{} {operation} {pin} {source} {upstream} {status} {}", row.client, row.count)
    };
    assert_eq!(
        rows.iter().map(text).collect::<Vec<_>>(),
        [
            "billing GET /plans 2025-01-01 header 2026-07-01 200 2",
            "anonymous other unknown header unknown 2xx 1",
            "anonymous GET /plans none none none none 1",
        ]
    );
    assert_eq!(rows[0].last_seen, NOW + 1);
}

#[test]
fn time_and_bytes_are_those_of_the_operation() {
    let stats = Stats::new();
    let time = Duration::from_micros(7);
    let translation = Translation::of(time, 80);
    stats.count_request(RequestSample {
        request_bytes: 5,
        response: Some(translation),
        ..sample("GET /plans", 200)
    });
    stats.count_request(RequestSample {
        request: Some(translation),
        upstream: None,
        ..sample("GET /plans", 404)
    });
    let operations = stats.snapshot().operations;
    let [plans] = operations.as_slice() else { panic!("{operations:?}") };
    assert_eq!((plans.took.count, plans.took.sum), (2, Duration::from_millis(6)));
    assert_eq!((plans.upstream.count, plans.upstream.sum), (1, Duration::from_millis(2)));
    assert_eq!((plans.request_bytes, plans.response_bytes), (5, 20));
    assert_eq!((plans.request.bytes, plans.request.time.count), (80, 1));
    assert_eq!((plans.response.bytes, plans.response.time.sum), (80, time));
}

#[test]
fn losses_add_up_whatever_the_status() {
    let stats = Stats::new();
    let mut losses = Losses::default();
    losses.report_times(MadeUp, &field("volume_usd.settled"), None, 3);
    stats.count_request(RequestSample { losses: &losses, ..sample("GET /plans", 200) });
    losses.report(Dropped, &field("currency"));
    stats.count_request(RequestSample { losses: &losses, ..sample("GET /plans", 201) });
    stats.count_request(RequestSample { losses: &losses, ..sample("GET /plans", 201) });
    let rows = stats.snapshot().losses;
    let rows: Vec<_> = rows.iter().map(|row| (&*row.field, row.kind, row.count)).collect();
    assert_eq!(rows, [("currency", Dropped, 2), ("volume_usd.settled", MadeUp, 9)]);
}

#[test]
fn losses_are_bounded_and_none_goes_missing() {
    let stats = Stats::new();
    for number in 0..300 {
        let mut losses = Losses::default();
        losses.report(Dropped, &field(&format!("field_{number}")));
        stats.count_request(RequestSample { losses: &losses, ..sample("GET /plans", 200) });
    }
    let rows = stats.snapshot().losses;
    assert_eq!(rows.len(), 257);
    let other = rows.iter().find(|row| &*row.field == "other").unwrap();
    assert_eq!((other.count, rows.iter().map(|row| row.count).sum::<u64>()), (44, 300));
}

#[test]
fn errors_are_counted_by_type_and_outcome() {
    let stats = Stats::new();
    let error = Some(("upstream_timeout", Outcome::Unknown));
    stats.count_request(RequestSample { error, ..sample("GET /plans", 504) });
    stats.count_request(RequestSample { error, ..sample("GET /plans", 504) });
    stats.count_error("upstream_timeout", Outcome::Responded);
    let errors = stats.snapshot().errors;
    let errors: Vec<_> = errors.iter().map(|row| (row.code, row.outcome, row.count)).collect();
    assert_eq!(
        errors,
        [("upstream_timeout", Outcome::Responded, 1), ("upstream_timeout", Outcome::Unknown, 2)]
    );
}

#[test]
fn a_credential_is_a_client_once_the_upstream_has_accepted_it() {
    let stats = Stats::new();
    stats.set_naming_secret(&[7; 32]);
    for status in [401, 404, 422, 500] {
        stats.tell_of("sk_1", status, NOW);
    }
    assert_eq!(stats.clients(), [("anonymous".to_owned(), 4)]);
    for status in [200, 404, 500, 401, 403] {
        stats.tell_of("sk_1", status, NOW);
    }
    // What the gateway has refused is its, too.
    let sk_1 = credential("sk_1");
    let refused =
        RequestSample { credential: Some(&sk_1), upstream_status: None, ..sample("GET /plans", 400) };
    stats.count_request_at(refused, NOW);
    assert_eq!(stats.clients(), [("key-16d6421c7e2e".to_owned(), 4), ("anonymous".to_owned(), 6)]);
}

#[test]
fn a_credential_that_is_written_in_two_ways_is_one_client() {
    let stats = Stats::new();
    for value in ["Bearer sk_1", "bearer  sk_1"] {
        let sk_1 = Credential::new(&HeaderValue::from_static(value));
        stats.count_request_at(RequestSample { credential: Some(&sk_1), ..sample("GET /plans", 200) }, NOW);
    }
    let rows = stats.snapshot().requests;
    assert_eq!((rows.len(), rows[0].count), (1, 2));
}

#[test]
fn a_configured_name_is_no_secret_and_wins() {
    let stats = Stats::new();
    let sk_1 = credential("sk_1");
    stats.count_request(RequestSample {
        client: Some("billing"),
        credential: Some(&sk_1),
        ..sample("GET /plans", 200)
    });
    assert_eq!(stats.clients(), [("billing".to_owned(), 1)]);
}

#[test]
fn made_up_credentials_are_bounded_and_none_goes_missing() {
    let stats = Stats::new();
    for key in 0..3 * UNNAMED {
        stats.tell_of(&format!("sk_{key}"), 200, NOW);
    }
    let clients = stats.clients();
    assert_eq!(clients.len(), UNNAMED + 1);
    assert_eq!(clients.last().unwrap(), &("others".to_owned(), 2 * UNNAMED as u64));
    assert_eq!(stats.total(), 3 * UNNAMED as u64);
}

#[test]
fn idle_clients_make_room_and_leave_their_counts() {
    let stats = Stats::new();
    let late = NOW + 2 * DAY;
    for key in 0..UNNAMED {
        // Half of them are seen again.
        stats.tell_of(&format!("sk_{key}"), 200, NOW + key as u64);
        if key % 2 == 0 {
            stats.tell_of(&format!("sk_{key}"), 200, late);
        }
    }
    let before = stats.total();
    assert_eq!(before, 1500);
    stats.tell_of("sk_new", 200, late);
    let clients = stats.clients();
    assert_eq!(clients.len(), 1000 - 100 + 1 + 1, "a hundred made room");
    assert_eq!(clients.last().unwrap(), &("others".to_owned(), 100));
    assert_eq!(stats.total(), before + 1);
    // One that is back is a client again.
    stats.tell_of("sk_1", 200, late);
    assert_eq!((stats.clients().len(), stats.total()), (903, before + 2));
    assert_eq!(stats.unnamed_series.load(Relaxed), 902);
}

#[test]
fn a_client_that_makes_room_while_it_is_counted_is_counted() {
    let stats = Stats::new();
    stats.tell_of("sk_1", 200, NOW);
    let found = stats.clients.load();
    stats.set_naming_secret(&[1; 32]);
    assert_eq!(stats.registry.locked().retired.len(), 1, "somebody has found it");
    let client_counts = found.unnamed.values().next().unwrap();
    let key = client_counts.series.load().iter().next().unwrap().0.clone();
    stats.count(client_counts, key, &sample("GET /plans", 200), NOW);
    assert_eq!(stats.clients().len(), 1);
    assert_ne!(stats.clients()[0].0, "others");
    drop(found);
    assert_eq!(stats.clients(), [("others".to_owned(), 2)]);
    assert!(stats.registry.locked().retired.is_empty());
}

#[test]
fn keys_are_bounded_and_none_goes_missing() {
    let stats = Stats::new();
    let requests = SERIES as u64 + 500;
    // 1,000 operations at 11 versions, more than any pack has.
    let versions: Vec<Version> = (10..21).map(|day| v(&format!("2026-01-{day}"))).collect();
    for number in 0..requests {
        let pin = Pinned::Known(versions[number as usize / 1000]);
        let operation = format!("GET /made/up/{}", number % 1000);
        stats.count_request(RequestSample {
            pinned: Some((pin, Source::Header, versions[0])),
            ..sample(&operation, 200)
        });
    }
    let rows = stats.snapshot().requests;
    assert_eq!((rows.len(), rows.iter().map(|row| row.count).sum::<u64>()), (SERIES + 1, requests));
    let other = rows.iter().find(|row| row.key == SeriesKey::other()).unwrap();
    assert_eq!((&other.client, other.count), (&Client::Anonymous, 500));
    // An unnamed client still has room of its own.
    stats.tell_of("sk_1", 200, NOW);
    assert!(stats.clients()[0].0.starts_with("key-"));
}

#[test]
fn the_store_takes_each_request_once() {
    let stats = Stats::new();
    stats.tell_of("sk_1", 200, NOW);
    stats.tell_of("sk_1", 200, NOW);
    let counts = |stats: &Stats| stats.take().iter().map(|row| row.count).collect::<Vec<_>>();
    assert_eq!(counts(&stats), [2]);
    assert!(counts(&stats).is_empty());
    stats.tell_of("sk_1", 200, NOW);
    // What has made room was taken before, but for the last one.
    stats.set_naming_secret(&[1; 32]);
    let rows = stats.take();
    assert_eq!((rows.len(), &rows[0].client, rows[0].count), (1, &Client::Others, 1));
    assert_eq!((counts(&stats).len(), stats.total()), (0, 3));
}

#[test]
fn nothing_goes_missing_while_clients_come_and_go_and_are_read() {
    let stats = Stats::new();
    let (threads, each) = (4, 5_000);
    thread::scope(|scope| {
        for number in 0..threads {
            let stats = &stats;
            scope.spawn(move || {
                for request in 0..each {
                    stats.tell_of(&format!("sk_{}", (request * threads + number) % 40), 200, NOW);
                }
            });
        }
        let stats = &stats;
        scope.spawn(move || {
            let (mut last, mut taken) = (0, 0);
            for secret in 0..100 {
                stats.set_naming_secret(&[secret; 32]);
                let total = stats.total();
                assert!(total >= last, "{total} after {last}");
                last = total;
                taken += stats.take().iter().map(|row| row.count).sum::<u64>();
            }
            assert!(taken <= (threads * each) as u64);
        });
    });
    assert_eq!(stats.total(), (threads * each) as u64);
    // Others are there only where a client has made room.
    let unnamed = stats.clients().iter().filter(|client| client.0.starts_with("key-")).count();
    assert_eq!(stats.unnamed_series.load(Relaxed), unnamed);
}
