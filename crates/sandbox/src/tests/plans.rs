use super::*;

const WITH_COMPANY: [ApiVersion; 2] = [ApiVersion::Original, ApiVersion::Users];
const WITH_ACCOUNT: [ApiVersion; 3] = [ApiVersion::Plans, ApiVersion::Referrals, ApiVersion::Earnings];

/// The published example, but for the fields that it leaves out.
#[test]
fn a_plan_names_its_company_then_its_account() {
    let published = value(
        r#"{"id":"plan_pro","created_at":"2026-06-01T12:00:00Z","visibility":"visible","plan_type":"renewal",
            "release_method":"buy_now","currency":"usd","SELLER":{"id":"biz_pickaxe","title":"Pickaxe"},
            "product":{"id":"prod_analytics","title":"Pickaxe Analytics"},"invoice":null,"billing_period":30,
            "title":"Pro Monthly","initial_price":6.9,"renewal_price":6.9,"stock":42,"unlimited_stock":true,
            "metadata":{"company":"kept: not the plan's own field"}}"#,
    );
    for version in ApiVersion::ALL {
        let (seller, other) =
            if WITH_COMPANY.contains(&version) { ("company", "account") } else { ("account", "company") };
        let one = get(version, "/plans/plan_pro");
        let list = get(version, "/plans?order=created_at&direction=asc");
        for plan in [&one, &list["data"][0]] {
            for (name, expected) in published.as_object().unwrap() {
                let name = if name == "SELLER" { seller } else { name };
                assert_eq!(&plan[name], expected, "{version:?} {name}");
            }
            assert_eq!(plan.get(other), None, "{version:?}");
        }
        assert_eq!(get(version, "/plans/plan_invoice")[seller], Value::Null);
        assert_eq!(one["custom_fields"], value("[]"));
    }
}

#[test]
fn what_belongs_to_the_client_is_shown_as_written() {
    for version in ApiVersion::ALL {
        let text = get_text(version, "/plans/plan_lifetime");
        let title = r#""title":"Größe \"L\" \\ \u003cb\u003e50% off\u003c/b\u003e \u0026 🔨""#;
        assert!(text.contains(title), "{text}");
        assert!(text.contains(r#""initial_price":11050.0,"#), "{text}");
        assert!(text.contains(r#""metadata":{"company":{"id":"biz_decoy","title":"decoy"},"account":null,"#));
        assert!(text.contains(r#""big":123456789012345678901234567890"#), "{text}");
        assert!(text.contains(r#""small":0.1000000000000000055511151231257827"#), "{text}");
    }
}

#[test]
fn the_list_filters_by_the_parameter_of_the_version() {
    let sandbox = Sandbox::new(None).unwrap();
    for (versions, known, unknown_name) in
        [(&WITH_COMPANY[..], "company_id", "account_id"), (&WITH_ACCOUNT[..], "account_id", "company_id")]
    {
        for &version in versions {
            let list = get(version, &format!("/plans?{known}=biz%5Fpickaxe"));
            assert_eq!(ids(&list), ["plan_free", "plan_annual", "plan_lifetime", "plan_pro"]);
            assert!(ids(&get(version, &format!("/plans?{known}=biz_nobody"))).is_empty());
            let wrong = get_request(version, &format!("/plans?{unknown_name}=biz_pickaxe"));
            unknown(&sandbox, wrong, unknown_name);
        }
    }
    let both = "/plans?plan_types[]=one_time&plan_types%5B%5D=renewal&visibilities[]=not_archived";
    let list = get(ApiVersion::Earnings, both);
    assert_eq!(ids(&list), ["plan_invoice", "plan_annual", "plan_lifetime", "plan_pro"]);
    assert_eq!(
        ids(&get(ApiVersion::Original, "/plans?plan_types[]=one_time")),
        ["plan_invoice", "plan_lifetime"]
    );
}

#[test]
fn a_plan_is_created_listed_changed_and_deleted() {
    for version in ApiVersion::ALL {
        let old = WITH_COMPANY.contains(&version);
        let (seller, param, wrong) = if old {
            ("company", "company_id", "account_id")
        } else {
            ("account", "account_id", "company_id")
        };
        let sandbox = Sandbox::new(None).unwrap();
        let write = |method, path: &str, body| send(&sandbox, method, version, path, body);
        let json = format!(
            r#"{{"{param}":"biz_forge","product_id":"prod_analytics","initial_price":12.50,"metadata":{{"{wrong}":1.0}}}}"#
        );
        let plan = write(Method::POST, "/plans", (JSON, &json));
        assert_eq!(plan["id"], "plan_new1");
        assert_eq!(plan[seller], value(r#"{"id":"biz_forge","title":"Café \"Forge\" & Söhne"}"#));
        assert_eq!(plan["initial_price"], value("12.5"));
        assert_eq!(plan["metadata"], value(&format!(r#"{{"{wrong}":1.0}}"#)));

        let form =
            format!("{param}=biz_y&title=a+b%26&initial_price=0.125&unlimited_stock=false&metadata[k]=v");
        let plan = write(Method::POST, "/plans", (FORM, &form));
        assert_eq!(plan[seller]["id"], "biz_y");
        assert_eq!((&plan["id"], &plan["title"]), (&"plan_new2".into(), &"a b&".into()));
        assert_eq!((&plan["initial_price"], &plan["unlimited_stock"]), (&value("0.125"), &false.into()));
        assert_eq!(plan["metadata"], value(r#"{"k":"v"}"#));

        let list = send(&sandbox, Method::GET, version, &format!("/plans?{param}=biz_y"), (JSON, ""));
        assert_eq!(ids(&list), ["plan_new2"]);

        let plan = write(Method::PATCH, "/plans/plan_new2", (JSON, r#"{"title":null,"stock":7}"#));
        assert_eq!((&plan["title"], &plan["stock"]), (&Value::Null, &7.into()));
        assert_eq!(send(&sandbox, Method::GET, version, "/plans/plan_new2", (JSON, "")), plan);

        let delete = || request(Method::DELETE, version, "/plans/plan_new2", (JSON, ""));
        assert_eq!(ok(&sandbox, delete()), "true");
        assert_eq!(refused(&sandbox, delete()).0, 404);

        let wrong_json = format!(r#"{{"{wrong}":"biz_x"}}"#);
        let wrong_form = format!("{wrong}=biz_x");
        for body in [(JSON, wrong_json.as_str()), (FORM, wrong_form.as_str())] {
            unknown(&sandbox, request(Method::POST, version, "/plans", body), wrong);
            unknown(&sandbox, request(Method::PATCH, version, "/plans/plan_pro", body), wrong);
        }
        let right_json = format!(r#"{{"{param}":"biz_x"}}"#);
        unknown(&sandbox, request(Method::PATCH, version, "/plans/plan_pro", (JSON, &right_json)), param);
        let without = refused(&sandbox, request(Method::POST, version, "/plans", (JSON, r#"{"stock":1}"#)));
        assert_eq!((without.0, without.1.as_str()), (400, "missing_parameter"));
    }
}

#[test]
fn tax_is_calculated_from_2026_06_09_on() {
    for version in ApiVersion::ALL {
        let sandbox = Sandbox::new(None).unwrap();
        let body = (JSON, r#"{"address":{"country":"DE"},"tax_ids":null}"#);
        let path = "/plans/plan_lifetime/calculate_tax";
        if WITH_COMPANY.contains(&version) {
            assert_eq!(refused(&sandbox, request(Method::POST, version, path, body)).0, 404);
        } else {
            let tax = send(&sandbox, Method::POST, version, path, body);
            let expected = r#"{"currency":"eur","subtotal":11050.0,"tax_amount":0.0,
                "tax_behavior":"exclusive","total":11050.0}"#;
            assert_eq!(tax, value(expected));
        }
    }
}

#[test]
fn values_of_another_kind_are_refused() {
    let sandbox = Sandbox::new(None).unwrap();
    for body in [
        r#"{"title":1}"#,
        r#"{"stock":-1}"#,
        r#"{"stock":1.5}"#,
        r#"{"stock":99999999999}"#,
        r#"{"initial_price":"6.9"}"#,
        r#"{"initial_price":1e999}"#,
        r#"{"unlimited_stock":"true"}"#,
        r#"{"metadata":[]}"#,
        r#"{"custom_fields":[{}]}"#,
        r#"{"visibility":"nowhere"}"#,
        r#"{"payment_method_configuration":{}}"#,
    ] {
        let patch = request(Method::PATCH, ApiVersion::Plans, "/plans/plan_pro", (JSON, body));
        let (status, kind, _) = refused(&sandbox, patch);
        assert_eq!((status, kind.as_str()), (400, "invalid_parameter"), "{body}");
    }
    for body in ["[]", "true", "{", "\"x\""] {
        let patch = request(Method::PATCH, ApiVersion::Plans, "/plans/plan_pro", (JSON, body));
        assert_eq!(refused(&sandbox, patch).1, "invalid_body");
    }
    let patch = request(Method::PATCH, ApiVersion::Plans, "/plans/plan_pro", ("text/plain", "x"));
    assert_eq!(refused(&sandbox, patch).0, 415);
    let unchanged = send(&sandbox, Method::GET, ApiVersion::Plans, "/plans/plan_pro", (JSON, ""));
    assert_eq!(unchanged, get(ApiVersion::Plans, "/plans/plan_pro"));
}
