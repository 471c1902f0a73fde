//! Generated documents of each resource at each version, as text: every spelling that JSON allows.

use super::{
    facts::{Fact, Form, Kind, PLACES, Place},
    run::VERSIONS,
};
use proptest::{prelude::*, sample::select, strategy::Union};

/// A document, where it stands and in which version it is.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) place: Place,
    pub(super) version: usize,
    pub(super) text: String,
}

/// The presence of fields that only the other version has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    /// Foreign fields are beside the field that this version has in their place, as plain values.
    Beside,
    /// Anywhere, as anything, and keys may be repeated.
    Anywhere,
}

/// JSON documents of any place and version.
pub(super) fn documents(foreign: Foreign) -> impl Strategy<Value = Document> {
    let json: Vec<Place> = PLACES.into_iter().filter(|place| place.side.is_json()).collect();
    (select(json), 0..VERSIONS.len()).prop_flat_map(move |(place, version)| {
        let text = if place.listed {
            list(place.kind, version, foreign)
        } else {
            resource(place.kind, version, foreign)
        };
        text.prop_map(move |text| Document { place, version, text })
    })
}

/// `{"data": [...], "page_info": {...}}` with whatever else.
fn list(kind: Kind, version: usize, foreign: Foreign) -> BoxedStrategy<String> {
    let odd = if foreign == Foreign::Anywhere { value() } else { scalar() };
    let element = prop_oneof![9 => resource(kind, version, foreign), 1 => odd];
    let data = (prop::collection::vec(element, 0..4), spaces())
        .prop_map(|(elements, spaces)| array(&elements, &spaces))
        .boxed();
    let page = Just(r#"{"has_next_page":false,"end_cursor":null,"company":1.10}"#.to_owned()).boxed();
    let members = vec![always(member("data", data)), maybe(member("page_info", page)), unknown()];
    (members, spaces()).prop_map(|(members, spaces)| object(&flat(members), &spaces)).boxed()
}

/// One resource.
pub(super) fn resource(kind: Kind, version: usize, foreign: Foreign) -> BoxedStrategy<String> {
    fields(kind, version, foreign, "")
}

/// The object at a dotted prefix of the resource.
fn fields(kind: Kind, version: usize, foreign: Foreign, prefix: &'static str) -> BoxedStrategy<String> {
    let mut members = vec![unknown(), unknown()];
    for name in steady(kind, prefix) {
        members.push(maybe(member(name, scalar())));
    }
    let mut groups: Vec<&str> = Vec::new();
    for fact in kind.facts() {
        let (own, other) = fact.names(version);
        let Some(inside) = inside(own, prefix) else { continue };
        match inside.split_once('.') {
            Some((group, _)) if groups.contains(&group) => {}
            Some((group, _)) if kind.facts().iter().any(|fact| fact.names(version).0 == group) => {}
            Some((group, _)) => {
                groups.push(group);
                let text = fields(kind, version, foreign, group);
                members.push(maybe(member(group, usual(text))));
            }
            None => {
                let field = member(inside, own_value(kind, version, foreign, fact, inside));
                let beside = other
                    .split('.')
                    .next()
                    .filter(|name| prefix.is_empty() && !name.is_empty() && *name != own);
                members.push(match (foreign, beside) {
                    (Foreign::Beside, Some(other)) => with_other(field, other),
                    _ => maybe(field),
                });
            }
        }
    }
    if foreign == Foreign::Anywhere {
        members.extend(others(kind, prefix));
    }
    let members = members.prop_map(flat).prop_shuffle();
    (members, spaces()).prop_map(|(members, spaces)| object(&members, &spaces)).boxed()
}

/// Fields of any version, now and then, whatever this one says.
fn others(kind: Kind, prefix: &'static str) -> Vec<Members> {
    let receipt = ["receipt", "resource"];
    let mut names: Vec<&'static str> = Vec::new();
    for name in kind.facts().iter().flat_map(|fact| [fact.old, fact.new]) {
        let prefixes = if receipt.contains(&prefix) { &receipt[..] } else { &[prefix] };
        if let Some(name) = prefixes.iter().find_map(|prefix| inside(name, prefix)) {
            names.push(name.split('.').next().unwrap_or(name));
        }
    }
    let value = |name| match name {
        "volume_usd" | "earnings_usd" | "receipt" | "resource" => prop_oneof![
            fields(kind, 3, Foreign::Anywhere, name),
            fields(kind, 4, Foreign::Anywhere, name),
            value()
        ]
        .boxed(),
        _ => value(),
    };
    names.into_iter().map(|name| rarely(member(name, value(name)))).collect()
}

/// Returns the rest of a dotted name after the prefix.
fn inside<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    if name.is_empty() {
        return None;
    }
    if prefix.is_empty() {
        return Some(name);
    }
    name.strip_prefix(prefix)?.strip_prefix('.')
}

/// Fields that no version changes.
fn steady(kind: Kind, prefix: &str) -> &'static [&'static str] {
    match (kind, prefix) {
        (Kind::Plan, "") => &["id", "product", "metadata", "initial_price", "currency"],
        (Kind::Referral, "") => &["object", "id", "account", "payout_percentage", "status"],
        (Kind::Earning, "") => &["object", "id", "account", "status", "second_tier"],
        (Kind::Earning, "receipt" | "resource") => &["id", "currency", "last4"],
        (Kind::PlanParameters | Kind::UserParameters, "") => &["title", "metadata", "initial_price"],
        _ => &[],
    }
}

fn own_value(
    kind: Kind,
    version: usize,
    foreign: Foreign,
    fact: &'static Fact,
    name: &'static str,
) -> BoxedStrategy<String> {
    let newer = version >= fact.since;
    match (fact.form, fact.old) {
        (Form::Decimal, _) if newer => usual(number().prop_map(|number| format!("\"{number}\"")).boxed()),
        (Form::Decimal | Form::Fraction, _) => usual(number()),
        (Form::Gone(restored), _) => usual(prop_oneof![3 => Just(restored.to_owned()), 1 => value()].boxed()),
        (Form::Added, _) if fact.new.ends_with(".object") => usual(
            select(vec!["\"receipt\"", "\"receipt\"", "\"invoice\"", "\"re\\u0063eipt\""])
                .prop_map(Into::into)
                .boxed(),
        ),
        (Form::Added, _) => usual(number().prop_map(|number| format!("\"{number}\"")).boxed()),
        (Form::Same, "receipt") => usual(fields(kind, version, foreign, name)),
        (Form::Same | Form::Sorting, _) => {
            let plain = r#"{"id":"biz_x","title":"A \"B\"", "company" : 1.10}"#;
            usual(prop_oneof![Just(plain.to_owned()), Just("\"biz_x\"".to_owned())].boxed())
        }
    }
}

/// Mostly what is documented, sometimes null, sometimes anything.
fn usual(normal: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![6 => normal, 1 => Just("null".to_owned()), 1 => value()].boxed()
}

type Member = (String, String);
type Members = BoxedStrategy<Vec<Member>>;

fn member(name: &str, value: BoxedStrategy<String>) -> BoxedStrategy<Member> {
    (key(name), value).boxed()
}

fn always(member: BoxedStrategy<Member>) -> Members {
    member.prop_map(|member| vec![member]).boxed()
}

fn maybe(member: BoxedStrategy<Member>) -> Members {
    prop_oneof![1 => Just(Vec::new()), 5 => always(member)].boxed()
}

fn rarely(member: BoxedStrategy<Member>) -> Members {
    prop_oneof![6 => Just(Vec::new()), 1 => always(member)].boxed()
}

/// The field, and perhaps a plain value under the name that the other version has for it.
fn with_other(field: BoxedStrategy<Member>, other: &str) -> Members {
    let both = (field.clone(), member(other, scalar())).prop_map(|(field, other)| vec![field, other]);
    prop_oneof![6 => maybe(field), 1 => both].boxed()
}

/// Fields that no version documents. Their keys may be repeated, and contain anything.
fn unknown() -> Members {
    let names = select(vec![
        "x",
        "new_field",
        "financial_activity",
        "Company",
        "",
        "pr\\u006fduct_",
        "\\ud800",
        "\u{1f528}",
    ]);
    let members = (names, value()).prop_map(|(name, value)| (format!("\"{name}\""), value));
    prop::collection::vec(members, 0..3).boxed()
}

fn flat(members: Vec<Vec<Member>>) -> Vec<Member> {
    // A group that two fields share has one foreign form, since a key that matters must not be repeated.
    let mut seen = Vec::new();
    let mut all: Vec<Member> = members.into_iter().flatten().collect();
    all.retain(|(key, _)| {
        let again = ["\"volume_usd\"", "\"earnings_usd\""].contains(&key.as_str()) && seen.contains(key);
        seen.push(key.clone());
        !again
    });
    all
}

/// A key as documents may spell it.
fn key(name: &str) -> BoxedStrategy<String> {
    let plain = format!("\"{name}\"");
    let name = name.to_owned();
    let escaped = (0..name.len()).prop_map(move |index| {
        let (before, rest) = name.split_at(index);
        format!("\"{before}\\u{:04x}{}\"", rest.as_bytes()[0], &rest[1..])
    });
    prop_oneof![14 => Just(plain), 1 => escaped].boxed()
}

/// A number, short or long, plain or odd.
pub(super) fn number() -> BoxedStrategy<String> {
    let odd = select(vec![
        "-0",
        "0",
        "0.0",
        "-0.00",
        "1.10",
        "1e3",
        "1E+3",
        "1E400",
        "1e999999999",
        "1e-999999999",
        "123456789012345678901234567890.12",
        "9007199254740993",
        "100",
        "33.333",
        "0.005",
    ]);
    Union::new_weighted(vec![
        (6, "(0|[1-9][0-9]{0,4})(\\.[0-9]{1,3})?".boxed()),
        (1, "-?(0|[1-9][0-9]{0,40})\\.[0-9]{1,40}".boxed()),
        (1, "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,4})?[eE][+-]?[0-9]{1,3}".boxed()),
        (1, "[1-9][0-9]{100,199}".boxed()),
        (1, "0\\.[0-9]{100,199}".boxed()),
        (3, odd.prop_map(Into::into).boxed()),
    ])
    .boxed()
}

pub(super) fn scalar() -> BoxedStrategy<String> {
    let texts = select(vec![
        "null",
        "true",
        "false",
        "\"\"",
        "\"usd\"",
        "\"120.50\"",
        "\" 1\"",
        "\"\\u0031\"",
        "\"\\ud800\"",
        "\"\\\\\\\"\\/\"",
        "\"\\uD83D\\uDD28 \u{1f528}\"",
        "\"\u{2028}\u{7f}\"",
        "\"company\"",
        "\"receipt\"",
        "\"1e3\"",
        "\"0.00\"",
    ]);
    prop_oneof![2 => number(), 3 => texts.prop_map(Into::into)].boxed()
}

/// Any value: nested, with repeated keys, with names that matter elsewhere.
pub(super) fn value() -> BoxedStrategy<String> {
    let names = select(vec![
        "x",
        "company",
        "account",
        "currency",
        "amount",
        "data",
        "volume_usd",
        "id",
        "com\\u0070any",
        "$serde_json::private::Number",
    ]);
    let deep = Just(format!("{}{{\"company\":1.0}}{}", "[".repeat(40), "]".repeat(40)));
    let nested = scalar().prop_recursive(3, 12, 4, move |inner| {
        let key = names.clone().prop_map(|name| format!("\"{name}\""));
        let members = prop::collection::vec((key, inner.clone()), 0..4);
        let elements = prop::collection::vec(inner, 0..4);
        prop_oneof![
            (members, spaces()).prop_map(|(members, spaces)| object(&members, &spaces)),
            (elements, spaces()).prop_map(|(elements, spaces)| array(&elements, &spaces)),
        ]
    });
    prop_oneof![30 => nested, 1 => deep].boxed()
}

/// White space for the gaps of a document, to be used in turn.
pub(super) fn spaces() -> BoxedStrategy<Vec<&'static str>> {
    prop_oneof![
        3 => Just(vec![""]),
        1 => Just(vec!["\n  ", "", " ", ""]),
        2 => prop::collection::vec(select(vec!["", " ", "\n", "\t ", "\r\n"]), 1..9),
    ]
    .boxed()
}

/// Members as an object.
pub(super) fn object(members: &[Member], spaces: &[&str]) -> String {
    let mut gaps = spaces.iter().cycle();
    let mut gap = || gaps.next().copied().unwrap_or("");
    let entries: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{}{key}{}:{}{value}{}", gap(), gap(), gap(), gap()))
        .collect();
    if entries.is_empty() { format!("{{{}}}", gap()) } else { format!("{{{}}}", entries.join(",")) }
}

fn array(elements: &[String], spaces: &[&str]) -> String {
    let mut gaps = spaces.iter().cycle();
    let mut gap = || gaps.next().copied().unwrap_or("");
    let entries: Vec<String> = elements.iter().map(|value| format!("{}{value}{}", gap(), gap())).collect();
    if entries.is_empty() { format!("[{}]", gap()) } else { format!("[{}]", entries.join(",")) }
}
