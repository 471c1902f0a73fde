use super::*;
use proptest::prelude::*;

/// A head that is read, and what the library is told of it.
fn read_all(lines: &str) -> Result<(Head, String), HeadFault> {
    let bytes = lines.as_bytes();
    let HeadStart::Line { status, modern, end: line } = start(bytes) else {
        panic!("no status line: {lines:?}")
    };
    let (end, mut text) = (end(bytes, line).expect("a whole head"), Vec::new());
    let head = read(&bytes[..end], (status, modern, line), 5, &mut text)?;
    Ok((head, String::from_utf8(text).unwrap()))
}

/// The fields of a head, and what was left out.
fn fields(lines: &str) -> Result<(String, String), HeadFault> {
    let (head, _) = read_all(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n"))?;
    let fields = head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value.as_bytes())));
    let fields = fields.collect::<Vec<_>>().join("|");
    Ok((fields, if head.left_out.count() > 0 { head.left_out.to_string() } else { String::new() }))
}

#[test]
fn an_answer_begins_with_a_status_line() {
    let line = |text: &str| match start(text.as_bytes()) {
        HeadStart::Line { status, modern, end } => Some((status.as_u16(), modern, end)),
        _ => None,
    };
    assert_eq!(line("HTTP/1.1 201 Created\r\nx"), Some((201, true, 22)));
    assert_eq!(line("\r\n\nHTTP/1.0 404\n"), Some((404, false, 16)));
    assert_eq!(line("HTTP/1.1 200 \u{1}\r\n"), Some((200, true, 16)), "nobody is told the reason");
    for partial in ["", "\r\n", "HT", "HTTP/1.", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r"] {
        assert_eq!(start(partial.as_bytes()), HeadStart::Partial, "{partial:?}");
    }
    for other in [
        "SSH-2.0",
        "HTTP/2 200\r\n",
        "HTTP/1.2 200\r\n",
        "HTTP/1.1 20\r\n",
        "HTTP/1.1 2000\r\n",
        "HTTP/1.1 099\r\n",
        " HTTP/1.1 200\r\n",
        "HTTP/1.1  200\r\n",
    ] {
        assert_eq!(start(other.as_bytes()), HeadStart::Other, "{other:?}");
    }
    assert_eq!(start(format!("HTTP/1.1 200 {}", "x".repeat(9000)).as_bytes()), HeadStart::Other);
}

#[test]
fn a_head_ends_with_an_empty_line() {
    assert_eq!(end(b"a: b\r\n\r\nbody", 0), Some(8));
    assert_eq!(end(b"a: b\n\nbody", 0), Some(6));
    assert_eq!(end(b"a: b\r\n \r\n\r\n", 0), Some(11), "a folded line is not empty");
    assert_eq!(end(b"a: b\r\n\r", 0), None);
    assert_eq!(end(b"", 3), None);
}

#[test]
fn fields_are_read_in_order_and_odd_ones_mended() {
    let read = |lines: &str| fields(lines).unwrap();
    let none = String::new;
    assert_eq!(read("A: 1\r\nb:2 \r\nA:\t3"), ("a=1|a=3|b=2".to_owned(), none()));
    assert_eq!(read("a : 1\r\nb\t: 2"), ("a=1|b=2".to_owned(), none()));
    assert_eq!(read("a: 1\r\n  2\r\n\t 3\r\nb:"), ("a=1 2 3|b=".to_owned(), none()));
    assert_eq!(read("a:\r\n \r\nb: 1"), ("a=|b=1".to_owned(), none()));
    assert_eq!(read("a: \u{e9}"), ("a=\u{e9}".to_owned(), none()));
    assert_eq!(read("a: 1\nb: 2"), ("a=1|b=2".to_owned(), none()));
}

#[test]
fn one_odd_field_is_left_out_by_name() {
    let read = |lines: &str| fields(lines).unwrap();
    let told = |left: &str| ("a=1".to_owned(), left.to_owned());
    assert_eq!(read("a: 1\r\nx-by: \u{1}"), told("x-by"));
    assert_eq!(read("x-by: a\rb\r\na: 1\r\nx-is: \0"), told("x-by, x-is"));
    assert_eq!(read("x-by: a\r\n \u{7f}\r\na: 1"), told("x-by"));
    assert_eq!(read("a: 1\r\nsk_live key\r\n(b): 2\r\n: 3"), told("3 without a name"));
    assert_eq!(read(" a: 2\r\n b: 2\r\na: 1"), told("1 without a name"), "what continues nothing");
    assert_eq!(read("a: 1\r\nx-by: \u{1}\r\nb\u{e9}: 1"), told("x-by, and 1 more"));
}

#[test]
fn row_14_1f_framing_is_never_left_out_nor_unfolded() {
    for odd in [
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chun\r\n ked",
        "Content-Length: 1\r\n 2",
        "Transfer-Encoding: chunked\u{1}",
        "Transfer-Encoding\u{1}: chunked",
        "Transfer Encoding: chunked",
        "transfer_encoding\u{b}: chunked",
        "Content-Length: 5\u{0}",
        "Content-Length 5",
        "\u{b}Content-Length: 5",
        " Content-Length: 5",
        "X: \u{1}Content-Length: 5",
    ] {
        let read = fields(odd);
        match odd.starts_with('X') {
            true => assert_eq!(read.unwrap().1, "x", "only a name says what a field is"),
            false => assert_eq!(read.unwrap_err(), HeadFault::Framing, "{odd:?}"),
        }
    }
    assert_eq!(fields("Content-Length : 5").unwrap().0, "content-length=5");
    assert_eq!(fields("X: 1\r\n Content-Length: 5").unwrap().0, "x=1 Content-Length: 5");
}

#[test]
fn what_tells_what_an_answer_is_is_not_left_out() {
    for (odd, told) in [
        ("Content-Type: a\u{1}", "Content-Type"),
        ("content-encoding\u{1}: gzip", "Content-Encoding"),
        ("Cache-Control: private\u{1}", "Cache-Control"),
        ("CDN-Cache-Control: \u{1}", "Cache-Control"),
        ("Vary: \u{1}", "Vary"),
        ("Connection: x\u{1}", "Connection"),
        ("Cache-Control private", "Cache-Control"),
    ] {
        assert_eq!(fields(odd).unwrap_err(), HeadFault::Meaning(told), "{odd:?}");
    }
}

#[test]
fn the_library_is_told_where_the_answer_ends_and_no_more() {
    let told = |lines: &str| read_all(lines).unwrap().1;
    assert_eq!(
        told("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length : 5\r\nConnection: keep-alive\r\n\r\n"),
        "HTTP/1.1 200 \r\ncontent-length:5\r\n\r\n"
    );
    assert_eq!(
        told(
            "HTTP/1.0 299\nTransfer-Encoding: a\nTransfer-Encoding: b\nConnection: Keep-Alive\nConnection: close\n\n"
        ),
        "HTTP/1.0 299 \r\ntransfer-encoding:a\r\ntransfer-encoding:b\r\nconnection:Keep-Alive\r\nconnection:close\r\n\r\n"
    );
}

#[test]
fn fields_are_counted_and_found() {
    assert_eq!(fields("a:\r\nb:\r\nc:\r\nd:\r\ne:").unwrap().0, "a=|b=|c=|d=|e=");
    assert_eq!(fields("a:\r\nb:\r\nc:\r\nd:\r\ne:\r\nf:").unwrap_err(), HeadFault::Fields(5));
    let id = HeaderName::from_static("x-request-id");
    let found = |head: &str| find(head.as_bytes(), &id).map(|id| id.to_str().unwrap().to_owned());
    assert_eq!(found("HTTP/1.1 200 OK\r\n\u{1}\r\nX-Request-Id : r 1 \r\nx: "), Some("r 1".to_owned()));
    assert_eq!(found("HTTP/1.1 200 OK\r\nX-Request-Id: r"), None, "of a line that is not whole");
}

proptest! {
    #[test]
    fn any_head_is_read_or_refused(
        lines in prop::collection::vec("[aT](ransfer-Encoding)?[ \\x01]?[:]?[ \\x00-\\x08a-c]{0,6}(\r|\r\n)?", 0..6),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut head = format!("HTTP/1.1 200 OK\r\n{}", lines.join("\r\n")).into_bytes();
        head.extend_from_slice(&bytes);
        head.extend_from_slice(b"\r\n\r\n");
        let HeadStart::Line { status, modern, end: line } = start(&head) else { panic!("a status line") };
        let whole = end(&head, line).expect("an end");
        let mut text = Vec::new();
        if read(&head[..whole], (status, modern, line), 100, &mut text).is_ok() {
            // The library reads one head of it, to its last byte.
            let text = String::from_utf8_lossy(&text).into_owned();
            prop_assert!(text.ends_with("\r\n\r\n") && text.matches("\r\n\r\n").count() == 1, "{:?}", text);
        }
        let _ = find(&head, &HeaderName::from_static("x-request-id"));
    }
}
