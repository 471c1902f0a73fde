//! The documents: every link leads somewhere, every page has its place in `docs/SUMMARY.md`, the README shows what is so, and
//! one thing has one word.

mod console;
mod links;
mod packs;
mod readme;
mod response_fields;
mod words;

/// The code blocks of a page in a language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| Some(rest.split("\n```").next()?.to_owned())).collect()
}
