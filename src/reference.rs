//! The reference of the commands, `docs/commands.md`, made of their help.

use super::Arguments;
use clap::{Command, CommandFactory};
use std::{fs, path::Path};

const FILE: &str = "docs/commands.md";

const HEAD: &str = "\
# Commands

Generated from the help by `UPDATE=1 cargo test --bins commands`; a test compares it. Do not edit.

`dateline COMMAND --help` prints the same, `dateline man` as a manual page. The result of a command goes to
standard output, messages about it to standard error.
";

/// The help of a command as a section of the page.
fn section(command: &mut Command) -> String {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).replacen('-', " ", 1);
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end())
}

fn render() -> String {
    let mut dateline = Arguments::command().disable_help_subcommand(true).term_width(100);
    dateline.build();
    let mut text = HEAD.to_owned();
    text.push_str(&section(&mut dateline));
    for command in dateline.get_subcommands_mut() {
        text.push_str(&section(command));
    }
    text
}

#[test]
fn the_page_of_commands_is_that_of_the_help() {
    let text = render();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        fs::write(&file, &text).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "{FILE} is out of date: run UPDATE=1 cargo test --bins commands, and review the change"
    );
}
