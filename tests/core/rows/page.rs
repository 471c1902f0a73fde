//! The page of all rows: number, what changes, the construct that says it, and what is lost.

use super::built::Built;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// The page of these rows.
pub(super) fn page(groups: &[(&str, &[Built<'_>])]) -> String {
    let mut page = String::from(HEAD);
    for (title, rows) in groups {
        let said = rows.iter().filter(|built| built.row.is_said()).count();
        let _ = write!(page, "\n## {title}\n\n{} rows, {said} said.\n\n{}", rows.len(), counts(rows));
        let mut sheet = "";
        for built in *rows {
            if built.sheet.name != sheet {
                sheet = &built.sheet.name;
                let file = &built.sheet.file;
                let _ = write!(
                    page,
                    "\n### {}, {} to {}\n\n| row | of | what changes | class | how it is said | what its examples lose |\n\
                     |---|---|---|---|---|---|\n",
                    file.api, file.older, file.newer
                );
            }
            let _ = writeln!(page, "{}", line(built));
        }
    }
    page
}

const HEAD: &str = "\
<!-- Written by `UPDATE=1 cargo test --test integration rows`. -->

# Real changes, row by row

Breaking changes that real APIs have published, each with the construct of the language of packs that says it, or the reason why none
can. Each row that is said has a small pack of its own in [tests/rows](../tests/rows/README.md), with an example in both directions.
[Packs of version modules](../transforms/README.md) explains the constructs, and [What translations can lose](losses.md) the losses.

*exact*, *lossy* and *impossible* say what the change itself allows: both directions say the same; one of them drops something or makes
something up; or the truth that is needed is not in the message. `nothing` means that such documents pass as they are.
";

fn line(built: &Built<'_>) -> String {
    let row = built.row;
    let said: Vec<String> = built.constructs.iter().map(|name| format!("`{name}`")).collect();
    let said = said.join(", ");
    let way = |way: &str, losses: &BTreeSet<String>| match losses.is_empty() {
        true => None,
        false => Some(format!(
            "{way}: {}",
            losses.iter().map(|loss| format!("`{loss}`")).collect::<Vec<_>>().join(", ")
        )),
    };
    let mut lost: Vec<String> =
        [way("up", &built.losses.0), way("down", &built.losses.1)].into_iter().flatten().collect();
    let reasons = [&row.unsaid, &row.nothing, &row.gone].into_iter().flatten();
    lost.extend(reasons.map(|why| why.trim_end_matches('.').to_owned()));
    lost.extend(row.though.iter().map(|though| though.trim_end_matches('.').to_owned()));
    if lost.is_empty() {
        lost.push("nothing".to_owned());
    }
    let version = row.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
    format!(
        "| {} | {} | {}{version} | {} | {said} | {} |",
        row.number(),
        row.of,
        row.change.replace('|', "\\|"),
        row.class,
        lost.join("; ").replace('|', "\\|")
    )
}

/// The number of rows that each construct takes part in.
fn counts(rows: &[Built<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in rows.iter().flat_map(|built| &built.constructs) {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let lines = counts.iter().map(|(name, count)| format!("| `{name}` | {count} |\n"));
    format!("| construct | rows that need it |\n|---|---|\n{}", lines.collect::<String>())
}
