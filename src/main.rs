//! The commands: arguments -> command -> exit code. One file each; what they share is here.
//!
//! The result of a command goes to standard output, and its remarks to standard error.

mod admin;
mod check;
mod completions;
mod diff;
mod explain;
mod ext_proc;
mod hash_key;
mod healthcheck;
mod loaded;
mod man;
mod operation;
mod record;
mod replay;
mod sandbox;
mod schema;
mod serve;
mod translate;
mod usage;
mod verify;
mod versions;

use std::{
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use dateline_core::{
    Version,
    pack::{Diagnostics, Pack},
};
use dateline_gateway::config::{ConfigError, report};

/// The allocator, chosen by measurement (`docs/performance.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Gives every client of a dated HTTP JSON API the version it pinned
///
/// Dateline is a reverse proxy. It speaks one version to the upstream, and translates each client's requests to that version
/// and the responses back.
#[derive(Debug, Parser)]
#[command(
    name = "dateline",
    version,
    long_version = dateline_gateway::observe::built::LONG,
    max_term_width = 100,
    after_help = EXIT_CODES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}")
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the input does not fit, 2 usage or configuration.";

const EXAMPLES: &str = "\
First steps:
  The gateway in front of the sandbox, with requests to try:
    dateline serve --sandbox
  The versions that it knows, and what happens to one operation between two of them:
    dateline versions
    dateline explain --operation \"GET /referrals/businesses\" --from 2025-01-01 --to 2026-07-01
  The gateway in front of the API itself:
    dateline serve --config dateline.toml";

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Record(record::Record),
    Replay(replay::Replay),
    ExtProc(ext_proc::ExtProc),
    Sandbox(sandbox::Sandbox),
    Translate(translate::Translate),
    Diff(diff::Diff),
    Check(check::Check),
    Versions(versions::Versions),
    Usage(usage::Usage),
    Verify(verify::Verify),
    Healthcheck(healthcheck::Healthcheck),
    Explain(explain::Explain),
    Schema(schema::Schema),
    HashKey(hash_key::HashKey),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        match self {
            Command::Serve(serve) => serve.run(streams),
            Command::Record(record) => record.run(streams),
            Command::Replay(replay) => replay.run(streams),
            Command::ExtProc(ext_proc) => ext_proc.run(streams),
            Command::Sandbox(sandbox) => sandbox.run(streams),
            Command::Translate(translate) => translate.run(streams),
            Command::Diff(diff) => diff.run(streams),
            Command::Check(check) => check.run(streams),
            Command::Usage(usage) => usage.run(streams),
            Command::Verify(verify) => verify.run(streams),
            Command::Healthcheck(healthcheck) => healthcheck.run(streams),
            Command::Versions(versions) => versions.run(streams),
            Command::Explain(explain) => explain.run(streams),
            Command::Schema(schema) => schema.run(streams),
            Command::HashKey(hash_key) => hash_key.run(streams),
            Command::Completions(completions) => completions.run(streams),
            Command::Man(man) => man.run(streams),
        }
    }
}

/// Runs the command that the process was called with.
///
/// Usage mistakes and `--help` end the process here, as clap does: with 2 and 0.
fn main() -> ExitCode {
    let command = Arguments::parse().command;
    // Not locked: a gateway logs to standard output from every thread for as long as its command runs.
    let (mut input, mut output, mut notes) = (io::stdin(), io::stdout(), io::stderr());
    let mut streams = Streams { input: &mut input, output: &mut output, notes: &mut notes };
    let result = command.run(&mut streams).and_then(|()| Ok(streams.output.flush()?));
    exit_code(result, streams.notes)
}

fn exit_code(result: Result<(), Failure>, notes: &mut dyn Write) -> ExitCode {
    let code = match &result {
        Ok(()) => return ExitCode::SUCCESS,
        // The reader has what it wanted: `dateline versions | head -1`.
        Err(Failure::Output(problem)) if problem.kind() == io::ErrorKind::BrokenPipe => {
            return ExitCode::SUCCESS;
        }
        Err(Failure::Input(_) | Failure::Reported) => 1,
        Err(Failure::Usage(_) | Failure::Output(_)) => 2,
    };
    if let Err(failure @ (Failure::Input(_) | Failure::Usage(_) | Failure::Output(_))) = result {
        // Where standard error is closed too, the exit code has to do.
        let _ = writeln!(notes, "dateline: {failure}");
    }
    ExitCode::from(code)
}

/// The streams of a command: those of the process, or those of a test.
struct Streams<'a> {
    /// Standard input.
    input: &'a mut dyn Read,
    /// Standard output: what was asked for.
    output: &'a mut dyn Write,
    /// Standard error: what there is to say about it.
    notes: &'a mut dyn Write,
}

impl Streams<'_> {
    /// Writes a value to the output as indented JSON.
    fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self.output, value)?;
        writeln!(self.output)
    }
}

/// A reason why a command failed. The text is for the person who typed it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The input does not fit: exit code 1.
    #[error("{0}")]
    Input(String),
    /// The input does not fit, and standard output says why: exit code 1.
    #[error("the input has mistakes")]
    Reported,
    /// Usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Standard output cannot be written. A pipe that its reader closed is no failure; all else is exit code 2.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl From<Vec<ConfigError>> for Failure {
    fn from(mistakes: Vec<ConfigError>) -> Self {
        Failure::Usage(report(&mistakes))
    }
}

/// `--pack PATH`.
#[derive(Debug, Args)]
struct PackArgument {
    /// The folder of the pack of version modules [default: the pack in the binary]
    #[arg(long = "pack", value_name = "PATH")]
    path: Option<PathBuf>,
}

/// The pack in a folder, or the one in the program.
fn load_pack(folder: Option<&Path>) -> Result<Pack, Failure> {
    let pack = folder.map_or_else(Pack::embedded, Pack::load);
    pack.map_err(|mistakes| Failure::Usage(pack_report(&mistakes, io::stderr().is_terminal())))
}

/// Formats the mistakes of a pack under a headline.
fn pack_report(mistakes: &Diagnostics, coloured: bool) -> String {
    let headline = match mistakes.count() {
        1 => "the pack has a mistake".to_owned(),
        count => format!("the pack has {count} mistakes"),
    };
    format!("{headline}\n\n{}", mistakes.render(coloured))
}

impl PackArgument {
    fn load(&self) -> Result<Pack, Failure> {
        load_pack(self.path.as_deref())
    }
}

/// The version with a label, or with an alias.
///
/// # Errors
/// The pack does not know the version; the text names those that it knows.
fn known_version(pack: &Pack, label: Version) -> Result<Version, Failure> {
    pack.version(label).map_err(|unknown| Failure::Usage(unknown.in_pack(&pack.name)))
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod test;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_an_example() {
        for command in Arguments::command().get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            assert!(help.contains(&format!("dateline {}", command.get_name())), "{help}");
            assert!(help.contains("Example"), "{help}");
            assert!(command.get_arguments().all(|argument| argument.get_help().is_some()), "{help}");
        }
    }

    #[test]
    fn takes_the_documented_flags() {
        for line in [
            "translate --operation GET\u{a0}/referrals/businesses/{id} --side response --from 2025-01-01 --to 2026-07-01",
            "translate --operation GET\u{a0}/plans --side request --from 2025-01-01 --to 2026-07-01 --pack transforms",
            "diff --operation GET\u{a0}/plans --from 2025-01-01 --to 2026-07-01",
            "diff --operation GET\u{a0}/plans --from 2025-01-01 --to 2026-07-01 --side request --json --exit-code --pack transforms/whop -",
            "check",
            "check transforms/whop",
            "check transforms/whop --json",
            "versions",
            "versions --pack transforms/whop",
            "replay recording --to 2026-07-01 --client billing-cron --values --json --config dateline.toml",
            "replay recording --pack transforms/whop",
            "explain --operation GET\u{a0}/plans --from 2025-01-01 --to 2026-07-01",
            "explain --operation GET\u{a0}/plans --from 2025-01-01 --to 2026-07-01 --pack transforms/whop",
            "schema pack",
            "schema config",
            "hash-key",
            "completions zsh",
            "man --into man1",
            "usage --config dateline.toml --days 90 --by version,client --format csv --token-file token",
            "usage usage.redb --since 2026-01-01",
            "serve --config dateline.toml --sandbox",
            "serve -c dateline.toml",
            "check --config dateline.toml --json",
            "check -c dateline.toml",
            "healthcheck --config dateline.toml --timeout 5",
            "record --into recording --config dateline.toml --sandbox",
            "ext-proc --config dateline.toml",
            "verify --requests list.txt --pin 2025-01-01,2026-06-08 --pin all --config dateline.toml --json --values",
            "verify --sandbox --concurrency 8 --rate 5 --written-for 2025-01-01 --ignore $.data[*].seen_at",
            "sandbox --address 127.0.0.1:0 --version 2026-06-09",
        ] {
            let words = format!("dateline {line}");
            let words = words.split(' ').map(|word| word.replace('\u{a0}', " "));
            Arguments::try_parse_from(words).unwrap_or_else(|problem| panic!("{line}: {problem}"));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know_with_2() {
        for line in [
            "",
            "serv",
            "versions --pin x",
            "explain",
            "explain P99",
            "schema",
            "schema toml",
            "explain P13 --from 2025-01-01",
            "explain --operation GET --from 2025-01-01 --to 2026-07-01",
        ] {
            let words = ["dateline"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
            assert_eq!(Arguments::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn failures_have_the_documented_exit_codes() {
        let code = |failure| {
            let mut notes = Vec::new();
            (exit_code(Err(failure), &mut notes), String::from_utf8(notes).unwrap())
        };
        assert_eq!(code(Failure::Input("odd".into())), (ExitCode::from(1), "dateline: odd\n".into()));
        assert_eq!(code(Failure::Reported), (ExitCode::from(1), String::new()));
        assert_eq!(code(Failure::Usage("how".into())), (ExitCode::from(2), "dateline: how\n".into()));
        assert_eq!(code(io::Error::from(io::ErrorKind::StorageFull).into()).0, ExitCode::from(2));
        assert_eq!(
            code(io::Error::from(io::ErrorKind::BrokenPipe).into()),
            (ExitCode::SUCCESS, String::new())
        );
    }
}
