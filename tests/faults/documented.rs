//! `docs/security.md` and `docs/operations.md` against the tests: every row has some, and those that it names are there.

use crate::common::files::{files, text};
use std::{collections::BTreeMap, path::PathBuf};

/// The tables of what nobody may be told wrongly: the document, the section, and how its rows begin.
const TOLD: [(&str, &str, char); 2] = [
    ("docs/security.md", "Rows of what a client is told", '1'),
    ("docs/operations.md", "Rows of what an operator is told", '2'),
];

/// The rows, as the documentation numbers them.
fn rows() -> Vec<String> {
    let mut rows: Vec<String> = (1..=48).map(|row| row.to_string()).collect();
    rows.insert(47, "47a".to_owned());
    rows
}

/// The number in a test's name: `07` of `row_07_chunk_extensions_end_here` is `7`.
fn row(name: &str) -> Option<String> {
    let number = name.strip_prefix("row_")?.split('_').next()?;
    told(name).is_none().then(|| number.trim_start_matches('0').to_owned())
}

/// The row of a table of what somebody is told: `1l` of `row_14_1l_a_loss_is_what_was_there_and_is_gone`.
fn told(name: &str) -> Option<String> {
    let row = name.strip_prefix("row_14_")?.split('_').next()?;
    matches!(row.as_bytes(), [b'1' | b'2', b'a'..=b'z']).then(|| row.to_owned())
}

/// The tests in files that show a row, by row.
fn tests_in(files: &[PathBuf], row: fn(&str) -> Option<String>) -> BTreeMap<String, Vec<String>> {
    let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = text(file);
        let after_test = text.split("#[test]").skip(1).chain(text.split("#[tokio::test").skip(1));
        for name in after_test.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next()) {
            if let Some(row) = row(name) {
                tests.entry(row).or_default().push(name.to_owned());
            }
        }
    }
    tests
}

/// The tests beside this file that show a row's number, by row.
fn tests() -> BTreeMap<String, Vec<String>> {
    tests_in(&files("tests/faults", "rs"), row)
}

/// Rows and their last cell.
fn documented() -> Vec<(String, String)> {
    table("docs/security.md", "Row by row")
}

/// The rows of the table in a section, and their last cell.
fn table(file: &str, section: &str) -> Vec<(String, String)> {
    let text = text(file);
    let (_, table) = text.split_once(&format!("\n## {section}\n")).expect("the table's section");
    let table = table.split("\n## ").next().unwrap_or_default();
    let lines = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = lines.map(|line| {
        let first = line.split(" | ").next().unwrap_or_default();
        let last = line.rsplit(" | ").next().unwrap_or_default();
        (first.to_owned(), last.to_owned())
    });
    cells.filter(|(row, _)| row.starts_with(|first: char| first.is_ascii_digit())).collect()
}

/// Returns the faults of a row's last cell.
fn wrong(row: &str, cell: &str, tests: &[String]) -> Vec<String> {
    if let Some(why) = cell.strip_prefix("not tested: ") {
        let mut wrong = Vec::new();
        if why.len() < 20 {
            wrong.push(format!("row {row} does not say why it is not tested"));
        }
        if !tests.is_empty() {
            wrong.push(format!("row {row} has tests: {tests:?}"));
        }
        return wrong;
    }
    let named: Vec<&str> = cell.split("<br>").map(|name| name.trim().trim_matches('`')).collect();
    let missing = named.iter().filter(|name| !tests.iter().any(|test| test == *name));
    missing.map(|name| format!("row {row} names {name:?}, which is no test of that row")).collect()
}

#[test]
fn every_row_of_the_documentation_names_tests_that_exist() {
    let (tests, documented) = (tests(), documented());
    let numbers: Vec<&String> = documented.iter().map(|(row, _)| row).collect();
    assert_eq!(numbers, rows().iter().collect::<Vec<_>>(), "every row once, in order");
    let none = Vec::new();
    let wrong: Vec<String> =
        documented.iter().flat_map(|(row, cell)| wrong(row, cell, tests.get(row).unwrap_or(&none))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let strays: Vec<_> = tests.keys().filter(|row| !rows().contains(row)).collect();
    assert!(strays.is_empty(), "tests of rows that there are not: {strays:?}");
}

#[test]
fn every_row_of_what_somebody_is_told_names_tests_that_exist() {
    let everywhere = ["tests", "src", "crates"].map(|folder| files(folder, "rs")).concat();
    let tests = tests_in(&everywhere, told);
    let mut wrong_rows = Vec::new();
    let mut listed = Vec::new();
    for (file, section, first) in TOLD {
        let rows = table(file, section);
        assert!(rows.iter().all(|(row, _)| row.starts_with(first)), "{section}: {rows:?}");
        assert!(rows.is_sorted_by(|one, next| one.0 < next.0), "{section}: every row once, in order");
        for (row, cell) in rows {
            wrong_rows.extend(wrong(&row, &cell, tests.get(&row).map_or(&[][..], Vec::as_slice)));
            listed.push(row);
        }
    }
    assert!(wrong_rows.is_empty(), "{}", wrong_rows.join("\n"));
    let strays: Vec<_> = tests.keys().filter(|row| !listed.contains(row)).collect();
    assert!(strays.is_empty(), "tests of rows that there are not: {strays:?}");
}

#[test]
fn a_row_without_a_test_does_not_pass() {
    let tests = ["row_07_a".to_owned()];
    assert_eq!(wrong("7", "`row_07_a`", &tests), [] as [&str; 0]);
    assert_eq!(wrong("7", "not tested: nobody has found a way to do that", &[]), [] as [&str; 0]);
    for (cell, tests) in [
        ("", &[][..]),
        ("not tested: ", &[]),
        ("not tested: nobody has found a way to do that", &tests),
        ("`row_07_a`<br>`row_07_b`", &tests),
        ("`row_08_a`", &tests),
        ("row 7 is fine", &tests),
    ] {
        assert_eq!(wrong("7", cell, tests).len(), 1, "{cell}");
    }
}
