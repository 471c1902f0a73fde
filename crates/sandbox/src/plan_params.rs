//! The parameters to create and to update a plan, as Whop's SDK 0.0.40 types them.

use serde_json::{Map, Value};

use super::{
    data::{CustomField, PaymentMethods, Plan, Store},
    error::Refusal,
    params::Param,
};

/// Some parameters belong to one of the two writes only.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    Create,
    Update,
}

/// Puts one parameter into the plan. The account is not among them: its name depends on the version.
///
/// # Errors
/// A parameter that the write does not know, or a value of another kind.
pub(super) fn apply(store: &Store, plan: &mut Plan, param: &Param, purpose: Purpose) -> Result<(), Refusal> {
    let create = purpose == Purpose::Create;
    match param.name() {
        "product_id" if create => {
            plan.product = param.text()?.map(|id| store.product(&id));
        }
        "plan_type" if create => plan.plan_type = param.word(&["renewal", "one_time"])?,
        "release_method" if create => plan.release_method = param.word(&["buy_now", "waitlist"])?,
        "split_pay_required_payments" if create => plan.split_pay_required_payments = param.count()?,
        "title" => plan.title = param.text()?,
        "description" => plan.description = param.text()?,
        "internal_notes" => plan.internal_notes = param.text()?,
        "currency" => plan.currency = param.required_text()?,
        "visibility" => plan.visibility = param.word(&["visible", "hidden", "archived", "quick_link"])?,
        "initial_price" => plan.initial_price = param.amount()?,
        "renewal_price" => plan.renewal_price = param.amount()?,
        "billing_period" => plan.billing_period = param.count()?,
        "trial_period_days" => plan.trial_period_days = param.count()?,
        "expiration_days" => plan.expiration_days = param.count()?,
        "stock" => plan.stock = param.count()?,
        "unlimited_stock" => plan.unlimited_stock = param.flag()?,
        "adaptive_pricing_enabled" => plan.adaptive_pricing_enabled = param.flag()?,
        "override_tax_type" => {
            plan.tax_type = param.word(&["inclusive", "exclusive", "unspecified"])?;
        }
        "three_ds_level" => plan.three_ds_level = param.text()?,
        "metadata" => plan.metadata = param.object()?.cloned(),
        "custom_fields" => plan.custom_fields = custom_fields(param)?,
        "payment_method_configuration" => {
            plan.payment_methods =
                param.object()?.map(|object| payment_methods(param, object)).transpose()?;
        }
        // Known, and shown by no field of a plan.
        "checkout_styling" | "image" => drop(param.object()?),
        "legacy_payment_method_controls" => drop(param.flag()?),
        "offer_cancel_discount" if !create => drop(param.flag()?),
        "strike_through_initial_price" | "strike_through_renewal_price" if !create => drop(param.amount()?),
        _ => return Err(param.unknown()),
    }
    Ok(())
}

fn custom_fields(param: &Param) -> Result<Vec<CustomField>, Refusal> {
    let text =
        |object: &Map<String, Value>, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut fields = Vec::new();
    for (place, object) in param.objects()?.into_iter().enumerate() {
        fields.push(CustomField {
            id: text(object, "id").unwrap_or_else(|| format!("field_new{}", place + 1)),
            name: text(object, "name").ok_or_else(|| param.invalid("a list of objects with a name"))?,
            order: object.get("order").and_then(Value::as_u64).and_then(|order| order.try_into().ok()),
            placeholder: text(object, "placeholder"),
            required: object.get("required").and_then(Value::as_bool).unwrap_or(false),
        });
    }
    Ok(fields)
}

fn payment_methods(param: &Param, object: &Map<String, Value>) -> Result<PaymentMethods, Refusal> {
    let words = |name: &str| {
        let list = object.get(name).and_then(Value::as_array)?;
        list.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    };
    let (Some(enabled), Some(disabled)) = (words("enabled"), words("disabled")) else {
        return Err(param.invalid("an object with the lists enabled and disabled"));
    };
    let include = object.get("include_platform_defaults").and_then(Value::as_bool);
    Ok(PaymentMethods { enabled, disabled, include_platform_defaults: include.unwrap_or(true) })
}
