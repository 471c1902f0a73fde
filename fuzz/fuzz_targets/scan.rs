//! Whatever the bytes: no panic, a document is taken to its last byte, and another reader takes the same for JSON.

#![no_main]

use dateline_core::json::Scanner;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut scanner = Scanner::new(text);
    let Ok(value) = scanner.value() else { return };
    assert!(value.len() <= text.len());
    if scanner.end().is_ok() {
        assert_eq!(scanner.position(), text.len());
        let text = std::str::from_utf8(text).expect("JSON is UTF-8");
        assert!(text.contains(std::str::from_utf8(value).expect("a part of it")));
    }
});
