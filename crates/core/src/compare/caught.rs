//! Panics, caught and told instead of ending what compares.

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs what may panic.
///
/// # Errors
/// It did: what was said, and where in the source.
pub(super) fn caught<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    listen();
    let outer = WATCHED.replace(true);
    let caught = panic::catch_unwind(AssertUnwindSafe(act));
    WATCHED.set(outer);
    caught.map_err(|_| SAID.take().unwrap_or_else(|| "a panic".into()))
}

/// Has panics that are caught here noted, not printed: while a document is shrunk there are hundreds. Those of other
/// threads, and of other code, go where they went before.
fn listen() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !WATCHED.get() {
                return before(info);
            }
            let what = info.payload_as_str().unwrap_or("without a text");
            let at = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
            SAID.set(Some(format!("a panic{at}: {what}")));
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        assert_eq!(caught(|| 5), Ok(5));
        let said = caught(|| [0_u8; 2][std::hint::black_box(2)]).unwrap_err();
        assert!(said.starts_with("a panic at crates/core/src/compare/caught.rs:"), "{said}");
        assert!(said.ends_with("index out of bounds: the len is 2 but the index is 2"), "{said}");
        assert_eq!(caught(|| caught(|| panic!("inner")).is_err()), Ok(true));
    }
}
