//! Names of types that more than one file of a crate defines.

use std::collections::BTreeMap;

use super::Offender;
use super::functions::matching_brace;
use super::source::Source;

/// The types that one crate defines outside its tests: name, then file and line.
#[derive(Default)]
pub(super) struct Types(BTreeMap<String, Vec<(String, usize)>>);

/// The types of each crate, by its name.
pub(super) fn by_crate(sources: &[Source]) -> BTreeMap<&str, Types> {
    let mut crates: BTreeMap<&str, Types> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        crates.entry(&source.package).or_default().note(source);
    }
    crates
}

impl Types {
    pub(super) fn names(&self) -> usize {
        self.0.len()
    }

    pub(super) fn repeated(&self) -> usize {
        self.0.values().filter(|places| in_several_files(places)).count()
    }

    pub(super) fn offenders(&self) -> Vec<Offender> {
        let repeated = self.0.iter().filter(|(_, places)| in_several_files(places));
        repeated
            .flat_map(|(name, places)| {
                places.iter().map(move |(file, line)| Offender {
                    file: file.clone(),
                    line: *line,
                    why: name.clone(),
                })
            })
            .collect()
    }

    fn note(&mut self, source: &Source) {
        let mut test_ends = 0;
        let mut at = 0;
        for line in source.code.split_inclusive('\n') {
            if at >= test_ends && line.starts_with("#[cfg(test)]") {
                test_ends = end_of_inline_module(&source.code[at..]).map_or(0, |length| at + length);
            }
            if at >= test_ends
                && let Some(name) = defined(line)
            {
                self.0.entry(name.to_owned()).or_default().push((source.path.clone(), source.line(at)));
            }
            at += line.len();
        }
    }
}

fn in_several_files(places: &[(String, usize)]) -> bool {
    places.iter().any(|(file, _)| *file != places[0].0)
}

/// Returns where the module ends that a `#[cfg(test)]` at the start of `code` stands for, if its text is in this file.
fn end_of_inline_module(code: &str) -> Option<usize> {
    let open = code.find('{')?;
    let is_inline = code.find(';').is_none_or(|semicolon| open < semicolon);
    is_inline.then(|| matching_brace(code, open))
}

/// Returns the name of the type that a line defines. An associated type is indented, and is none.
fn defined(line: &str) -> Option<&str> {
    let top_level = !line.starts_with(' ');
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let keyword = words.find(|word| !["pub", "crate", "super", "in", "self", "unsafe"].contains(word))?;
    let is_type = ["struct", "enum", "trait", "union"].contains(&keyword) || (keyword == "type" && top_level);
    words.next().filter(|name| is_type && name.starts_with(|c: char| c.is_uppercase()))
}
