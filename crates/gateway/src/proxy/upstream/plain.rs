//! Plain heads: those that can be left to the client library, to be looked at again only where it has left something
//! out. Nearly all are, and each answer's is looked at, so this takes sixteen bytes at a time and keeps nothing.

use http::StatusCode;
use wide::i8x16;

/// Fields that the library has room for.
pub(super) const LIBRARY_FIELDS: usize = 100;

/// The head of an answer whose lines end as they should, and in which no other control character stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) status: StatusCode,
    /// The offset of the status line. Informational responses (1xx) may precede it.
    pub(super) begins: usize,
    /// The end of the lines, including the empty one.
    pub(super) ends: usize,
    /// The number of lines between those two.
    pub(super) fields: usize,
}

/// The plain head of an answer that begins in `bytes`, where it is whole and has no more than `most` fields.
pub(super) fn plain(bytes: &[u8], most: usize) -> Option<Plain> {
    let mut begins = 0;
    loop {
        let rest = bytes.get(begins..)?;
        let status = status_of(rest)?;
        let (length, lines) = lines(rest)?;
        let (ends, fields) = (begins + length, lines.saturating_sub(1));
        if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
            return (fields <= most.min(LIBRARY_FIELDS)).then_some(Plain { status, begins, ends, fields });
        }
        begins = ends;
    }
}

/// The status that a head begins with.
fn status_of(head: &[u8]) -> Option<StatusCode> {
    match head.first_chunk::<13>()? {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0' | b'1', b' ', a, b, c, b' ' | b'\r'] => {
            StatusCode::from_bytes(&[*a, *b, *c]).ok()
        }
        _ => None,
    }
}

/// Returns the length of a head up to its empty line, and the number of lines before that.
#[inline]
fn lines(head: &[u8]) -> Option<(usize, usize)> {
    let (blocks, rest) = head.as_chunks::<16>();
    let mut last = [b' '; 16];
    last[..rest.len()].copy_from_slice(rest);
    let (mut count, mut line) = (0, 0);
    for (number, block) in blocks.iter().chain([&last]).enumerate() {
        // As signed numbers, bytes that are not ASCII are below the control characters.
        let bytes = i8x16::new(block.map(u8::cast_signed));
        let mut stops = bytes.simd_lt(i8x16::splat(0x20)).to_bitmask();
        while stops != 0 {
            let bit = stops.trailing_zeros();
            let at = number * 16 + bit as usize;
            match head[at] {
                b'\r' => {
                    if head.get(at + 1) != Some(&b'\n') {
                        return None;
                    }
                    if at == line {
                        return Some((at + 2, count));
                    }
                    (count, line) = (count + 1, at + 2);
                    stops &= !(0b11 << bit);
                }
                // Its CR was in the block before.
                b'\n' if at + 1 == line => stops &= stops - 1,
                b'\t' | 0x80.. => stops &= stops - 1,
                _ => return None,
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(head: &str) -> Option<(u16, usize, usize, usize)> {
        plain(head.as_bytes(), 3).map(|plain| (plain.status.as_u16(), plain.begins, plain.ends, plain.fields))
    }

    #[test]
    fn nearly_all_heads_are_plain() {
        assert_eq!(
            of("HTTP/1.1 200 OK\r\nServer: x\r\nA:\tb \u{e9}\r\n\r\nbody\u{1}"),
            Some((200, 0, 39, 2))
        );
        assert_eq!(of("HTTP/1.0 404\r\n\r\n"), Some((404, 0, 16, 0)));
        assert_eq!(of("HTTP/1.1 103 E\r\na: b\r\n\r\nHTTP/1.1 201 \r\n\r\n"), Some((201, 24, 41, 0)));
        assert_eq!(of("HTTP/1.1 101 S\r\n\r\n"), Some((101, 0, 18, 0)));
        assert_eq!(
            of("HTTP/1.1 200 OK\r\na b: c\r\n d\r\n\r\n"),
            Some((200, 0, 31, 2)),
            "for the library to leave out"
        );
    }

    #[test]
    fn what_is_odd_or_not_whole_is_not_plain() {
        for line in ["a: b\u{1}", "a: \0", "a: b\rc", "a: b\nc: d", "a\r\r", "a\r\nb\r\nc\r\nd"] {
            assert_eq!(of(&format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n")), None, "{line:?}");
        }
        for other in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 100 C\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 200 OK\n\n",
        ] {
            assert_eq!(of(other), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_counted_wherever_they_end(
            fields in prop::collection::vec("[a-z]{1,20}: ?[ -~\\t]{0,40}", 0..8),
            body in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut head = format!("HTTP/1.1 200 OK\r\n{}\r\n", fields.iter().map(|f| format!("{f}\r\n")).collect::<String>());
            let ends = head.len();
            head.push('x');
            let bytes = [head.as_bytes(), &body].concat();
            let expected = Plain { status: StatusCode::OK, begins: 0, ends, fields: fields.len() };
            prop_assert_eq!(plain(&bytes, 100), Some(expected));
        }

        #[test]
        fn any_bytes_are_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = plain(&bytes, 100);
            let _ = plain(&[b"HTTP/1.1 200 OK\r\n", bytes.as_slice()].concat(), 100);
        }
    }
}
