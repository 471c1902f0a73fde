//! The house rules that a program can count: doc comments that are sentences, type names that mean one thing, functions
//! that fit a screen, imports that go down, log events that name their target. `cargo test --test integration style -- --nocapture` prints the figures.

mod docs;
mod functions;
mod imports;
mod log_targets;
mod planted;
mod source;
mod types;
mod walls;

use source::Source;

/// The share of first doc lines that may be fragments, in percent.
const FRAGMENTS: usize = 5;
/// The share of a crate's type names that may be defined in more than one of its files, in percent.
const REPEATED_TYPES: usize = 8;
/// The share of first doc lines under `tests/` that may be fragments, in percent.
const FRAGMENTS_IN_TESTS: usize = 2;
/// The longest function, in lines from `fn` to its closing brace.
const LONGEST_FUNCTION: usize = 80;

/// One place that breaks a rule.
struct Offender {
    file: String,
    line: usize,
    why: String,
}

/// Fails with every offender when their share of `count` is over `bar` percent, and prints the figure otherwise.
fn hold(rule: &str, (part, count): (usize, usize), bar: usize, offenders: &[Offender]) {
    let tenths = 1000 * part / count.max(1);
    let figure = format!("{rule}: {}.{} %, {part} of {count}; the bar is {bar} %", tenths / 10, tenths % 10);
    println!("{figure}");
    assert!(100 * part <= bar * count, "{figure}\n{}", listed(offenders));
}

fn listed(offenders: &[Offender]) -> String {
    offenders.iter().map(|Offender { file, line, why }| format!("{file}:{line}: {why}\n")).collect()
}

fn hold_docs(rule: &str, sources: &[Source], bar: usize) {
    let count: usize = sources.iter().map(|source| docs::first_lines(source).count()).sum();
    let offenders: Vec<_> = sources.iter().flat_map(docs::fragments).collect();
    hold(rule, (offenders.len(), count), bar, &offenders);
}

#[test]
fn doc_comments_begin_with_a_sentence() {
    hold_docs("doc comments that begin with a fragment", &source::of_the_crates(), FRAGMENTS);
    hold_docs("the same in tests/", &source::of_the_tests(), FRAGMENTS_IN_TESTS);
}

#[test]
fn a_type_name_is_unique_in_its_crate() {
    let sources = source::of_the_crates();
    for (name, types) in types::by_crate(&sources) {
        let rule = format!("type names in more than one file of {name}");
        hold(&rule, (types.repeated(), types.names()), REPEATED_TYPES, &types.offenders());
    }
}

#[test]
fn a_function_fits_a_screen() {
    hold_lengths("function", &source::of_the_crates());
    hold_lengths("function in tests/", &source::of_the_tests());
}

fn hold_lengths(rule: &str, sources: &[Source]) {
    let bar = LONGEST_FUNCTION;
    let lengths: Vec<_> = sources.iter().flat_map(functions::lengths).collect();
    println!("longest {rule}: {:?} lines of {bar}", lengths.iter().map(|function| function.lines).max());
    let offenders: Vec<_> = lengths
        .into_iter()
        .filter(|function| function.lines > bar)
        .map(functions::Function::offends)
        .collect();
    assert!(offenders.is_empty(), "longest {rule}: over {bar} lines\n{}", listed(&offenders));
}
