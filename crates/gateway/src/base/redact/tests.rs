use super::*;
use crate::base::generated::{file, is_generated};
use crate::capture::format::{Body, Exchange, an_exchange};
use dateline_core::json::quoted;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

/// A mark in each value that must not be kept, and in no other.
const CANARY: &str = "canary";

/// The request's own credential.
const OWN: &str = "own_canary.key";

/// Secrets that a rule finds, alone or within a text.
const SECRETS: &[&str] = &[
    "canary.jane+tag@canary-mail.test",
    "Canary_J@canary.example.org",
    "\"canary j\"@canary.test",
    "canary@[canary]",
    "canär-canary@canary.测试",
    "canary@canary",
    "apik_canary",
    "apik_Canary-1.x9_canary",
    "sk_live_51canary",
    "sk_test_canary",
    "whsec_canary/+canary==",
    "SK_LIVE_CANARY",
    "Bearer canary-1",
    "bearer\tcanary~canary",
    "Basic Y2FuYXJ5OmNhbmFyeQ==",
    "eyJcanary.canary.canary-_",
    "client_secret=canary",
    "https://h.test/x?access_token=canary&b=1",
    OWN,
];

/// Texts before and after a secret.
const AROUND: &[(&str, &str)] = &[
    ("", ""),
    ("a: ", ", b"),
    ("(", ")"),
    ("<", ">"),
    ("\n", "\n"),
    ("https://h.test/u/", "?q=1"),
    ("[\"", "\"]"),
];

/// The spelling of a text inside another one.
#[derive(Debug, Clone, Copy)]
enum Spelling {
    Plain,
    /// The first letters are written as escapes.
    Escaped,
    /// All of its letters, as escapes.
    AllEscaped,
}

fn json_string(text: &str, spelling: Spelling) -> String {
    let escape = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<String>();
    match spelling {
        Spelling::Plain => quoted(text),
        Spelling::AllEscaped => format!("\"{}\"", escape(text)),
        Spelling::Escaped => {
            let (first, rest) = text.split_at(text.char_indices().nth(3).map_or(text.len(), |(at, _)| at));
            let rest = quoted(rest).replace('@', "\\u0040");
            format!("\"{}{}", escape(first), &rest[1..])
        }
    }
}

/// Percent-encoded so many times.
fn encoded(text: &str, spelling: Spelling, times: u8) -> String {
    let once = |text: &str| {
        let kept = |byte: u8| matches!(spelling, Spelling::Plain) && byte.is_ascii_alphanumeric();
        let encode =
            |byte: u8| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") };
        let only = |byte: u8| {
            if b"&=#%/ \n\t+".contains(&byte) || !byte.is_ascii() {
                format!("%{byte:02X}")
            } else {
                char::from(byte).to_string()
            }
        };
        match spelling {
            Spelling::Escaped => text.bytes().map(only).collect::<String>(),
            _ => text.bytes().map(encode).collect(),
        }
    };
    (0..times).fold(text.to_owned(), |text, _| once(&text))
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![Just(Spelling::Plain), Just(Spelling::Escaped), Just(Spelling::AllEscaped)]
}

/// A text with a secret in it.
fn secret() -> impl Strategy<Value = String> {
    (prop::sample::select(SECRETS), prop::sample::select(AROUND))
        .prop_map(|(secret, (before, after))| format!("{before}{secret}{after}"))
}

/// A document with secrets everywhere: JSON text, on its own line or not.
fn document() -> impl Strategy<Value = String> {
    let string = (secret(), spelling()).prop_map(|(text, spelling)| json_string(&text, spelling));
    let plain = prop::sample::select(
        &["null", "true", "1.50", "-0", "\"plan_x\"", "[]", "{}", "\"\\ud800\"", "1E+2"][..],
    );
    // A secret because of where it stands.
    let named = prop::sample::select(
        &[
            r#""password": "canary""#,
            r#""clientSecret": ["canary", {"a": "canary b"}]"#,
            r#""x-api-key" : {"z": "\u0063anary"}"#,
            r#""api\u005fkey": "canary""#,
            r#""name": "canary c""#,
            r#""address": {"street": "canary", "lines": ["canary"]}"#,
        ][..],
    );
    let leaf = prop_oneof![3 => string, 1 => plain.prop_map(str::to_owned)];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let key = (secret(), spelling()).prop_map(|(text, spelling)| json_string(&text, spelling));
        let key = prop_oneof![key, Just("\"id\"".to_owned()), Just("\"data\"".to_owned())];
        let member = (key, inner.clone()).prop_map(|(key, value)| format!("{key}:{value}"));
        let member = prop_oneof![3 => member, 1 => named.clone().prop_map(str::to_owned)];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec(member, 0..4).prop_map(|members| format!("{{ {} }}", members.join(",\n"))),
            // JSON in a string.
            inner.prop_map(|text| quoted(&format!("[{text}]"))),
        ]
    })
}

fn pairs() -> impl Strategy<Value = String> {
    let pair = (secret(), secret(), spelling(), 1u8..4).prop_map(|(name, value, spelling, times)| {
        format!("{}={}", encoded(&name, spelling, times), encoded(&value, spelling, times))
    });
    let named = prop::sample::select(
        &[
            "password=canary",
            "user%5Bpassword%5D=c%61nary",
            "api_key=canary%2Bcanary",
            "name=canary+canary",
            "address[lines][0]=canary",
        ][..],
    );
    let plain = prop::sample::select(&["a=1", "", "x", "first=%zz"][..]);
    let pair = prop_oneof![3 => pair, 1 => named.prop_map(str::to_owned), 1 => plain.prop_map(str::to_owned)];
    prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
}

fn path() -> impl Strategy<Value = String> {
    let segment =
        (secret(), spelling(), 1u8..3).prop_map(|(text, spelling, times)| encoded(&text, spelling, times));
    prop::collection::vec(segment, 0..3).prop_map(|segments| format!("/api/v1/{}", segments.join("/")))
}

/// Every reading of a text in which a canary could be seen.
fn readings(text: &str) -> Vec<String> {
    let unescaped = |text: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\\u") {
            out += before;
            let code = after.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            out.extend(code.and_then(char::from_u32));
            rest = after.get(4..).unwrap_or_default();
        }
        out + rest
    };
    let mut all = vec![text.to_owned()];
    for _ in 0..4 {
        let last = all.last().cloned().unwrap_or_default();
        all.push(unescaped(&last));
        all.push(percent_decode_str(&last).decode_utf8_lossy().into_owned());
    }
    all
}

fn discreet(text: &str) -> Result<(), TestCaseError> {
    for reading in readings(text) {
        let reading = reading.to_lowercase();
        prop_assert!(!reading.contains(CANARY) && !reading.contains("y2fuyxj5"), "{}", text);
    }
    Ok(())
}

fn redaction() -> Redaction {
    let paths = Paths::parse(&["$..name", "$..address"]).unwrap();
    Redaction { paths, stand_ins: StandIns::of(&[7; 32]) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn row_45_no_secret_reaches_a_file_wherever_it_stands(
        request in document(), answer in document(), form in pairs(), query in pairs(), path in path(), field in secret(),
    ) {
        let own = [OWN.to_owned()];
        let fields = vec![("accept".to_owned(), field)];
        for request in [Body::Json(request), Body::Form(form)] {
            let exchange = Exchange {
                request, answer: Body::Json(answer.clone()), query: Some(query.clone()), path: path.clone(),
                request_fields: fields.clone(), answer_fields: fields.clone(), ..an_exchange()
            };
            let text = exchange.redacted(&redaction(), &own).unwrap();
            discreet(&text)?;
            prop_assert!(Exchange::read(text.as_bytes()).is_ok(), "{}", text);
        }
    }

    #[test]
    fn what_is_kept_keeps_its_bytes(document in "[ \\t]{0,2}(\\[(-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?|\"(a|é|\\\\u00e9|\\\\/|\\\\ud83d\\\\ude00|\\\\ud800)*\"|null|true)\\]|\\{\"\\\\u0061 \": 1e5 , \"a\":[{ }]\\})") {
        let redaction = redaction();
        let walk = Walk { redaction: &redaction, own: &[], indent: None, nested: 0 };
        if let Ok(kept) = walk.run(document.as_bytes()) {
            prop_assert_eq!(kept, document.trim_start());
        }
    }
}

#[test]
fn stand_ins_have_the_type_and_the_form_of_what_they_stand_for() {
    let redaction =
        Redaction { paths: Paths::parse(&["$.price", "$.flag", "$.who"]).unwrap(), ..redaction() };
    let walk = Walk { redaction: &redaction, own: &[], indent: None, nested: 0 };
    let run = |text: &str| -> serde_json::Value {
        serde_json::from_str(&walk.run(text.as_bytes()).unwrap()).unwrap()
    };
    let old = run(r#"{"price": 12.5, "flag": true, "who": null, "password": 1234, "secret": false}"#);
    let new =
        run(r#"{"price": "12.50", "flag": "", "who": "jane@b.test", "by": "jane@b.test", "token": "12.50"}"#);
    let (price, text) = (old["price"].to_string(), new["price"].as_str().unwrap());
    assert!(price.len() == 4 && price != "12.5" && text == format!("{price}0"), "{price} {text}");
    assert_eq!(
        (&old["flag"], &old["who"], &old["secret"]),
        (&false.into(), &serde_json::Value::Null, &false.into())
    );
    assert!(old["password"].to_string().len() == 4 && old["password"] != 1234);
    assert_eq!((new["flag"].as_str(), &new["who"]), (Some(""), &new["by"]), "{new}");
    assert!(new["token"].as_str().unwrap().starts_with("redacted-"));
}

#[test]
fn a_configured_path_holds_for_queries_and_forms() {
    let redaction = redaction();
    let kept = redaction.pairs("name=Jane&user[name]=Jane&names=x&a&name", &[]);
    let stand_in = redaction.stand_ins.text("Jane");
    assert_eq!(kept, format!("name={stand_in}&user[name]={stand_in}&names=x&a&name"));
}

#[test]
fn what_is_not_encoded_is_found_too() {
    let redaction = redaction();
    for (query, kept) in [
        ("email=jane+tag@b.test", "email=E"),
        ("q=for+jane@b.test", "q=E"),
        ("q=a+%C3%A9", "q=a+%C3%A9"),
        ("key=bearer+abcdef&x=%7e", "key=bearer+R&x=%7e"),
    ] {
        let text = redaction.pairs(query, &[]);
        let pattern = kept.replace('E', "redacted-@example.com").replace('R', "redacted-");
        let plain: String = text
            .split("redacted-")
            .enumerate()
            .map(|(at, part)| if at == 0 { part.to_owned() } else { format!("redacted-{}", &part[12..]) })
            .collect();
        assert_eq!(plain, pattern, "{query}");
    }
    assert!(!redaction.path("/api/v1/users/jane%40b.test/x", &[]).contains("jane"));
    assert_eq!(redaction.path("/api/v1/users/%7Ejane/", &[]), "/api/v1/users/%7Ejane/");
}

/// The file with the table of rules.
const FILE: &str = "docs/record.md";

#[test]
fn the_documentation_is_that_of_the_code() {
    const BEGIN: &str = "<!-- rules: UPDATE=1 cargo test --lib redact -->\n";
    let mut table = String::from("| what | where | becomes |\n|---|---|---|\n");
    for Rule { finds, place, becomes } in RULES {
        table += &format!("| {finds} | {place} | {becomes} |\n");
    }
    let text = std::fs::read_to_string(file(FILE)).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once("<!-- end of rules -->").unwrap();
    is_generated(FILE, &format!("{before}{BEGIN}{table}<!-- end of rules -->{after}"), "redact");
}

#[test]
fn every_name_and_every_beginning_is_in_a_rule() {
    let plain = |text: &str| text.replace('_', "");
    let words: Vec<String> = RULES.iter().flat_map(|rule| rule.finds.split('`')).map(plain).collect();
    for name in rules::NAMES {
        let one = name.trim_end_matches('s');
        assert!(words.iter().any(|word| word == name || word == one), "{name}");
    }
    for (prefix, _) in rules::PREFIXES {
        assert!(words.contains(&plain(prefix)), "{prefix}");
    }
}
