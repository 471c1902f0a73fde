//! `dateline check`: is a pack sound?

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{Failure, Streams};
use crate::{check::check, pack::Pack};

/// Check a pack of version modules: loading, examples in both directions, laws
///
/// Every mistake is reported with its file, line and a hint, and a line at the end sums up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline check                    the pack in the binary
  dateline check transforms/whop    the pack in a folder, before it is used

Exit codes: 0 the pack is sound, 1 it has mistakes, 2 there is no such folder.")]
pub(super) struct Check {
    /// The folder of the pack [default: the pack in the binary]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
}

impl Check {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let pack = match &self.path {
            Some(folder) if !folder.is_dir() => {
                return Err(Failure::Usage(format!("there is no folder `{}`", folder.display())));
            }
            Some(folder) => Pack::load(folder),
            None => Pack::embedded(),
        };
        let (mistakes, line) = match pack {
            Ok(pack) => {
                let report = check(&Arc::new(pack));
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
        write!(
            streams.output,
            "{}",
            mistakes.iter().map(|mistakes| mistakes.render(false)).collect::<String>()
        )?;
        writeln!(streams.output, "{line}")?;
        match mistakes {
            None => Ok(()),
            Some(_) => Err(Failure::Reported),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::run;
    use std::{fs, process::ExitCode};

    #[test]
    fn the_built_in_pack_is_sound() {
        let outcome = run(&["check"], b"");
        insta::assert_snapshot!(outcome.output(), @"whop: 5 versions, 16 operations, 8 changes, 16 examples, 25 pairs x 16 operations: no mistakes");
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
            "name = 'x'\ntitle = 'X'\nheader = 'V'\nunversioned = '2025-01-01'\nbase_path = ''\n\
             operations = ['GET /a']\nresource.A.found = [{ in = 'GET /a', part = 'response', at = '$' }]\n",
        )
        .unwrap();
        fs::write(folder.path().join("2025-01-01.toml"), "version = '2025-01-01'\ntitle = 'First'\n")
            .unwrap();
        let second = "version = '2025-01-02'\ntitle = 'Second'\n[[change]]\nname = 'Rename a'\nwhy = 'Why.'\n\
                      resource = 'A'\nsteps = [{ move = 'a', to = 'b' }]\n";
        fs::write(folder.path().join("2025-01-02.toml"), second).unwrap();
        let outcome = run(&["check", path], b"");
        assert!(
            outcome.output().contains("error[P03]: the change \"Rename a\" has no example"),
            "{}",
            outcome.output()
        );
        let line = "x: 2 versions, 1 operation, 1 change, 0 examples, 4 pairs x 1 operation: 1 mistake\n";
        assert!(outcome.output().ends_with(line), "{}", outcome.output());
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::from(1), ""));
    }

    #[test]
    fn no_folder_is_2() {
        let outcome = run(&["check", "no/such/folder"], b"");
        assert_eq!(outcome.notes, "dateline: there is no folder `no/such/folder`\n");
        assert_eq!((outcome.code, outcome.output()), (ExitCode::from(2), ""));
    }
}
