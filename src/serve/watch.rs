//! Detection of changed files. Their content is read from time to time.
//!
//! The system's notifications would not do: bind mounts and network file systems do not send them, and they end when a
//! folder is replaced. The files are few and small.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
};

/// Some files, and what they held when they were last looked at.
#[derive(Debug)]
pub(super) struct Watch {
    files: Vec<PathBuf>,
    /// A folder whose `.toml` files are watched as well.
    folder: Option<PathBuf>,
    known: u64,
    /// A change that was seen once.
    pending: Option<u64>,
}

impl Watch {
    pub(super) fn new(files: Vec<PathBuf>, folder: Option<PathBuf>) -> Self {
        let mut watch = Watch { files, folder, known: 0, pending: None };
        watch.known = watch.look();
        watch
    }

    /// Tells whether the files have changed since the last change. A change counts when two looks in a row find the
    /// same content: an editor may be in the middle of writing.
    pub(super) fn has_changed(&mut self) -> bool {
        let seen = self.look();
        let changed = seen != self.known && self.pending == Some(seen);
        if changed {
            self.known = seen;
        }
        self.pending = Some(seen);
        changed
    }

    /// Accepts the present content as known.
    pub(super) fn take(&mut self) {
        self.known = self.look();
    }

    /// The same, or `other` where that is about other files.
    pub(super) fn or(self, other: Watch) -> Self {
        let about = |watch: &Watch| (watch.files.clone(), watch.folder.clone());
        if about(&self) == about(&other) { self } else { other }
    }

    fn look(&self) -> u64 {
        let mut seen = DefaultHasher::new();
        let mut read = |path: &Path| {
            path.hash(&mut seen);
            fs::read(path).map_err(|error| error.kind()).hash(&mut seen);
        };
        self.files.iter().for_each(|file| read(file));
        if let Some(folder) = &self.folder {
            modules(folder).unwrap_or_default().iter().for_each(|file| read(file));
        }
        seen.finish()
    }
}

/// The files of a pack, sorted.
fn modules(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_believed_at_the_second_look() {
        let folder = tempfile::tempdir().unwrap();
        let (file, module) = (folder.path().join("a.toml"), folder.path().join("pack/1.toml"));
        fs::create_dir(folder.path().join("pack")).unwrap();
        fs::write(&file, "one").unwrap();
        let mut watch = Watch::new(vec![file.clone()], Some(folder.path().join("pack")));
        assert!(!watch.has_changed() && !watch.has_changed());
        fs::write(&file, "tw").unwrap();
        assert!(!watch.has_changed(), "half of it");
        fs::write(&file, "two").unwrap();
        assert!(!watch.has_changed() && watch.has_changed() && !watch.has_changed());
        fs::write(&module, "new").unwrap();
        assert!(!watch.has_changed() && watch.has_changed());
        fs::write(folder.path().join("pack/notes.md"), "no module").unwrap();
        fs::write(&file, "two").unwrap();
        assert!(!watch.has_changed() && !watch.has_changed(), "nothing is different");
        fs::remove_file(&module).unwrap();
        assert!(!watch.has_changed() && watch.has_changed());
    }

    #[cfg(unix)]
    #[test]
    fn a_renamed_file_and_a_swapped_link_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (version, text) in [("v1", "one"), ("v2", "two")] {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("dateline.toml"), text).unwrap();
        }
        std::os::unix::fs::symlink(at("v1"), at("..data")).unwrap();
        let mut watch = Watch::new(vec![at("..data/dateline.toml")], None);
        std::os::unix::fs::symlink(at("v2"), at("..next")).unwrap();
        fs::rename(at("..next"), at("..data")).unwrap();
        assert!(!watch.has_changed() && watch.has_changed());
        fs::write(at("v2/new"), "three").unwrap();
        fs::rename(at("v2/new"), at("v2/dateline.toml")).unwrap();
        assert!(!watch.has_changed() && watch.has_changed());
    }
}
