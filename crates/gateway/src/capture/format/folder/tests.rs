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
    let mut keep = |client: &str, operation: &str| folder.keep(&of(client, operation), "x", bounds).unwrap();
    (0..4).for_each(|_| assert!(matches!(keep("a", "GET /plans"), Kept::As(_))));
    assert_eq!(keep("a", "GET /plans"), Kept::Full);
    assert_eq!(keep("a", "POST /plans"), Kept::As("post-plans-000001.json".into()));
    assert_eq!(keep("b", "GET /plans"), Kept::As("get-plans-000005.json".into()));
    assert_eq!(keep("b", "GET /plans"), Kept::Full, "each would have two, or one");
    assert_eq!(keep("a", "GET /plans"), Kept::Full);
    assert_eq!(
        names(&path),
        ["get-plans-000003.json", "get-plans-000004.json", "get-plans-000005.json", "post-plans-000001.json"]
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
