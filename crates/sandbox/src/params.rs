//! The parameters of a request: query and body, JSON or form, under one roof.

use std::borrow::Cow;

use bytes::Bytes;
use hyper::{Request, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{decimal::Decimal, error::Refusal};

/// One parameter. Query and form values are text, whatever they stand for; JSON values have a type.
pub(super) struct Param {
    name: String,
    value: Value,
    typed: bool,
}

/// Every parameter, the query's first, so that the body's win where both name one.
///
/// # Errors
/// A body that is neither a JSON object nor a form.
pub(super) fn read(request: &Request<Bytes>) -> Result<Vec<Param>, Refusal> {
    let mut params = pairs(request.uri().query().unwrap_or_default())?;
    let body = request.body();
    if body.is_empty() {
        return Ok(params);
    }
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if header(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Refusal::UnsupportedMediaType);
    }
    let media = header(header::CONTENT_TYPE).unwrap_or("application/json");
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media == "application/x-www-form-urlencoded" {
        let form = std::str::from_utf8(body).map_err(|_| Refusal::InvalidBody("UTF-8 text"))?;
        params.extend(pairs(form)?);
    } else if media == "application/json" || media.ends_with("+json") {
        let object: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Refusal::InvalidBody("a JSON object"))?;
        params.extend(object.into_iter().map(|(name, value)| Param { name, value, typed: true }));
    } else {
        return Err(Refusal::UnsupportedMediaType);
    }
    Ok(params)
}

/// Reads `a=1&b[]=2&b[]=3&c[d]=4`: a plain name is a text, `[]` gathers a list, `[d]` a member.
fn pairs(text: &str) -> Result<Vec<Param>, Refusal> {
    let mut params: Vec<Param> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key), Value::String(decode(value)));
        let (name, inside) = match key.split_once('[') {
            Some((name, inside)) => (name, Some(inside)),
            None => (key.as_str(), None),
        };
        let inside = match inside.map(|inside| inside.strip_suffix(']')) {
            None => None,
            Some(Some(inside)) if !inside.contains(['[', ']']) => Some(inside),
            Some(_) => return Err(Refusal::UnknownParameter(key)),
        };
        let place = match params.iter().position(|param| param.name == name) {
            Some(place) => place,
            None => {
                params.push(Param { name: name.to_owned(), value: Value::Null, typed: false });
                params.len() - 1
            }
        };
        let slot = &mut params[place].value;
        match (inside, slot) {
            (Some(""), Value::Array(list)) => list.push(value),
            (Some(""), slot) => *slot = Value::Array(vec![value]),
            (Some(member), Value::Object(map)) => {
                map.insert(member.to_owned(), value);
            }
            (Some(member), slot) => *slot = Value::Object(Map::from_iter([(member.to_owned(), value)])),
            (None, slot) => *slot = value,
        }
    }
    Ok(params)
}

fn decode(text: &str) -> String {
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// An operation without parameters.
pub(super) fn none(params: &[Param]) -> Result<(), Refusal> {
    params.first().map_or(Ok(()), |param| Err(param.unknown()))
}

impl Param {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn unknown(&self) -> Refusal {
        Refusal::UnknownParameter(self.name.clone())
    }

    pub(super) fn invalid(&self, wanted: &str) -> Refusal {
        Refusal::InvalidParameter { name: self.name.clone(), wanted: wanted.to_owned() }
    }

    /// A text, or null.
    pub(super) fn text(&self) -> Result<Option<String>, Refusal> {
        match &self.value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err(self.invalid("a text")),
        }
    }

    /// A text that cannot be null.
    pub(super) fn required_text(&self) -> Result<String, Refusal> {
        self.text()?.filter(|text| !text.is_empty()).ok_or_else(|| self.invalid("a text"))
    }

    /// One of a closed set of words.
    pub(super) fn word(&self, words: &[&str]) -> Result<String, Refusal> {
        let text = self.required_text()?;
        if words.contains(&text.as_str()) {
            Ok(text)
        } else {
            Err(self.invalid(&format!("one of {}", words.join(", "))))
        }
    }

    /// A list of texts; a single text counts as a list of one.
    pub(super) fn texts(&self) -> Result<Vec<String>, Refusal> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = match &self.value {
            Value::Array(list) => list.iter().map(text).collect(),
            value => text(value).map(|text| vec![text]),
        };
        texts.ok_or_else(|| self.invalid("a list of texts"))
    }

    pub(super) fn flag(&self) -> Result<bool, Refusal> {
        match &self.value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if !self.typed && text == "true" => Ok(true),
            Value::String(text) if !self.typed && text == "false" => Ok(false),
            _ => Err(self.invalid("true or false")),
        }
    }

    /// A whole number from 0, or null.
    pub(super) fn count(&self) -> Result<Option<u32>, Refusal> {
        match self.literal("a whole number")? {
            None => Ok(None),
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().map(Some).map_err(|_| self.invalid("a whole number"))
            }
            Some(_) => Err(self.invalid("a whole number")),
        }
    }

    /// An amount.
    pub(super) fn amount(&self) -> Result<Decimal, Refusal> {
        let text = self.literal("a number")?;
        text.as_deref().and_then(Decimal::parse).ok_or_else(|| self.invalid("a number"))
    }

    /// The text of a number, or null.
    fn literal(&self, wanted: &str) -> Result<Option<String>, Refusal> {
        match &self.value {
            Value::Null => Ok(None),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::String(text) if !self.typed => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            _ => Err(self.invalid(wanted)),
        }
    }

    /// An object, or null.
    pub(super) fn object(&self) -> Result<Option<&Map<String, Value>>, Refusal> {
        match &self.value {
            Value::Null => Ok(None),
            Value::Object(map) => Ok(Some(map)),
            _ => Err(self.invalid("an object")),
        }
    }

    /// A list of objects, or null.
    pub(super) fn objects(&self) -> Result<Vec<&Map<String, Value>>, Refusal> {
        let objects = match &self.value {
            Value::Null => Some(Vec::new()),
            Value::Array(list) => list.iter().map(Value::as_object).collect(),
            _ => None,
        };
        objects.ok_or_else(|| self.invalid("a list of objects"))
    }
}
