//! Packs that say something wrong must not pass.

mod altered;
mod broken_laws;
mod broken_packs;
mod messages;
mod sound_packs;

use super::*;
use std::{fs, path::Path};

/// The built-in pack with one text in one of its files replaced, and the folder that it was in.
#[track_caller]
fn edited(file: &str, text: &str, replacement: &str) -> (Arc<Pack>, String) {
    let built_in = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("transforms/whop");
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(built_in).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join(file);
    let authored = fs::read_to_string(&path).unwrap();
    assert!(authored.contains(text), "{text}");
    fs::write(&path, authored.replacen(text, replacement, 1)).unwrap();
    let pack = Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    (Arc::new(pack), folder.path().display().to_string())
}

/// The whole report, and its line.
#[track_caller]
fn report(file: &str, text: &str, replacement: &str) -> (String, String) {
    let (pack, folder) = edited(file, text, replacement);
    let report = check(&pack, Trials { cases: 30, seed: 1 });
    let line = report.to_string();
    let mistakes = report.mistakes.map(|mistakes| mistakes.to_string()).unwrap_or_default();
    (mistakes.replace(&folder, "whop"), line)
}

/// Asserts what is said first about the examples.
#[track_caller]
fn check_broken(file: &str, text: &str, replacement: &str, said: &[&str]) {
    let (pack, _) = edited(file, text, replacement);
    let mut notes = Vec::new();
    examples::check(&Laws::new(pack), &mut notes);
    let mistakes = Diagnostics::new(notes).expect("a mistake").to_string();
    let first = mistakes.split("\n\nerror[").next().unwrap();
    for said in [&[file][..], said].concat() {
        assert!(first.contains(said), "{said}\n{mistakes}");
    }
}
