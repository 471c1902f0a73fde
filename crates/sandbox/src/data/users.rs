//! Users.

/// A user, as Whop's SDK 0.0.40 types it (`User`).
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: Option<String>,
    pub(crate) bio: Option<String>,
    pub(crate) created_at: String,
    pub(crate) picture: Option<String>,
    /// Ids of what the user manages, then of what the user bought.
    pub(crate) admin_of: Vec<&'static str>,
    pub(crate) customer_of: Vec<&'static str>,
}

/// The profile that a user shows to one account instead of the global one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Override {
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
}

/// Three users; the credential is the first one's.
pub(super) fn fixtures() -> Vec<User> {
    let user = |id: &str, username: &str, created_at: &str| User {
        id: id.to_owned(),
        username: username.to_owned(),
        name: None,
        bio: None,
        created_at: created_at.to_owned(),
        picture: None,
        admin_of: Vec::new(),
        customer_of: Vec::new(),
    };
    vec![
        User {
            name: Some("Ada Byron".into()),
            bio: Some("Runs company & account \"both\" 👩‍💻".into()),
            picture: Some("https://cdn.whop.com/ada.png?w=64&h=64".into()),
            admin_of: vec!["biz_pickaxe", "prod_analytics", "prod_signals"],
            ..user("user_ada", "ada", "2023-12-01T05:00:00.401Z")
        },
        User {
            name: Some("Bo".into()),
            bio: Some(String::new()),
            customer_of: vec!["prod_analytics"],
            ..user("user_bo", "bo-customer", "2024-02-29T00:00:00Z")
        },
        user("user_cy", "cy", "2025-01-01T00:00:00.000Z"),
    ]
}
