//! Support for the tests of the commands: a command line run on streams in memory.

use clap::Parser as _;
use std::process::ExitCode;

use super::{Arguments, Streams, exit_code};

/// The result of a command line.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) code: ExitCode,
    pub(super) output: Vec<u8>,
    pub(super) notes: String,
}

impl Outcome {
    pub(super) fn output(&self) -> &str {
        str::from_utf8(&self.output).unwrap()
    }
}

/// Runs `dateline` with these arguments.
#[track_caller]
pub(super) fn run(arguments: &[&str], mut input: &[u8]) -> Outcome {
    let words = ["dateline"].iter().chain(arguments);
    let command = Arguments::try_parse_from(words).unwrap_or_else(|problem| panic!("{problem}")).command;
    let (mut output, mut notes) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut input, output: &mut output, notes: &mut notes };
    let result = command.run(&mut streams);
    let code = exit_code(result, &mut notes);
    Outcome { code, output, notes: String::from_utf8(notes).unwrap() }
}
