//! Writes JSON text: member order and number literals are the caller's.

use std::fmt::Write as _;

/// An object under construction.
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self(String::from("{"))
    }

    /// A member whose value is JSON text already.
    pub(super) fn raw(mut self, name: &str, json: impl AsRef<str>) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote_into(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(json.as_ref());
        self
    }

    /// A member whose value is JSON text, or null.
    pub(super) fn raw_or_null(self, name: &str, json: Option<impl AsRef<str>>) -> Self {
        match json {
            Some(json) => self.raw(name, json),
            None => self.raw(name, "null"),
        }
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        let quoted = quote(value);
        self.raw(name, quoted)
    }

    pub(super) fn text_or_null<T: AsRef<str>>(self, name: &str, value: Option<T>) -> Self {
        self.raw_or_null(name, value.map(|value| quote(value.as_ref())))
    }

    pub(super) fn flag(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    pub(super) fn count_or_null(self, name: &str, value: Option<u32>) -> Self {
        self.raw_or_null(name, value.map(|value| value.to_string()))
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// An array of JSON texts.
pub(super) fn array<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(item.as_ref());
    }
    text.push(']');
    text
}

/// A JSON string. As Rails does, it escapes `&`, `<`, `>` and the two line separators of JavaScript.
pub(super) fn quote(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    quote_into(&mut text, value);
    text
}

fn quote_into(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' | '&' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_reads_back() {
        let value = "a\"b\\c\n\r\t\u{1}&<>\u{2028} é 🔨 \u{7f}";
        assert_eq!(serde_json::from_str::<String>(&quote(value)).unwrap(), value);
        assert_eq!(quote("a&b"), r#""a\u0026b""#);
    }

    #[test]
    fn members_keep_their_order_and_literals() {
        let object = Object::new().raw("b", "1.50").text("a", "x").count_or_null("c", None).flag("d", true);
        assert_eq!(object.finish(), r#"{"b":1.50,"a":"x","c":null,"d":true}"#);
        assert_eq!(array(["1", "{}"]), "[1,{}]");
    }
}
