//! Users: responses are the same in every version; `company_id` becomes `account_id` on 2026-06-08.
//!
//! A request made for an account shows the profile that the user has there. Whop publishes no field that tells
//! which account that is, so the sandbox adds an optional `metadata.profile_of` with its id.

use super::{
    data::{Override, Store, User},
    error::Refusal,
    json::Object,
    page::Paging,
    params::Param,
    versions::ApiVersion,
};

/// The parameter that names the account.
fn account_param(version: ApiVersion) -> &'static str {
    match version {
        ApiVersion::Original => "company_id",
        ApiVersion::Users | ApiVersion::Plans | ApiVersion::Referrals | ApiVersion::Earnings => "account_id",
    }
}

/// `GET /users`: by name or username where `query` is given.
pub(super) fn list(store: &Store, version: ApiVersion, params: &[Param]) -> Result<String, Refusal> {
    let mut paging = Paging::default();
    let mut account = None;
    let mut wanted = String::new();
    for param in params {
        match param.name() {
            name if name == account_param(version) => account = param.text()?,
            "query" => wanted = param.text()?.unwrap_or_default().to_lowercase(),
            _ => paging.take(param)?,
        }
    }
    let matches = |text: &str| text.to_lowercase().contains(&wanted);
    let users: Vec<&User> = store
        .users
        .iter()
        .filter(|user| matches(&user.username) || user.name.as_deref().is_some_and(matches))
        .collect();
    paging.cut(&users, |user| &user.id, |user| render(store, user, account.as_deref()))
}

/// `GET /users/{id}`.
pub(super) fn retrieve(
    store: &Store,
    version: ApiVersion,
    id: &str,
    params: &[Param],
) -> Result<String, Refusal> {
    let account = only_account(version, params)?;
    let place = find(store, id)?;
    Ok(render(store, &store.users[place], account.as_deref()))
}

/// `PATCH /users/{id}`. For an account, `name` and `profile_picture` are what the user shows there.
pub(super) fn update(
    store: &mut Store,
    version: ApiVersion,
    id: &str,
    params: &[Param],
) -> Result<String, Refusal> {
    let place = find(store, id)?;
    let mut user = store.users[place].clone();
    let mut account = None;
    let (mut name, mut picture) = (None, None);
    for param in params {
        match param.name() {
            name if name == account_param(version) => account = param.text()?,
            "bio" => user.bio = param.text()?,
            "username" => user.username = param.required_text()?,
            "name" => name = Some(param.text()?),
            "profile_picture" => picture = Some(picture_url(param)?),
            _ => return Err(param.unknown()),
        }
    }
    match &account {
        Some(account) => {
            let shown = store.overrides.entry((user.id.clone(), account.clone())).or_default();
            name.into_iter().for_each(|name| shown.name = name);
            picture.into_iter().for_each(|picture| shown.picture = picture);
        }
        None => {
            name.into_iter().for_each(|name| user.name = name);
            picture.into_iter().for_each(|picture| user.picture = picture);
        }
    }
    let answer = render(store, &user, account.as_deref());
    store.users[place] = user;
    Ok(answer)
}

/// `GET /users/{id}/access/{resource_id}`.
pub(super) fn access(
    store: &Store,
    version: ApiVersion,
    id: &str,
    resource: &str,
    params: &[Param],
) -> Result<String, Refusal> {
    only_account(version, params)?;
    let user = &store.users[find(store, id)?];
    let level = if user.admin_of.contains(&resource) {
        "admin"
    } else if user.customer_of.contains(&resource) {
        "customer"
    } else {
        "no_access"
    };
    Ok(Object::new().flag("has_access", level != "no_access").text("access_level", level).finish())
}

fn only_account(version: ApiVersion, params: &[Param]) -> Result<Option<String>, Refusal> {
    let mut account = None;
    for param in params {
        if param.name() != account_param(version) {
            return Err(param.unknown());
        }
        account = param.text()?;
    }
    Ok(account)
}

/// Finds a user by id, by username, or by `me`: the owner of the credential, who is the first user.
fn find(store: &Store, id: &str) -> Result<usize, Refusal> {
    let place = match id {
        "me" => (!store.users.is_empty()).then_some(0),
        _ => store.users.iter().position(|user| user.id == id || user.username == id),
    };
    place.ok_or(Refusal::NotFound("user"))
}

/// `{"id": "file_..."}` names an uploaded file; null takes the picture away.
fn picture_url(param: &Param) -> Result<Option<String>, Refusal> {
    let Some(picture) = param.object()? else { return Ok(None) };
    let id =
        picture.get("id").and_then(|id| id.as_str()).ok_or_else(|| param.invalid("an object with an id"))?;
    Ok(Some(format!("https://cdn.whop.com/{id}")))
}

fn render(store: &Store, user: &User, account: Option<&str>) -> String {
    let shown = account.and_then(|account| store.overrides.get(&(user.id.clone(), account.to_owned())));
    let Override { name, picture } = shown.cloned().unwrap_or_default();
    let picture = picture.or_else(|| user.picture.clone());
    let object = Object::new()
        .text("id", &user.id)
        .text_or_null("bio", user.bio.as_ref())
        .text("created_at", &user.created_at)
        .text_or_null("name", name.as_ref().or(user.name.as_ref()))
        .raw_or_null("profile_picture", picture.map(|url| Object::new().text("url", &url).finish()))
        .text("username", &user.username);
    match account {
        Some(account) => object.raw("metadata", Object::new().text("profile_of", account).finish()).finish(),
        None => object.finish(),
    }
}
