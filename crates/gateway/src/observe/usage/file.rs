//! The file: a year of days, and the secret that unnamed clients are named with.
//!
//! A batch is added in one transaction, with its id: where it is not known whether a batch was written, since the
//! process or the disk failed meanwhile, adding it again adds what is missing and nothing else.

use super::{Batch, BatchId, Count, OTHER, Owner, Use};
use dateline_core::day::Day;
use redb::{
    CommitError, Database, DatabaseError, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase,
    ReadableTable, StorageError, Table, TableDefinition, TableError, TransactionError, backends::FileBackend,
};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use std::{
    collections::BTreeMap,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

/// Days that are kept, today included. What is older is deleted.
pub const KEPT: u32 = 365;

/// Rows of one day that are told apart; what is beyond is told apart by version only.
pub const PER_DAY: usize = 4_000;

/// The form of what is in the file. A file of a later one is left alone.
const FORMAT: u32 = 1;

/// Memory for pages of the file.
const CACHE: usize = 4 << 20;

/// Day, kind of client, name of it, version, operation -> requests, last seen.
type UseKey = (u32, &'static str, &'static str, &'static str, &'static str);
const USES: TableDefinition<'static, UseKey, (u64, u64)> = TableDefinition::new("uses");
const ABOUT: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("about");

const ABOUT_FORMAT: &str = "format";
const ABOUT_SECRET: &str = "secret";
const ABOUT_BATCH: &str = "batch";

/// An open usage file. No other process can open it meanwhile.
pub struct File {
    path: PathBuf,
    database: Opened,
    secret: [u8; 32],
    /// The identity of the file that was opened. Another file may be at its path by now.
    identity: Option<Identity>,
}

enum Opened {
    ToWrite(Database),
    ToRead(ReadOnlyDatabase),
}

/// The device and the inode number: together they identify a file.
type Identity = (u64, u64);

/// The contents of a file.
#[derive(Debug)]
pub struct Contents {
    /// Ordered; every use occurs once.
    pub rows: Vec<(Use, Count)>,
    /// The batch that was added last.
    pub(crate) last: Option<[u8; BatchId::BYTES]>,
    /// The Unix time in seconds at which the oldest count that is still kept began, or an earlier one.
    pub(crate) first_seen: Option<u64>,
}

/// A reason why a usage file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is open in another process.
    #[error("another process holds it")]
    Held,
    /// The file was written by a later version of this program, or of the database in it.
    #[error("it has a format that this version does not know ({0})")]
    Format(u32),
    /// The file is damaged, or it is not a usage file.
    #[error("it is damaged, or no usage file: {0}")]
    Damaged(String),
    /// The file cannot be read or written.
    #[error("{0}")]
    Failed(String),
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("path", &self.path).finish_non_exhaustive()
    }
}

impl File {
    /// Opens a file to add to it. One that is not there, or is empty, is made, for nobody else to read, with the
    /// `secret`, or with a random one.
    ///
    /// # Errors
    /// [`FileError`]; the file is then as it was.
    pub fn open(path: &Path, secret: Option<[u8; 32]>) -> Result<File, FileError> {
        let file = options().read(true).write(true).create(true).truncate(false).open(path)?;
        let identity = identity(&file.metadata()?);
        let database = guarded(|| {
            let backend = FileBackend::new(file)?;
            Ok(redb::Builder::new().set_cache_size(CACHE).create_with_backend(backend)?)
        })?;
        let secret = guarded(|| prepared(&database, secret))?;
        let opened = File { path: path.to_owned(), database: Opened::ToWrite(database), secret, identity };
        // Whoever held it may have put it aside.
        if opened.is_in_place() { Ok(opened) } else { Err(FileError::Held) }
    }

    /// Opens a file that is there, to read it.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read_only(path: &Path) -> Result<File, FileError> {
        let metadata = fs::metadata(path)?;
        let mut builder = redb::Builder::new();
        builder.set_cache_size(CACHE);
        let database = guarded(|| match builder.open_read_only(path) {
            // The process that wrote it was killed: what it left half done is undone first.
            Err(DatabaseError::RepairAborted) => Ok(Opened::ToWrite(builder.open(path)?)),
            other => Ok(Opened::ToRead(other?)),
        })?;
        let mut opened =
            File { path: path.to_owned(), database, secret: [0; 32], identity: identity(&metadata) };
        opened.secret = guarded(|| {
            let about = opened.begin_read()?.open_table(ABOUT)?;
            check_format(about.get(ABOUT_FORMAT)?.map(|format| number(format.value())))?;
            let secret = about.get(ABOUT_SECRET)?.and_then(|secret| secret.value().try_into().ok());
            secret.ok_or_else(|| FileError::Damaged("its secret is not there".to_owned()))
        })?;
        Ok(opened)
    }

    /// The secret that unnamed clients are named with.
    #[must_use]
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// Returns a mark of the secret under which unnamed clients are named. Equal marks mean equal secrets, and a mark
    /// does not reveal its secret.
    #[must_use]
    pub fn names(&self) -> String {
        names(&self.secret)
    }

    /// Tells whether the file is still at its path. Counts that are added after it was removed are lost with it.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|there| identity(&there) == self.identity)
    }

    /// Adds a batch, unless it is there already; and deletes what is older than a year on this day.
    ///
    /// # Errors
    /// [`FileError`]; it is then not known whether the batch was added, and adding it again is right. After
    /// [`FileError::Failed`] the file has to be opened again first.
    pub fn add(&self, batch: &Batch, today: Day) -> Result<(), FileError> {
        let Opened::ToWrite(database) = &self.database else {
            return Err(FileError::Failed("it was opened to be read".to_owned()));
        };
        guarded(|| {
            let mut write = database.begin_write()?;
            // A process that was killed costs the next one no walk through the file.
            write.set_quick_repair(true);
            let mut about = write.open_table(ABOUT)?;
            if about.get(ABOUT_BATCH)?.is_some_and(|last| last.value() == batch.id.bytes()) {
                return Ok(());
            }
            about.insert(ABOUT_BATCH, batch.id.bytes().as_slice())?;
            drop(about);
            let mut uses = write.open_table(USES)?;
            let mut rows = BTreeMap::new();
            let first = today.back(KEPT - 1);
            for (used, count) in batch.rows.iter().filter(|(used, _)| used.day >= first) {
                let rows = match rows.get_mut(&used.day) {
                    Some(rows) => rows,
                    None => rows.entry(used.day).or_insert(rows_of(&uses, used.day)?),
                };
                add(&mut uses, used, *count, rows)?;
            }
            uses.retain_in(..(first.number(), "", "", "", ""), |_, _| false)?;
            drop(uses);
            write.commit()?;
            Ok(())
        })
    }

    /// Reads all counts, and the last batch of each writer.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(&self) -> Result<Contents, FileError> {
        self.read_from(Day::numbered(0))
    }

    /// The same from a day on.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read_from(&self, first: Day) -> Result<Contents, FileError> {
        guarded(|| {
            let read = self.begin_read()?;
            let last = match read.open_table(ABOUT)?.get(ABOUT_BATCH)? {
                Some(last) => last.value().try_into().ok(),
                None => None,
            };
            let mut rows = Vec::new();
            let uses = read.open_table(USES)?;
            let first_seen = first_seen(&uses)?;
            for row in uses.range((first.number(), "", "", "", "")..)? {
                let (key, value) = row?;
                let (day, kind, name, version, operation) = key.value();
                let (requests, last_seen) = value.value();
                let owner = Owner::parse(kind, name)
                    .ok_or_else(|| FileError::Damaged(format!("a client of the kind {kind:?}")))?;
                let used = Use {
                    day: Day::numbered(day),
                    owner,
                    version: version.to_owned().into(),
                    operation: operation.to_owned().into(),
                };
                rows.push((used, Count { requests, last_seen }));
            }
            Ok(Contents { rows, last, first_seen })
        })
    }

    fn begin_read(&self) -> Result<ReadTransaction, TransactionError> {
        match &self.database {
            Opened::ToWrite(database) => database.begin_read(),
            Opened::ToRead(database) => database.begin_read(),
        }
    }

    /// Gives a damaged file another name, in the same folder, and returns that.
    ///
    /// # Errors
    /// An error if it cannot be renamed, or if so many were put aside today that something else must be wrong.
    pub fn put_aside(path: &Path, today: Day) -> io::Result<PathBuf> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{today}"));
        for number in 1..10 {
            let mut aside = name.clone();
            if number > 1 {
                aside.push(format!("-{number}"));
            }
            let aside = PathBuf::from(aside);
            if !aside.try_exists()? {
                fs::rename(path, &aside)?;
                return Ok(aside);
            }
        }
        Err(io::Error::other("nine damaged files were put aside today"))
    }
}

/// The file's format is known, its tables are there, and so is its secret.
fn prepared(database: &Database, secret: Option<[u8; 32]>) -> Result<[u8; 32], FileError> {
    let write = database.begin_write()?;
    let mut about = write.open_table(ABOUT)?;
    let format = about.get(ABOUT_FORMAT)?.map(|format| number(format.value()));
    if format.is_some() {
        check_format(format)?;
        let secret = about.get(ABOUT_SECRET)?.and_then(|secret| secret.value().try_into().ok());
        return secret.ok_or_else(|| FileError::Damaged("its secret is not there".to_owned()));
    }
    let secret = match secret {
        Some(secret) => secret,
        None => {
            let mut random = [0; 32];
            let filled = SystemRandom::new().fill(&mut random);
            filled.map_err(|_| FileError::Failed("the system has no randomness".to_owned()))?;
            random
        }
    };
    about.insert(ABOUT_FORMAT, FORMAT.to_be_bytes().as_slice())?;
    about.insert(ABOUT_SECRET, secret.as_slice())?;
    drop(about);
    write.open_table(USES)?;
    write.commit()?;
    Ok(secret)
}

/// Returns the time of the first count on the oldest day that is kept.
fn first_seen(uses: &ReadOnlyTable<UseKey, (u64, u64)>) -> Result<Option<u64>, StorageError> {
    let Some(day) = uses.first()?.map(|(key, _)| key.value().0) else { return Ok(None) };
    let mut first = None::<u64>;
    for row in uses.range((day, "", "", "", "")..(day + 1, "", "", "", ""))? {
        let (_, count) = row?;
        let seen = count.value().1.max(Day::numbered(day).start());
        first = Some(first.map_or(seen, |first| first.min(seen)));
    }
    Ok(first)
}

/// Tells secrets apart, and says nothing of them.
pub(crate) fn names(secret: &[u8; 32]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"names of unnamed clients");
    tag.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_be_bytes)
}

fn check_format(format: Option<u32>) -> Result<(), FileError> {
    match format {
        Some(FORMAT) => Ok(()),
        Some(later) if later > FORMAT => Err(FileError::Format(later)),
        _ => Err(FileError::Damaged("its format is not there".to_owned())),
    }
}

type Uses<'t> = Table<'t, UseKey, (u64, u64)>;

fn rows_of(uses: &Uses<'_>, day: Day) -> Result<usize, StorageError> {
    let number = day.number();
    let mut rows = 0;
    for row in uses.range((number, "", "", "", "")..(number + 1, "", "", "", ""))? {
        row?;
        rows += 1;
    }
    Ok(rows)
}

/// Adds to a row; to that of the version alone, where this one is new and the day has no room for it.
fn add(uses: &mut Uses<'_>, used: &Use, count: Count, rows: &mut usize) -> Result<(), StorageError> {
    let Use { day, owner, version, operation } = used;
    let name = match owner {
        Owner::Named(_) | Owner::Unnamed(_) => owner.to_string(),
        Owner::Anonymous | Owner::Others => String::new(),
    };
    let key = (day.number(), owner.kind(), name.as_str(), version.as_ref(), operation.as_ref());
    let there = uses.get(key)?.map(|there| there.value());
    let (requests, last_seen) = match there {
        Some(there) => there,
        None if *rows >= PER_DAY && (*owner != Owner::Others || operation != OTHER) => {
            return add(uses, &used.folded(), count, rows);
        }
        None => {
            *rows += 1;
            (0, 0)
        }
    };
    let mut sum = Count { requests, last_seen };
    sum.add(count);
    uses.insert(key, (sum.requests, sum.last_seen))?;
    Ok(())
}

/// Does something with a file. The database has assertions of its own: one that fails means a damaged file.
fn guarded<T>(work: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(FileError::Damaged("the database in it failed".to_owned())))
}

fn options() -> fs::OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode"))]
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn identity(metadata: &fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Option<Identity> {
    None
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                FileError::Damaged(error.to_string())
            }
            _ => FileError::Failed(error.to_string()),
        }
    }
}

impl From<StorageError> for FileError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Corrupted(what) => FileError::Damaged(what),
            StorageError::Io(error) => error.into(),
            other => FileError::Failed(other.to_string()),
        }
    }
}

impl From<DatabaseError> for FileError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => FileError::Held,
            DatabaseError::UpgradeRequired(format) => FileError::Format(format.into()),
            DatabaseError::Storage(error) => error.into(),
            other => FileError::Failed(other.to_string()),
        }
    }
}

impl From<TransactionError> for FileError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            other => FileError::Failed(other.to_string()),
        }
    }
}

impl From<TableError> for FileError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            other => FileError::Damaged(other.to_string()),
        }
    }
}

impl From<CommitError> for FileError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            other => FileError::Failed(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
