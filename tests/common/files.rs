//! The files of the repository, and a folder of a test's own.

use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Folders that hold no files of the project's own.
const SKIPPED: [&str; 4] = ["target", ".git", ".venv", "proptest-regressions"];

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// The files with this extension in a folder of the repository and those inside it, by their paths from the root, in
/// order.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                if !SKIPPED.iter().any(|skipped| path.ends_with(skipped)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// Compares a file of the repository that is made from the code with what it should be, or writes it.
pub(crate) fn is_generated(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        fs::write(&file, text).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(committed, text, "{path} is out of date: review the change, then run with UPDATE=1");
}

/// A folder with a configuration, and what that names.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    /// Empty but for a configuration.
    pub(crate) fn new(config: &str) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("dateline.toml", config);
        folder
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.at("dateline.toml")
    }

    /// A copy of the built-in pack, in `pack`.
    pub(crate) fn with_pack(self) -> Self {
        super::pack::write(&self.at("pack"), |_| {});
        self
    }
}
