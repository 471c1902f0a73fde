//! Tests of the texts in a release: version, manual pages, completions.

use crate::common::program::{self, ran};
use dateline_gateway::observe::built;
use std::process::{Command, Stdio};

/// Returns the output of the program with these arguments.
fn dateline(arguments: &[&str]) -> String {
    let ran = ran(&mut program::dateline(arguments));
    assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    ran.output
}

#[test]
fn the_version_is_said_in_short_and_in_full() {
    let short = format!("dateline {}\n", built::VERSION);
    assert_eq!(dateline(&["-V"]), short);
    let full = dateline(&["--version"]);
    assert!(full.starts_with(&short), "{full}");
    let lines = [format!("commit: {}", built::COMMIT), format!("date: {}", built::DATE)];
    assert!(lines.iter().all(|line| full.lines().any(|told| told == line)), "{full}");
    assert!(full.lines().last().unwrap().starts_with("build: "), "{full}");
}

/// Bash itself, where it is, says what it would complete; without bash-completion, as on a small machine.
#[cfg(unix)]
#[test]
fn bash_completes_commands_and_their_flags() {
    let Ok(version) = Command::new("bash").arg("--version").stdin(Stdio::null()).output() else {
        println!("skipped: there is no bash");
        return;
    };
    assert!(version.status.success());
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("dateline.bash");
    std::fs::write(&script, dateline(&["completions", "bash"])).unwrap();
    for (words, expected) in [
        ("dateline hea", "healthcheck"),
        ("dateline translate --operation x --fr", "--from"),
        ("dateline serve --san", "--sandbox"),
        ("dateline completions z", "zsh"),
    ] {
        let ask = r#"
            source "$1"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$2; COMP_POINT=${#2}
            _dateline dateline "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let completed =
            Command::new("bash").args(["-c", ask, "bash", script.to_str().unwrap(), words]).output().unwrap();
        let text = String::from_utf8_lossy(&completed.stdout).into_owned();
        assert!(text.lines().any(|line| line == expected), "{words}: {completed:?}");
    }
}
