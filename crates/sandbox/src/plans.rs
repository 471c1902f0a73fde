//! Plans: `company_id` and `company` up to 2026-06-08, `account_id` and `account` from 2026-06-09.

use super::{
    data::{Account, CustomField, PaymentMethods, Plan, Product, Store},
    error::Refusal,
    json::{Object, array, quote},
    page::Paging,
    params::{self, Param},
    plan_params::{self, Purpose},
    versions::ApiVersion,
};

/// The times at which plans are created and changed: constants, since the sandbox has no clock.
const CREATED_AT: &str = "2026-07-01T12:00:00Z";
const UPDATED_AT: &str = "2026-07-02T12:00:00Z";

/// The parameter that names the account.
fn account_param(version: ApiVersion) -> &'static str {
    match version {
        ApiVersion::Original | ApiVersion::Users => "company_id",
        ApiVersion::Plans | ApiVersion::Referrals | ApiVersion::Earnings => "account_id",
    }
}

/// `GET /plans`: every plan, or one account's; most recent first.
pub(super) fn list(store: &Store, version: ApiVersion, params: &[Param]) -> Result<String, Refusal> {
    let mut paging = Paging::default();
    let mut plans: Vec<&Plan> = store.plans.iter().collect();
    let mut order = "created_at".to_owned();
    let mut ascending = false;
    for param in params {
        match param.name() {
            name if name == account_param(version) => {
                let ids = param.texts()?;
                plans.retain(|plan| plan.account.as_ref().is_some_and(|account| ids.contains(&account.id)));
            }
            "plan_types" => keep(&mut plans, param, |plan| &plan.plan_type)?,
            "release_methods" => keep(&mut plans, param, |plan| &plan.release_method)?,
            "visibilities" => {
                let wanted = param.texts()?;
                plans.retain(|plan| wanted.iter().any(|wanted| shows(wanted, &plan.visibility)));
            }
            "product_ids" => {
                let ids = param.texts()?;
                plans.retain(|plan| plan.product.as_ref().is_some_and(|product| ids.contains(&product.id)));
            }
            "created_after" => {
                let time = param.required_text()?;
                plans.retain(|plan| plan.created_at > time);
            }
            "created_before" => {
                let time = param.required_text()?;
                plans.retain(|plan| plan.created_at < time);
            }
            "order" => {
                order = param.word(&[
                    "id",
                    "active_members_count",
                    "created_at",
                    "internal_notes",
                    "expires_at",
                ])?;
            }
            "direction" => ascending = param.word(&["asc", "desc"])? == "asc",
            _ => paging.take(param)?,
        }
    }
    match order.as_str() {
        "id" => plans.sort_by_key(|plan| &plan.id),
        "active_members_count" => plans.sort_by_key(|plan| plan.member_count),
        "internal_notes" => plans.sort_by_key(|plan| &plan.internal_notes),
        "expires_at" => plans.sort_by_key(|plan| plan.expiration_days),
        _ => plans.sort_by_key(|plan| &plan.created_at),
    }
    if !ascending {
        plans.reverse();
    }
    paging.cut(&plans, |plan| &plan.id, |plan| render(plan, version, Detail::Listed))
}

fn keep(plans: &mut Vec<&Plan>, param: &Param, field: fn(&Plan) -> &String) -> Result<(), Refusal> {
    let wanted = param.texts()?;
    plans.retain(|plan| wanted.contains(field(plan)));
    Ok(())
}

/// Tells whether a visibility filter lets a plan through.
fn shows(filter: &str, visibility: &str) -> bool {
    match filter.strip_prefix("not_") {
        Some(hidden) => visibility != hidden,
        None => filter == "all" || filter == visibility,
    }
}

/// `POST /plans`.
pub(super) fn create(store: &mut Store, version: ApiVersion, params: &[Param]) -> Result<String, Refusal> {
    let account_param = account_param(version);
    let mut plan = Plan::new(format!("plan_new{}", store.created + 1), CREATED_AT);
    for param in params {
        if param.name() == account_param {
            plan.account = Some(store.account(&param.required_text()?));
        } else {
            plan_params::apply(store, &mut plan, param, Purpose::Create)?;
        }
    }
    if plan.account.is_none() {
        return Err(Refusal::MissingParameter(account_param));
    }
    let answer = render(&plan, version, Detail::Full);
    store.created += 1;
    store.plans.push(plan);
    Ok(answer)
}

/// `GET /plans/{id}`.
pub(super) fn retrieve(
    store: &Store,
    version: ApiVersion,
    id: &str,
    params: &[Param],
) -> Result<String, Refusal> {
    params::none(params)?;
    Ok(render(&store.plans[find(store, id)?], version, Detail::Full))
}

/// `PATCH /plans/{id}`, which takes no account.
pub(super) fn update(
    store: &mut Store,
    version: ApiVersion,
    id: &str,
    params: &[Param],
) -> Result<String, Refusal> {
    let place = find(store, id)?;
    let mut plan = store.plans[place].clone();
    for param in params {
        plan_params::apply(store, &mut plan, param, Purpose::Update)?;
    }
    plan.updated_at = UPDATED_AT.to_owned();
    let answer = render(&plan, version, Detail::Full);
    store.plans[place] = plan;
    Ok(answer)
}

/// `DELETE /plans/{id}` answers a bare `true`.
pub(super) fn delete(store: &mut Store, id: &str, params: &[Param]) -> Result<String, Refusal> {
    params::none(params)?;
    let place = find(store, id)?;
    store.plans.remove(place);
    Ok("true".to_owned())
}

/// `POST /plans/{id}/calculate_tax`; the sandbox's buyers live where no tax is owed.
pub(super) fn calculate_tax(store: &Store, id: &str, params: &[Param]) -> Result<String, Refusal> {
    let plan = &store.plans[find(store, id)?];
    let mut located = false;
    for param in params {
        match param.name() {
            "address" => located |= param.object()?.is_some(),
            "ip_address" => located |= param.text()?.is_some(),
            "tax_ids" => drop(param.objects()?),
            _ => return Err(param.unknown()),
        }
    }
    if !located {
        return Err(Refusal::MissingParameter("address"));
    }
    let behavior = if plan.tax_type == "inclusive" { "inclusive" } else { "exclusive" };
    Ok(Object::new()
        .text("currency", &plan.currency)
        .raw("subtotal", plan.initial_price.number())
        .raw("tax_amount", "0.0")
        .text("tax_behavior", behavior)
        .raw("total", plan.initial_price.number())
        .finish())
}

fn find(store: &Store, id: &str) -> Result<usize, Refusal> {
    store.plans.iter().position(|plan| plan.id == id).ok_or(Refusal::NotFound("plan"))
}

/// Lists leave the checkout details out.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    Listed,
    Full,
}

fn render(plan: &Plan, version: ApiVersion, detail: Detail) -> String {
    let object = Object::new()
        .text("id", &plan.id)
        .text("created_at", &plan.created_at)
        .text("updated_at", &plan.updated_at)
        .text("visibility", &plan.visibility)
        .text("plan_type", &plan.plan_type)
        .text("release_method", &plan.release_method)
        .text("currency", &plan.currency);
    let account = plan.account.as_ref().map(account);
    let object = match version {
        ApiVersion::Original | ApiVersion::Users => object.raw_or_null("company", account),
        ApiVersion::Plans | ApiVersion::Referrals | ApiVersion::Earnings => {
            object.raw_or_null("account", account)
        }
    };
    let invoice = plan.invoice.as_ref().map(|id| Object::new().text("id", id).finish());
    let metadata = plan.metadata.as_ref().map(|map| serde_json::to_string(map).unwrap_or_default());
    let object = object
        .raw_or_null("product", plan.product.as_ref().map(product))
        .raw_or_null("invoice", invoice)
        .count_or_null("billing_period", plan.billing_period)
        .text_or_null("title", plan.title.as_ref())
        .text_or_null("description", plan.description.as_ref())
        .text_or_null("internal_notes", plan.internal_notes.as_ref())
        .raw("initial_price", plan.initial_price.number())
        .raw("renewal_price", plan.renewal_price.number())
        .count_or_null("trial_period_days", plan.trial_period_days)
        .count_or_null("expiration_days", plan.expiration_days)
        .count_or_null("split_pay_required_payments", plan.split_pay_required_payments)
        .count_or_null("stock", plan.stock)
        .flag("unlimited_stock", plan.unlimited_stock)
        .count_or_null("member_count", plan.member_count)
        .flag("adaptive_pricing_enabled", plan.adaptive_pricing_enabled)
        .text_or_null("three_ds_level", plan.three_ds_level.as_ref())
        .text("purchase_url", &format!("https://whop.com/checkout/{}?a=1&b=2", plan.id))
        .raw_or_null("payment_method_configuration", plan.payment_methods.as_ref().map(payment_methods))
        .raw_or_null("metadata", metadata);
    match detail {
        Detail::Listed => object.finish(),
        Detail::Full => object
            .flag("collect_tax", plan.collect_tax)
            .text("tax_type", &plan.tax_type)
            .raw("custom_fields", array(plan.custom_fields.iter().map(custom_field)))
            .finish(),
    }
}

fn account(account: &Account) -> String {
    Object::new().text("id", &account.id).text("title", &account.title).finish()
}

fn product(product: &Product) -> String {
    Object::new().text("id", &product.id).text("title", &product.title).finish()
}

fn custom_field(field: &CustomField) -> String {
    Object::new()
        .text("id", &field.id)
        .text("field_type", "text")
        .text("name", &field.name)
        .count_or_null("order", field.order)
        .text_or_null("placeholder", field.placeholder.as_ref())
        .flag("required", field.required)
        .finish()
}

fn payment_methods(methods: &PaymentMethods) -> String {
    let words = |words: &[String]| array(words.iter().map(|word| quote(word)));
    Object::new()
        .raw("disabled", words(&methods.disabled))
        .raw("enabled", words(&methods.enabled))
        .flag("include_platform_defaults", methods.include_platform_defaults)
        .finish()
}
