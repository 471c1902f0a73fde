#![allow(clippy::expect_used, reason = "a build script stops the build by panicking")]
//! Says of what the program is built, for `dateline --version`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The files that the program is made of. The compiler looks at these itself, so that watching them here builds nothing twice.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "crates", "src", "transforms"];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    for variable in ["SOURCE_COMMIT", "SOURCE_DATE_EPOCH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let source = Source::find(&root);
    let said = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.trim().parse().ok());
    let date = said.or(source.time).map_or_else(unknown, day);
    println!("cargo::rustc-env=BUILT_OF={}", source.commit.unwrap_or_else(unknown));
    println!("cargo::rustc-env=BUILT_DATE={date}");
    for (name, from) in [("BUILT_FOR", "TARGET"), ("BUILT_AS", "PROFILE")] {
        println!("cargo::rustc-env={name}={}", env::var(from).expect("cargo sets it"));
    }
    let compiler = env::var_os("RUSTC").and_then(|rustc| output(Command::new(rustc).arg("--version")));
    let compiler =
        compiler.as_deref().and_then(|text| text.split(' ').nth(1)).map_or_else(unknown, str::to_owned);
    println!("cargo::rustc-env=BUILT_BY={compiler}");
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The commit that is built, as far as it is known.
#[derive(Default)]
struct Source {
    /// Its first digits; `-modified` behind them where the sources are not those of the commit.
    commit: Option<String>,
    /// The time of the commit, in seconds since 1970: nothing of the build's own time is in the program.
    time: Option<i64>,
}

impl Source {
    /// Asks the builder, then git, then what `git archive` has written.
    fn find(root: &Path) -> Self {
        let said = env::var("SOURCE_COMMIT").ok().filter(|commit| !commit.is_empty());
        match said {
            Some(commit) if is_commit(&commit) => Source { commit: Some(short(&commit)), time: None },
            Some(_) => {
                println!("cargo::error=SOURCE_COMMIT is no commit: 7 to 64 hexadecimal digits");
                Source::default()
            }
            None if !root.join(".git").exists() => Source::of_archive(root).unwrap_or_default(),
            // A development build follows the sources, not the commits: it would be built again for each of them.
            None if env::var("PROFILE").is_ok_and(|profile| profile == "debug") => Source::default(),
            None => Source::of_git(root).unwrap_or_default(),
        }
    }

    fn of_git(root: &Path) -> Option<Self> {
        let git = |arguments: &[&str]| output(Command::new("git").arg("-C").arg(root).args(arguments));
        let mut watched: Vec<PathBuf> = SOURCES.iter().map(|file| root.join(file)).collect();
        let branch = git(&["rev-parse", "--symbolic-full-name", "HEAD"])?;
        for name in ["HEAD", "logs/HEAD", branch.as_str()] {
            watched.extend(git(&["rev-parse", "--git-path", name]).map(|file| root.join(file)));
        }
        // Cargo would build again each time for a file that is not there.
        for file in watched.iter().filter(|file| file.exists()) {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        let head = git(&["show", "--no-patch", "--format=%H %ct", "HEAD"])?;
        let (commit, time) = head.split_once(' ')?;
        let modified = git(&[&["status", "--porcelain", "--"], &SOURCES[..]].concat())?;
        let mark = if modified.is_empty() { "" } else { "-modified" };
        Some(Source { commit: Some(short(commit) + mark), time: time.parse().ok() })
    }

    /// Out of `git archive`, which fills in `.source` (`.gitattributes`).
    fn of_archive(root: &Path) -> Option<Self> {
        let text = fs::read_to_string(root.join(".source")).ok()?;
        let (commit, time) = text.trim().split_once(' ')?;
        is_commit(commit).then(|| Source { commit: Some(short(commit)), time: time.parse().ok() })
    }
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}

/// Runs a program and returns what it writes; `None` if it is not there or fails.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The day in UTC of a second since 1970, as `YYYY-MM-DD`: Gregorian years counted from 1 March, in cycles of 400.
fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + 400 * cycle, if month < 10 { month + 3 } else { month - 9 });
    format!("{:04}-{month:02}-{day:02}", year + i64::from(month <= 2))
}
