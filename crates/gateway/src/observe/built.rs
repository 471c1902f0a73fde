//! The sources that this program was built from. The values do not depend on the time or the place of the build: see
//! `docs/release.md`.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first 12 digits of the commit, with `-modified` behind them where the sources were not those of the commit.
///
/// `unknown` where nothing says it, and in a development build of a git checkout, which is not built again for each
/// commit.
pub const COMMIT: &str = env!("BUILT_OF");

/// The day of the commit in UTC, or that of `SOURCE_DATE_EPOCH`: `YYYY-MM-DD`, or `unknown`.
pub const DATE: &str = env!("BUILT_DATE");

/// All of it for `dateline --version`, without the name of the program.
pub const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("BUILT_OF"),
    "\ndate: ",
    env!("BUILT_DATE"),
    "\nbuild: ",
    env!("BUILT_AS"),
    ", ",
    env!("BUILT_FOR"),
    ", rustc ",
    env!("BUILT_BY"),
);
