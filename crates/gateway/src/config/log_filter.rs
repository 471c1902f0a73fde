//! The check that a filter selects events of this program, the only ones that are written.
//!
//! The library takes any word for a target: to it, `verbose` and `debgu` are filters that select nothing of ours, and
//! so nothing at all.

use dateline_core::alike::closest;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// The levels, as they are written.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The name that the targets of this program begin with.
const OWN: &str = "dateline";

/// Reads a filter of the log.
///
/// # Errors
/// The error says what is wrong with the filter, for the operator.
pub(crate) fn parse_filter(text: &str) -> Result<EnvFilter, String> {
    // The library panics on some text beyond ASCII, of which no filter needs any.
    if !text.is_ascii() {
        return Err("write it in ASCII".to_owned());
    }
    let filter = EnvFilter::try_new(text).map_err(|problem| problem.to_string())?;
    check(text)?;
    Ok(filter)
}

/// Looks at the directives of a filter that the library takes.
///
/// # Errors
/// A word that is neither a level nor a part of this program, a target that looks like one of ours and is none, or
/// that nothing is said of this program.
fn check(text: &str) -> Result<(), String> {
    let mut any = text.trim().is_empty();
    for directive in split(text) {
        let target = match directive.parse::<LevelFilter>() {
            Ok(_) => "",
            Err(_) => directive.split(['[', '=']).next().unwrap_or_default().trim(),
        };
        match is_own(target) {
            true => any = true,
            false if target == directive => {
                return Err(format!("{target:?} is not a level{}", proposed(target)));
            }
            false if meant(target, [OWN]).is_some() => {
                return Err(format!("{target:?} is not a part of this program; did you mean {OWN}?"));
            }
            // A library's, which is not written: harmless beside what is said of ours.
            false => {}
        }
    }
    match any {
        true => Ok(()),
        false => Err(format!(
            "nothing would be written: events of libraries never are, and it says nothing of {OWN}'s own"
        )),
    }
}

/// The directives; a comma between brackets or braces parts none.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let parts = text.split(move |letter| {
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.map(str::trim).filter(|directive| !directive.is_empty())
}

/// Tells whether a directive with this target selects our events. The library's rule: one name is a prefix of the
/// other.
fn is_own(target: &str) -> bool {
    let rest = target.strip_prefix(OWN);
    OWN.starts_with(target) || rest.is_some_and(|rest| rest.starts_with("::"))
}

/// The one of these names that a target was probably meant to be.
fn meant<'a>(target: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let first = target.split("::").next().unwrap_or_default();
    closest(&first.to_ascii_lowercase(), names)
}

/// Returns a hint for a word that is not a level: the name that was probably meant, or the levels that exist.
fn proposed(word: &str) -> String {
    match meant(word, LEVELS.into_iter().chain([OWN])) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => format!(" ({}), and not a part of {OWN}", LEVELS.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_says_something_of_ours_is_taken() {
        for text in [
            "info",
            "WARN",
            "off",
            "3",
            "",
            "info,h2=debug",
            "hyper=off,debug",
            "dateline=debug",
            "dateline",
            "dateline::gateway=trace,warn",
            "[request]=debug",
            "dateline[request{id=\"a,b\"}]=trace,info",
            " info , ",
        ] {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn a_filter_that_would_silence_everything_is_refused() {
        for (text, told) in [
            (
                "verbose",
                "\"verbose\" is not a level (off, error, warn, info, debug, trace), and not a part of dateline",
            ),
            ("debgu", "\"debgu\" is not a level; did you mean debug?"),
            (
                "info,warning",
                "\"warning\" is not a level (off, error, warn, info, debug, trace), and not a part of dateline",
            ),
            (
                "info,datelime::gateway=debug",
                "\"datelime::gateway\" is not a part of this program; did you mean dateline?",
            ),
            (
                "h2=debug",
                "nothing would be written: events of libraries never are, and it says nothing of dateline's own",
            ),
            (
                "dateline_other=info",
                "nothing would be written: events of libraries never are, and it says nothing of dateline's own",
            ),
        ] {
            assert_eq!(check(text), Err(told.to_owned()), "{text:?}");
        }
    }
}
