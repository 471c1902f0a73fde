use super::*;
use crate::json::{Field, Hop, MAX_DEPTH, Met, Name, Object, Shape, Value, rewrite_inside};
use proptest::{collection::vec, prelude::*, sample::select};

/// The objects at the path, opened for `a` and `a.b`.
fn paths(path: &[Hop]) -> Paths<Shape> {
    let mut paths = Paths::default();
    let mut shape = Shape::default();
    shape.insert(&Field::new(["a", "b"]));
    *paths.entry(path) = Some(shape);
    paths
}

fn data() -> Vec<Hop> {
    vec![Hop::Member(Name::new("data")), Hop::Elements]
}

/// Makes the member `a` null.
fn null_a(shape: &Shape, text: &[u8], depth: u32, out: &mut Vec<u8>) -> Result<usize, Fault> {
    let mut scanner = Scanner::inside(text, depth);
    let mut object = Object::read(&mut scanner, shape)?;
    if let Some(member) = object.get_mut(&Name::new("a")) {
        member.value = Value::text(b"null");
    }
    object.write(out);
    Ok(scanner.position())
}

fn whole(document: &str, path: &[Hop]) -> Result<String, Fault> {
    Ok(String::from_utf8(Walk::whole(document.as_bytes(), &paths(path), null_a)?).unwrap())
}

/// Walks the document in chunks that end at these offsets; asserts that the limit holds.
fn in_chunks(document: &[u8], path: &[Hop], limit: usize, cuts: &[usize]) -> Result<Vec<u8>, Fault> {
    let (paths, mut walk, mut out) = (paths(path), Walk::new(limit), Output::default());
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (document.len() + 1)).collect();
    cuts.push(document.len());
    cuts.sort_unstable();
    let (mut text, mut from) = (Vec::new(), 0);
    for cut in cuts {
        walk.feed(&document[from..cut], &paths, null_a, &mut out)?;
        assert!(walk.kept() <= limit && walk.gathered.capacity() <= limit.max(KEPT));
        text.extend(out.take().concat());
        from = cut;
    }
    walk.finish(&paths, null_a)?;
    Ok(text)
}

/// The paths of what was looked for and cannot stand there, in a document that comes in two chunks.
fn misplaced(document: &str, paths: &Paths<Shape>, cut: usize) -> Vec<(String, u64)> {
    let (mut walk, mut out) = (Walk::new(usize::MAX), Output::default());
    let (first, second) = document.as_bytes().split_at(cut);
    walk.feed(first, paths, null_a, &mut out).unwrap();
    walk.feed(second, paths, null_a, &mut out).unwrap();
    walk.finish(paths, null_a).unwrap();
    assert_eq!(walk.all_in_place(), walk.misplaced(paths).next().is_none());
    walk.misplaced(paths).map(|(path, _, count)| (Hop::display(&path), count)).collect()
}

#[test]
fn row_14_1d_what_cannot_stand_in_a_place_is_told_wherever_the_document_is_cut() {
    let list = paths(&data());
    let object = paths(&[]);
    let mut either = paths(&[]);
    either.allow(&[Hop::Elements]);
    let mut more = paths(&data());
    *more.entry(&[Hop::Member(Name::new("first"))]) = Some(Shape::default());
    for (document, paths, told) in [
        (r#"{"data":[{"a":1},{}],"x":[1]}"#, &list, ""),
        (r#"{"data":[]}"#, &list, ""),
        (r#"{"data":null}"#, &list, ""),
        (r#"{"data":[null,{"a":1}]}"#, &list, ""),
        ("null", &list, ""),
        ("{}", &list, ""),
        (r#"{"data":{"a":1}}"#, &list, "$.data[*] 1"),
        (r#"{"d\u0061ta": "x" }"#, &list, "$.data[*] 1"),
        (r#"{"data":[[{"a":1}],{"a":1},7,"x",null,true]}"#, &list, "$.data[*] 4"),
        (r#"[{"data":[{"a":1}]}]"#, &list, "$.data[*] 1"),
        ("-0.5e1 ", &list, "$.data[*] 1"),
        (r#"{"a":[1]}"#, &object, ""),
        ("[]", &object, "$ 1"),
        (r#"[{"a":1}]"#, &object, "$ 1"),
        (r#" "text" "#, &object, "$ 1"),
        ("false", &object, "$ 1"),
        (r#"[{"a":1}]"#, &either, ""),
        (r#"{"a":1}"#, &either, ""),
        ("7", &either, "$ 1"),
        ("[1]", &more, "$.data[*] 1, $.first 1"),
        (r#"{"first":[],"data":{}}"#, &more, "$.first 1, $.data[*] 1"),
    ] {
        for cut in 0..=document.len() {
            let misplaced = misplaced(document, paths, cut);
            let lines: Vec<String> =
                misplaced.iter().map(|(path, count)| format!("{path} {count}")).collect();
            assert_eq!(lines.join(", "), told, "{document} cut at {cut}");
        }
    }
}

#[test]
fn only_what_the_path_leads_to_is_touched() {
    let document = r#" { "a" : 1, "d\u0061ta" : [ {"a":1, "b" : {"a":2}} , 7, [ {"a":3} ], { } ] , "x":{"data":[{"a":4}]} } "#;
    let expected = document.replacen(r#"{"a":1,"#, r#"{"a":null,"#, 1);
    assert_eq!(whole(document, &data()).unwrap(), expected);
    for document in [r#"{"data":{"a":1}}"#, r#"[{"a":1}]"#, r#"{"data":[[{"a":1}],true]}"#, "true", "-0.5e1 "]
    {
        assert_eq!(whole(document, &data()).unwrap(), document);
    }
    assert_eq!(whole(r#"{"a":1.0}"#, &[]).unwrap(), r#"{"a":null}"#);
}

#[test]
fn everything_is_validated() {
    for document in [r#"{"a":1"#, r#"{"a":1}x"#, r#"{"a":1,}"#, r#"{"a":01}"#, "", r#"{"b":[1,],"a":1}"#] {
        assert!(whole(document, &[]).is_err(), "{document}");
    }
}

#[test]
fn what_no_path_leads_to_leaves_at_once() {
    let (paths, mut walk, mut out) = (paths(&data()), Walk::new(64), Output::default());
    let mut feed = |text: &str| {
        walk.feed(text.as_bytes(), &paths, null_a, &mut out).unwrap();
        String::from_utf8(out.take().concat()).unwrap()
    };
    assert_eq!(feed(r#"{"x":"a long st"#), r#"{"x":"a long st"#);
    assert_eq!(feed(r#"ring \u00"#), r#"ring \u00"#);
    assert_eq!(feed(r#"e9","data":[12"#), r#"e9","data":[12"#);
    assert_eq!(feed(r#",{"a":1},{"a":"#), r#",{"a":null},"#);
    assert_eq!(feed(r#"{}"#), "");
    assert_eq!(feed(r#"},{"x"#), r#"{"a":null},"#);
}

#[test]
fn a_fault_stands_where_it_stands_in_the_document() {
    let document = br#"{"data":[{"a":1},{"b":1,"a":2,"a":3,}]}"#;
    let fault = in_chunks(document, &data(), 1000, &[12, 20, 25]).unwrap_err();
    assert_eq!(fault, Fault { offset: 30, kind: FaultKind::Repeated("a".into()) }, "before the comma");
    let fault = in_chunks(document, &data(), 19, &[20]).unwrap_err();
    assert_eq!(fault, Fault { offset: 30, kind: FaultKind::Repeated("a".into()) }, "before the limit");
    let fault = in_chunks(document, &data(), 12, &[20]).unwrap_err();
    assert_eq!(fault, Fault { offset: 29, kind: FaultKind::TooLarge { limit: 12 } });
}

#[test]
fn the_limit_is_for_objects_and_keys_not_for_what_passes() {
    let (long, key) = ("x".repeat(100), "k".repeat(21));
    let passes = format!(r#"{{"{}":"{long}","data":[{{"a":1234567890123}},"{long}",1]}}"#, "k".repeat(20));
    for cuts in [&[][..], &[3, 30, 150]] {
        assert!(in_chunks(passes.as_bytes(), &data(), 20, cuts).is_ok());
        let over = format!(r#"{{"{key}":1}}"#);
        let fault = in_chunks(over.as_bytes(), &data(), 20, cuts).unwrap_err();
        assert_eq!(fault, Fault { offset: 23, kind: FaultKind::TooLarge { limit: 20 } });
    }
}

#[test]
fn an_object_in_small_chunks_is_looked_at_once() {
    let inside = r#"{"x":[1,"yyyyyyyy"]},"#.repeat(50_000);
    let document = format!(r#"{{"data":[{{"b":[{inside}1]}}]}}"#);
    let began = std::time::Instant::now();
    let cuts: Vec<usize> = (0..document.len()).collect();
    assert_eq!(in_chunks(document.as_bytes(), &data(), 2 << 20, &cuts).unwrap(), document.as_bytes());
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn depth_is_bounded_in_any_chunks() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 2), "]".repeat(depth - 2));
        format!(r#"{{"data":[{open}1{close}]}}"#)
    };
    let most = MAX_DEPTH as usize;
    for cuts in [&[][..], &[20, 40, 80]] {
        assert!(in_chunks(nested(most).as_bytes(), &data(), 9, cuts).is_ok());
        let fault = in_chunks(nested(most + 1).as_bytes(), &data(), 9, cuts).unwrap_err();
        assert_eq!(fault.kind, FaultKind::TooDeep);
    }
}

/// JSON, more or less: values, with keys that matter, long strings, escapes, several bytes to a character.
fn document() -> impl Strategy<Value = String> {
    let scalar = select(vec![
        "null",
        "true",
        "false",
        "0",
        "-1.50e+10",
        "123456789",
        r#""""#,
        r#""é\u00e9𝄞\ud834\"""#,
        r#""a string of more than sixteen bytes, \\ then more of it""#,
    ]);
    let key = select(vec!["a", "b", "data", "d\\u0061ta", "ключ", "x\\ny", "another key that is long"]);
    let space = select(vec!["", "", "", " ", "\n\t"]);
    let inside = (scalar, space.clone()).prop_map(|(scalar, space)| format!("{space}{scalar}{space}"));
    let value = inside.prop_recursive(5, 40, 5, move |value| {
        let members = vec((key.clone(), value.clone()), 0..5).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(key, value)| format!(r#""{key}":{value}"#)).collect();
            format!("{{{}}}", members.join(","))
        });
        prop_oneof![vec(value, 0..5).prop_map(|values| format!("[{}]", values.join(","))), members]
    });
    prop_oneof![
        value.clone(),
        (value.clone(), vec(value, 0..4))
            .prop_map(|(other, values)| { format!(r#"{{"x":{other},"data":[{}]}}"#, values.join(",")) })
    ]
}

/// A document with one byte changed, cut off or put in, at most.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let byte = select(b"{}[]:,\"\\0-.eEtn \x01\xc3\xa9\xff".to_vec());
    (document(), any::<usize>(), byte, 0..5).prop_map(|(document, at, byte, what)| {
        let mut text = document.into_bytes();
        let at = at % text.len();
        match what {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            2 => text.truncate(at),
            _ => {}
        }
        text
    })
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => damaged(),
        2 => vec(select(b"{}[]:,\"\\u0d81-.eEtrualsn \n\x01\xc3\xa9\xf0\x9d\x84\x9eab".to_vec()), 0..40),
        1 => vec(any::<u8>(), 0..40),
    ]
}

/// Tells whether `serde_json`, an independent reader, takes the text for JSON.
fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok() && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn chunks_make_no_difference(
        text in any_text(), at_root: bool, limit in prop_oneof![Just(1000), 1usize..60],
        cuts in prop_oneof![vec(any::<usize>(), 0..6), Just((0..2000).collect())],
    ) {
        let path = if at_root { Vec::new() } else { data() };
        let one = in_chunks(&text, &path, limit, &[]);
        prop_assert_eq!(&in_chunks(&text, &path, limit, &cuts), &one);
        if !matches!(one, Err(Fault { kind: FaultKind::TooLarge { .. }, .. })) {
            prop_assert_eq!(Walk::whole(&text, &paths(&path), null_a), one);
        }
    }

    /// All readers accept the same texts: the machine that skips, the scanner, and an independent reader.
    #[test]
    fn all_readers_agree_on_what_is_json(text in any_text()) {
        let mut scanner = Scanner::new(&text);
        let scanned = scanner.value().map(drop).and_then(|()| scanner.end());
        let nowhere: Paths<Shape> = Paths::default();
        let walked = Walk::whole(&text, &nowhere, null_a);
        prop_assert_eq!(walked.is_ok(), is_json(&text));
        prop_assert_eq!(walked.map(drop), scanned);
    }

    /// The reader that opens an object finds the same fault as the machine that skips it, except for repeated keys.
    #[test]
    fn an_object_is_read_as_it_is_skipped(text in any_text()) {
        let read = Walk::whole(&text, &paths(&[]), null_a).map(drop);
        let skipped = Walk::whole(&text, &Paths::default(), null_a).map(drop);
        if !matches!(read, Err(Fault { kind: FaultKind::Repeated(_), .. })) {
            prop_assert_eq!(read, skipped);
        }
    }

    /// An object that is whole in memory is rewritten as a walk rewrites it, and the same is misplaced in it.
    #[test]
    fn a_whole_object_is_rewritten_as_it_is_walked(text in any_text(), outside in 0..=MAX_DEPTH) {
        let paths = paths(&data());
        let text = text.trim_ascii_start();
        let (mut walk, mut out) = (Walk::new(usize::MAX), Output::default());
        let walked = walk.feed(text, &paths, null_a, &mut out).and_then(|()| walk.finish(&paths, null_a));
        let (mut copied, mut misplaced) = (Vec::new(), Vec::new());
        let length = rewrite_inside(text, 0, &paths, &mut copied, |met, out| match met {
            Met::Object(shape, text, depth) => null_a(shape, text, depth, out),
            Met::Misplaced(targets) => {
                misplaced.extend(targets.into_iter().map(|(path, _)| path));
                Ok(0)
            }
        });
        match walked {
            Ok(()) => {
                let length = length.unwrap();
                copied.extend_from_slice(&text[length..]);
                prop_assert_eq!(String::from_utf8(copied), String::from_utf8(out.into_text()));
                let walked: u64 = walk.misplaced(&paths).map(|(.., count)| count).sum();
                prop_assert_eq!(misplaced.len() as u64, walked);
            }
            // What follows the value is nothing to it.
            Err(fault) => prop_assert!(length.is_err_and(|found| found == fault) || Scanner::inside(text, 0).value().is_ok()),
        }
        // Levels outside count.
        let deep = rewrite_inside(text, outside, &Paths::<Shape>::default(), &mut Vec::new(), |_, _| Ok(0));
        prop_assert_eq!(deep, Scanner::inside(text, outside).value().map(<[u8]>::len));
    }
}
