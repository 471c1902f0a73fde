//! The document that is translated: a list of business referrals as of 2026-07-01, one megabyte.

use std::fmt::Write;

const REFERRALS: u64 = 2000;

/// The same on every run.
pub(crate) fn new_list() -> Vec<u8> {
    let mut list = String::from(r#"{"data":["#);
    for index in 0..REFERRALS {
        if index > 0 {
            list.push(',');
        }
        referral(&mut list, index);
    }
    list.push_str(r#"],"page_info":{"end_cursor":"c2","has_next_page":false,"start_cursor":"c1"}}"#);
    list.into_bytes()
}

fn referral(list: &mut String, index: u64) {
    let cents = |salt: u64, below: u64| (index + 1).wrapping_mul(salt) % below;
    let (settled, awaiting) = (cents(7_368_787, 5_000_000), cents(104_729, 200_000));
    let (pending, completed) = (cents(1_299_709, 9_000), cents(15_485_863, 90_000));
    write!(
        list,
        concat!(
            r#"{{"account":{{"id":"biz_{index:014}","logo_url":"https://cdn.example.com/logo-{index}.png","#,
            r#""route":"pickaxe-{index}","title":"Pickaxe é {index}"}},"created_at":"2026-06-01T12:00:00Z","#,
            r#""earnings_usd":{{"completed":"{completed}","pending":"{pending}","total":"{total}"}},"#,
            r#""id":"bref_{index:012}","object":"business_referral","payout_percentage":0.3,"#,
            r#""referral_expires_at":"2027-06-01T12:00:00Z","referral_started_at":"2026-06-01T12:00:00Z","#,
            r#""status":"active","volume_usd":{{"attributed":"{attributed}","awaiting_settlement":"{awaiting}","#,
            r#""settled":"{settled}"}}}}"#
        ),
        index = index,
        completed = dollars(completed),
        pending = dollars(pending),
        total = dollars(pending + completed),
        attributed = dollars(settled + awaiting),
        awaiting = dollars(awaiting),
        settled = dollars(settled),
    )
    .unwrap();
}

pub(crate) fn dollars(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
