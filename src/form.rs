//! `name=value` pairs as text: queries and form-encoded bodies.
//!
//! The encoding is `application/x-www-form-urlencoded` (WHATWG URL, section 5). Names match after decoding, up to a
//! bracket: `company%5Fid` and `company_id[]` are both `company_id`. What does not change keeps its text and its order.

use crate::json::Name;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;

/// Pairs in the order in which they are written.
///
/// ```
/// use dateline::{form::Pairs, json::Name};
///
/// let mut pairs = Pairs::parse("a=1&company%5Fid[]=x&b");
/// let new = Name::new("account_id");
/// pairs.rename(&Name::new("company_id"), &new);
/// assert_eq!(pairs.to_string(), "a=1&account_id[]=x&b");
/// ```
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    pairs: Vec<Pair<'a>>,
}

#[derive(Debug, Clone)]
struct Pair<'a> {
    /// The name's text before any bracket.
    name: &'a str,
    /// The bracket and what follows it.
    brackets: &'a str,
    /// `None` where there is no `=`.
    value: Option<PairValue<'a>>,
}

/// The value of a pair.
#[derive(Debug, Clone)]
pub struct PairValue<'a>(Cow<'a, str>);

impl PairValue<'_> {
    /// The value's plain text; bytes that are not UTF-8 are replaced.
    pub fn decoded(&self) -> String {
        decode(&self.0)
    }

    /// Sets the value to this plain text.
    pub fn set(&mut self, text: &str) {
        self.0 = Cow::Owned(encode(text));
    }
}

impl<'a> Pairs<'a> {
    /// Reads a query (without its `?`) or a form. Any text is one.
    pub fn parse(text: &'a str) -> Self {
        let pairs = text.split('&').map(|pair| {
            let (name, value) = match pair.split_once('=') {
                Some((name, value)) => (name, Some(PairValue(Cow::Borrowed(value)))),
                None => (pair, None),
            };
            let (name, brackets) = name.split_at(bracket(name));
            Pair { name, brackets, value }
        });
        Pairs { pairs: pairs.collect() }
    }

    /// Whether any pair has this name.
    pub fn contains(&self, name: &Name) -> bool {
        self.pairs.iter().any(|pair| pair.is(name))
    }

    /// Renames every pair with this name.
    pub fn rename(&mut self, from: &Name, to: &'a Name) {
        self.pairs.iter_mut().filter(|pair| pair.is(from)).for_each(|pair| pair.name = to.text());
    }

    /// Removes every pair with this name; tells whether there was one.
    pub fn remove(&mut self, name: &Name) -> bool {
        let before = self.pairs.len();
        self.pairs.retain(|pair| !pair.is(name));
        self.pairs.len() < before
    }

    /// Every pair as plain text: its name without brackets, and its value, where it has one.
    pub fn iter(&self) -> impl Iterator<Item = (String, Option<String>)> {
        self.pairs.iter().map(|pair| (decode(pair.name), pair.value.as_ref().map(PairValue::decoded)))
    }

    /// The values of the pairs with this name, to change.
    pub fn values(&mut self, name: &Name) -> impl Iterator<Item = &mut PairValue<'a>> {
        self.pairs.iter_mut().filter(|pair| pair.is(name)).filter_map(|pair| pair.value.as_mut())
    }
}

impl std::fmt::Display for Pairs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, pair) in self.pairs.iter().enumerate() {
            let and = if index > 0 { "&" } else { "" };
            write!(f, "{and}{}{}", pair.name, pair.brackets)?;
            if let Some(PairValue(value)) = &pair.value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

impl Pair<'_> {
    fn is(&self, name: &Name) -> bool {
        self.name == name.text() || (self.name.contains(['%', '+']) && decode(self.name) == name.text())
    }
}

/// Where the first bracket starts, encoded or not; the end where there is none.
fn bracket(name: &str) -> usize {
    let encoded = name.as_bytes().windows(3).position(|bytes| bytes.eq_ignore_ascii_case(b"%5b"));
    let plain = name.find('[');
    match (encoded, plain) {
        (Some(encoded), Some(plain)) => encoded.min(plain),
        (encoded, plain) => encoded.or(plain).unwrap_or(name.len()),
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn encode(text: &str) -> String {
    const KEPT: percent_encoding::AsciiSet =
        NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'*');
    utf8_percent_encode(text, &KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(text: &str) -> String {
        let (from, to) = (Name::new("company_id"), Name::new("account_id"));
        let mut pairs = Pairs::parse(text);
        pairs.rename(&from, &to);
        pairs.to_string()
    }

    #[test]
    fn what_is_not_named_keeps_its_text() {
        for text in
            ["", "&", "a", "a=", "=b", "a=b=c", "a%20b=+c&&%zz=%ff", "Company_id=1", "x[company_id]=1"]
        {
            assert_eq!(renamed(text), text);
        }
    }

    #[test]
    fn names_match_decoded_and_up_to_a_bracket() {
        assert_eq!(renamed("company_id=1&b=2&company_id=%33"), "account_id=1&b=2&account_id=%33");
        assert_eq!(renamed("company%5Fid=1"), "account_id=1");
        assert_eq!(
            renamed("company_id%5B%5D=1&company_id[0]=2&company_id"),
            "account_id%5B%5D=1&account_id[0]=2&account_id"
        );
        assert_eq!(renamed("company_ids=1&xcompany_id=2"), "company_ids=1&xcompany_id=2");
    }

    #[test]
    fn values_change_decoded_and_encoded() {
        let mut pairs = Pairs::parse("order=a%62&order&order=x+y&z=ab");
        for value in pairs.values(&Name::new("order")) {
            if value.decoded() == "ab" {
                value.set("c d&e");
            }
        }
        assert_eq!(pairs.to_string(), "order=c%20d%26e&order&order=x+y&z=ab");
    }
}
