//! The built-in pack gives the same answer between any two versions as a native upstream, except for declared losses,
//! which hold the promised values.

use super::native::{Came, Tried, built_in, requests};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The number of answers by result.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    agreed: usize,
    excused: usize,
    refused: usize,
}

/// Asks between every two versions for what was written for the first one.
fn ask(tried: &Tried, counts: &mut Counts, excused: &mut BTreeMap<String, usize>, target: &str) {
    let first = tried.pack().versions().next().unwrap();
    for (client, upstream) in tried.pairs() {
        let target = tried.target(first, client, target);
        match tried.ask(client, upstream, &target) {
            Came::Agreed(paths) => {
                counts.agreed += 1;
                counts.excused += usize::from(!paths.is_empty());
                assert!(client != upstream || paths.is_empty(), "{client}: {target}");
                paths.into_iter().for_each(|path| *excused.entry(path).or_default() += 1);
            }
            Came::Refused(_) => counts.refused += 1,
            other => panic!("{target}, a client of {client} from an upstream of {upstream}: {other:?}"),
        }
    }
}

#[test]
fn every_operation_agrees_between_every_two_versions() {
    let tried = Tried::new(built_in());
    let (mut counts, mut excused) = (Counts::default(), BTreeMap::new());
    let mut operations = BTreeSet::new();
    for target in requests() {
        operations.insert(tried.pack().operation(tried.operation(target)).to_string());
        ask(&tried, &mut counts, &mut excused, target);
    }
    let known: BTreeSet<String> = tried.pack().operations.iter().map(ToString::to_string).collect();
    let gets: BTreeSet<String> = known.into_iter().filter(|name| name.starts_with("GET ")).collect();
    assert_eq!(operations, gets, "the list has every operation");
    assert_eq!(counts, Counts { agreed: 2275, excused: 200, refused: 250 }, "and nothing differed");
    // What the older of two versions cannot say, by the names of the one that is asked for.
    let excused: Vec<&str> = excused.keys().map(String::as_str).collect();
    assert_eq!(
        excused,
        [
            "$.data[*].receipt.amount_after_fees",
            "$.data[*].receipt.receipt_fees",
            "$.data[*].referred_by_account_id",
            "$.data[*].resource",
            "$.data[*].volume_usd.awaiting_settlement",
            "$.data[*].volume_usd.settled",
            "$.referred_by_account_id",
            "$.volume_usd.awaiting_settlement",
            "$.volume_usd.settled",
        ]
    );
}

#[test]
fn every_page_of_every_list_agrees() {
    let tried = Tried::new(built_in());
    let first = tried.pack().versions().next().unwrap();
    let (mut counts, mut excused) = (Counts::default(), BTreeMap::new());
    for list in ["plans", "users", "referrals/businesses", "referrals/businesses/earnings"] {
        for size in 1..=3 {
            let (mut after, mut pages) = (String::new(), 0);
            loop {
                let target = format!("/api/v1/{list}?first={size}{after}");
                ask(&tried, &mut counts, &mut excused, &target);
                pages += 1;
                let page: Value = serde_json::from_str(&tried.answer(first, &target)).unwrap();
                if page["page_info"]["has_next_page"] != true {
                    break;
                }
                after = format!("&after={}", page["page_info"]["end_cursor"].as_str().unwrap());
            }
            assert!(pages * size >= 3, "{list}: {pages} pages of {size}");
        }
    }
    assert_eq!(counts.refused, 0, "{counts:?}");
}
