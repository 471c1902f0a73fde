//! Support for tests: packs from texts.

use super::{Diagnostics, Pack, source::Sources};
use crate::authored::Source;

/// The pack of these files, `(name, text)`.
pub(crate) fn read(files: &[(&str, &str)]) -> Result<Pack, Diagnostics> {
    let file = |(name, text): &(&str, &str)| Source { name: (*name).into(), text: (*text).into() };
    Pack::read(Sources::new(files.iter().map(file).collect(), "shop"))
}

/// A pack below `/api/v1` with these operations, and versions without changes: `2025-01-01`, `2025-01-02` and so on.
pub(crate) fn of_versions(operations: &str, versions: usize) -> Pack {
    let api = format!(
        "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = '/api/v1'\n{operations}"
    );
    a_version_a_day(&api, &vec![""; versions])
}

/// A pack of `GET /a` with these resources. Its versions begin with 2025-01-01 and have these changes, one version a day.
pub(crate) fn of_changes(resources: &str, changes: &[&str]) -> Pack {
    let api = format!(
        "name = 'x'\ntitle = 'X'\nheader = 'V'\ndefault_version = '2025-01-01'\nbase_path = ''\n\
         operations = ['GET /a']\n{resources}\n"
    );
    a_version_a_day(&api, changes)
}

/// A pack whose versions begin with 2025-01-01 and have these changes.
pub(crate) fn a_version_a_day(api: &str, changes: &[&str]) -> Pack {
    let version = |(number, changes): (usize, &&str)| {
        let date = format!("2025-01-{:02}", number + 1);
        (format!("{date}.toml"), format!("version = '{date}'\ntitle = 'T'\n{changes}"))
    };
    let versions: Vec<(String, String)> = changes.iter().enumerate().map(version).collect();
    let versions = versions.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let files: Vec<_> = [("api.toml", api)].into_iter().chain(versions).collect();
    read(&files).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A change of a resource with these steps.
pub(crate) fn change(name: &str, resource: &str, steps: &str) -> String {
    format!("[[change]]\nname = '{name}'\nwhy = 'Why.'\nresource = '{resource}'\nsteps = [{steps}]\n")
}
