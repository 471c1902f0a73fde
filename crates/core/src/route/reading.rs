//! The readings of a path that servers may understand in more than one way.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

/// The characters that would be decoded a second time if they were left as they are.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// The path as the most lenient server would read it: escapes decoded before it is cut, `\` as `/`, the parameters
/// of a segment (`;x=1`) and empty segments left out, `.` and `..` resolved (RFC 3986, 5.2.4), all after a NUL gone.
///
/// Nothing where there is no choice: that is nearly every path, which one look at its bytes tells.
#[must_use]
pub fn lenient(path: &str) -> Option<String> {
    if !gives_a_choice(path) {
        return None;
    }
    let decoded: Vec<u8> = percent_decode_str(path).take_while(|byte| *byte != 0).collect();
    let mut segments = Vec::new();
    for segment in decoded.split(|byte| matches!(byte, b'/' | b'\\')) {
        match segment.split(|byte| *byte == b';').next().unwrap_or_default() {
            b"" | b"." => {}
            b".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let segment = |segment: &[u8]| format!("/{}", percent_encode(segment, ESCAPED));
    match segments.is_empty() {
        true => Some("/".to_owned()),
        false => Some(segments.into_iter().map(segment).collect()),
    }
}

/// Tells whether a path can be read in more than one way: by an escape, a `\`, a `;`, an empty segment, or one that begins
/// with a dot.
///
/// Every request asks. It looks at all bytes without stopping at the first that decides, so that the compiler takes many
/// at once.
pub(super) fn gives_a_choice(path: &str) -> bool {
    let decides = |byte: u8| (byte == b'%') | (byte == b'\\') | (byte == b';');
    let Some((first, rest)) = path.as_bytes().split_first() else { return false };
    path.bytes().zip(rest).fold(decides(*first), |found, (before, byte)| {
        found | decides(*byte) | ((before == b'/') & ((*byte == b'/') | (*byte == b'.')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn most_paths_give_no_choice() {
        for plain in ["", "/", "*", "/api/v1/plans/plan_x", "/a/", "/a.b/c.", "/\u{e9}", "/a:b@c,d=e"] {
            assert_eq!(lenient(plain), None, "{plain}");
        }
    }

    #[test]
    fn reads_as_the_most_lenient_server() {
        for (path, read) in [
            ("/a//b", "/a/b"),
            ("//a", "/a"),
            ("/a//", "/a"),
            ("/a/./b/.", "/a/b"),
            ("/a/../b", "/b"),
            ("/../../a", "/a"),
            ("/a/%2e%2E/b", "/b"),
            ("/a/.%2e/b", "/b"),
            ("/a%2Fb", "/a/b"),
            ("/a%2f..%2fb", "/b"),
            ("/a\\b%5cc", "/a/b/c"),
            ("/a;x=1/b;y", "/a/b"),
            ("/a/..;x/b", "/b"),
            ("/a%3Bx", "/a"),
            ("/a%00/b", "/a"),
            ("/%61", "/a"),
            ("/a%252Fb", "/a%252Fb"),
            ("/%2525", "/%2525"),
            ("/a/..", "/"),
            ("/%c3%a9%ff", "/%C3%A9%FF"),
            ("/.well-known/x", "/.well-known/x"),
        ] {
            assert_eq!(lenient(path).as_deref(), Some(read), "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_choice_is_seen_wherever_it_stands(path in "([a-z]{0,40}[/.%;\\\\]{0,2}){0,4}") {
            let choice = path.contains(['%', '\\', ';']) || path.contains("//") || path.contains("/.");
            prop_assert_eq!(gives_a_choice(&path), choice, "{}", path);
        }

        #[test]
        fn what_has_been_read_gives_no_choice_but_escapes(path in "(/|%2F|\\\\|\\.|%2e|;|a|%00|%25|é){0,12}") {
            if let Some(read) = lenient(&path) {
                prop_assert!(!read.contains("//") && !read.contains(['\\', ';']), "{read}");
                prop_assert!(!read.split('/').any(|segment| matches!(segment, "." | "..")), "{read}");
                prop_assert_eq!(lenient(&read).unwrap_or(read.clone()), read);
            }
        }
    }
}
