//! `dateline check`: is a pack sound, is a configuration one that a gateway starts with?

mod configuration;
mod json;

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{Failure, Streams};
use dateline_core::{
    check::{Trials, check},
    pack::{Diagnostics, Pack},
};
use json::{Checked, Listed};

/// Check a pack of version modules, or a configuration, before it is used
///
/// A pack is loaded, its examples are tried in both directions, and its laws are tested on the examples and on
/// documents generated in their shapes. A document that breaks a law is made small, and the step to blame is named.
/// A configuration (--config) is read as the gateway reads it: with the environment, the pack that it names,
/// certificates, keys, and the files and folders to write. No port is opened and nothing is sent. Every mistake is
/// reported with its place and a fix, and a line at the end sums up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline check                    the pack in the binary
  dateline check transforms/whop    the pack in a folder, before it is used
  dateline check --cases 100000     with more documents, before it is trusted
  dateline check --seed 7           the documents of the run that printed this seed
  dateline check --config dateline.toml          a configuration, before the gateway is started with it
  dateline check --config dateline.toml --json   the same for a program

Exit codes: 0 no mistakes, 1 mistakes, 2 it cannot be read.")]
pub(super) struct Check {
    /// The folder of the pack [default: the pack in the binary]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,

    /// The configuration file to check, with the pack that it names
    #[arg(long, short = 'c', value_name = "FILE", conflicts_with_all = ["path", "cases", "seed"])]
    config: Option<PathBuf>,

    /// The number of documents to generate
    #[arg(long, value_name = "N", default_value_t = 500)]
    cases: usize,

    /// The seed of the generated documents, as an earlier run printed it [default: a new one]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,

    /// Print the mistakes as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        if let Some(file) = &self.config {
            return configuration::check(file, self.json, streams);
        }
        let pack = match &self.path {
            Some(file) if file.is_file() => {
                let problem = "is a file: a pack is its folder; to check a configuration use --config";
                return Err(Failure::Usage(format!("`{}` {problem}", file.display())));
            }
            Some(folder) if !folder.is_dir() => {
                return Err(Failure::Usage(format!("there is no folder `{}`", folder.display())));
            }
            Some(folder) => Pack::load(folder),
            None => Pack::embedded(),
        };
        let warnings = pack.as_ref().map(|pack| pack.warnings.clone()).unwrap_or_default();
        let (mistakes, line) = match pack {
            Ok(pack) => {
                let seed = self.seed.unwrap_or_else(|| fastrand::u32(..).into());
                let report = check(&Arc::new(pack), Trials { cases: self.cases, seed });
                let line = report.to_string();
                (report.mistakes, line)
            }
            Err(mistakes) => {
                let plural = if mistakes.count() == 1 { "" } else { "s" };
                let line = format!(
                    "{} mistake{plural}; the examples and the laws are tried once the pack can be read",
                    mistakes.count()
                );
                (Some(mistakes), line)
            }
        };
        if self.json {
            let mistakes = mistakes.iter().flat_map(Diagnostics::iter).map(Listed::from).collect();
            json::write(
                &Checked { mistakes, warnings: warnings.iter().map(Listed::from).collect(), summary: line },
                streams,
            )?;
        } else {
            for warning in &warnings {
                writeln!(streams.output, "{}\n", warning.plain())?;
            }
            let text: String = mistakes.iter().map(|mistakes| mistakes.render(false)).collect();
            writeln!(streams.output, "{text}{line}")?;
        }
        match mistakes {
            None => Ok(()),
            Some(_) => Err(Failure::Reported),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::run;
    use serde_json::Value;
    use std::{fs, process::ExitCode};

    #[test]
    fn the_built_in_pack_is_sound() {
        let outcome = run(&["check", "--seed", "1", "--cases", "60"], b"");
        insta::assert_snapshot!(outcome.output(), @"whop: 5 versions, 16 operations, 8 changes, 19 examples, 25 pairs x 16 operations, 60 generated documents (seed 1): no mistakes");
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::SUCCESS, ""));
    }

    #[test]
    fn mistakes_are_1_and_told_with_a_sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let outcome = run(&["check", path], b"");
        assert!(outcome.output().contains("error[P11]: the pack in "), "{}", outcome.output());
        let line = "2 mistakes; the examples and the laws are tried once the pack can be read\n";
        assert!(outcome.output().ends_with(line), "{}", outcome.output());
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::from(1), ""));

        fs::write(
            folder.path().join("api.toml"),
            "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
             operations = ['GET /a']\nresource.A.found = [{ in = 'GET /a', part = 'response', at = '$' }]\n",
        )
        .unwrap();
        fs::write(folder.path().join("2025-01-01.toml"), "version = '2025-01-01'\ntitle = 'First'\n")
            .unwrap();
        let second = "version = '2025-01-02'\ntitle = 'Second'\n[[change]]\nname = 'Rename a'\nwhy = 'Why.'\n\
                      resource = 'A'\nsteps = [{ move = 'a', to = 'b' }]\n";
        fs::write(folder.path().join("2025-01-02.toml"), second).unwrap();
        let outcome = run(&["check", path, "--seed", "1", "--cases", "9"], b"");
        assert!(
            outcome.output().contains("error[P03]: the change \"Rename a\" has no example"),
            "{}",
            outcome.output()
        );
        let line = "x: 2 versions, 1 operation, 1 change, 0 examples, 4 pairs x 1 operation, \
                    9 generated documents (seed 1): 1 mistake\n";
        assert!(outcome.output().ends_with(line), "{}", outcome.output());
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::from(1), ""));
    }

    #[test]
    fn a_program_is_told_the_place_and_the_severity_of_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let api = "name = 'x'\ntitle = 'X'\nheader = 'Accept'\nunversioned = '2025-01-01'\nbase_path = ''\n\
                   operations = ['GET /a']\n";
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let told = || -> Value {
            let outcome = run(&["check", path, "--json", "--cases", "1"], b"");
            serde_json::from_str(outcome.output()).unwrap()
        };
        write("api.toml", api);
        write("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'First'\n");
        let mistake = &told()["mistakes"][0];
        let place = ["line", "column", "end_line", "end_column"].map(|key| mistake[key].as_u64().unwrap());
        assert_eq!(place, [3, 10, 3, 18]);
        assert_eq!((&mistake["code"], &mistake["severity"]), (&"P05".into(), &"error".into()));
        assert!(mistake["file"].as_str().unwrap().ends_with("api.toml"), "{mistake}");
        for key in ["message", "help"] {
            assert!(!mistake[key].as_str().unwrap().is_empty(), "{mistake}");
        }
        write("api.toml", &api.replace("Accept", "Api-Version"));
        let told = told();
        assert_eq!(told["mistakes"], Value::Array(Vec::new()));
        let warning = &told["warnings"][0];
        assert_eq!((&warning["code"], &warning["severity"]), (&"P16".into(), &"warning".into()));
        assert_eq!((&warning["line"], &warning["help"]), (&4.into(), &"write `default_version`".into()));
    }

    #[test]
    fn no_folder_is_2() {
        let outcome = run(&["check", "no/such/folder"], b"");
        assert_eq!(outcome.notes, "dateline: there is no folder `no/such/folder`\n");
        assert_eq!((outcome.code, outcome.output()), (ExitCode::from(2), ""));
    }
}
