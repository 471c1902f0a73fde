//! A folder of exchanges: private, within bounds, one writer at a time.

use super::{Exchange, reading};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Held by the process that writes.
const LOCK: &str = ".dateline-recording";

/// The start of a file's name until the file is complete.
const UNFINISHED: &str = ".unfinished-";

/// The interval between looks at a full folder: a user may have deleted files.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// The limits of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Files.
    pub exchanges: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// The result of keeping an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The exchange is in the file of this name.
    As(String),
    /// The folder has no room.
    Full,
}

/// A reason why a folder cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Others may look into it.
    #[error("others than its owner may look into it: `chmod 700` it, or name a folder that is not there yet")]
    Open,
    /// The folder is in use by another process.
    #[error("another process records into it")]
    Held,
    /// The system says so.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A folder that this process writes to.
///
/// Full, it makes room only for what it has less of: the oldest exchange of the client and operation that it has most of
/// goes, where the new one's would still have fewer. So whatever is rare is in it, and it comes to rest.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
    groups: HashMap<Group, VecDeque<Entry>>,
    /// The last number of a name.
    numbers: HashMap<String, u64>,
    exchanges: u64,
    bytes: u64,
    looked: Instant,
}

/// The key under which shares of the folder are counted: client, its version, operation.
type Group = (String, String, String);

#[derive(Debug)]
struct Entry {
    name: String,
    bytes: u64,
}

impl Folder {
    /// Opens a folder. If it does not exist, it is created with mode `0700`.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        make(path)?;
        let lock = private(OpenOptions::new().create(true).append(true)).open(path.join(LOCK))?;
        lock.try_lock().map_err(|problem| match problem {
            TryLockError::WouldBlock => FolderError::Held,
            TryLockError::Error(problem) => FolderError::System(problem),
        })?;
        let mut folder = Folder {
            path: path.to_owned(),
            _lock: lock,
            groups: HashMap::new(),
            numbers: HashMap::new(),
            exchanges: 0,
            bytes: 0,
            looked: Instant::now(),
        };
        folder.take_stock()?;
        Ok(folder)
    }

    /// Takes in what is there.
    fn take_stock(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
        let mut names = reading::names(&self.path)?;
        // The oldest first.
        names.sort_by_key(|name| numbered(name).map(|(_, number)| number));
        for name in names {
            let Some((stem, number)) = numbered(&name) else { continue };
            let last = self.numbers.entry(stem.to_owned()).or_default();
            *last = number.max(*last);
            let file = self.path.join(&name);
            if let Ok(exchange) = reading::read(&file) {
                let bytes = fs::metadata(&file)?.len();
                self.add(group(&exchange), Entry { name, bytes });
            }
        }
        Ok(())
    }

    /// Tells whether the folder is still at its path, so that its files can be found.
    pub fn is_in_place(&self) -> bool {
        self.path.join(LOCK).exists()
    }

    /// Returns the number of exchanges, and the size of their files in bytes.
    pub fn size(&self) -> (u64, u64) {
        (self.exchanges, self.bytes)
    }

    /// Keeps an exchange under the next number of its operation; `text` is that of its file.
    ///
    /// # Errors
    /// It cannot be written; nothing of it is left then.
    pub fn keep(&mut self, exchange: &Exchange, text: &str, bounds: Bounds) -> io::Result<Kept> {
        let group = group(exchange);
        if !self.make_room(&group, text.len() as u64, bounds)? {
            return Ok(Kept::Full);
        }
        let stem = stem(&exchange.operation);
        let number = self.numbers.get(&stem).copied().unwrap_or_default() + 1;
        let name = format!("{stem}-{number:06}.json");
        let unfinished = self.path.join(format!("{UNFINISHED}{name}"));
        let written = private(OpenOptions::new().write(true).create_new(true))
            .open(&unfinished)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&unfinished, self.path.join(&name)));
        if let Err(problem) = written {
            // Where the disk is full, this makes room.
            let _ = fs::remove_file(&unfinished);
            return Err(problem);
        }
        self.numbers.insert(stem, number);
        self.add(group, Entry { name: name.clone(), bytes: text.len() as u64 });
        Ok(Kept::As(name))
    }

    fn add(&mut self, group: Group, entry: Entry) {
        self.exchanges += 1;
        self.bytes += entry.bytes;
        self.groups.entry(group).or_default().push_back(entry);
    }

    /// Deletes files that have to go, and tells whether there is room for one more.
    fn make_room(&mut self, group: &Group, bytes: u64, bounds: Bounds) -> io::Result<bool> {
        let mut going = self.going(group, bytes, bounds);
        if going.is_none() && self.looked.elapsed() >= LOOK_AGAIN {
            self.forget_the_missing()?;
            going = self.going(group, bytes, bounds);
        }
        let Some(going) = going else { return Ok(false) };
        for group in going {
            if let Some(entry) = self.groups.get_mut(&group).and_then(VecDeque::pop_front) {
                self.exchanges -= 1;
                self.bytes -= entry.bytes;
                match fs::remove_file(self.path.join(entry.name)) {
                    Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
                    _ => {}
                }
            }
        }
        self.groups.retain(|_, entries| !entries.is_empty());
        Ok(true)
    }

    /// Returns the groups whose oldest exchanges have to go, one for each deletion, or `None` if there would be no room
    /// even then.
    fn going(&self, own: &Group, bytes: u64, bounds: Bounds) -> Option<Vec<Group>> {
        let mut going = Vec::new();
        let (mut exchanges, mut used) = (self.exchanges + 1, self.bytes + bytes);
        let mut left: Vec<(usize, &Group, &VecDeque<Entry>)> =
            self.groups.iter().map(|(group, entries)| (entries.len(), group, entries)).collect();
        let own = self.groups.get(own).map_or(0, VecDeque::len);
        while exchanges > bounds.exchanges || used > bounds.bytes {
            let (count, group, entries) = left.iter_mut().max_by_key(|(count, group, _)| (*count, *group))?;
            let oldest = entries.get(entries.len() - *count)?;
            if *count <= own + 1 {
                return None;
            }
            *count -= 1;
            (exchanges, used) = (exchanges - 1, used - oldest.bytes);
            going.push((*group).clone());
        }
        Some(going)
    }

    /// Forgets files that a user has deleted.
    fn forget_the_missing(&mut self) -> io::Result<()> {
        let there: HashSet<String> = reading::names(&self.path)?.into_iter().collect();
        for entries in self.groups.values_mut() {
            entries.retain(|entry| there.contains(&entry.name));
        }
        self.groups.retain(|_, entries| !entries.is_empty());
        self.exchanges = self.groups.values().map(|entries| entries.len() as u64).sum();
        self.bytes = self.groups.values().flatten().map(|entry| entry.bytes).sum();
        self.looked = Instant::now();
        Ok(())
    }
}

fn group(exchange: &Exchange) -> Group {
    let pin = exchange.pin.map_or("upstream".to_owned(), |pin| pin.to_string());
    (exchange.client.clone(), pin, exchange.operation.clone())
}

/// `GET /plans/{id}` -> `get-plans-id`.
fn stem(operation: &str) -> String {
    let words =
        operation.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The stem and the number of a name that this made.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (stem, number) = name.strip_suffix(".json")?.rsplit_once('-')?;
    (number.len() >= 6).then_some((stem, number.parse().ok()?))
}

/// Makes the folder, or makes sure that it is its owner's only.
fn make(path: &Path) -> Result<(), FolderError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        if mode & 0o077 != 0 {
            // One that was just made for this.
            if !is_empty() {
                return Err(FolderError::Open);
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// A file for its owner only.
fn private(options: &mut OpenOptions) -> &OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests;
