//! Real changes of real APIs, one row each: the construct that says it, with an example in both directions that
//! `dateline check` runs, or the reason why no construct can. `tests/rows/README.md` says how to write them.

mod built;
mod page;
mod row;

use crate::common::files::{self, is_generated};
use built::Built;
use row::{File, Row, Sheet};
use std::{collections::BTreeMap, env, fs, path::Path, path::PathBuf, thread};

const WHOP: &str = "Whop";
const OTHERS: &str = "Other APIs";

/// The files of rows in a folder; of all, or of those with `ROWS` of the environment in their path.
fn sheets(folder: &str) -> Vec<Sheet> {
    let wanted = env::var("ROWS").unwrap_or_default();
    let files = files::files(&format!("tests/rows/{folder}"), "toml").into_iter();
    files.filter(|path| path.to_str().unwrap().contains(&wanted)).map(|path| read(&path)).collect()
}

fn read(path: &Path) -> Sheet {
    let text = files::text(path);
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Sheet { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), file }
}

/// The rows of these files, once each does what it says. Panics with all that is wrong.
fn built(sheets: &[Sheet]) -> Vec<Built<'_>> {
    let rows: Vec<(&Sheet, &Row)> =
        sheets.iter().flat_map(|sheet| sheet.file.row.iter().map(move |row| (sheet, row))).collect();
    let share = rows.len().div_ceil(4).max(1);
    let tried: Vec<Result<Built<'_>, String>> = thread::scope(|scope| {
        let threads: Vec<_> = rows
            .chunks(share)
            .map(|rows| {
                scope
                    .spawn(move || rows.iter().map(|(sheet, row)| Built::new(sheet, row)).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let wrong: Vec<&str> = tried.iter().filter_map(|tried| Some(&**tried.as_ref().err()?)).collect();
    assert!(wrong.is_empty(), "{} rows do not hold:\n\n{}", wrong.len(), wrong.join("\n\n"));
    tried.into_iter().filter_map(Result::ok).collect()
}

#[test]
fn every_row_holds_and_the_page_shows_it() {
    let (whop, others) = (sheets("whop"), sheets("others"));
    let (whop, others) = (built(&whop), built(&others));
    let said = |rows: &[Built<'_>]| rows.iter().filter(|built| built.row.is_said()).count();
    println!(
        "{WHOP}: {} rows, {} said. {OTHERS}: {} rows, {} said.",
        whop.len(),
        said(&whop),
        others.len(),
        said(&others)
    );
    if env::var_os("ROWS").is_some() {
        return;
    }
    assert!(said(&whop) >= 320, "{} of Whop's changes are said, and 320 should be", said(&whop));
    is_generated("docs/coverage.md", &page::page(&[(WHOP, &whop), (OTHERS, &others)]));
}

#[test]
fn every_change_has_one_row() {
    if env::var_os("ROWS").is_some() {
        return;
    }
    for (folder, last) in [("whop", Some(400)), ("others", None)] {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for row in sheets(folder).iter().flat_map(|sheet| &sheet.file.row) {
            *numbers.entry(row.number()).or_default() += 1;
        }
        let twice: Vec<_> = numbers.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{folder}: {twice:?}");
        if let Some(last) = last {
            let missing: Vec<u32> = (1..=last).filter(|n| !numbers.contains_key(&n.to_string())).collect();
            assert!(
                missing.is_empty() && numbers.len() == last as usize,
                "{folder}: {missing:?} are missing"
            );
        }
    }
}

/// The rows say the class and the version that the list of changes has. The list is kept outside the repository, beside
/// it: `../shared`, or the folder that `DATELINE_SHARED` names.
#[test]
fn the_rows_are_those_of_the_list() {
    let shared = env::var_os("DATELINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let Ok(text) = fs::read_to_string(shared.join("whop/changes/changes.json")) else {
        println!("skipped: whop/changes/changes.json is neither in ../shared nor in DATELINE_SHARED");
        return;
    };
    let list: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for sheet in &sheets("whop") {
        for row in &sheet.file.row {
            let number = row.number();
            let listed = list.iter().find(|listed| listed["n"].as_u64() == number.parse().ok()).unwrap();
            let is_same = listed["pair"] == *sheet.name
                && listed["class"] == *row.class.to_string()
                && listed["version"].as_str() == row.version.as_deref();
            if !is_same {
                wrong.push(format!("row {number} in {}: the list has {listed}", sheet.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
