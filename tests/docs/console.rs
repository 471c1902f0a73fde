//! The documents show what commands print that need neither a network nor a file of the reader's; this holds them to it.

use super::blocks;
use crate::common::{
    files::{Folder, root, text},
    program::{dateline, ran},
};
use std::path::Path;

const PAGES: [&str; 3] = ["docs/diff.md", "docs/proof.md", "docs/verify.md"];

/// The commands that always print the same.
const REPEATABLE: [&str; 3] =
    ["dateline explain --operation ", "dateline diff --operation ", "dateline check transforms/"];

/// One command of a console block, and the output that the page shows.
struct Shown {
    command: String,
    output: String,
}

/// The commands in a page's console blocks.
fn shown(text: &str) -> Vec<Shown> {
    let blocks = blocks(text, "console");
    let commands = blocks.iter().flat_map(|block| block.split("$ ").skip(1));
    let shown = commands.map(|part| {
        let (command, output) = part.split_once('\n').unwrap_or((part, ""));
        Shown { command: command.to_owned(), output: output.trim_end().to_owned() }
    });
    shown.collect()
}

/// The words of a command line, with double quotes taken off.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in command.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

impl Shown {
    /// Tells whether the command prints the same wherever it is run.
    fn is_repeatable(&self) -> bool {
        let reads_a_file = self.command.contains(".json") || self.command.ends_with('\\');
        REPEATABLE.iter().any(|start| self.command.starts_with(start)) && !reads_a_file
    }

    /// Runs the command in a folder: it prints what the page shows.
    fn holds(&self, page: &str, folder: &Path) {
        let words = words(&self.command);
        let ran = ran(dateline(&[]).args(&words[1..]).current_dir(folder));
        assert_eq!(ran.output.trim_end(), self.output, "{page}: {}", self.command);
    }
}

#[test]
fn the_documents_show_what_commands_print() {
    let mut count = 0;
    for page in PAGES {
        for shown in shown(&text(page)).iter().filter(|shown| shown.is_repeatable()) {
            shown.holds(page, root());
            count += 1;
        }
    }
    assert!(count >= 4, "{count} commands are shown");
}

#[test]
fn the_page_for_operators_shows_what_a_check_says_of_a_wrong_configuration() {
    const PAGE: &str = "docs/operations.md";
    let wrong = "[upstream]\nurl = \"http://127.0.0.1:8080\"\n[log]\nfilter = \"verbose\"\n";
    let folder = Folder::new(wrong);
    let shown = shown(&text(PAGE));
    let check = shown.iter().find(|shown| shown.command == "dateline check --config dateline.toml");
    check.expect("the command").holds(PAGE, folder.0.path());
}
