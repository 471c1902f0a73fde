//! A call to the sandbox, as a client of one version makes it to an upstream of another.

use super::{
    laws::sum,
    run::{Lost, Side, VERSIONS, carry, version},
};
use bytes::Bytes;
use dateline_sandbox::Sandbox;
use http::{Request, Response};

/// One request, in the words of any version: `{plans}` and `{users}` stand for the name that the version has for the
/// account, `{volume}` and `{earnings}` for its sort values.
#[derive(Clone, Copy)]
pub(super) struct Call<'c> {
    pub(super) template: &'c str,
    /// The path after the base path.
    pub(super) path: &'c str,
    pub(super) query: &'c str,
    /// The content type and the body.
    pub(super) body: (&'c str, &'c str),
}

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The result of a call.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) replayed: bool,
    pub(super) lost: Lost,
    /// The body as the upstream sent it.
    pub(super) untranslated: String,
}

fn words(text: &str, version: usize) -> String {
    let account = |since| if version < since { "company_id" } else { "account_id" };
    let sort = |old: &'static str, new: &'static str| if version < 3 { old } else { new };
    text.replace("{plans}", account(2))
        .replace("{users}", account(1))
        .replace("{volume}", sort("processing_volume", "volume_usd"))
        .replace("{earnings}", sort("total_earnings", "earnings_usd"))
}

pub(super) fn sandbox(number: usize) -> Sandbox {
    Sandbox::new(Some(version(number))).unwrap()
}

impl Call<'_> {
    pub(super) fn method(&self) -> &str {
        self.template.split(' ').next().unwrap()
    }

    fn send(&self, to: &Sandbox, version: usize, query: &str, body: &[u8]) -> Response<Bytes> {
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = Request::builder()
            .method(self.method())
            .uri(format!("/api/v1{}{mark}{query}", self.path))
            .header("authorization", "Bearer test")
            .header("api-version-date", VERSIONS[version])
            .header("content-type", self.body.0);
        if self.method() != "GET" {
            request = request.header("idempotency-key", "key");
        }
        to.respond(request.body(Bytes::copy_from_slice(body)).unwrap())
    }

    /// Calls an upstream of the client's own version.
    pub(super) fn native(&self, to: &Sandbox, client: usize) -> Answer {
        let body = words(self.body.1, client);
        Answer::of(&self.send(to, client, &words(self.query, client), body.as_bytes()))
    }

    /// Calls an upstream of another version through the translation.
    pub(super) fn translated(&self, to: &Sandbox, client: usize, upstream: usize) -> Answer {
        let query = words(self.query, client);
        let query = carry(self.template, Side::Query, client, upstream, query.as_bytes()).unwrap();
        let side = if self.body.0 == FORM { Side::Form } else { Side::Json };
        let body = words(self.body.1, client);
        let body = carry(self.template, side, client, upstream, body.as_bytes()).unwrap();
        let mut answer = Answer::of(&self.send(to, upstream, query.text(), &body.output));
        if (200..300).contains(&answer.status) {
            let back =
                carry(self.template, Side::Response, upstream, client, answer.body.as_bytes()).unwrap();
            answer.body = back.text().to_owned();
            answer.lost = sum(&sum(&query.lost, &body.lost), &back.lost);
        }
        answer
    }
}

impl Answer {
    fn of(response: &Response<Bytes>) -> Answer {
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        Answer {
            status: response.status().as_u16(),
            untranslated: body.clone(),
            body,
            replayed: response.headers().contains_key("idempotent-replayed"),
            lost: Lost::new(),
        }
    }
}
