//! Plans.

use serde_json::{Map, Value};

use crate::decimal::Decimal;

/// A plan, as Whop's SDK 0.0.40 types it (`Plan`).
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) visibility: String,
    pub(crate) plan_type: String,
    pub(crate) release_method: String,
    pub(crate) currency: String,
    /// Null for standalone invoice plans.
    pub(crate) account: Option<Account>,
    pub(crate) product: Option<Product>,
    pub(crate) invoice: Option<String>,
    pub(crate) billing_period: Option<u32>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) internal_notes: Option<String>,
    pub(crate) initial_price: Decimal,
    pub(crate) renewal_price: Decimal,
    pub(crate) trial_period_days: Option<u32>,
    pub(crate) expiration_days: Option<u32>,
    pub(crate) split_pay_required_payments: Option<u32>,
    pub(crate) stock: Option<u32>,
    pub(crate) unlimited_stock: bool,
    pub(crate) member_count: Option<u32>,
    pub(crate) adaptive_pricing_enabled: bool,
    pub(crate) collect_tax: bool,
    pub(crate) tax_type: String,
    pub(crate) three_ds_level: Option<String>,
    pub(crate) custom_fields: Vec<CustomField>,
    pub(crate) payment_methods: Option<PaymentMethods>,
    /// The client's own: shown as it was sent.
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// The business that sells a plan: `company` in older versions, `account` in newer ones.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) title: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) title: String,
}

#[derive(Debug, Clone)]
pub(crate) struct CustomField {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) order: Option<u32>,
    pub(crate) placeholder: Option<String>,
    pub(crate) required: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct PaymentMethods {
    pub(crate) enabled: Vec<String>,
    pub(crate) disabled: Vec<String>,
    pub(crate) include_platform_defaults: bool,
}

impl Plan {
    /// A plan with every default.
    pub(crate) fn new(id: String, created_at: &str) -> Self {
        Self {
            id,
            created_at: created_at.to_owned(),
            updated_at: created_at.to_owned(),
            visibility: "visible".to_owned(),
            plan_type: "renewal".to_owned(),
            release_method: "buy_now".to_owned(),
            currency: "usd".to_owned(),
            account: None,
            product: None,
            invoice: None,
            billing_period: Some(30),
            title: None,
            description: None,
            internal_notes: None,
            initial_price: Decimal::of("0"),
            renewal_price: Decimal::of("0"),
            trial_period_days: None,
            expiration_days: None,
            split_pay_required_payments: None,
            stock: None,
            unlimited_stock: true,
            member_count: Some(0),
            adaptive_pricing_enabled: false,
            collect_tax: false,
            tax_type: "unspecified".to_owned(),
            three_ds_level: None,
            custom_fields: Vec::new(),
            payment_methods: None,
            metadata: None,
        }
    }
}

/// Five plans: four of Pickaxe, one of nobody.
pub(super) fn fixtures() -> Vec<Plan> {
    let pickaxe = || Some(Account { id: "biz_pickaxe".into(), title: "Pickaxe".into() });
    let product = |id: &str, title: &str| Some(Product { id: id.into(), title: title.into() });
    let analytics = || product("prod_analytics", "Pickaxe Analytics");
    let metadata = |text: &str| serde_json::from_str(text).ok();
    vec![
        Plan {
            account: pickaxe(),
            product: analytics(),
            title: Some("Pro Monthly".into()),
            initial_price: Decimal::of("6.9"),
            renewal_price: Decimal::of("6.9"),
            stock: Some(42),
            member_count: Some(1337),
            metadata: metadata(r#"{"company":"kept: not the plan's own field"}"#),
            ..Plan::new("plan_pro".into(), "2026-06-01T12:00:00Z")
        },
        lifetime(pickaxe(), analytics()),
        Plan {
            account: pickaxe(),
            product: product("prod_signals", "Signals"),
            release_method: "waitlist".into(),
            visibility: "hidden".into(),
            billing_period: Some(365),
            title: Some("annual".into()),
            initial_price: Decimal::of("0.125"),
            renewal_price: Decimal::of("99.99"),
            trial_period_days: Some(7),
            split_pay_required_payments: Some(3),
            payment_methods: Some(PaymentMethods {
                enabled: vec!["card".into(), "cashapp".into()],
                disabled: vec!["crypto".into()],
                include_platform_defaults: true,
            }),
            metadata: metadata("{}"),
            ..Plan::new("plan_annual".into(), "2026-06-03T00:00:00Z")
        },
        Plan {
            account: pickaxe(),
            title: Some("".into()),
            visibility: "archived".into(),
            ..Plan::new("plan_free".into(), "2026-06-04T00:00:00Z")
        },
        Plan {
            invoice: Some("inv_standalone".into()),
            plan_type: "one_time".into(),
            visibility: "quick_link".into(),
            billing_period: None,
            initial_price: Decimal::of("1000000"),
            member_count: None,
            ..Plan::new("plan_invoice".into(), "2026-06-05T23:59:59.999Z")
        },
    ]
}

/// Returns a plan whose texts and numbers are hard to copy: escapes, markup, names of fields, and numbers beyond binary
/// floating point.
fn lifetime(account: Option<Account>, product: Option<Product>) -> Plan {
    Plan {
        account,
        product,
        plan_type: "one_time".into(),
        currency: "eur".into(),
        billing_period: None,
        title: Some("Größe \"L\" \\ <b>50% off</b> & 🔨".into()),
        description: Some("line one\nline two\ttabbed\u{2028}separated".into()),
        internal_notes: Some("company_id=biz_pickaxe&account_id=none".into()),
        initial_price: Decimal::of("11050.00"),
        expiration_days: Some(365),
        stock: Some(0),
        unlimited_stock: false,
        collect_tax: true,
        tax_type: "exclusive".into(),
        three_ds_level: Some("frictionless".into()),
        custom_fields: vec![CustomField {
            id: "field_company".into(),
            name: "company".into(),
            order: Some(1),
            placeholder: None,
            required: true,
        }],
        metadata: serde_json::from_str(
            r#"{"company":{"id":"biz_decoy","title":"decoy"},"account":null,"big":123456789012345678901234567890,"small":0.1000000000000000055511151231257827,"exp":1E+2}"#,
        )
        .ok(),
        ..Plan::new("plan_lifetime".into(), "2026-06-02T08:30:00.123Z")
    }
}
