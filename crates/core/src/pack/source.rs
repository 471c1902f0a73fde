//! The files of a pack: a folder's, or those built into the program.

use crate::authored::{API, Code, Diagnostic, Diagnostics, Source};
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path, sync::Arc};

/// The files of the built-in pack: name and text.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded_pack.rs"));

/// The files of a pack, and what is wrong with the folder.
pub(super) struct Sources {
    pub(super) api: Option<Arc<Source>>,
    pub(super) modules: Vec<Arc<Source>>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Sources {
    /// Tells `api.toml` from the versions.
    pub(super) fn new(mut files: Vec<Source>, folder: &str) -> Self {
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let (api, modules): (Vec<_>, Vec<_>) =
            files.into_iter().map(Arc::new).partition(|file| file.order() == 0);
        let mut diagnostics = Vec::new();
        if api.is_empty() {
            let message = format!("the pack in `{folder}` has no `{API}`");
            let hint = "a pack is a folder with api.toml, which says where resources are found, and one file a version";
            diagnostics.push(Diagnostic::without_place(Code::File, message).hint(hint));
        }
        if modules.is_empty() {
            let message = format!("the pack in `{folder}` has no versions");
            let hint =
                "add a file for the oldest one, named after it, with `version` and `title`: 2025-01-01.toml";
            diagnostics.push(Diagnostic::without_place(Code::File, message).hint(hint));
        }
        Sources { api: api.into_iter().next(), modules, diagnostics }
    }
}

/// The files of the built-in pack.
pub(super) fn embedded() -> Sources {
    let file = |(name, text): &(&str, &str)| Source { name: (*name).into(), text: (*text).into() };
    Sources::new(EMBEDDED.iter().map(file).collect(), "the program")
}

/// The files of the pack in a folder: all that end in `.toml`.
pub(super) fn folder(folder: &Path) -> Result<Sources, Diagnostics> {
    let shown = folder.display().to_string();
    match read_folder(folder) {
        Ok(files) => Ok(Sources::new(files, &shown)),
        Err((name, error)) => {
            let diagnostic = Diagnostic::without_place(Code::File, format!("cannot read `{name}`: {error}"));
            Err(Diagnostics::new(vec![diagnostic]).unwrap_or_else(|| unreachable!("one diagnostic is some")))
        }
    }
}

fn read_folder(folder: &Path) -> Result<Vec<Source>, (String, io::Error)> {
    let named = |path: &Path| {
        let name = path.display().to_string();
        move |error| (name, error)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(named(folder))? {
        let path = entry.map_err(named(folder))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text = fs::read_to_string(&path).map_err(named(&path))?;
            files.push(Source { name: path.display().to_string(), text });
        }
    }
    Ok(files)
}

/// Eight hexadecimal digits of some files, wherever they lie.
pub(super) fn digest<'s>(files: impl Iterator<Item = &'s Arc<Source>>) -> String {
    let mut digest = Sha256::new();
    for file in files {
        for part in [file.stem(), &file.text] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
    }
    digest.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
