//! Business referrals: flat numbers up to 2026-06-09, groups of decimal strings from 2026-06-20.

use super::{
    data::{Referral, ReferredAccount, Store},
    decimal::Decimal,
    error::Refusal,
    json::Object,
    page::Paging,
    params::{self, Param},
    versions::ApiVersion,
};

/// `GET /referrals/businesses`: most recent first, unless `order` and `direction` say otherwise.
pub(super) fn list(store: &Store, version: ApiVersion, params: &[Param]) -> Result<String, Refusal> {
    let mut paging = Paging::default();
    let mut referrals: Vec<&Referral> = store.referrals.iter().collect();
    let mut order = "created_at".to_owned();
    let mut ascending = false;
    for param in params {
        match param.name() {
            "status" => {
                let status = param.word(&["active", "removed"])?;
                referrals.retain(|referral| referral.status == status);
            }
            "has_earnings" => {
                let wanted = param.flag()?;
                referrals
                    .retain(|referral| referral.total.as_ref().is_some_and(Decimal::is_positive) == wanted);
            }
            "order" => order = param.word(sorts(version))?,
            "direction" => ascending = param.word(&["asc", "desc"])? == "asc",
            _ => paging.take(param)?,
        }
    }
    match order.as_str() {
        "processing_volume" | "volume_usd" => referrals.sort_by_key(|referral| referral.attributed.clone()),
        "total_earnings" | "earnings_usd" => referrals.sort_by_key(|referral| referral.total.clone()),
        _ => referrals.sort_by_key(|referral| referral.created_at),
    }
    if !ascending {
        referrals.reverse();
    }
    paging.cut(&referrals, |referral| referral.id, |referral| render(referral, version))
}

/// `GET /referrals/businesses/{id}`.
pub(super) fn retrieve(
    store: &Store,
    version: ApiVersion,
    id: &str,
    params: &[Param],
) -> Result<String, Refusal> {
    params::none(params)?;
    find(store, id).map(|referral| render(referral, version))
}

pub(super) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Referral, Refusal> {
    store.referrals.iter().find(|referral| referral.id == id).ok_or(Refusal::NotFound("business referral"))
}

/// The values of `order`. The older names are not published; they follow the fields' names.
fn sorts(version: ApiVersion) -> &'static [&'static str] {
    match version {
        ApiVersion::Original | ApiVersion::Users | ApiVersion::Plans => {
            &["created_at", "processing_volume", "total_earnings"]
        }
        ApiVersion::Referrals | ApiVersion::Earnings => &["created_at", "volume_usd", "earnings_usd"],
    }
}

fn render(referral: &Referral, version: ApiVersion) -> String {
    match version {
        ApiVersion::Original | ApiVersion::Users | ApiVersion::Plans => flat(referral),
        ApiVersion::Referrals | ApiVersion::Earnings => grouped(referral),
    }
}

fn flat(referral: &Referral) -> String {
    let number = |amount: &Option<Decimal>| amount.as_ref().map(Decimal::number);
    Object::new()
        .text("object", "business_referral")
        .text("id", referral.id)
        .raw_or_null("account", referral.account.as_ref().map(account))
        .raw("payout_percentage", referral.payout_percentage.shortest())
        .text_or_null("referred_by_account_id", referral.referred_by_account_id)
        .text_or_null("referral_started_at", referral.started_at)
        .text_or_null("referral_expires_at", referral.expires_at)
        .text("created_at", referral.created_at)
        .text("status", referral.status)
        .text("currency", "usd")
        .raw_or_null("processing_volume", number(&referral.attributed))
        .raw_or_null("total_earnings", number(&referral.total))
        .raw_or_null("pending_payout", number(&referral.pending))
        .raw_or_null("completed_payout", number(&referral.completed))
        .finish()
}

fn grouped(referral: &Referral) -> String {
    let money = |amount: &Option<Decimal>| amount.as_ref().map(Decimal::money);
    let earnings = Object::new()
        .text_or_null("completed", money(&referral.completed))
        .text_or_null("pending", money(&referral.pending))
        .text_or_null("total", money(&referral.total))
        .finish();
    let volume = Object::new()
        .text_or_null("attributed", money(&referral.attributed))
        .text_or_null("awaiting_settlement", money(&referral.awaiting_settlement))
        .text_or_null("settled", money(&referral.settled))
        .finish();
    Object::new()
        .raw_or_null("account", referral.account.as_ref().map(account))
        .text("created_at", referral.created_at)
        .raw("earnings_usd", earnings)
        .text("id", referral.id)
        .text("object", "business_referral")
        .raw("payout_percentage", referral.payout_percentage.shortest())
        .text_or_null("referral_expires_at", referral.expires_at)
        .text_or_null("referral_started_at", referral.started_at)
        .text("status", referral.status)
        .raw("volume_usd", volume)
        .finish()
}

/// The referred business, the same in every version.
pub(super) fn account(account: &ReferredAccount) -> String {
    Object::new()
        .text("id", account.id)
        .text("title", account.title)
        .text_or_null("logo_url", account.logo_url)
        .text("route", account.route)
        .finish()
}
