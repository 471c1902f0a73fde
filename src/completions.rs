//! `dateline completions`: what a shell completes, made of the arguments themselves.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Arguments, Failure, Streams};

/// Print a shell script that completes these commands
///
/// The Debian package installs it for bash, zsh and fish.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash, with bash-completion:
    dateline completions bash > ~/.local/share/bash-completion/completions/dateline
  zsh, into a folder of $fpath:
    dateline completions zsh > ~/.zfunc/_dateline
  fish:
    dateline completions fish > ~/.config/fish/completions/dateline.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Arguments::command(), "dateline", &mut script);
        Ok(streams.output.write_all(&script)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::test::run;

    #[test]
    fn every_shell_is_told_of_every_command_that_is_shown() {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let script = run(&["completions", shell], b"");
            for word in ["translate", "completions", "--from"] {
                // fish writes long options without their dashes.
                let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
                assert!(script.output().contains(word), "{shell}: {word}");
            }
        }
    }
}
