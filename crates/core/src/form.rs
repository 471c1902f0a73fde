//! `name=value` pairs as text: queries and form-encoded bodies.
//!
//! The encoding is `application/x-www-form-urlencoded` (WHATWG URL, section 5). Names match after decoding, up to a
//! bracket: `company%5Fid` and `company_id[]` are both `company_id`. What does not change keeps its text and its order.
//! Names with several brackets are a document: the module `nested` makes one of them, and pairs of it again.

mod nested;

pub(crate) use nested::{is_own_member, pieces};
pub use nested::{of_value, value};

use crate::json::Name;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::{borrow::Cow, ops::Range};

/// Pairs in the order in which they are written.
///
/// ```
/// use dateline_core::{form::Pairs, json::Name};
///
/// let mut pairs = Pairs::parse("a=1&company%5Fid[]=x&b");
/// let new = Name::new("account_id");
/// pairs.rename(&Name::new("company_id"), &new);
/// assert_eq!(pairs.to_string(), "a=1&account_id[]=x&b");
/// ```
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    pairs: Vec<FormPair<'a>>,
    encoding: Encoding,
}

#[derive(Debug, Clone)]
struct FormPair<'a> {
    /// The name's text before any bracket.
    name: Cow<'a, str>,
    /// The bracket and what follows it.
    brackets: Cow<'a, str>,
    /// `None` if there is no `=`.
    value: Option<PairValue<'a>>,
    /// The position among the pairs that were read; the largest number for one that was added.
    place: usize,
    encoding: Encoding,
}

/// The way that names and values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// Percent-encoded, as in a query.
    Percent,
    /// Plain text, as in the fields of a multipart form.
    None,
}

/// The value of a pair.
#[derive(Debug, Clone)]
pub struct PairValue<'a>(Cow<'a, str>, Encoding);

impl PairValue<'_> {
    /// The value's plain text; bytes that are not UTF-8 are replaced.
    pub fn decoded(&self) -> String {
        self.1.decode(&self.0)
    }

    /// Replaces the plain text of some parts. The others keep their text.
    pub fn replace(&mut self, parts: Parts, new: impl FnMut(&str) -> Option<String>) {
        if let Some(text) = parts.replaced(&self.0, self.is_encoded(), new) {
            self.0 = Cow::Owned(text);
        }
    }

    /// The plain text of each part.
    pub(crate) fn parts(&self, parts: Parts) -> impl Iterator<Item = String> {
        let ranges = parts.ranges(&self.0, self.is_encoded());
        ranges.into_iter().map(|range| self.1.decode(&self.0[range]))
    }

    /// Tells whether the value is text. One that is not has no form outside the pairs.
    fn is_text(&self) -> bool {
        !self.is_encoded() || percent_decode_str(&self.0).decode_utf8().is_ok()
    }

    fn is_encoded(&self) -> bool {
        self.1 == Encoding::Percent
    }
}

impl Encoding {
    fn decode(self, text: &str) -> String {
        match self {
            Encoding::Percent => decode(text),
            Encoding::None => text.to_owned(),
        }
    }

    fn encode(self, text: &str) -> String {
        match self {
            Encoding::Percent => encode(text),
            Encoding::None => text.to_owned(),
        }
    }
}

/// The parts of a text that holds several values: `-company,total` has two, one of them after a sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// True if a `-` or a `+` may precede a value.
    pub signs: bool,
    /// The ASCII character between two values, or `None` if a text is one value.
    pub list: Option<char>,
}

impl Parts {
    /// Tells whether a text is always one value.
    pub fn is_whole(self) -> bool {
        self == Parts::default()
    }

    /// Replaces values in the text, or returns `None` if there is nothing to replace.
    pub(crate) fn replaced(
        self,
        text: &str,
        encoded: bool,
        mut new: impl FnMut(&str) -> Option<String>,
    ) -> Option<String> {
        let (mut replaced, mut from) = (None::<String>, 0);
        for range in self.ranges(text, encoded) {
            let value = &text[range.clone()];
            let value = if encoded { Cow::Owned(decode(value)) } else { Cow::Borrowed(value) };
            let Some(new) = new(&value) else { continue };
            let so_far = replaced.get_or_insert_default();
            so_far.push_str(&text[from..range.start]);
            so_far.push_str(&if encoded { encode(&new) } else { new });
            from = range.end;
        }
        replaced.map(|replaced| replaced + &text[from..])
    }

    /// Returns the ranges of the values in a text: without signs, separators and the spaces around them. In an encoded
    /// text each of those may be an escape, and a `+` is a space or, if signs are allowed, a sign that was not escaped.
    pub(crate) fn ranges(self, text: &str, encoded: bool) -> Vec<Range<usize>> {
        if self.is_whole() {
            return std::iter::once(0..text.len()).collect();
        }
        let mut ranges = Vec::new();
        // Where the value begins and ends, as far as it has come, and whether its sign may still follow.
        let (mut at, mut value, mut may_sign) = (0, None::<Range<usize>>, self.signs);
        while at < text.len() {
            let (byte, length) = byte_at(text.as_bytes(), at, encoded);
            let is_space = byte == b' ' || (encoded && length == 1 && byte == b'+');
            if self.list.is_some_and(|list| u32::from(byte) == u32::from(list)) {
                ranges.extend(value.take());
                may_sign = self.signs;
            } else if value.is_none() && may_sign && matches!(byte, b'-' | b'+') {
                may_sign = false;
            } else if !is_space {
                let start = value.map_or(at, |value| value.start);
                value = Some(start..at + length);
            }
            at += length;
        }
        ranges.extend(value);
        ranges
    }
}

/// The names in brackets that compare a parameter with a value of its own kind: `created[gte]`, `status[in][]`.
const COMPARISONS: [&str; 25] = [
    "after",
    "before",
    "between",
    "end",
    "eq",
    "from",
    "gt",
    "gte",
    "in",
    "lt",
    "lte",
    "max",
    "min",
    "ne",
    "neq",
    "nin",
    "not",
    "not_in",
    "on_or_after",
    "on_or_before",
    "range",
    "since",
    "start",
    "to",
    "until",
];

/// Tells whether brackets with this text hold a value of the parameter itself: an element of it, or one that it is
/// compared with. Any other name in brackets is a field of its own, which may have another unit: `amount[quantity]`.
pub(crate) fn is_own(step: &str) -> bool {
    step.bytes().all(|byte| byte.is_ascii_digit()) || COMPARISONS.contains(&step)
}

/// The byte that is written at a place, and how many bytes that takes.
fn byte_at(text: &[u8], at: usize, encoded: bool) -> (u8, usize) {
    let digit = |at: usize| text.get(at).and_then(|digit| char::from(*digit).to_digit(16));
    match (text[at], digit(at + 1), digit(at + 2)) {
        (b'%', Some(high), Some(low)) if encoded => ((high * 16 + low) as u8, 3),
        (byte, ..) => (byte, 1),
    }
}

impl<'a> Pairs<'a> {
    /// Reads a query (without its `?`) or a form. Any text is one.
    pub fn parse(text: &'a str) -> Self {
        let encoding = Encoding::Percent;
        let pairs = text.split('&').enumerate().map(|(place, pair)| {
            let (name, value) = match pair.split_once('=') {
                Some((name, value)) => (name, Some(PairValue(Cow::Borrowed(value), encoding))),
                None => (pair, None),
            };
            let (name, brackets) = name.split_at(bracket(name));
            FormPair { name: name.into(), brackets: brackets.into(), value, place, encoding }
        });
        Pairs { pairs: pairs.collect(), encoding }
    }

    /// The fields of a form that is not encoded: their names, and the values that can be read.
    pub(crate) fn of_fields(fields: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let encoding = Encoding::None;
        let pairs = fields.enumerate().map(|(place, (name, value))| {
            let (name, brackets) = name.split_at(name.find('[').unwrap_or(name.len()));
            let value = value.map(|value| PairValue(Cow::Borrowed(value), encoding));
            FormPair { name: name.into(), brackets: brackets.into(), value, place, encoding }
        });
        Pairs { pairs: pairs.collect(), encoding }
    }

    /// Returns the pairs that are left of those that were read: the position of each, its whole name and its value, as
    /// they are written.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (usize, String, Option<&str>)> {
        self.pairs.iter().map(|pair| {
            let value = pair.value.as_ref().map(|PairValue(text, _)| &**text);
            (pair.place, pair.written(), value)
        })
    }

    /// Tells whether there is no pair.
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.iter().all(FormPair::is_nothing)
    }

    /// Tells whether any pair has this name.
    pub fn contains(&self, name: &Name) -> bool {
        self.pairs.iter().any(|pair| pair.is(name))
    }

    /// Renames every pair with this name.
    pub fn rename(&mut self, from: &Name, to: &'a Name) {
        self.pairs.iter_mut().filter(|pair| pair.is(from)).for_each(|pair| pair.name = to.text().into());
    }

    /// Removes every pair with this name; tells whether there was one.
    pub fn remove(&mut self, name: &Name) -> bool {
        let before = self.pairs.len();
        self.pairs.retain(|pair| !pair.is(name));
        self.pairs.len() < before
    }

    /// Adds a pair at the end. Where there is nothing but an empty text, it is the only one.
    pub fn push(&mut self, name: &'a Name, value: &str) {
        let encoding = self.encoding;
        if matches!(&self.pairs[..], [only] if only.is_nothing()) {
            self.pairs.clear();
        }
        let value = Some(PairValue(Cow::Owned(encoding.encode(value)), encoding));
        let (name, brackets) = (name.text().into(), "".into());
        self.pairs.push(FormPair { name, brackets, value, place: usize::MAX, encoding });
    }

    /// The plain text of each pair with this name; `None` for one without `=`.
    pub fn values_of(&self, name: &Name) -> impl Iterator<Item = Option<String>> {
        let named = self.pairs.iter().filter(move |pair| pair.is(name));
        named.map(|pair| pair.value.as_ref().map(PairValue::decoded))
    }

    /// Tells whether the value of each pair with this name is text, and not bytes that are none.
    pub(crate) fn are_texts(&self, name: &Name) -> bool {
        let mut values =
            self.pairs.iter().filter(|pair| pair.is(name)).filter_map(|pair| pair.value.as_ref());
        values.all(PairValue::is_text)
    }

    /// The brackets behind each name that is this one, decoded.
    pub(crate) fn brackets(&self, name: &Name) -> impl Iterator<Item = &'static str> {
        let named = self.pairs.iter().filter(move |pair| pair.is(name));
        named.map(|pair| match &*pair.encoding.decode(&pair.brackets) {
            "" => "",
            "[]" => "[]",
            _ => "[…]",
        })
    }

    /// Every pair as plain text: its name without brackets, and its value, where it has one.
    pub fn iter(&self) -> impl Iterator<Item = (String, Option<String>)> {
        self.pairs
            .iter()
            .map(|pair| (pair.encoding.decode(&pair.name), pair.value.as_ref().map(PairValue::decoded)))
    }

    /// The values of the pairs with this name, to change; `None` for one that stands in a field inside it.
    pub(crate) fn own_values(&mut self, name: &Name) -> impl Iterator<Item = Option<&mut PairValue<'a>>> {
        self.pairs.iter_mut().filter(|pair| pair.is(name)).filter_map(|pair| {
            let is_own = pair.is_own();
            pair.value.as_mut().map(|value| is_own.then_some(value))
        })
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
            if let Some(PairValue(value, _)) = &pair.value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// The plain text of every value of the parameters with this name, which is no pack's: found without reading the others.
pub fn values_of<'t>(text: &'t str, name: &'static str) -> impl Iterator<Item = String> + 't {
    text.split('&').filter_map(move |pair| {
        let (own, value) = pair.split_once('=')?;
        let own = &own[..bracket(own)];
        let is = own == name || (own.contains(['%', '+']) && decode(own) == name);
        is.then(|| decode(value))
    })
}

impl FormPair<'_> {
    /// The whole name as it is written.
    fn written(&self) -> String {
        [&*self.name, &*self.brackets].concat()
    }

    /// Tells whether it is no pair at all: nothing between two `&`.
    fn is_nothing(&self) -> bool {
        self.name.is_empty() && self.brackets.is_empty() && self.value.is_none()
    }

    /// Tells whether its name and its value are text.
    fn is_text(&self) -> bool {
        let is_text = |text: &str| self.encoding == Encoding::None || decode_text(text).is_some();
        is_text(&self.written()) && self.value.as_ref().is_none_or(PairValue::is_text)
    }

    /// Tells whether its value is one of the parameter itself, and not of a field inside it.
    fn is_own(&self) -> bool {
        self.brackets.is_empty() || {
            let brackets = pieces(&self.brackets, self.encoding == Encoding::Percent);
            brackets.into_iter().skip(1).all(|step| is_own(&self.encoding.decode(step)))
        }
    }

    fn is(&self, name: &Name) -> bool {
        let is_encoded = self.encoding == Encoding::Percent && self.name.contains(['%', '+']);
        *self.name == *name.text() || (is_encoded && decode(&self.name) == name.text())
    }
}

/// Returns the start of the first bracket, encoded or not, or the length of the name if it has none.
fn bracket(name: &str) -> usize {
    let encoded = name.as_bytes().windows(3).position(|bytes| bytes.eq_ignore_ascii_case(b"%5b"));
    let plain = name.find('[');
    match (encoded, plain) {
        (Some(encoded), Some(plain)) => encoded.min(plain),
        (encoded, plain) => encoded.or(plain).unwrap_or(name.len()),
    }
}

/// The plain text of a name or a value; `None` where its bytes are no text.
pub(crate) fn decode_text(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().map(Cow::into_owned).ok()
}

/// The plain text of a name or a value; bytes that are not UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// A plain text as a name or a value.
pub(crate) fn encode(text: &str) -> String {
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
            value.replace(Parts::default(), |text| (text == "ab").then(|| "c d&e".to_owned()));
        }
        assert_eq!(pairs.to_string(), "order=c%20d%26e&order&order=x+y&z=ab");
    }

    #[test]
    fn the_reference_lists_the_names_that_compare() {
        let reference = include_str!("../../../transforms/README.md");
        for name in COMPARISONS {
            assert!(reference.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn row_14_1k_values_stand_behind_signs_and_in_lists() {
        let replaced = |parts: Parts, text: &str| {
            let mut pairs = Pairs::parse(text);
            for value in pairs.values(&Name::new("s")) {
                value.replace(parts, |text| (text == "a").then(|| "b c".to_owned()));
            }
            pairs.to_string()
        };
        let (signs, list) = (Parts { signs: true, list: None }, Parts { signs: false, list: Some(',') });
        let both = Parts { signs: true, list: Some(',') };
        for (parts, text, new) in [
            (
                signs,
                "s=-a&s=+a&s=%2Ba&s=%2da&s=a&t=-a",
                "s=-b%20c&s=+b%20c&s=%2Bb%20c&s=%2db%20c&s=b%20c&t=-a",
            ),
            (signs, "s=--a&s=-a,a&s=-&s=a-", "s=--a&s=-a,a&s=-&s=a-"),
            (list, "s=a,x%2Ca,,%61&s=-a", "s=b%20c,x%2Cb%20c,,b%20c&s=-a"),
            (both, "s=-a,%20+a,a%20,x-a,-", "s=-b%20c,%20+b%20c,b%20c%20,x-a,-"),
            (both, "s=&s&s=,%2c", "s=&s&s=,%2c"),
            (both, "s=%ff,a,%C3%A9,%zz", "s=%ff,b%20c,%C3%A9,%zz"),
        ] {
            assert_eq!(replaced(parts, text), new, "{parts:?}");
        }
        assert_eq!(both.replaced("-a, é", false, |text| (text == "é").then(|| "x".into())).unwrap(), "-a, x");
    }
}
