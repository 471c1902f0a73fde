use super::*;
use crate::observe::usage::Pending;
use tempfile::TempDir;

const WRITER: u64 = 7;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn used(date: &str, owner: Owner, operation: String) -> Use {
    Use { day: day(date), owner, version: "2025-01-01".into(), operation: operation.into() }
}

fn cron(date: &str) -> Use {
    used(date, Owner::Named("cron".to_owned()), "GET /plans".to_owned())
}

fn batch(number: u64, rows: impl IntoIterator<Item = (Use, u64)>) -> Batch {
    let mut pending = Pending::default();
    for (used, requests) in rows {
        let last_seen = used.day.start() + requests;
        pending.add(used, Count { requests, last_seen });
    }
    pending.freeze(BatchId { writer: WRITER, number }).unwrap()
}

fn requests(file: &File) -> u64 {
    file.read().unwrap().rows.iter().map(|(_, count)| count.requests).sum()
}

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("usage.redb");
    (folder, path)
}

#[test]
fn counts_add_up_over_batches_and_openings() {
    let (_folder, path) = place();
    let today = day("2026-11-24");
    for number in 1..=3 {
        let file = File::open(&path, None).unwrap();
        file.add(&batch(number, [(cron("2026-11-24"), 5), (cron("2026-11-23"), 1)]), today).unwrap();
    }
    let Contents { rows, last, first_seen } = File::read_only(&path).unwrap().read().unwrap();
    let count = |requests, seen| Count { requests, last_seen: seen };
    assert_eq!(
        rows,
        [
            (cron("2026-11-23"), count(3, day("2026-11-23").start() + 1)),
            (cron("2026-11-24"), count(15, day("2026-11-24").start() + 5)),
        ]
    );
    assert_eq!(last, Some(BatchId { writer: WRITER, number: 3 }.bytes()));
    assert_eq!(first_seen, Some(day("2026-11-23").start() + 1));
    let file = File::read_only(&path).unwrap();
    let late = file.read_from(today).unwrap();
    assert_eq!(
        (late.rows.len(), late.first_seen),
        (1, first_seen),
        "a part of it, and since when all of it is kept"
    );
    let names = file.names();
    drop(file);
    assert_eq!((names.len(), File::open(&path, None).unwrap().names()), (12, names), "to read and to write");
}

#[test]
fn a_batch_that_is_written_again_is_added_once() {
    let (_folder, path) = place();
    let (today, first) = (day("2026-11-24"), batch(1, [(cron("2026-11-24"), 5)]));
    let file = File::open(&path, None).unwrap();
    file.add(&first, today).unwrap();
    // As if the process had not learnt how that went.
    file.add(&first, today).unwrap();
    drop(file);
    let file = File::open(&path, None).unwrap();
    file.add(&first, today).unwrap();
    assert_eq!(requests(&file), 5);
    let another_process =
        Batch { id: BatchId { writer: 8, number: 1 }, ..batch(1, [(cron("2026-11-24"), 2)]) };
    file.add(&another_process, today).unwrap();
    assert_eq!(requests(&file), 7);
}

#[test]
fn a_copy_taken_at_any_moment_opens_whole() {
    // What a crash leaves is what is in the file at that moment.
    let (folder, path) = place();
    let (today, copy) = (day("2026-11-24"), folder.path().join("copy.redb"));
    let file = File::open(&path, None).unwrap();
    for number in 1..=20 {
        file.add(&batch(number, [(cron("2026-11-24"), 1)]), today).unwrap();
        fs::copy(&path, &copy).unwrap();
        let crashed = File::open(&copy, None).unwrap();
        assert_eq!(requests(&crashed), number);
        assert_eq!(crashed.secret(), file.secret());
        crashed.add(&batch(number, [(cron("2026-11-24"), 1)]), today).unwrap();
        assert_eq!(requests(&crashed), number, "it has this batch");
        assert_eq!(requests(&File::read_only_after(crashed, &copy)), number);
    }
}

impl File {
    /// The file opened to be read, once another opening of it has ended.
    fn read_only_after(open: File, path: &Path) -> File {
        drop(open);
        File::read_only(path).unwrap()
    }
}

#[test]
fn a_year_is_kept_and_no_more() {
    let (_folder, path) = place();
    let file = File::open(&path, None).unwrap();
    let today = day("2026-11-24");
    let rows = [cron("2025-11-24"), cron("2025-11-25"), cron("2026-11-24")].map(|used| (used, 1));
    file.add(&batch(1, rows), today).unwrap();
    let days = |file: &File| {
        file.read().unwrap().rows.iter().map(|(used, _)| used.day.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(days(&file), ["2025-11-25", "2026-11-24"], "365 days, today included");
    file.add(&batch(2, [(cron("2026-11-26"), 1)]), day("2026-11-26")).unwrap();
    assert_eq!(days(&file), ["2026-11-24", "2026-11-26"]);
}

#[test]
fn a_day_has_no_more_rows_than_there_is_room_for() {
    let (_folder, path) = place();
    let file = File::open(&path, None).unwrap();
    let today = day("2026-11-24");
    let many = |from: usize, to: usize| {
        (from..to).map(|hash| (used("2026-11-24", Owner::Unnamed(hash as u64), "GET /plans".to_owned()), 1))
    };
    file.add(&batch(1, many(0, PER_DAY - 10)), today).unwrap();
    file.add(&batch(2, many(0, PER_DAY + 500)), today).unwrap();
    let Contents { rows, .. } = file.read().unwrap();
    assert_eq!(rows.len(), PER_DAY + 1, "the rest is one row a version");
    let rest = used("2026-11-24", Owner::Others, OTHER.to_owned());
    assert_eq!(rows.iter().find(|(used, _)| *used == rest).unwrap().1.requests, 500);
    assert_eq!(requests(&file), (2 * PER_DAY + 490) as u64, "nothing is lost");
    file.add(&batch(3, [(cron("2026-11-23"), 1)]), today).unwrap();
    assert_eq!(file.read().unwrap().rows.len(), PER_DAY + 2, "another day has room of its own");
}

#[test]
fn a_secret_is_made_once_for_nobody_else_to_read() {
    let (_folder, path) = place();
    let secret = *File::open(&path, None).unwrap().secret();
    assert_ne!(secret, [0; 32]);
    assert_eq!(File::open(&path, Some([1; 32])).unwrap().secret(), &secret, "the file's own holds");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
    let other = path.with_file_name("other.redb");
    assert_eq!(
        File::open(&other, Some([1; 32])).unwrap().secret(),
        &[1; 32],
        "a new file takes the one before"
    );
}

#[test]
fn one_opens_it_at_a_time() {
    let (_folder, path) = place();
    let file = File::open(&path, None).unwrap();
    assert!(matches!(File::open(&path, None), Err(FileError::Held)));
    assert!(matches!(File::read_only(&path), Err(FileError::Held)));
    drop(file);
    File::open(&path, None).unwrap();
}

#[test]
fn damage_is_told_from_what_else_can_be_wrong() {
    let (folder, path) = place();
    fs::write(&path, "this is no usage file, and longer than a header").unwrap();
    for opened in [File::open(&path, None).err(), File::read_only(&path).err()] {
        assert!(matches!(opened, Some(FileError::Damaged(_))), "{opened:?}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "this is no usage file, and longer than a header");
    assert!(matches!(File::open(folder.path(), None), Err(FileError::Failed(_))), "a folder");
    let nowhere = folder.path().join("no/usage.redb");
    assert!(matches!(File::open(&nowhere, None), Err(FileError::Failed(_))), "no folder");
    // An empty file is a new one: as an operator may have made it, with an owner and a mode.
    let empty = folder.path().join("empty.redb");
    fs::write(&empty, "").unwrap();
    File::open(&empty, None).unwrap();
}

#[test]
fn bytes_that_are_flipped_never_panic() {
    let (_folder, path) = place();
    let rows = (0..200).map(|hash| (used("2026-11-24", Owner::Unnamed(hash), "GET /plans".to_owned()), 1));
    File::open(&path, None).unwrap().add(&batch(1, rows), day("2026-11-24")).unwrap();
    let whole = fs::read(&path).unwrap();
    let step = whole.len() / 24;
    for at in (0..whole.len()).step_by(step).chain(0..16) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        fs::write(&path, &bytes).unwrap();
        match File::open(&path, None) {
            Ok(file) => {
                let _ = file.read();
                let _ = file.add(&batch(2, [(cron("2026-11-24"), 1)]), day("2026-11-24"));
            }
            Err(error) => {
                assert!(matches!(error, FileError::Damaged(_) | FileError::Format(_)), "{at}: {error:?}")
            }
        }
    }
    for length in [1, 9, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        if let Ok(file) = File::open(&path, None) {
            let _ = file.read();
        }
    }
}

#[test]
fn a_file_of_a_later_format_is_left_alone() {
    let (_folder, path) = place();
    let file = File::open(&path, None).unwrap();
    let Opened::ToWrite(database) = &file.database else { unreachable!() };
    let write = database.begin_write().unwrap();
    write.open_table(ABOUT).unwrap().insert(ABOUT_FORMAT, 2u32.to_be_bytes().as_slice()).unwrap();
    write.commit().unwrap();
    drop(file);
    assert!(matches!(File::open(&path, None), Err(FileError::Format(2))));
    assert!(matches!(File::read_only(&path), Err(FileError::Format(2))));
}

#[test]
fn what_is_damaged_is_put_aside_and_never_over_another() {
    let (_folder, path) = place();
    let today = day("2026-11-24");
    let put_aside = |text: &str| {
        fs::write(&path, text).unwrap();
        File::put_aside(&path, today)
    };
    let (one, two) = (put_aside("one").unwrap(), put_aside("two").unwrap());
    assert!(
        one.ends_with("usage.redb.damaged-2026-11-24") && two.ends_with("usage.redb.damaged-2026-11-24-2")
    );
    assert_eq!((fs::read(&one).unwrap(), fs::read(&two).unwrap()), (b"one".to_vec(), b"two".to_vec()));
    assert!(!path.exists());
    for _ in 3..10 {
        put_aside("more").unwrap();
    }
    assert!(put_aside("too many").is_err());
    assert!(path.exists());
}

#[test]
fn a_file_that_was_taken_away_is_noticed() {
    let (_folder, path) = place();
    let file = File::open(&path, None).unwrap();
    assert!(file.is_in_place());
    fs::remove_file(&path).unwrap();
    assert!(!file.is_in_place());
    fs::write(&path, "another").unwrap();
    assert!(!file.is_in_place());
}
