use super::*;

/// The published samples, with ids of the fixtures and encoders' number literals.
const FLAT: &str = r#"{"object":"business_referral","id":"bref_pickaxe","account":{"id":"biz_pickaxe","title":"Pickaxe","logo_url":"https://cdn.whop.com/logo.png","route":"pickaxe"},"payout_percentage":0.3,"referred_by_account_id":null,"referral_started_at":"2026-06-01T12:00:00Z","referral_expires_at":"2027-06-01T12:00:00Z","created_at":"2026-06-01T12:00:00Z","status":"active","currency":"usd","processing_volume":11050.0,"total_earnings":165.75,"pending_payout":45.25,"completed_payout":120.5}"#;
const GROUPED: &str = r#"{"account":{"id":"biz_pickaxe","title":"Pickaxe","logo_url":"https://cdn.whop.com/logo.png","route":"pickaxe"},"created_at":"2026-06-01T12:00:00Z","earnings_usd":{"completed":"120.50","pending":"45.25","total":"165.75"},"id":"bref_pickaxe","object":"business_referral","payout_percentage":0.3,"referral_expires_at":"2027-06-01T12:00:00Z","referral_started_at":"2026-06-01T12:00:00Z","status":"active","volume_usd":{"attributed":"11050.00","awaiting_settlement":"250.00","settled":"10800.00"}}"#;

#[test]
fn a_referral_has_the_published_shape() {
    for version in ApiVersion::ALL {
        let expected = if BEFORE_REFERRALS.contains(&version) { FLAT } else { GROUPED };
        assert_eq!(get_text(version, "/referrals/businesses/bref_pickaxe"), expected);
        assert!(get_text(version, "/referrals/businesses").contains(expected));
    }
}

#[test]
fn amounts_are_exact_and_null_stays_null() {
    let old = |id: &str| get(ApiVersion::Plans, &format!("/referrals/businesses/{id}"));
    let new = |id: &str| get(ApiVersion::Referrals, &format!("/referrals/businesses/{id}"));
    assert_eq!(old("bref_giant")["processing_volume"], value("123456789012345678901234567890.12"));
    assert_eq!(new("bref_giant")["volume_usd"]["attributed"], "123456789012345678901234567890.12");
    assert_eq!(old("bref_forge")["total_earnings"], value("0.005"));
    assert_eq!(
        new("bref_forge")["volume_usd"],
        value(r#"{"attributed":"0.375","awaiting_settlement":"0.125","settled":"0.25"}"#)
    );
    assert_eq!(old("bref_gone")["processing_volume"], value("0.0"));
    assert_eq!(
        new("bref_gone")["earnings_usd"],
        value(r#"{"completed":"0.00","pending":"0.00","total":"0.00"}"#)
    );
    let (old_fresh, new_fresh) = (old("bref_fresh"), new("bref_fresh"));
    for name in ["processing_volume", "total_earnings", "pending_payout", "completed_payout"] {
        assert_eq!(old_fresh[name], Value::Null);
    }
    assert_eq!(new_fresh["earnings_usd"], value(r#"{"completed":null,"pending":null,"total":null}"#));
    assert_eq!(old("bref_forge")["referred_by_account_id"], "biz_lumen");
    assert_eq!(
        (old("bref_gone")["account"].clone(), new("bref_gone")["account"].clone()),
        Default::default()
    );
}

#[test]
fn lists_sort_by_the_names_of_the_version() {
    let sandbox = Sandbox::new(None).unwrap();
    let by_volume = ["bref_fresh", "bref_gone", "bref_forge", "bref_minor", "bref_pickaxe", "bref_giant"];
    let by_earnings = ["bref_fresh", "bref_gone", "bref_forge", "bref_minor", "bref_pickaxe", "bref_giant"];
    let old = ["processing_volume", "total_earnings"];
    let new = ["volume_usd", "earnings_usd"];
    for version in ApiVersion::ALL {
        let (known, wrong) = if BEFORE_REFERRALS.contains(&version) { (old, new) } else { (new, old) };
        let path = |order: &str| format!("/referrals/businesses?order={order}&direction=asc");
        assert_eq!(ids(&get(version, &path(known[0]))), by_volume);
        assert_eq!(ids(&get(version, &path(known[1]))), by_earnings);
        for order in wrong {
            let (status, kind, message) = refused(&sandbox, get_request(version, &path(order)));
            assert_eq!((status, kind.as_str()), (400, "invalid_parameter"));
            assert!(message.contains("`order`") && message.contains(known[0]), "{message}");
        }
        assert_eq!(
            ids(&get(version, "/referrals/businesses")),
            ["bref_fresh", "bref_minor", "bref_pickaxe", "bref_forge", "bref_giant", "bref_gone"]
        );
        assert_eq!(ids(&get(version, "/referrals/businesses?status=removed")), ["bref_gone"]);
        assert_eq!(
            ids(&get(version, "/referrals/businesses?has_earnings=false")),
            ["bref_fresh", "bref_gone"]
        );
    }
}

#[test]
fn partners_enrol_once_and_alike_in_every_version() {
    let sandbox = Sandbox::new(None).unwrap();
    for version in ApiVersion::ALL {
        let enrol = request(Method::POST, version, "/referrals/partners", (JSON, "{}"));
        assert_eq!(
            ok(&sandbox, enrol),
            r#"{"whop_partner_enabled_at":"2026-06-15T09:30:00.000Z","referral_link":"https://whop.com/?a=ada\u0026utm_source=partner"}"#
        );
    }
}
