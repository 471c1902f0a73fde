use super::*;

fn params(version: ApiVersion) -> (&'static str, &'static str) {
    match version {
        ApiVersion::Original => ("company_id", "account_id"),
        _ => ("account_id", "company_id"),
    }
}

#[test]
fn a_user_looks_the_same_in_every_version() {
    for version in ApiVersion::ALL {
        let expected = r#"{"id":"user_ada","bio":"Runs company \u0026 account \"both\" 👩‍💻","created_at":"2023-12-01T05:00:00.401Z","name":"Ada Byron","profile_picture":{"url":"https://cdn.whop.com/ada.png?w=64\u0026h=64"},"username":"ada"}"#;
        for path in ["/users/user_ada", "/users/ada", "/users/me", "/users/user%5Fada/"] {
            assert_eq!(get_text(version, path), expected);
        }
        let cy = get(version, "/users/user_cy");
        assert_eq!((&cy["name"], &cy["profile_picture"]), (&Value::Null, &Value::Null));
        assert_eq!(ids(&get(version, "/users")), ["user_ada", "user_bo", "user_cy"]);
        assert_eq!(ids(&get(version, "/users?query=CUSTOMER")), ["user_bo"]);
    }
}

#[test]
fn reads_take_the_account_by_the_name_of_the_version() {
    let sandbox = Sandbox::new(None).unwrap();
    for version in ApiVersion::ALL {
        let (known, wrong) = params(version);
        for path in ["/users", "/users/user_bo", "/users/me", "/users/user_bo/access/prod_analytics"] {
            let answer = get(version, &format!("{path}?{known}=biz_forge"));
            if !path.contains("access") {
                let user = answer.get("data").map_or(&answer, |data| &data[0]);
                assert_eq!(user["metadata"], value(r#"{"profile_of":"biz_forge"}"#));
            }
            unknown(&sandbox, get_request(version, &format!("{path}?{wrong}=biz_forge")), wrong);
        }
    }
}

#[test]
fn an_update_shows_the_account_it_was_made_for() {
    for version in ApiVersion::ALL {
        let (known, wrong) = params(version);
        let sandbox = Sandbox::new(None).unwrap();
        let read = |path: &str| send(&sandbox, Method::GET, version, path, (JSON, ""));
        let json = format!(r#"{{"name":"Bo at Forge","{known}":"biz_forge"}}"#);
        let form = format!("name=Bo+at+Forge&{known}=biz_forge");
        for (path, body) in [
            ("/users/user_bo", (JSON, json.as_str())),
            ("/users/user_bo", (FORM, form.as_str())),
            (&format!("/users/user_bo?{known}=biz_forge"), (JSON, r#"{"name":"Bo at Forge"}"#)),
        ] {
            let user = send(&sandbox, Method::PATCH, version, path, body);
            assert_eq!(user["name"], "Bo at Forge");
            assert_eq!(user["metadata"]["profile_of"], "biz_forge");
            assert_eq!(read("/users/user_bo")["name"], "Bo");
            assert_eq!(read(&format!("/users/user_bo?{known}=biz_forge"))["name"], "Bo at Forge");
        }
        let me =
            send(&sandbox, Method::PATCH, version, "/users/me", (JSON, r#"{"bio":null,"username":"al"}"#));
        assert_eq!((&me["id"], &me["bio"]), (&"user_ada".into(), &Value::Null));
        assert_eq!(read("/users/al"), me);

        let json = format!(r#"{{"{wrong}":null}}"#);
        let form = format!("{wrong}=");
        for path in ["/users/user_bo", "/users/me"] {
            for body in [(JSON, json.as_str()), (FORM, form.as_str())] {
                unknown(&sandbox, request(Method::PATCH, version, path, body), wrong);
            }
            let query = format!("{path}?{wrong}=biz_forge");
            unknown(&sandbox, request(Method::PATCH, version, &query, (JSON, "{}")), wrong);
        }
    }
}

#[test]
fn access_is_admin_customer_or_none() {
    for version in ApiVersion::ALL {
        for (user, has_access, level) in
            [("me", true, "admin"), ("user_bo", true, "customer"), ("user_cy", false, "no_access")]
        {
            let expected = format!(r#"{{"has_access":{has_access},"access_level":"{level}"}}"#);
            assert_eq!(get_text(version, &format!("/users/{user}/access/prod_analytics")), expected);
        }
    }
}
