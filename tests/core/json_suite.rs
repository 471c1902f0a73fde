//! The cases of JSONTestSuite (`test_parsing`), which are kept outside the repository, beside it: `../shared/json-suite`.
//! `DATELINE_SHARED` names another folder in place of `../shared`.

use super::run::{Side, carry};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A case's name, and its text.
type Case = (String, Vec<u8>);

fn cases() -> Option<Vec<Case>> {
    let shared = env::var_os("DATELINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let entries = fs::read_dir(shared.join("json-suite/test_parsing")).ok()?;
    let mut cases: Vec<Case> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    cases.sort();
    Some(cases)
}

/// Where a case stands: what is before it, what is behind it, and what that becomes.
struct Frame {
    operation: &'static str,
    before: [&'static str; 2],
    behind: [&'static str; 2],
}

const FRAMES: [Frame; 4] = [
    Frame { operation: "GET /plans/{id}", before: [""; 2], behind: [""; 2] },
    Frame { operation: "GET /plans", before: [""; 2], behind: [""; 2] },
    Frame {
        operation: "GET /plans/{id}",
        before: [r#"{"account":null, "x" : "#, r#"{"company":null, "x" : "#],
        behind: [r#" ,"account_id":1}"#; 2],
    },
    Frame {
        operation: "GET /plans",
        before: [r#"{"data":[ {"account":1}, "#, r#"{"data":[ {"company":1}, "#],
        behind: [r#" , {"account":[]}]}"#, r#" , {"company":[]}]}"#],
    },
];

#[test]
fn json_test_suite() {
    let Some(cases) = cases() else {
        println!("skipped: json-suite/test_parsing is neither in ../shared nor in DATELINE_SHARED");
        return;
    };
    let count = |prefix| cases.iter().filter(|(name, _)| name.starts_with(prefix)).count();
    assert!(count("y_") > 90 && count("n_") > 180 && count("i_") > 30, "the suite is not complete");
    for (name, case) in &cases {
        for Frame { operation, before, behind } in &FRAMES {
            let wrap =
                |version: usize| [before[version].as_bytes(), case, behind[version].as_bytes()].concat();
            let document = wrap(0);
            let result = carry(operation, Side::Response, 4, 0, &document);
            let output = result.map(|carried| carried.output);
            match &name[..2] {
                // No body at all passes as none.
                _ if document.is_empty() => assert_eq!(output, Ok(document), "{name}"),
                "y_" => assert_eq!(output, Ok(wrap(1)), "{name}"),
                "n_" => assert!(output.is_err(), "{name} was taken"),
                "i_" => {
                    // Either is right: what is not UTF-8 or nested too deep is refused, the rest passes as it is.
                    let refused = std::str::from_utf8(case).is_err()
                        || name.starts_with("i_structure_")
                        || case.starts_with(&[0]);
                    assert_eq!(output.is_err(), refused, "{name}");
                    assert!(refused || output == Ok(wrap(1)), "{name}");
                }
                _ => panic!("{name} is no case"),
            }
        }
    }
    println!("{} cases", cases.len());
}
