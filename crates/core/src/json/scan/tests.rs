use super::*;

fn scan(text: &[u8]) -> Result<(), Fault> {
    let mut scanner = Scanner::new(text);
    scanner.value()?;
    scanner.end()
}

#[test]
fn takes_what_rfc_8259_takes() {
    for text in ["0", "-0", "1e5", "-1.5E+3", "true", "null", "\"\"", "[]", "{}", " [ 1 , {\"a\" : [] } ] "] {
        assert_eq!(scan(text.as_bytes()), Ok(()), "{text}");
    }
    assert_eq!(scan(br#"{"a":"\u00e9\ud800\"","a":{"b":[[]]}}"#), Ok(()));
}

#[test]
fn refuses_what_rfc_8259_refuses() {
    for text in [
        "",
        " ",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "tru",
        "nul",
        "NaN",
        "'a'",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "[1}",
        "{\"a\":1]",
        "1 1",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"",
        "[",
        "{",
        "\u{feff}1",
        "//",
        "[1]]",
    ] {
        assert!(scan(text.as_bytes()).is_err(), "{text:?}");
    }
    assert_eq!(scan(b"\"\xff\"").unwrap_err(), Fault { offset: 1, kind: FaultKind::NotUtf8 });
    assert_eq!(scan(b"[1").unwrap_err(), Fault { offset: 2, kind: FaultKind::Truncated });
}

#[test]
fn depth_is_bounded_without_recursion() {
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    assert_eq!(scan(&nested(64)), Ok(()));
    assert_eq!(scan(&nested(65)).unwrap_err(), Fault { offset: 64, kind: FaultKind::TooDeep });
    assert_eq!(scan(&b"[".repeat(100_000)).unwrap_err().kind, FaultKind::TooDeep);
}
