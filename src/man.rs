//! `dateline man`: manual pages, made of the help.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Command, CommandFactory};
use clap_mangen::{
    Man as Page,
    roff::{Roff, roman},
};

use super::{Arguments, Failure, Streams};
use dateline_gateway::observe::built;

/// Print the manual page, or write those of all commands into a folder
///
/// The Debian package installs them: `man dateline`, `man dateline-serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline man | man -l -
  dateline man --into ~/.local/share/man/man1")]
pub(super) struct Man {
    /// The folder, which is created if it does not exist
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let mut dateline = Arguments::command().disable_help_subcommand(true);
        dateline.build();
        let Some(folder) = self.into else {
            return Ok(streams.output.write_all(&page(&dateline)?)?);
        };
        write_all(&dateline, &folder)
            .map_err(|problem| Failure::Usage(format!("--into {}: {problem}", folder.display())))
    }
}

/// Writes a page for `dateline` and for each command.
fn write_all(dateline: &Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for command in std::iter::once(dateline).chain(dateline.get_subcommands()) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    }
    Ok(())
}

/// The page of a command. Its examples keep their lines, which the library would fill.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let page = Page::new(command.clone());
    let title = command.get_display_name().unwrap_or_else(|| command.get_name());
    let date = if built::DATE == "unknown" { "" } else { built::DATE };
    // The library leaves out a date that is empty, and what follows would take its place.
    let mut text =
        format!(".TH {title} 1 \"{date}\" \"dateline {}\" \"Dateline\"\n", built::VERSION).into_bytes();
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        let mut roff = Roff::new();
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in help.to_string().lines().filter(|line| *line != "Examples:") {
            match line.strip_prefix("Exit codes: ") {
                Some(codes) => roff.control("fi", []).control("SH", ["EXIT STATUS"]).text([roman(codes)]),
                None => roff.text([roman(line)]),
            };
        }
        roff.to_writer(&mut text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::run;
    use std::process::ExitCode;

    #[test]
    fn every_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("man1");
        let outcome = run(&["man", "--into", into.to_str().unwrap()], b"");
        assert_eq!(outcome.code, ExitCode::SUCCESS, "{}", outcome.notes);
        for command in Arguments::command().get_subcommands() {
            let page = fs::read_to_string(into.join(format!("dateline-{}.1", command.get_name()))).unwrap();
            assert!(page.contains("\n.SH EXAMPLES\n.nf\n") && !page.contains("\nExamples:\n"), "{page}");
        }
        assert!(
            fs::read_to_string(into.join("dateline.1")).unwrap().contains("\n.SH \"EXIT STATUS\"\n0 done, ")
        );
        assert_eq!(fs::read(into.join("dateline.1")).unwrap(), run(&["man"], b"").output);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let outcome = run(&["man", "--into", "/dev/null/man1"], b"");
        assert_eq!(outcome.code, ExitCode::from(2));
        assert!(outcome.notes.contains("--into /dev/null/man1: "), "{}", outcome.notes);
    }
}
