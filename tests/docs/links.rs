//! Links between the Markdown files of the repository, read as GitHub reads them.

use crate::common::files::{files, root, text};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

const SUMMARY: &str = "docs/SUMMARY.md";

/// One Markdown file: the anchors of its headings, and where its links and images lead.
#[derive(Default)]
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<String>,
}

impl Page {
    fn read(text: &str) -> Page {
        let mut page = Page::default();
        let mut heading: Option<String> = None;
        let mut repeated: BTreeMap<String, usize> = BTreeMap::new();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let before = repeated.entry(anchor.clone()).or_default();
                    page.anchors.insert(match *before {
                        0 => anchor,
                        before => format!("{anchor}-{before}"),
                    });
                    *before += 1;
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                _ => {}
            }
        }
        page
    }
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The texts of the Markdown files of the repository, by path.
pub(super) fn texts() -> BTreeMap<PathBuf, String> {
    files("", "md").into_iter().map(|path| (path.clone(), text(path))).collect()
}

/// The Markdown files of the repository, by path.
fn pages() -> BTreeMap<PathBuf, Page> {
    texts().into_iter().map(|(path, text)| (path, Page::read(&text))).collect()
}

/// The path in the repository that a link on a page leads to, and its anchor. `None` if it leads out of the repository.
fn resolve(page: &Path, link: &str) -> Option<(PathBuf, Option<String>)> {
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor.to_owned())),
        None => (link, None),
    };
    if path.contains("://") || path.starts_with("mailto:") {
        return None;
    }
    if path.is_empty() {
        return Some((page.to_owned(), anchor));
    }
    let mut resolved = page.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    Some((resolved, anchor))
}

/// Returns the fault of a link, if any.
fn wrong(pages: &BTreeMap<PathBuf, Page>, page: &Path, link: &str) -> Option<String> {
    let (path, anchor) = resolve(page, link)?;
    let at = || format!("{}: ({link})", page.display());
    if !root().join(&path).exists() {
        return Some(format!("{} is no file", at()));
    }
    let known = anchor
        .as_ref()
        .is_none_or(|anchor| pages.get(&path).is_some_and(|page| page.anchors.contains(anchor)));
    (!known).then(|| format!("{} is no heading", at()))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let pages = pages();
    let links = || pages.iter().flat_map(|(path, page)| page.links.iter().map(move |link| (path, link)));
    assert!(links().count() > 100, "the documents have links");
    let wrong: Vec<String> = links().filter_map(|(path, link)| wrong(&pages, path, link)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_stands_once_in_the_summary() {
    let pages = pages();
    let summary = Path::new(SUMMARY);
    let listed: Vec<PathBuf> =
        pages[summary].links.iter().filter_map(|link| Some(resolve(summary, link)?.0)).collect();
    let once: BTreeSet<&PathBuf> = listed.iter().collect();
    assert_eq!(once.len(), listed.len(), "{SUMMARY} lists a page twice");
    let missing: Vec<&PathBuf> = pages
        .keys()
        .filter(|path| path.as_path() != summary && !path.starts_with(".github") && !once.contains(path))
        .collect();
    assert!(missing.is_empty(), "{SUMMARY} does not list {missing:?}");
}

#[test]
fn a_broken_link_does_not_pass() {
    let page = |text: &str| Page::read(text);
    let pages: BTreeMap<PathBuf, Page> = [
        (
            "docs/laws.md".into(),
            page("# Laws\n\n## Where a `document` is odd, and how\n\n## Twice\n\n## Twice\n"),
        ),
        ("README.md".into(), page("[laws](docs/laws.md)\n\n```md\n[none](none.md)\n```\n")),
    ]
    .into();
    assert_eq!(pages[Path::new("README.md")].links, ["docs/laws.md"], "code has no links");
    for (page, link, holds) in [
        ("README.md", "docs/laws.md", true),
        ("README.md", "docs/laws.md#where-a-document-is-odd-and-how", true),
        ("docs/laws.md", "#twice-1", true),
        ("docs/laws.md", "../README.md", true),
        ("docs/laws.md", "https://example.com/none.md", true),
        ("docs/laws.md", "#twice-2", false),
        ("README.md", "docs/laws.md#none", false),
        ("README.md", "docs/none.md", false),
        ("docs/laws.md", "README.md", false),
    ] {
        assert_eq!(wrong(&pages, Path::new(page), link).is_none(), holds, "{page} {link}");
    }
}
