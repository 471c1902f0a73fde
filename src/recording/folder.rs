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

/// How a file is called until it is whole.
const UNFINISHED: &str = ".unfinished-";

/// How often a full folder is looked at: somebody may have made room.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// How much a folder may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Files.
    pub exchanges: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// What became of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is in the file of this name.
    As(String),
    /// There is no room.
    Full,
}

/// Why a folder cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Others may look into it.
    #[error("others than its owner may look into it: `chmod 700` it, or name a folder that is not there yet")]
    Open,
    /// Another process writes to it.
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

/// What shares are counted by: client, its version, operation.
type Group = (String, String, String);

#[derive(Debug)]
struct Entry {
    name: String,
    bytes: u64,
}

impl Folder {
    /// Opens a folder, which is made where it is not there: `0700`, as it has to be.
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

    /// Whether it is still where it was, so that what is written can be found.
    pub fn is_in_place(&self) -> bool {
        self.path.join(LOCK).exists()
    }

    /// How many exchanges there are, and the bytes of their files.
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

    /// Whether there is room for one more, once what has to go is gone.
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

    /// The groups whose oldest exchanges have to go, one each time; nothing where there would be no room even so.
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

    /// Somebody may have taken files away.
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
mod tests {
    use super::{super::exchange::tests::exchange, *};

    const ROOM: Bounds = Bounds { exchanges: 9, bytes: 1000 };

    fn of(client: &str, operation: &str) -> Exchange {
        Exchange { client: client.into(), operation: operation.into(), ..exchange() }
    }

    /// A file with a text of this length that can be read again.
    fn text(exchange: &Exchange, length: usize) -> String {
        let redaction = super::super::redact::Redaction::new(Default::default()).unwrap();
        let text = exchange.redacted(&redaction, &[]).unwrap();
        format!("{text:<length$}")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names = reading::names(folder).unwrap();
        names.sort();
        names
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn files_are_numbered_by_operation_and_private() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/recording");
        let mut folder = Folder::open(&path).unwrap();
        for (operation, name) in [
            ("GET /plans/{id}", "get-plans-id-000001.json"),
            ("GET /plans/{id}", "get-plans-id-000002.json"),
            ("GET /plans/id", "get-plans-id-000003.json"),
            ("POST /plans", "post-plans-000001.json"),
        ] {
            assert_eq!(folder.keep(&of("a", operation), "x", ROOM).unwrap(), Kept::As(name.into()));
        }
        assert_eq!(folder.size(), (4, 4));
        #[cfg(unix)]
        assert_eq!((mode(&path), mode(&path.join("post-plans-000001.json"))), (0o700, 0o600));
        assert!(matches!(Folder::open(&path), Err(FolderError::Held)));
    }

    #[test]
    fn what_is_there_counts_and_is_never_overwritten() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("r");
        let plans = of("a", "GET /plans");
        let mut folder = Folder::open(&path).unwrap();
        (0..2).for_each(|_| {
            assert!(matches!(
                folder.keep(&plans, &text(&plans, 1000), Bounds { bytes: 9000, ..ROOM }),
                Ok(Kept::As(_))
            ))
        });
        let size = folder.size();
        drop(folder);
        fs::write(path.join("notes.json"), "mine").unwrap();
        fs::write(path.join(format!("{UNFINISHED}x.json")), "half").unwrap();
        let mut folder = Folder::open(&path).unwrap();
        assert_eq!(folder.size(), size);
        let bounds = Bounds { exchanges: 3, bytes: 9000 };
        assert_eq!(folder.keep(&plans, "x", bounds).unwrap(), Kept::As("get-plans-000003.json".into()));
        assert_eq!(folder.keep(&plans, "x", bounds).unwrap(), Kept::Full);
        assert!(path.join("notes.json").exists() && !path.join(format!("{UNFINISHED}x.json")).exists());
    }

    #[test]
    fn what_is_rare_takes_the_place_of_what_there_is_most_of_and_then_it_rests() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("r");
        let mut folder = Folder::open(&path).unwrap();
        let bounds = Bounds { exchanges: 4, bytes: 1000 };
        let mut keep =
            |client: &str, operation: &str| folder.keep(&of(client, operation), "x", bounds).unwrap();
        (0..4).for_each(|_| assert!(matches!(keep("a", "GET /plans"), Kept::As(_))));
        assert_eq!(keep("a", "GET /plans"), Kept::Full);
        assert_eq!(keep("a", "POST /plans"), Kept::As("post-plans-000001.json".into()));
        assert_eq!(keep("b", "GET /plans"), Kept::As("get-plans-000005.json".into()));
        assert_eq!(keep("b", "GET /plans"), Kept::Full, "each would have two, or one");
        assert_eq!(keep("a", "GET /plans"), Kept::Full);
        assert_eq!(
            names(&path),
            [
                "get-plans-000003.json",
                "get-plans-000004.json",
                "get-plans-000005.json",
                "post-plans-000001.json"
            ]
        );
    }

    #[test]
    fn bytes_are_a_bound_too_and_nothing_goes_for_nothing() {
        let temporary = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(&temporary.path().join("r")).unwrap();
        let bounds = Bounds { exchanges: 100, bytes: 100 };
        let mut keep = |operation: &str, length: usize| {
            folder.keep(&of("a", operation), &"x".repeat(length), bounds).unwrap()
        };
        (0..10).for_each(|_| assert!(matches!(keep("GET /plans", 10), Kept::As(_))));
        assert_eq!(keep("GET /plans", 1), Kept::Full);
        assert!(matches!(keep("GET /users", 25), Kept::As(_)), "three go for it");
        assert_eq!(keep("POST /plans", 95), Kept::Full);
        assert_eq!(folder.size(), (8, 95));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_see_is_not_written_to() {
        use std::os::unix::fs::PermissionsExt;
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("r");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        drop(Folder::open(&path).unwrap());
        assert_eq!(mode(&path), 0o700, "an empty one is made private");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::Open)));
    }

    #[test]
    fn room_that_somebody_makes_is_found_and_a_folder_that_is_gone_is_noticed() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("r");
        let mut folder = Folder::open(&path).unwrap();
        let (plans, bounds) = (of("a", "GET /plans"), Bounds { exchanges: 1, bytes: 100 });
        folder.keep(&plans, "x", bounds).unwrap();
        fs::remove_file(path.join("get-plans-000001.json")).unwrap();
        assert_eq!(folder.keep(&plans, "x", bounds).unwrap(), Kept::Full, "not yet");
        folder.looked -= LOOK_AGAIN;
        assert_eq!(folder.keep(&plans, "x", bounds).unwrap(), Kept::As("get-plans-000002.json".into()));
        assert!(folder.is_in_place());
        fs::remove_dir_all(&path).unwrap();
        assert!(!folder.is_in_place());
        folder.looked -= LOOK_AGAIN;
        assert!(folder.keep(&plans, "x", Bounds { exchanges: 9, ..bounds }).is_err());
    }
}
