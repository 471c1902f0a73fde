//! The files of the built-in pack, and packs that are made of them.

use super::files::{self, text};
use dateline_core::pack::{Diagnostics, Pack};
use std::{collections::BTreeMap, fmt::Display, fs, path::Path, sync::Arc};

/// The files of a pack by name.
pub(crate) type Files = BTreeMap<String, String>;

/// The files of the built-in pack.
pub(crate) fn built_in() -> Files {
    let named = |path: &Path| (path.file_name().unwrap().to_str().unwrap().to_owned(), text(path));
    files::files("transforms/whop", "toml").iter().map(|path| named(path)).collect()
}

/// Writes the files of the built-in pack, edited, into a folder, which is made if there is none.
pub(crate) fn write(folder: &Path, edit: impl FnOnce(&mut Files)) {
    let mut files = built_in();
    edit(&mut files);
    fs::create_dir_all(folder).unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
}

/// The built-in pack, edited.
pub(crate) fn edited(edit: impl FnOnce(&mut Files)) -> Arc<Pack> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), edit);
    Arc::new(Pack::load(folder.path()).unwrap_or_else(|mistakes| panic!("{mistakes}")))
}

/// A version in which the total of an order is called sum.
pub(crate) const SUM: (&str, &str) = (
    "2026-07-01",
    "[[change]]\nname = \"Rename total\"\nwhy = \"w\"\nresource = \"Order\"\nsteps = [{ move = \"total\", to = \"sum\" }]\n",
);

/// The files of a shop's API at 2025-01-01 and a newer version, from its operations and resources and from the changes of
/// that version.
pub(crate) fn shop_files(api: &str, newer: (&str, &str)) -> [(String, String); 3] {
    shop_files_at("header = \"Shop-Version\"", "/v1", api, newer)
}

/// The same with another place of the version, and another base path.
fn shop_files_at(
    place: &str,
    base_path: &str,
    api: &str,
    (newer, changes): (&str, &str),
) -> [(String, String); 3] {
    let head = format!(
        "name = \"shop\"\ntitle = \"The shop\"\n{place}\ndefault_version = \"2025-01-01\"\nbase_path = \"{base_path}\"\n"
    );
    [
        ("api.toml".to_owned(), format!("{head}{api}")),
        version_file("2025-01-01", ""),
        version_file(newer, changes),
    ]
}

/// The pack of [`shop_files`].
pub(crate) fn shop(api: &str, newer: (&str, &str)) -> Arc<Pack> {
    loaded(shop_files(api, newer))
}

/// The same pack, whose requests say their version at another place: `place` is a line of `api.toml`.
pub(crate) fn shop_at(place: &str, base_path: &str, api: &str, newer: (&str, &str)) -> Arc<Pack> {
    loaded(shop_files_at(place, base_path, api, newer))
}

fn loaded(files: [(String, String); 3]) -> Arc<Pack> {
    Arc::new(load(files).unwrap_or_else(|mistakes| panic!("{mistakes}")))
}

/// The pack of an API and of its versions, each with its changes; the mistakes if it is refused.
pub(crate) fn of_versions(
    api: &str,
    versions: impl IntoIterator<Item = (impl Display, impl Display)>,
) -> Result<Arc<Pack>, Diagnostics> {
    let versions = versions.into_iter().map(|(version, changes)| version_file(version, changes));
    load([("api.toml".to_owned(), api.to_owned())].into_iter().chain(versions)).map(Arc::new)
}

/// The file of a version with these changes: its name and its text.
fn version_file(version: impl Display, changes: impl Display) -> (String, String) {
    (format!("{version}.toml"), format!("version = \"{version}\"\ntitle = \"Title\"\n{changes}"))
}

/// The pack that files with these names and texts make; the mistakes if it is refused.
pub(crate) fn load(files: impl IntoIterator<Item = (String, String)>) -> Result<Pack, Diagnostics> {
    let folder = tempfile::tempdir().unwrap();
    files.into_iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    Pack::load(folder.path())
}

/// Puts another text in the place of one that is in a file once.
pub(crate) fn replace(files: &mut Files, file: &str, was: &str, is: &str) {
    let text = files.get_mut(file).unwrap();
    assert_eq!(text.matches(was).count(), 1, "{was}");
    *text = text.replace(was, is);
}
