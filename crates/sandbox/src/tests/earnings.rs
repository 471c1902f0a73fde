use super::*;

/// The published sample up to 2026-06-09, then the changelog's renames on it.
const NUMBERS: &str = r#"{"object":"business_referral_earning","id":"bre_sample","account":ACCOUNT,"access_pass":PRODUCT,"amount":0.6,"base_amount":20.0,"currency":"usd","payout_percentage":30,"cancelation_reason":null,"created_at":"2026-07-01T12:00:00Z","payout_at":null,"status":"pending","receipt":RECEIPT}"#;
const DECIMALS: &str = r#"{"access_pass":PRODUCT,"account":ACCOUNT,"cancelation_reason":null,"commission_amount_usd":"0.60","created_at":"2026-07-01T12:00:00Z","id":"bre_sample","object":"business_referral_earning","payout_at":null,"payout_percentage":0.3,"receipt":RECEIPT,"status":"pending","transaction_amount_usd":"20.00"}"#;
const RESOURCES: &str = r#"{"account":ACCOUNT,"cancelation_reason":null,"commission_amount_usd":"0.60","created_at":"2026-07-01T12:00:00Z","id":"bre_sample","object":"business_referral_earning","payout_at":null,"payout_percentage":0.3,"product":PRODUCT,"resource":{"alternative_payment_method":{"name":"n","image_url":null},"brand":"visa","created_at":"2026-07-01T12:00:00Z","currency":"usd","id":"rcpt_sample","last4":"4242","object":"receipt","payment_method_type":"card","processor":"stripe"},"status":"pending","transaction_amount_usd":"20.00"}"#;

const ACCOUNT: &str =
    r#"{"id":"biz_pickaxe","title":"Pickaxe","logo_url":"https://cdn.whop.com/logo.png","route":"pickaxe"}"#;
const PRODUCT: &str = r#"{"id":"prod_analytics","title":"Pickaxe Analytics","route":"analytics"}"#;
const RECEIPT: &str = r#"{"id":"rcpt_sample","currency":"usd","payment_method_type":"card","processor":"stripe","brand":"visa","last4":"4242","created_at":"2026-07-01T12:00:00Z","alternative_payment_method":{"name":"n","image_url":null},"amount_after_fees":19.12,"receipt_fees":[{"label":"Processing","value":"$0.88","raw_amount":0.88,"currency":"usd"}]}"#;

fn earning(version: ApiVersion, id: &str) -> Value {
    let list = get(version, "/referrals/businesses/earnings");
    list["data"].as_array().unwrap().iter().find(|earning| earning["id"] == id).unwrap().clone()
}

#[test]
fn an_earning_has_the_shape_of_each_version() {
    for version in ApiVersion::ALL {
        let sample = match version {
            ApiVersion::Original | ApiVersion::Users | ApiVersion::Plans => NUMBERS,
            ApiVersion::Referrals => DECIMALS,
            ApiVersion::Earnings => RESOURCES,
        };
        let expected =
            sample.replace("ACCOUNT", ACCOUNT).replace("PRODUCT", PRODUCT).replace("RECEIPT", RECEIPT);
        for path in ["/referrals/businesses/earnings", "/referrals/businesses/bref_pickaxe/earnings"] {
            let text = get_text(version, path);
            assert!(text.starts_with(&format!(r#"{{"data":[{expected},"#)), "{text}");
        }
    }
}

#[test]
fn percentages_become_exact_fractions() {
    for (id, percentage, fraction) in [
        ("bre_half", "12.5", "0.125"),
        ("bre_invoice", "33.333", "0.33333"),
        ("bre_canceled", "0", "0"),
        ("bre_bare", "100", "1"),
        ("bre_unsettled", "null", "null"),
    ] {
        for version in ApiVersion::ALL {
            let expected = if BEFORE_REFERRALS.contains(&version) { percentage } else { fraction };
            assert_eq!(earning(version, id)["payout_percentage"], value(expected), "{version:?} {id}");
        }
    }
}

#[test]
fn what_has_no_value_is_null_in_every_version() {
    for version in ApiVersion::ALL {
        let before = BEFORE_REFERRALS.contains(&version);
        let (product, resource) = match version {
            ApiVersion::Earnings => ("product", "resource"),
            _ => ("access_pass", "receipt"),
        };
        let commission = if before { "amount" } else { "commission_amount_usd" };
        let unsettled = earning(version, "bre_unsettled");
        assert_eq!(unsettled[commission], Value::Null);
        assert_eq!(unsettled[resource], Value::Null);
        assert_eq!(earning(version, "bre_half")[product], Value::Null);
        let bare = earning(version, "bre_bare");
        assert_eq!(bare[resource]["id"], "rcpt_bare");
        assert_eq!(bare[resource].get("receipt_fees"), (product == "access_pass").then_some(&value("[]")));
        let invoice = &earning(version, "bre_invoice")[resource];
        match version {
            ApiVersion::Earnings => assert_eq!(invoice["object"], "invoice"),
            _ => assert_eq!(invoice, &Value::Null),
        }
        assert_eq!(earning(version, "bre_canceled")["second_tier"], true);
        assert_eq!(unsettled.get("second_tier"), None);
    }
}

#[test]
fn earnings_belong_to_a_referral() {
    let sandbox = Sandbox::new(None).unwrap();
    for version in ApiVersion::ALL {
        let forge = get(version, "/referrals/businesses/bref_forge/earnings");
        assert_eq!(ids(&forge), ["bre_invoice", "bre_canceled"]);
        let settled = get(version, "/referrals/businesses/earnings?status=completed");
        assert_eq!(ids(&settled), ["bre_half", "bre_bare"]);
        assert!(ids(&get(version, "/referrals/businesses/bref_gone/earnings")).is_empty());
        let none = get_request(version, "/referrals/businesses/bref_nobody/earnings");
        assert_eq!(refused(&sandbox, none).0, 404);
    }
}
