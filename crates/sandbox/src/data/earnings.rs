//! Earnings on business referrals.

use super::referrals::{FORGE, PICKAXE, ReferredAccount};
use crate::decimal::Decimal;

/// One transaction of a referred business that earns the referrer money, in US dollars.
#[derive(Debug, Clone)]
pub(crate) struct Earning {
    pub(crate) id: &'static str,
    /// The referral that it belongs to.
    pub(crate) referral: &'static str,
    pub(crate) account: ReferredAccount,
    /// Id, title and route: `access_pass` in older versions, `product` in newer ones.
    pub(crate) product: Option<[&'static str; 3]>,
    pub(crate) transaction_amount: Decimal,
    /// Unknown, in every version, until the earning settles.
    pub(crate) commission_amount: Option<Decimal>,
    /// The share in percent, unknown until the earning settles.
    pub(crate) payout_percentage: Option<Decimal>,
    pub(crate) cancelation_reason: Option<&'static str>,
    pub(crate) created_at: &'static str,
    pub(crate) payout_at: Option<&'static str>,
    pub(crate) status: &'static str,
    pub(crate) resource: Option<Resource>,
    /// New optional fields come to every version; where this is none they are not sent.
    pub(crate) second_tier: Option<bool>,
}

/// The object that the earning comes from.
#[derive(Debug, Clone)]
pub(crate) enum Resource {
    Receipt(Receipt),
    /// Any other object, by its id. Versions before 2026-07-01 cannot show it.
    Invoice(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) id: &'static str,
    pub(crate) payment_method_type: &'static str,
    pub(crate) processor: &'static str,
    pub(crate) brand: Option<&'static str>,
    pub(crate) last4: Option<&'static str>,
    pub(crate) created_at: &'static str,
    pub(crate) alternative_method: Option<AlternativeMethod>,
    /// Shown by versions before 2026-07-01 only, as the fees are.
    pub(crate) amount_after_fees: Option<Decimal>,
    pub(crate) fees: Vec<Fee>,
}

#[derive(Debug, Clone)]
pub(crate) struct AlternativeMethod {
    pub(crate) name: &'static str,
    pub(crate) image_url: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Fee {
    pub(crate) label: &'static str,
    pub(crate) value: &'static str,
    pub(crate) raw_amount: Decimal,
}

fn earning(id: &'static str, referral: &'static str, transaction: &str) -> Earning {
    Earning {
        id,
        referral,
        account: PICKAXE,
        product: Some(["prod_analytics", "Pickaxe Analytics", "analytics"]),
        transaction_amount: Decimal::of(transaction),
        commission_amount: None,
        payout_percentage: None,
        cancelation_reason: None,
        created_at: "2026-07-01T12:00:00Z",
        payout_at: None,
        status: "awaiting_settlement",
        resource: None,
        second_tier: None,
    }
}

fn receipt(id: &'static str, created_at: &'static str) -> Receipt {
    Receipt {
        id,
        payment_method_type: "card",
        processor: "stripe",
        brand: Some("visa"),
        last4: Some("4242"),
        created_at,
        alternative_method: None,
        amount_after_fees: None,
        fees: Vec::new(),
    }
}

/// Six earnings: the published sample, then unsettled, half percents, another resource, canceled, without fees.
pub(super) fn fixtures() -> Vec<Earning> {
    let fee = |label, value, raw_amount| Fee { label, value, raw_amount: Decimal::of(raw_amount) };
    vec![
        Earning {
            commission_amount: Decimal::parse("0.60"),
            payout_percentage: Decimal::parse("30"),
            status: "pending",
            resource: Some(Resource::Receipt(Receipt {
                alternative_method: Some(AlternativeMethod { name: "n", image_url: None }),
                amount_after_fees: Decimal::parse("19.12"),
                fees: vec![fee("Processing", "$0.88", "0.88")],
                ..receipt("rcpt_sample", "2026-07-01T12:00:00Z")
            })),
            ..earning("bre_sample", "bref_pickaxe", "20.00")
        },
        Earning { created_at: "2026-07-01T11:00:00Z", ..earning("bre_unsettled", "bref_pickaxe", "6.9") },
        Earning {
            product: None,
            commission_amount: Decimal::parse("0.125"),
            payout_percentage: Decimal::parse("12.5"),
            created_at: "2026-06-20T00:00:00Z",
            payout_at: Some("2026-06-27T00:00:00Z"),
            status: "completed",
            resource: Some(Resource::Receipt(Receipt {
                payment_method_type: "bancontact",
                brand: None,
                last4: None,
                amount_after_fees: Decimal::parse("11049.995"),
                fees: vec![
                    fee("Processing <card> & \"tax\"", "€1.00", "1"),
                    fee("amount", "$0.005", "0.005"),
                ],
                ..receipt("rcpt_half", "2026-06-19T23:59:59Z")
            })),
            ..earning("bre_half", "bref_pickaxe", "11050.00")
        },
        Earning {
            account: FORGE,
            commission_amount: Decimal::parse("1000"),
            payout_percentage: Decimal::parse("33.333"),
            created_at: "2026-06-18T00:00:00Z",
            status: "pending",
            resource: Some(Resource::Invoice("inv_0007")),
            ..earning("bre_invoice", "bref_forge", "3000.03")
        },
        Earning {
            account: FORGE,
            commission_amount: Decimal::parse("0"),
            payout_percentage: Decimal::parse("0"),
            cancelation_reason: Some("the buyer's \"company\" went away \\ 🪦"),
            created_at: "2026-06-17T00:00:00Z",
            status: "canceled",
            second_tier: Some(true),
            ..earning("bre_canceled", "bref_forge", "123456789012345678901234567890.12")
        },
        Earning {
            commission_amount: Decimal::parse("120.50"),
            payout_percentage: Decimal::parse("100"),
            created_at: "2026-06-16T00:00:00Z",
            payout_at: Some("2026-06-23T00:00:00Z"),
            status: "completed",
            resource: Some(Resource::Receipt(receipt("rcpt_bare", "2026-06-16T00:00:00Z"))),
            second_tier: Some(false),
            ..earning("bre_bare", "bref_giant", "120.50")
        },
    ]
}
