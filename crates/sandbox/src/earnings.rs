//! Business referral earnings: numbers and percentages up to 2026-06-09, decimal strings and fractions from
//! 2026-06-20, `product` and `resource` from 2026-07-01.

use super::{
    data::{AlternativeMethod, Earning, Receipt, Resource, Store},
    decimal::Decimal,
    error::Refusal,
    json::{Object, array},
    page::Paging,
    params::Param,
    referrals,
    versions::ApiVersion,
};

/// `GET /referrals/businesses/earnings`, or one referral's: most recent first.
pub(super) fn list(
    store: &Store,
    version: ApiVersion,
    referral: Option<&str>,
    params: &[Param],
) -> Result<String, Refusal> {
    let referral = referral.map(|id| referrals::find(store, id)).transpose()?;
    let mut earnings: Vec<&Earning> = store
        .earnings
        .iter()
        .filter(|earning| referral.is_none_or(|referral| referral.id == earning.referral))
        .collect();
    let mut paging = Paging::default();
    for param in params {
        match param.name() {
            "status" => {
                let status = param.word(&["awaiting_settlement", "pending", "completed", "canceled"])?;
                earnings.retain(|earning| earning.status == status);
            }
            _ => paging.take(param)?,
        }
    }
    paging.cut(&earnings, |earning| earning.id, |earning| render(earning, version))
}

fn render(earning: &Earning, version: ApiVersion) -> String {
    let object = match version {
        ApiVersion::Original | ApiVersion::Users | ApiVersion::Plans => numbers(earning),
        ApiVersion::Referrals => decimals_with_receipt(earning),
        ApiVersion::Earnings => decimals_with_resource(earning),
    };
    // New optional fields are in every version.
    match earning.second_tier {
        Some(second_tier) => object
            .flag("second_tier", second_tier)
            .raw("financial_activity", r#"{"id":"fa_1","amount":1.50,"currency":"usd"}"#)
            .finish(),
        None => object.finish(),
    }
}

fn numbers(earning: &Earning) -> Object {
    Object::new()
        .text("object", "business_referral_earning")
        .text("id", earning.id)
        .raw("account", referrals::account(&earning.account))
        .raw_or_null("access_pass", product(earning))
        .raw_or_null("amount", earning.commission_amount.as_ref().map(Decimal::number))
        .raw("base_amount", earning.transaction_amount.number())
        .text("currency", "usd")
        .raw_or_null("payout_percentage", earning.payout_percentage.as_ref().map(Decimal::shortest))
        .text_or_null("cancelation_reason", earning.cancelation_reason)
        .text("created_at", earning.created_at)
        .text_or_null("payout_at", earning.payout_at)
        .text("status", earning.status)
        .raw_or_null("receipt", receipt_with_fees(earning))
}

fn decimals_with_receipt(earning: &Earning) -> Object {
    Object::new()
        .raw_or_null("access_pass", product(earning))
        .raw("account", referrals::account(&earning.account))
        .text_or_null("cancelation_reason", earning.cancelation_reason)
        .text_or_null("commission_amount_usd", earning.commission_amount.as_ref().map(Decimal::money))
        .text("created_at", earning.created_at)
        .text("id", earning.id)
        .text("object", "business_referral_earning")
        .text_or_null("payout_at", earning.payout_at)
        .raw_or_null("payout_percentage", earning.payout_percentage.as_ref().map(Decimal::fraction))
        .raw_or_null("receipt", receipt_with_fees(earning))
        .text("status", earning.status)
        .text("transaction_amount_usd", &earning.transaction_amount.money())
}

fn decimals_with_resource(earning: &Earning) -> Object {
    Object::new()
        .raw("account", referrals::account(&earning.account))
        .text_or_null("cancelation_reason", earning.cancelation_reason)
        .text_or_null("commission_amount_usd", earning.commission_amount.as_ref().map(Decimal::money))
        .text("created_at", earning.created_at)
        .text("id", earning.id)
        .text("object", "business_referral_earning")
        .text_or_null("payout_at", earning.payout_at)
        .raw_or_null("payout_percentage", earning.payout_percentage.as_ref().map(Decimal::fraction))
        .raw_or_null("product", product(earning))
        .raw_or_null("resource", earning.resource.as_ref().map(resource))
        .text("status", earning.status)
        .text("transaction_amount_usd", &earning.transaction_amount.money())
}

fn product(earning: &Earning) -> Option<String> {
    let [id, title, route] = earning.product?;
    Some(Object::new().text("id", id).text("title", title).text("route", route).finish())
}

/// Writes the receipt of an earning for versions before 2026-07-01. They can show nothing else: an earning without a
/// receipt shows none.
fn receipt_with_fees(earning: &Earning) -> Option<String> {
    let Some(Resource::Receipt(receipt)) = &earning.resource else { return None };
    let fees = receipt.fees.iter().map(|fee| {
        Object::new()
            .text("label", fee.label)
            .text("value", fee.value)
            .raw("raw_amount", fee.raw_amount.number())
            .text("currency", "usd")
            .finish()
    });
    Some(
        Object::new()
            .text("id", receipt.id)
            .text("currency", "usd")
            .text("payment_method_type", receipt.payment_method_type)
            .text("processor", receipt.processor)
            .text_or_null("brand", receipt.brand)
            .text_or_null("last4", receipt.last4)
            .text("created_at", receipt.created_at)
            .raw_or_null("alternative_payment_method", alternative_method(receipt))
            .raw_or_null("amount_after_fees", receipt.amount_after_fees.as_ref().map(Decimal::number))
            .raw("receipt_fees", array(fees))
            .finish(),
    )
}

/// Writes the resource for versions from 2026-07-01 on: a tagged object, and a receipt without its fees.
fn resource(resource: &Resource) -> String {
    match resource {
        Resource::Receipt(receipt) => Object::new()
            .raw_or_null("alternative_payment_method", alternative_method(receipt))
            .text_or_null("brand", receipt.brand)
            .text("created_at", receipt.created_at)
            .text("currency", "usd")
            .text("id", receipt.id)
            .text_or_null("last4", receipt.last4)
            .text("object", "receipt")
            .text("payment_method_type", receipt.payment_method_type)
            .text("processor", receipt.processor)
            .finish(),
        Resource::Invoice(id) => {
            Object::new().text("id", id).text("object", "invoice").text("number", "#0007").finish()
        }
    }
}

fn alternative_method(receipt: &Receipt) -> Option<String> {
    let AlternativeMethod { name, image_url } = receipt.alternative_method.as_ref()?;
    Some(Object::new().text("name", name).text_or_null("image_url", *image_url).finish())
}
