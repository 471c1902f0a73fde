//! The words of the documents: one thing has one word, as the glossary of `docs/concepts.md` says.

use super::links::texts;
use std::path::Path;

/// Words before *answer* and *answers* that make it a noun. The HTTP message is called a response; the verb may stay.
const BEFORE_A_NOUN: [&str; 14] = [
    "a",
    "an",
    "the",
    "no",
    "any",
    "every",
    "each",
    "its",
    "their",
    "translated",
    "wrong",
    "complete",
    "last",
    "of",
];

/// Private words that a word of the field has replaced, and that word.
const REPLACED: [(&str, &str); 1] = [("bypass", "passthrough")];

/// Returns what is wrong with the words of a text.
fn wrong(text: &str) -> Vec<String> {
    // What stands in code is a name that programs read.
    let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" CODE ");
    let words: Vec<String> = prose
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let nouns = words.windows(2).filter(|two| {
        matches!(two[1].as_str(), "answer" | "answers") && BEFORE_A_NOUN.contains(&two[0].as_str())
    });
    let nouns = nouns.map(|two| format!("\"{} {}\": say response", two[0], two[1]));
    let private = REPLACED.iter().filter(|(word, _)| words.iter().any(|one| one == word));
    nouns.chain(private.map(|(word, better)| format!("\"{word}\": say {better}"))).collect()
}

#[test]
fn the_documents_have_one_word_for_one_thing() {
    let texts = texts();
    assert!(texts.contains_key(Path::new("docs/concepts.md")));
    // The changelog says which word it was before.
    let read = texts.iter().filter(|(path, _)| path.as_path() != Path::new("CHANGELOG.md"));
    let wrong: Vec<String> = read
        .flat_map(|(path, text)| {
            wrong(text).into_iter().map(move |wrong| format!("{}: {wrong}", path.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_noun_is_told_from_a_verb_and_from_a_name() {
    assert_eq!(
        wrong("The upstream answers, and Dateline does not answer. See `the answer`."),
        [] as [&str; 0]
    );
    assert_eq!(wrong("It is an\nanswer."), ["\"an answer\": say response"]);
    assert_eq!(
        wrong("The bypass of answers."),
        ["\"of answers\": say response", "\"bypass\": say passthrough"]
    );
}
