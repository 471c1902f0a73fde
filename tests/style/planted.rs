//! Planted offenders: a checker that finds nothing would pass every bar.

use super::source::Source;
use super::{docs, functions, types};

fn source(path: &str, text: &str) -> Source {
    Source::new(path.to_owned(), "planted", text)
}

#[test]
fn fragments_are_found_by_line_and_sentences_are_not() {
    let text = r##"//! Where requests go.
//! Of a second line nothing is said.

/// Sends a request.
///
/// What it returns is an answer.
fn send() {
    let inside_a_string = "
/// Whether a string is a comment.
";
    let raw = r#"/// How " raw it is."#;
    // Whether a plain comment counts.
    let quote = '"';
    /* /// Which /* block */ counts. */
}

/// Nothing is sent twice.
/// A line that goes on.
struct Once;
/// Whether, with a comma.
const IS: &'static str = "x";
//// What a ruler is.
"##;
    let planted = source("src/a.rs", text);
    let found: Vec<_> = docs::fragments(&planted).map(|offender| (offender.line, offender.why)).collect();
    let expected =
        [(1, "Where requests go."), (17, "Nothing is sent twice."), (20, "Whether, with a comma.")];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(docs::first_lines(&planted).count(), 4);
}

#[test]
fn a_name_in_two_files_is_found_and_tests_may_repeat_it() {
    let one = "pub(crate) struct Place<'a>(&'a str);\nenum Only { A }\nimpl Iterator for Only {\n    type Item = u8;\n}\n";
    let two =
        "trait Place {\n    type Item;\n}\n#[cfg(test)]\nmod tests {\n    struct Only;\n}\nstruct After;\n";
    let sources = [
        source("src/one.rs", one),
        source("src/two.rs", two),
        source("src/three/tests.rs", "struct Only;\nstruct After;\n"),
        source(
            "src/four.rs",
            "// struct After;\nconst TEXT: &str = \"\nstruct After;\n\";\n#[cfg(test)]\nmod tests;\n",
        ),
    ];
    let crates = types::by_crate(&sources);
    let planted = &crates["planted"];
    assert_eq!((planted.names(), planted.repeated()), (3, 1));
    let places: Vec<_> =
        planted.offenders().into_iter().map(|offender| (offender.file, offender.line)).collect();
    assert_eq!(places, [("src/one.rs".to_owned(), 1), ("src/two.rs".to_owned(), 1)]);
}

#[test]
fn a_long_function_is_found_whatever_its_strings_hold() {
    let text = "trait T {\n    fn declared(&self, of: [u8; 2]);\n}\nfn long<const N: usize>(of: [u8; N]) -> bool {\n    let brace = '}';\n    \
                let text = \"}\n}\";\n    // }\n    if true { false } else { true }\n}\nfn short() {}\n";
    let lengths = functions::lengths(&source("src/a.rs", text));
    let found: Vec<_> =
        lengths.into_iter().map(|function| (function.lines, function.offends().line)).collect();
    assert_eq!(found, [(7, 4), (1, 11)]);
}
