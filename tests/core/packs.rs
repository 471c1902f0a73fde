//! Packs that are made for a test: files as values, and the pack that a kind's examples make.

use crate::common::pack;
use dateline_core::{
    pack::{Diagnostics, Pack},
    step::{Direction, KindFacts, Recipe},
};
use std::{collections::BTreeMap, sync::Arc};
use toml::Table;

/// The files of a pack by name, as values.
pub(super) type Files = BTreeMap<String, Table>;

/// The pack that these files make.
pub(super) fn load(files: &Files) -> Result<Arc<Pack>, Diagnostics> {
    pack::load(files.iter().map(|(name, table)| (name.clone(), written(table)))).map(Arc::new)
}

/// The text of a file. Addresses stay in their order: the writer would put those that are tables behind all others.
fn written(file: &Table) -> String {
    let mut file = file.clone();
    let operations = file.remove("operation").map(|operations| format!("operation = {operations}\n"));
    operations.unwrap_or_default() + &file.to_string()
}

/// The files of a pack whose changes are the examples of a kind. Each changes a resource of its own, which is alone
/// and in a list.
pub(super) fn of_examples(kind: &KindFacts) -> Files {
    let (mut operations, mut resources, mut changes) = (Vec::new(), String::new(), String::new());
    for (number, example) in kind.examples.iter().enumerate() {
        let (method, part) = if kind.is_of_requests { ("POST", "body") } else { ("GET", "response") };
        let (one, list) = (format!("{method} /r{number}"), format!("{method} /r{number}s"));
        operations.extend([format!("'{one}'"), format!("'{list}'")]);
        resources += &format!(
            "[resource.R{number}]\nfound = [{{ in = '{one}', part = '{part}', at = '$' }}, \
             {{ in = '{list}', part = '{part}', at = '$.data[*]' }}]\n"
        );
        changes += &format!(
            "[[change]]\nname = 'Change {number}'\nwhy = 'Why.'\nresource = 'R{number}'\nsteps = [{}]\n",
            example.steps
        );
        let ((up, down), wrap) = (example.loses, |text: &str| format!("{{\"data\":[{text}]}}"));
        let both =
            [(one, example.old.into(), example.new.into()), (list, wrap(example.old), wrap(example.new))];
        for (operation, old, new) in both {
            changes += &format!(
                "[[change.example]]\nin = '{operation}'\npart = '{part}'\nold = '''{old}'''\nnew = '''{new}'''\n\
                 up_loses = '{up}'\ndown_loses = '{down}'\n"
            );
        }
        for other in kind.one_way.iter().filter(|other| other.example == number) {
            let (way, old, new) = match other.direction {
                Direction::Up => ("up", other.from, other.to),
                Direction::Down => ("down", other.to, other.from),
            };
            let loses = other.loses;
            changes += &format!(
                "[[change.example]]\nway = '{way}'\nold = '''{old}'''\nnew = '''{new}'''\n{way}_loses = '{loses}'\n"
            );
        }
    }
    of_two_versions(&operations.join(", "), &resources, &changes)
}

/// The files of a pack in which one change of the resource `Thing` is the recipe, with its documents as examples.
pub(super) fn of_recipe(recipe: &Recipe) -> Files {
    let Recipe { steps, old, new, .. } = recipe;
    let found = match old.starts_with('{') {
        true => "part = 'response', at = '$'",
        false => "part = 'query'",
    };
    let resources = format!("[resource.Thing]\nfound = [{{ in = 'GET /things', {found} }}]\n");
    let changes = format!(
        "[[change]]\nname = 'Change it'\nwhy = 'Why.'\nresource = 'Thing'\nsteps = [{}]\n\
         [[change.example]]\nin = 'GET /things'\nold = '''{old}'''\nnew = '''{new}'''\n",
        steps.join(", ")
    );
    of_two_versions("'GET /things'", &resources, &changes)
}

/// The files of a pack with these operations and resources, and with these changes between its two versions.
fn of_two_versions(operations: &str, resources: &str, changes: &str) -> Files {
    let head =
        "name = 'kind'\ntitle = 'Kind'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = ''\n";
    let texts = [
        (
            "api.toml",
            format!("{head}operations = [{operations}]\n{resources}[lookup.decimals]\nusd = 2\njpy = 0\n"),
        ),
        ("2025-01-01.toml", "version = '2025-01-01'\ntitle = 'Older'\n".to_owned()),
        ("2025-01-02.toml", format!("version = '2025-01-02'\ntitle = 'Newer'\n{changes}")),
    ];
    let parsed = |(name, text): (&str, String)| {
        let table = text.parse().unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        (name.to_owned(), table)
    };
    texts.into_iter().map(parsed).collect()
}
