//! What the documents show of commands that need neither a network nor a file of the reader's: it is what they print.

use std::{fs, path::Path, process::Command};

const PAGES: [&str; 3] = ["docs/diff.md", "docs/proof.md", "docs/verify.md"];

/// The commands that always print the same.
const REPEATABLE: [&str; 3] =
    ["dateline explain --operation ", "dateline diff --operation ", "dateline check transforms/"];

/// One command of a console block, and the output that the page shows.
struct Shown {
    command: String,
    output: String,
}

/// The commands in a page's console blocks that can be run here.
fn shown(text: &str) -> Vec<Shown> {
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let commands = blocks.flat_map(|block| block.split("$ ").skip(1));
    let shown = commands.map(|part| {
        let (command, output) = part.split_once('\n').unwrap_or((part, ""));
        Shown { command: command.to_owned(), output: output.trim_end().to_owned() }
    });
    let can_run = |shown: &Shown| {
        let reads_a_file = shown.command.contains(".json") || shown.command.ends_with('\\');
        REPEATABLE.iter().any(|start| shown.command.starts_with(start)) && !reads_a_file
    };
    shown.filter(can_run).collect()
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

#[test]
fn the_documents_show_what_commands_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for page in PAGES {
        for Shown { command, output } in shown(&fs::read_to_string(root.join(page)).unwrap()) {
            let ran = Command::new(env!("CARGO_BIN_EXE_dateline"))
                .args(&words(&command)[1..])
                .current_dir(root)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(ran.stdout).unwrap().trim_end(), output, "{page}: {command}");
            count += 1;
        }
    }
    assert!(count >= 4, "{count} commands are shown");
}
