//! JSON for the tests' own eyes: a tree over the text, with every spelling kept. Independent of the scanner under test.

use std::{collections::BTreeMap, iter::Peekable, str::CharIndices};

/// A value and the text that it was read from.
#[derive(Debug, Clone)]
pub(super) struct Json<'a> {
    pub(super) raw: &'a str,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    /// `null`, `true` or `false`.
    Word,
    Number,
    /// A text in UTF-16 code units, since an escape may be half a character.
    Text(Vec<u16>),
    Array(Vec<Json<'a>>),
    Object(Vec<Member<'a>>),
}

#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    /// The key without its escapes.
    pub(super) name: String,
    /// The text from the key's first quote to the value's end.
    pub(super) raw: &'a str,
    pub(super) value: Json<'a>,
}

impl<'a> Json<'a> {
    /// Reads a document that is known to be valid.
    pub(super) fn read(text: &'a str) -> Json<'a> {
        let mut reader = Reader { text, at: text.char_indices().peekable() };
        let value = reader.value();
        reader.space();
        assert!(reader.at.peek().is_none(), "text behind the document: {text}");
        value
    }

    pub(super) fn members(&self) -> Option<&[Member<'a>]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn elements(&self) -> Option<&[Json<'a>]> {
        match &self.kind {
            Kind::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The value at a dotted path of member names.
    pub(super) fn at(&self, path: &str) -> Option<&Json<'a>> {
        path.split('.').try_fold(self, |value, name| {
            value.members()?.iter().find(|member| member.name == name).map(|member| &member.value)
        })
    }

    pub(super) fn is_null(&self) -> bool {
        self.raw == "null"
    }

    /// The number in a number, or in a string that is one by JSON's grammar and has no escapes.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        let text = match self.kind {
            Kind::Number => self.raw,
            Kind::Text(_) => self.raw.trim_matches('"'),
            _ => return None,
        };
        Decimal::read(text)
    }

    /// Tells whether both have the same value. Spelling and key order do not matter, numbers compare exactly.
    pub(super) fn same(&self, other: &Json<'_>) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Word, Kind::Word) => self.raw == other.raw,
            (Kind::Number, Kind::Number) => self.decimal() == other.decimal(),
            (Kind::Text(one), Kind::Text(other)) => one == other,
            (Kind::Array(one), Kind::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same(other))
            }
            (Kind::Object(one), Kind::Object(other)) => {
                let (one, other) = (by_name(one), by_name(other));
                let alike = |(one, other): (&Vec<&Json<'_>>, &Vec<&Json<'_>>)| {
                    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same(other))
                };
                one.keys().eq(other.keys()) && one.values().zip(other.values()).all(alike)
            }
            _ => false,
        }
    }
}

fn by_name<'m, 'a>(members: &'m [Member<'a>]) -> BTreeMap<&'m str, Vec<&'m Json<'a>>> {
    let mut map: BTreeMap<&str, Vec<&Json<'a>>> = BTreeMap::new();
    members.iter().for_each(|member| map.entry(&member.name).or_default().push(&member.value));
    map
}

/// A number's value: sign, digits without zeros at either end, and the power of ten of the last digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    /// The value of a text in JSON's number grammar; `None` for any other text.
    pub(super) fn read(text: &str) -> Option<Decimal> {
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) =
            rest.split_once(['e', 'E']).map_or((rest, None), |(left, right)| (left, Some(right)));
        let (whole, fraction) =
            mantissa.split_once('.').map_or((mantissa, None), |(left, right)| (left, Some(right)));
        let exponent = match exponent {
            None => 0,
            Some(text) => {
                let (sign, digits) = match text.strip_prefix('-') {
                    Some(digits) => (-1, digits),
                    None => (1, text.strip_prefix('+').unwrap_or(text)),
                };
                all_digits(digits).then(|| sign * digits.parse::<i64>().unwrap_or(i64::MAX / 4))?
            }
        };
        if !all_digits(whole)
            || (whole.len() > 1 && whole.starts_with('0'))
            || !fraction.is_none_or(all_digits)
        {
            return None;
        }
        let fraction = fraction.unwrap_or("");
        let digits = format!("{whole}{fraction}");
        let stripped = digits.trim_end_matches('0');
        let power = exponent - fraction.len() as i64 + (digits.len() - stripped.len()) as i64;
        let digits = stripped.trim_start_matches('0').to_owned();
        let zero = digits.is_empty();
        Some(Decimal { negative: negative && !zero, digits, power: if zero { 0 } else { power } })
    }

    /// Times ten to this power.
    pub(super) fn times(mut self, power: i64) -> Decimal {
        self.power += if self.digits.is_empty() { 0 } else { power };
        self
    }
}

struct Reader<'a> {
    text: &'a str,
    at: Peekable<CharIndices<'a>>,
}

impl<'a> Reader<'a> {
    fn position(&mut self) -> usize {
        self.at.peek().map_or(self.text.len(), |(index, _)| *index)
    }

    fn peek(&mut self) -> char {
        self.at.peek().expect("the document goes on").1
    }

    fn next(&mut self) -> char {
        self.at.next().expect("the document goes on").1
    }

    fn space(&mut self) {
        while self.at.next_if(|(_, next)| " \n\r\t".contains(*next)).is_some() {}
    }

    fn value(&mut self) -> Json<'a> {
        self.space();
        let start = self.position();
        let kind = match self.peek() {
            '{' => Kind::Object(self.list('}', Self::member)),
            '[' => Kind::Array(self.list(']', Self::value)),
            '"' => Kind::Text(self.string()),
            first => {
                while self.at.next_if(|(_, next)| !" \n\r\t,]}".contains(*next)).is_some() {}
                if first.is_ascii_alphabetic() { Kind::Word } else { Kind::Number }
            }
        };
        let end = self.position();
        Json { raw: &self.text[start..end], kind }
    }

    fn list<T>(&mut self, close: char, mut entry: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut list = Vec::new();
        self.next();
        self.space();
        if self.peek() == close {
            self.next();
            return list;
        }
        loop {
            list.push(entry(self));
            self.space();
            match self.next() {
                ',' => {}
                other => {
                    assert_eq!(other, close);
                    return list;
                }
            }
        }
    }

    fn member(&mut self) -> Member<'a> {
        self.space();
        let start = self.position();
        let name = String::from_utf16_lossy(&self.string());
        self.space();
        assert_eq!(self.next(), ':');
        let value = self.value();
        let end = self.position();
        Member { name, raw: &self.text[start..end], value }
    }

    fn string(&mut self) -> Vec<u16> {
        let mut units = Vec::new();
        assert_eq!(self.next(), '"');
        loop {
            match self.next() {
                '"' => return units,
                '\\' => {
                    let escaped = match self.next() {
                        'u' => {
                            let digits: String = (0..4).map(|_| self.next()).collect();
                            units.push(u16::from_str_radix(&digits, 16).expect("four digits"));
                            continue;
                        }
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        other => other,
                    };
                    units.extend(escaped.encode_utf16(&mut [0; 2]).iter());
                }
                plain => units.extend(plain.encode_utf16(&mut [0; 2]).iter()),
            }
        }
    }
}

#[test]
fn values_compare_as_the_laws_mean_it() {
    let same = |one, other| Json::read(one).same(&Json::read(other));
    for (one, other) in [
        (r#"{"a":1.0,"b":[ "\u0041" ]}"#, r#"{ "b":["A"],"\u0061":1 }"#),
        ("1e2", "100.00"),
        ("-0", "0.0"),
        (r#""\ud800""#, r#""\uD800""#),
    ] {
        assert!(same(one, other), "{one} {other}");
    }
    for (one, other) in [
        ("1", "\"1\""),
        ("9007199254740993", "9007199254740992"),
        ("[1,2]", "[2,1]"),
        (r#"{"a":1,"a":2}"#, r#"{"a":1}"#),
        (r#""\ud800""#, r#""\ud801""#),
        ("null", "{}"),
        ("1.5", "-1.5"),
    ] {
        assert!(!same(one, other), "{one} {other}");
    }
    assert_eq!(Decimal::read("12.5").unwrap().times(-2), Decimal::read("0.125").unwrap());
    for text in ["", "01", "1.", ".5", "+1", "1e", "0x1", " 1"] {
        assert_eq!(Decimal::read(text), None, "{text}");
    }
}
