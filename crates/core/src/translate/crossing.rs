//! Requests that cross a change which no step can say, and those that do not.
//!
//! A parameter is looked for as it stands beside the change, in the names of the version there. Nothing is guessed: a
//! request that cannot be read crosses the change.

use super::{Media, Multipart, optional_query, request::FormBody, request_body};
use crate::{
    form::{self, Pairs},
    pack::{AskedParameter, Part, Unsaid, UnsaidScope},
    plan::Plan,
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::fmt;

/// A request, as far as it is there.
#[derive(Debug, Clone, Copy)]
pub struct CrossingRequest<'r> {
    /// The query.
    pub query: Option<&'r str>,
    /// The whole body, without its content codings; `None` while it is awaited.
    pub body: Option<(Media, &'r [u8])>,
}

/// Tells whether a request crosses an unsaid change, or returns `None` if its body decides that and is not there. `plan`
/// leads from the client's version to the one [beside](crate::pack::Pack::beside) the change; without one it is the same.
///
/// ```
/// use dateline_core::{pack::Pack, translate::{CrossingRequest, crosses}};
///
/// let pack = Pack::embedded()?;
/// let asked = CrossingRequest { query: Some("status=draft"), body: None };
/// let all = pack.modules.iter().flat_map(|module| &module.unsaid);
/// assert_eq!(all.filter(|unsaid| crosses(unsaid, None, asked) == Some(true)).count(), 0);
/// # Ok::<(), dateline_core::pack::Diagnostics>(())
/// ```
pub fn crosses(unsaid: &Unsaid, plan: Option<&Plan>, request: CrossingRequest<'_>) -> Option<bool> {
    let scope = &unsaid.scope;
    if !scope.depends_on_request() {
        return Some(true);
    }
    let CrossingRequest { query, body } = request;
    if scope.parameters.is_empty() {
        return match query.is_some_and(|query| !query.is_empty()) {
            true => Some(true),
            false => body.map(|(_, body)| !body.is_empty()),
        };
    }
    // Values may come to a parameter from anywhere.
    if plan.is_some_and(|plan| plan.moves(Part::Request)) || query_has(scope, plan, query) {
        return Some(true);
    }
    match scope.parameters.iter().any(|parameter| parameter.part == Part::Body) {
        true => body.map(|(media, body)| body_has(scope, plan, media, body)),
        false => Some(false),
    }
}

/// The parameters of one part.
fn of_part(scope: &UnsaidScope, part: Part) -> impl Iterator<Item = &AskedParameter> {
    scope.parameters.iter().filter(move |parameter| parameter.part == part)
}

fn query_has(scope: &UnsaidScope, plan: Option<&Plan>, query: Option<&str>) -> bool {
    let translated = plan.filter(|plan| plan.translates_query()).map(|plan| optional_query(plan, query));
    let query = match &translated {
        Some(translated) if translated.losses.misplaced().next().is_some() => return true,
        Some(translated) => translated.output.as_deref(),
        None => query,
    };
    let Some(query) = query else { return false };
    has(scope, Part::Query, form::value(query).to_string().as_bytes())
}

fn body_has(scope: &UnsaidScope, plan: Option<&Plan>, media: Media, body: &[u8]) -> bool {
    if body.is_empty() {
        return false;
    }
    let translated =
        plan.filter(|plan| plan.translates_request_body()).map(|plan| request_body(plan, media, body));
    let body = match &translated {
        Some(Err(_)) => return true,
        Some(Ok(translated)) if translated.losses.misplaced().next().is_some() => return true,
        Some(Ok(translated)) => &translated.output,
        None => body,
    };
    let has = |json: &[u8]| has(scope, Part::Body, json);
    match media {
        Media::Json | Media::Other => has(body),
        // Its operations are read by the upstream, one after another.
        Media::JsonPatch => true,
        Media::Form => match FormBody::read(body) {
            Ok(FormBody::Json) => has(body),
            Ok(FormBody::EncodedJson { text, .. }) => has(text.as_bytes()),
            Ok(FormBody::Pairs(text)) => has(&Pairs::parse(text).document().json),
            Err(_) => true,
        },
        Media::Multipart(boundary) => {
            Multipart::read(boundary, body).map_or(true, |form| has(&form.pairs().document().json))
        }
    }
}

/// Tells whether a JSON document has a parameter of a part, with one of the values that are meant.
fn has(scope: &UnsaidScope, part: Part, json: &[u8]) -> bool {
    of_part(scope, part).any(|parameter| {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let seek = Seek { scope, names: &parameter.names };
        match seek.deserialize(&mut reader) {
            Ok(found) => found || reader.end().is_err(),
            Err(_) => true,
        }
    })
}

/// The search for a value behind some names. It reads every member of a name that stands twice, and steps into lists.
#[derive(Clone, Copy)]
struct Seek<'s> {
    scope: &'s UnsaidScope,
    names: &'s [String],
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        match self.names {
            [] => {
                <Value as serde::Deserialize>::deserialize(deserializer).map(|found| self.scope.means(&found))
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(name) = members.next_key::<String>()? {
            match self.names {
                [first, rest @ ..] if *first == name => {
                    found |= members.next_value_seed(Seek { names: rest, ..self })?;
                }
                _ => _ = members.next_value::<IgnoredAny>()?,
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(here) = elements.next_element_seed(self)? {
            found |= here;
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::test::a_version_a_day;

    const API: &str = r#"
        name = "x"
        title = "X"
        header = "V"
        default_version = "2025-01-01"
        base_path = ""
        operations = ["GET /orders", "POST /orders"]
        [resource.Asked]
        found = [{ in = "GET /orders", part = "query" }, { in = "POST /orders", part = "body", at = "$" }]
    "#;

    /// Tells whether a request of the oldest version crosses the change of the newest one.
    fn crossed(keys: &str, query: Option<&str>, body: Option<(Media, &str)>) -> Option<bool> {
        let renamed = "[[change]]\nname = 'C'\nwhy = 'W'\nresource = 'Asked'\nsteps = [{ move = 'state', to = 'status' }]";
        let unsaid =
            format!("[[unsaid]]\nname = 'N'\nwhy = 'W'\nin = ['GET /orders', 'POST /orders']\n{keys}");
        let pack = a_version_a_day(API, &["", renamed, &unsaid]);
        let operation = pack.find(if body.is_some() { "POST /orders" } else { "GET /orders" }).unwrap();
        let (oldest, newest) = (pack.versions().next().unwrap(), pack.newest());
        let (version, unsaid) = pack.unsaid(operation, oldest, newest).next().unwrap();
        let plan = Plan::compile(&pack, operation, oldest, pack.beside(version, oldest));
        let body = body.map(|(media, text)| (media, text.as_bytes()));
        crosses(unsaid, Some(&plan), CrossingRequest { query, body })
    }

    #[test]
    fn only_a_request_with_the_parameter_crosses_it() {
        // The client calls it by an older name, and the change by the one beside it.
        let status = "parameter = 'query.status'";
        for query in ["state=a", "x=1&%73tate[]=b", "state"] {
            assert_eq!(crossed(status, Some(query), None), Some(true), "{query}");
        }
        for query in ["", "x[state]=a", "states=a", "State=a"] {
            assert_eq!(crossed(status, Some(query), None), Some(false), "{query}");
        }
        assert_eq!(crossed(status, None, None), Some(false));
        let draft = "parameter = ['query.x', 'query.filter.status']\nvalues = ['draft', 'a b']";
        for query in ["filter[status]=draft", "filter%5Bstatus%5D[]=x&filter[status][]=a+b", "x=draft"] {
            assert_eq!(crossed(draft, Some(query), None), Some(true), "{query}");
        }
        for query in ["filter[status]=drafts", "state=draft", "filter[status]", "x=a"] {
            assert_eq!(crossed(draft, Some(query), None), Some(false), "{query}");
        }
    }

    #[test]
    fn a_body_decides_when_it_is_there() {
        let keys = "parameter = 'body.status'\nvalues = 'draft'";
        assert_eq!(crossed(keys, None, None), None);
        let multipart = Media::of(Some(b"multipart/form-data; boundary=x"));
        let field = |name: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\ndraft\r\n--x--\r\n")
        };
        for (media, body) in [
            (Media::Json, r#"{"state":"draft"}"#),
            (Media::Other, r#"{"a":1.50,"state":["open","draft"]}"#),
            (Media::Json, r#"{"status":"draft","status":"open"}"#),
            (Media::Json, r#"{"status":"open","status":"draft"}"#),
            (Media::Form, "a=1&state=draft"),
            (Media::Form, r#"{"state":"draft"}"#),
            (multipart, &field("state")),
            // Nobody knows what these say.
            (Media::Json, r#"{"state":"open""#),
            (Media::Json, r#"{"a":1} {"state":"draft"}"#),
            (Media::Other, "state=draft"),
            (Media::JsonPatch, "[]"),
            (Media::Multipart(None), ""),
        ] {
            let is_crossed = !body.is_empty();
            assert_eq!(crossed(keys, None, Some((media, body))), Some(is_crossed), "{body}");
        }
        for (media, body) in [
            (Media::Json, r#"{"state":"open","x":{"status":"draft"},"n":1e400,"draft":true}"#),
            (Media::Json, "{}"),
            (Media::Form, "a=draft"),
            (multipart, &field("x")),
        ] {
            assert_eq!(crossed(keys, None, Some((media, body))), Some(false), "{body}");
        }
    }

    #[test]
    fn a_change_of_requests_is_crossed_by_one_that_says_something() {
        let keys = "part = 'request'";
        assert_eq!(crossed(keys, Some("a=1"), None), Some(true));
        assert_eq!(crossed(keys, Some(""), None), None);
        assert_eq!(crossed(keys, None, Some((Media::Other, ""))), Some(false));
        assert_eq!(crossed(keys, None, Some((Media::Other, "x"))), Some(true));
        assert_eq!(crossed("part = 'response'", None, None), Some(true));
    }
}
