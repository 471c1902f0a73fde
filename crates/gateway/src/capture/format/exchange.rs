//! One exchange, and the file that it is kept in.

use crate::base::redact::Redaction;
use dateline_core::{
    Version,
    day::Day,
    json::{Fault, Scanner, quoted, unescape},
};

/// The form of a file, so that a later one can tell.
const FORM: u32 = 1;

/// The depth of an exchange's document inside its file, in levels.
const LEVELS: usize = 2;

/// A request as its client sent it, and the upstream's answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The day in UTC.
    pub day: Day,
    /// The client: a configured name, `key-…`, `anonymous` or `others`.
    pub client: String,
    /// The version that the client spoke; `None` if the upstream was to decide.
    pub pin: Option<Version>,
    /// The source of the pin: `header`, `path`, `query`, `media_type`, `client` or `default`.
    pub pin_source: String,
    /// The version that the answer is in; `None` if the upstream decided.
    pub upstream: Option<Version>,
    /// The operation, as the pack writes it.
    pub operation: String,
    /// The request's method.
    pub method: String,
    /// The request's path, as sent.
    pub path: String,
    /// The request's query, as sent, without its `?`.
    pub query: Option<String>,
    /// The request's fields that are kept.
    pub request_fields: Vec<(String, String)>,
    /// The request's body, without its coding.
    pub request: Body,
    /// The answer's status.
    pub status: u16,
    /// The answer's fields that are kept.
    pub answer_fields: Vec<(String, String)>,
    /// The answer's body, without its coding.
    pub answer: Body,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The body is empty.
    Empty,
    /// JSON text.
    Json(String),
    /// `application/x-www-form-urlencoded`; of a request only.
    Form(String),
}

/// A text is no file of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExchange {
    /// The file is not JSON.
    #[error("it is not JSON: {0}")]
    Json(#[from] Fault),
    /// A member is missing, or is something else than it should be.
    #[error("`{0}` is missing or is not what it should be")]
    Member(&'static str),
    /// The file was written by a later Dateline.
    #[error("it has form {0}, and this Dateline knows form {FORM}")]
    Form(u32),
}

impl Exchange {
    /// The text of its file, with everything taken out that is not kept. `own` are the request's credentials.
    ///
    /// # Errors
    /// A body that should be JSON is not.
    pub fn redacted(&self, redaction: &Redaction, own: &[String]) -> Result<String, Fault> {
        let version = |version: Option<Version>| {
            version.map_or("null".to_owned(), |version| quoted(&version.to_string()))
        };
        let mut request =
            vec![("method", quoted(&self.method)), ("path", quoted(&redaction.path(&self.path, own)))];
        request.extend(self.query.as_ref().map(|query| ("query", quoted(&redaction.pairs(query, own)))));
        request.push(("headers", fields(&self.request_fields, redaction, own)));
        request.extend(body(&self.request, redaction, own)?);
        let mut answer = vec![
            ("status", self.status.to_string()),
            ("headers", fields(&self.answer_fields, redaction, own)),
        ];
        answer.extend(body(&self.answer, redaction, own)?);
        let members = [
            ("dateline_recording", FORM.to_string()),
            ("day", quoted(&self.day.to_string())),
            ("client", quoted(&self.client)),
            ("pin", version(self.pin)),
            ("pin_source", quoted(&self.pin_source)),
            ("upstream_version", version(self.upstream)),
            ("operation", quoted(&self.operation)),
            ("request", object(&request, 1)),
            ("answer", object(&answer, 1)),
        ];
        Ok(object(&members, 0) + "\n")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`NotAnExchange`].
    pub fn read(text: &[u8]) -> Result<Self, NotAnExchange> {
        let file = Members::of(text)?;
        let form: u32 = file.number("dateline_recording")?;
        if form != FORM {
            return Err(NotAnExchange::Form(form));
        }
        let request = Members::of(file.raw("request")?)?;
        let answer = Members::of(file.raw("answer")?)?;
        Ok(Exchange {
            day: file.text("day")?.parse().map_err(|_| NotAnExchange::Member("day"))?,
            client: file.text("client")?,
            pin: file.version("pin")?,
            pin_source: file.text("pin_source")?,
            upstream: file.version("upstream_version")?,
            operation: file.text("operation")?,
            method: request.text("method")?,
            path: request.text("path")?,
            query: request.get("query").map(|_| request.text("query")).transpose()?,
            request_fields: request.fields()?,
            request: request.body()?,
            status: answer.number("status")?,
            answer_fields: answer.fields()?,
            answer: answer.body()?,
        })
    }
}

/// `{"accept": "…"}` on one line.
fn fields(fields: &[(String, String)], redaction: &Redaction, own: &[String]) -> String {
    let member = |(name, value): &(String, String)| {
        let redacted = redaction.text(value, own);
        format!("{}: {}", quoted(name), quoted(redacted.as_ref().unwrap_or(value)))
    };
    format!("{{{}}}", fields.iter().map(member).collect::<Vec<_>>().join(", "))
}

fn body(body: &Body, redaction: &Redaction, own: &[String]) -> Result<Option<(&'static str, String)>, Fault> {
    Ok(match body {
        Body::Empty => None,
        Body::Json(json) => Some(("json", redaction.json(json.as_bytes(), own, 2 * LEVELS)?)),
        Body::Form(form) => Some(("form", quoted(&redaction.pairs(form, own)))),
    })
}

/// An object with a member a line; `level` is its own.
fn object(members: &[(&str, String)], level: usize) -> String {
    let indent = "  ".repeat(level);
    let member = |(name, value): &(&str, String)| format!("\n{indent}  {}: {value}", quoted(name));
    format!("{{{}\n{indent}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// The members of an object as they are written.
struct Members<'t>(Vec<(String, &'t [u8])>);

impl<'t> Members<'t> {
    fn of(text: &'t [u8]) -> Result<Self, Fault> {
        let mut scanner = Scanner::new(text);
        let mut members = Vec::new();
        if scanner.peek() != b'{' {
            scanner.value()?;
            return Ok(Members(members));
        }
        scanner.open()?;
        scanner.space();
        let mut more = !scanner.close_empty();
        while more {
            let key = scanner.key()?;
            scanner.colon()?;
            let value = scanner.value()?;
            members.push((unescape(key).unwrap_or_default(), value));
            scanner.space();
            more = scanner.more()?;
            scanner.space();
        }
        scanner.end()?;
        Ok(Members(members))
    }

    fn get(&self, name: &str) -> Option<&'t [u8]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    fn raw(&self, name: &'static str) -> Result<&'t [u8], NotAnExchange> {
        self.get(name).ok_or(NotAnExchange::Member(name))
    }

    fn text(&self, name: &'static str) -> Result<String, NotAnExchange> {
        unescape(self.raw(name)?).ok_or(NotAnExchange::Member(name))
    }

    fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, NotAnExchange> {
        let text = str::from_utf8(self.raw(name)?).ok();
        text.and_then(|text| text.parse().ok()).ok_or(NotAnExchange::Member(name))
    }

    fn version(&self, name: &'static str) -> Result<Option<Version>, NotAnExchange> {
        match self.raw(name)? {
            b"null" => Ok(None),
            _ => self.text(name)?.parse().map(Some).map_err(|_| NotAnExchange::Member(name)),
        }
    }

    fn fields(&self) -> Result<Vec<(String, String)>, NotAnExchange> {
        let fields = Members::of(self.raw("headers")?)?;
        let text = |(name, value): (String, &[u8])| Some((name, unescape(value)?));
        fields.0.into_iter().map(text).collect::<Option<_>>().ok_or(NotAnExchange::Member("headers"))
    }

    fn body(&self) -> Result<Body, NotAnExchange> {
        Ok(match (self.get("json"), self.get("form")) {
            (Some(json), _) => Body::Json(String::from_utf8_lossy(json).into_owned()),
            (None, Some(_)) => Body::Form(self.text("form")?),
            (None, None) => Body::Empty,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::Paths;

    pub(crate) fn exchange() -> Exchange {
        Exchange {
            day: "2026-11-24".parse().unwrap(),
            client: "billing-cron".into(),
            pin: Some("2025-01-01".parse().unwrap()),
            pin_source: "header".into(),
            upstream: Some("2026-07-01".parse().unwrap()),
            operation: "POST /plans".into(),
            method: "POST".into(),
            path: "/api/v1/plans".into(),
            query: Some("a=1".into()),
            request_fields: vec![("content-type".into(), "application/json".into())],
            request: Body::Json(r#"{"company_id":"biz_x","price": 6.90,"tags":[],"big":1E+05}"#.into()),
            status: 201,
            answer_fields: vec![("content-type".into(), "application/json".into())],
            answer: Body::Json(r#"{"id":"plan_x", "e":["a@b.test",null,"\u00e9"]}"#.into()),
        }
    }

    #[test]
    fn a_file_is_json_that_people_read() {
        let redaction = Redaction::new(Paths::default()).unwrap();
        let text = exchange().redacted(&redaction, &[]).unwrap();
        let email = redaction.text("a@b.test", &[]).unwrap();
        let expected = r#"{
  "dateline_recording": 1,
  "day": "2026-11-24",
  "client": "billing-cron",
  "pin": "2025-01-01",
  "pin_source": "header",
  "upstream_version": "2026-07-01",
  "operation": "POST /plans",
  "request": {
    "method": "POST",
    "path": "/api/v1/plans",
    "query": "a=1",
    "headers": {"content-type": "application/json"},
    "json": {
      "company_id": "biz_x",
      "price": 6.90,
      "tags": [],
      "big": 1E+05
    }
  },
  "answer": {
    "status": 201,
    "headers": {"content-type": "application/json"},
    "json": {
      "id": "plan_x",
      "e": [
        "EMAIL",
        null,
        "\u00e9"
      ]
    }
  }
}
"#;
        assert_eq!(text, expected.replace("EMAIL", &email));
        let read = Exchange::read(text.as_bytes()).unwrap();
        assert_eq!(read.redacted(&redaction, &[]).unwrap().lines().count(), text.lines().count());
        let Body::Json(json) = &read.request else { panic!("{read:?}") };
        assert!(json.contains("6.90") && json.contains("1E+05"), "{json}");
        assert_eq!(
            Exchange { request: Body::Empty, answer: Body::Empty, ..read },
            Exchange { request: Body::Empty, answer: Body::Empty, ..exchange() }
        );
    }

    #[test]
    fn bodies_are_json_forms_or_nothing() {
        let redaction = Redaction::new(Paths::default()).unwrap();
        let exchange = Exchange {
            query: None,
            pin: None,
            upstream: None,
            request: Body::Form("a=1&b=%20".into()),
            answer: Body::Empty,
            ..exchange()
        };
        assert_eq!(
            Exchange::read(exchange.redacted(&redaction, &[]).unwrap().as_bytes()),
            Ok(exchange.clone())
        );
        let odd = Exchange { answer: Body::Json("{\"a\":".into()), ..exchange };
        assert!(odd.redacted(&redaction, &[]).is_err());
    }

    #[test]
    fn what_is_no_exchange_is_told() {
        let whole = exchange().redacted(&Redaction::new(Paths::default()).unwrap(), &[]).unwrap();
        let read = |text: &str| Exchange::read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(read("x"), "it is not JSON: expected a value at byte 0");
        assert_eq!(read("[]"), "`dateline_recording` is missing or is not what it should be");
        assert_eq!(
            read(&whole.replace("recording\": 1", "recording\": 2")),
            "it has form 2, and this Dateline knows form 1"
        );
        for (member, other) in [("day", "dai"), ("client", "klient"), ("status", "x"), ("method", "m")] {
            let text = read(&whole.replace(&format!("\"{member}\""), &format!("\"{other}\"")));
            assert_eq!(text, format!("`{member}` is missing or is not what it should be"));
        }
    }
}
