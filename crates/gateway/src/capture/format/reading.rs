//! Every exchange of a folder.

use super::{Exchange, NotAnExchange};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file that holds more is no exchange: bodies are bounded by the gateway's limits.
const LARGEST: u64 = 256 << 20;

/// A file of captured exchanges, as far as it was read.
#[derive(Debug)]
pub struct CaptureFile {
    /// The name of the file in its folder.
    pub name: String,
    /// The exchange, or the reason why it cannot be read.
    pub exchange: Result<Exchange, Unreadable>,
}

/// A reason why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system says so.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The file is larger than a capture can be.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// The file is not a capture.
    #[error(transparent)]
    Other(#[from] NotAnExchange),
}

/// Reads every `.json` file of a folder, in order of names. Hidden files and subfolders are ignored.
///
/// # Errors
/// The folder cannot be read.
pub fn exchanges(folder: &Path) -> io::Result<impl Iterator<Item = CaptureFile>> {
    let mut files = names(folder)?;
    files.sort_unstable();
    let folder: PathBuf = folder.to_owned();
    Ok(files.into_iter().map(move |name| CaptureFile { exchange: read(&folder.join(&name)), name }))
}

/// The names of the files that may be exchanges.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .ok()
            .filter(|name| name.ends_with(".json") && !name.starts_with('.'));
        names.extend(name.filter(|_| !entry.path().is_dir()));
    }
    Ok(names)
}

/// Reads one file.
pub(super) fn read(file: &Path) -> Result<Exchange, Unreadable> {
    if fs::metadata(file)?.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    Ok(Exchange::read(&fs::read(file)?)?)
}
