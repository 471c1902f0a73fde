//! Law 6: decimal text is never turned into binary floating point.

use super::{laws::cases, run::carry};
use proptest::prelude::*;

const REFERRAL: &str = "GET /referrals/businesses/{id}";
const EARNINGS: &str = "GET /referrals/businesses/earnings";

fn up(operation: &str, text: &str) -> String {
    let side = super::run::Side::Response;
    carry(operation, side, 0, 4, text.as_bytes()).unwrap().text().to_owned()
}

fn down(operation: &str, text: &str) -> String {
    let side = super::run::Side::Response;
    carry(operation, side, 4, 0, text.as_bytes()).unwrap().text().to_owned()
}

/// The literal of a volume at 2025-01-01, as text at 2026-07-01.
fn volume(literal: &str) -> String {
    let new = up(REFERRAL, &format!("{{\"processing_volume\":{literal}}}"));
    new.split('"').nth(5).expect("the attributed volume").to_owned()
}

/// A literal moved by two places, digit by digit: `12.5` -> `0.125`.
fn hundredth(whole: &str, fraction: &str) -> String {
    let padded = format!("{whole:0>3}");
    let (whole, moved) = padded.split_at(padded.len() - 2);
    let whole = whole.trim_start_matches('0');
    let fraction = format!("{moved}{fraction}");
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[test]
fn the_documented_amounts_are_exact() {
    for (number, decimal) in [
        ("11050.00", "11050.00"),
        ("11050", "11050.00"),
        ("120.5", "120.50"),
        ("1.10", "1.10"),
        ("0.125", "0.125"),
        ("1e3", "1000.00"),
        ("-0", "0.00"),
        ("9007199254740993", "9007199254740993.00"),
        ("123456789012345678901234567890.12", "123456789012345678901234567890.12"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    ] {
        assert_eq!(volume(number), decimal);
    }
    let digits = "9".repeat(128);
    assert_eq!(volume(&digits), format!("{digits}.00"));
}

#[test]
fn numbers_beyond_the_limit_keep_their_text() {
    for long in ["9".repeat(129), format!("0.{}", "3".repeat(200)), "1e999999999".into(), "1E-400".into()] {
        let old =
            format!("{{\"processing_volume\":{long},\"currency\":\"usd\",\"referred_by_account_id\":null}}");
        let carried = carry(REFERRAL, super::run::Side::Response, 0, 4, old.as_bytes()).unwrap();
        let odd = (dateline_core::step::LossKind::Unconverted, "volume_usd.attributed".to_owned());
        assert_eq!(carried.lost.get(&odd), Some(&1), "{long}");
        assert!(carried.text().starts_with(&format!("{{\"volume_usd\":{{\"attributed\":{long},")), "{long}");
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn every_digit_of_an_amount_survives(
        sign in "-?", whole in "(0|[1-9][0-9]{0,59})", fraction in "[0-9]{1,60}",
    ) {
        let number = format!("{sign}{whole}.{fraction}");
        let zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
        let sign = if zero { "" } else { &*sign };
        let decimal = volume(&number);
        prop_assert_eq!(&decimal, &format!("{sign}{whole}.{fraction:0<2}"));
        let old = down(REFERRAL, &format!("{{\"earnings_usd\":{{\"total\":\"{number}\"}}}}"));
        let start = format!("{{\"total_earnings\":{number},");
        prop_assert!(old.starts_with(&start), "{}", old);
    }

    #[test]
    fn percentages_move_their_point_only(whole in "(0|[1-9][0-9]{0,29})", fraction in "[0-9]{0,30}") {
        let dot = if fraction.is_empty() { "" } else { "." };
        let old = format!(r#"{{"data":[{{"payout_percentage":{whole}{dot}{fraction}}}]}}"#);
        let share = hundredth(&whole, &fraction);
        let new = format!(r#"{{"data":[{{"payout_percentage":{share}}}]}}"#);
        prop_assert_eq!(up(EARNINGS, &old), new.clone());
        let back = down(EARNINGS, &new);
let fraction = fraction.trim_end_matches('0');
        let dot = if fraction.is_empty() { "" } else { "." };
        let shortest = format!("{whole}{dot}{fraction}");
        let start = format!(r#"{{"data":[{{"payout_percentage":{shortest},"#);
        prop_assert!(back.starts_with(&start), "{} {}", back, start);
    }
}
