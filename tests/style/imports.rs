//! The paths that Rust code names: enough of the language to find every import.

use super::source::Source;
use std::collections::BTreeSet;

/// A path as it is written; `super::stats::Client` is three names.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) names: Vec<String>,
    /// The line where its path begins, from 1.
    pub(super) line: usize,
    /// The inline modules around it, outermost first.
    pub(super) inside: Vec<String>,
    /// True inside an inline module that is compiled for tests only.
    pub(super) is_test: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'s> {
    Name(&'s str),
    /// `::`
    Colons,
    Other(char),
}

/// An inline module, and the depth of braces that it stands at.
struct Inline {
    name: String,
    depth: usize,
    is_test: bool,
}

/// Returns every path of at least two names that begins at `crate`, `super`, `self`, or the name of one of `crates`.
pub(super) fn of(source: &Source, crates: &BTreeSet<&str>) -> Vec<Import> {
    let (tokens, places) = tokens(&source.code);
    let mut imports = Vec::new();
    let mut inline: Vec<Inline> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match *token {
            Token::Other('{') => depth += 1,
            Token::Other('}') => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|module| module.depth == depth);
            }
            Token::Name("mod") => {
                if let [Token::Name(name), Token::Other('{'), ..] = tokens[at + 1..] {
                    inline.push(Inline {
                        name: name.to_owned(),
                        depth,
                        is_test: is_for_tests(&tokens[..at]),
                    });
                }
            }
            Token::Name(name) if begins(&tokens[..at]) && (is_keyword(name) || crates.contains(name)) => {
                let mut found = Vec::new();
                let end = tree(&tokens, at, &mut Vec::new(), &mut found);
                imports.extend(found.into_iter().filter(|names| names.len() > 1).map(|names| Import {
                    names,
                    line: source.line(places[at]),
                    inside: inline.iter().map(|module| module.name.clone()).collect(),
                    is_test: inline.iter().any(|module| module.is_test),
                }));
                at = end;
                continue;
            }
            Token::Name(_) | Token::Colons | Token::Other(_) => {}
        }
        at += 1;
    }
    imports
}

/// Returns names and punctuation, and the byte that each begins at.
fn tokens(code: &str) -> (Vec<Token<'_>>, Vec<usize>) {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (mut tokens, mut places, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(letter) = code[at..].chars().next() {
        let rest = &code[at..];
        let (token, length) = match letter {
            ':' if rest.starts_with("::") => (Token::Colons, 2),
            _ if is_name(letter) => {
                let name = &rest[..rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())];
                (Token::Name(name), name.len())
            }
            other => (Token::Other(other), other.len_utf8()),
        };
        if !letter.is_whitespace() {
            tokens.push(token);
            places.push(at);
        }
        at += length;
    }
    (tokens, places)
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "crate" | "super" | "self")
}

/// Tells whether a path begins behind these tokens: not in the middle of one, and not where a visibility says
/// `pub(in path)`.
fn begins(before: &[Token<'_>]) -> bool {
    let is_visibility = before.ends_with(&[Token::Name("pub"), Token::Other('('), Token::Name("in")]);
    !is_visibility && !matches!(before.last(), Some(Token::Colons | Token::Other('.')))
}

/// Reads a path, or a tree of paths such as `a::{b, c::d}`. Returns where it ends.
fn tree(tokens: &[Token<'_>], mut at: usize, names: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let length = names.len();
    let mut goes_on = true;
    while goes_on && let Some(Token::Name(name)) = tokens.get(at) {
        names.push((*name).to_owned());
        goes_on = tokens.get(at + 1) == Some(&Token::Colons);
        at += if goes_on { 2 } else { 1 };
    }
    if goes_on && tokens.get(at) == Some(&Token::Other('{')) {
        at += 1;
        while !matches!(tokens.get(at), None | Some(Token::Other('}'))) {
            at = tree(tokens, at, names, found);
            // What follows a path here is a comma, `as name`, or the star of a glob.
            while !matches!(tokens.get(at), None | Some(Token::Other(',' | '}'))) {
                at += 1;
            }
            at += usize::from(tokens.get(at) == Some(&Token::Other(',')));
        }
        at += 1;
    } else {
        found.push(names.clone());
    }
    names.truncate(length);
    at
}

/// Tells whether the attributes right before a `mod` say `#[cfg(test)]`.
fn is_for_tests(before: &[Token<'_>]) -> bool {
    let end = before.iter().rposition(|token| matches!(token, Token::Other(';' | '}' | '{')));
    let attributes = &before[end.map_or(0, |end| end + 1)..];
    let test = [Token::Name("cfg"), Token::Other('('), Token::Name("test"), Token::Other(')')];
    attributes.windows(test.len()).any(|tokens| tokens == test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Import> {
        of(&Source::new("src/a.rs".to_owned(), "a", text), &BTreeSet::from(["dateline_core"]))
    }

    fn paths(text: &str) -> Vec<String> {
        found(text).into_iter().map(|import| import.names.join("::")).collect()
    }

    #[test]
    fn paths_are_found_in_trees_and_in_code() {
        let tree = "use super::{a::{B, c::*}, broken::{d as e, f,}, self};";
        assert_eq!(
            paths(tree),
            ["super::a::B", "super::a::c", "super::broken::d", "super::broken::f", "super::self"]
        );
        let code = "fn f<'a>(x: &'a crate::a::B) -> dateline_core::C { self::d::e::<super::T>() }";
        assert_eq!(paths(code), ["crate::a::B", "dateline_core::C", "self::d::e", "super::T"]);
        assert_eq!(paths("use crate::a as b; x.super_::y(); other::crate_::z"), ["crate::a"]);
    }

    #[test]
    fn comments_texts_and_visibilities_are_no_paths() {
        let text = "// crate::a\nconst A: &str = \"crate::b\"; pub(in crate::c) fn f() { for x in crate::d::e() {} }";
        assert_eq!(paths(text), ["crate::d::e"]);
    }

    #[test]
    fn the_inline_modules_around_a_path_are_known() {
        let text = "mod a { mod b { use super::c; } use super::d; }\nuse super::e;\n#[cfg(test)]\nmod t { use super::f; }";
        let found = found(text).into_iter();
        let found = found
            .map(|import| (import.inside.join("::"), import.names.join("::"), import.line, import.is_test));
        let expected = [
            ("a::b", "super::c", 1, false),
            ("a", "super::d", 1, false),
            ("", "super::e", 2, false),
            ("t", "super::f", 4, true),
        ];
        let expected =
            expected.map(|(inside, path, line, test)| (inside.to_owned(), path.to_owned(), line, test));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
