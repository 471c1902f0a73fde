//! The walk: one pass over a document, objects opened where paths lead, all else copied.

use super::{Fault, Paths, Scanner, same::unescape};

/// Rewrites a whole document.
///
/// `edit` gets the target, the text that begins with the object found there, and how many arrays and objects that
/// object stands in; it writes the object's new text and returns the length of the old one. What no path leads to comes
/// out byte for byte; a target that is not an object is left as it is.
///
/// # Errors
/// The document is not JSON, or `edit` says that an object does not fit.
pub fn rewrite<'a, T>(
    document: &'a [u8],
    paths: &'a Paths<T>,
    edit: impl FnMut(&'a T, &'a [u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
) -> Result<Vec<u8>, Fault> {
    let scanner = Scanner::new(document);
    let out = Vec::with_capacity(document.len() + document.len() / 8);
    let mut walk = Walk { document, scanner, copied: 0, out, edit };
    walk.value(paths)?;
    walk.scanner.end()?;
    walk.out.extend_from_slice(&document[walk.copied..]);
    Ok(walk.out)
}

struct Walk<'a, E> {
    document: &'a [u8],
    scanner: Scanner<'a>,
    /// How far the document is in `out` already.
    copied: usize,
    out: Vec<u8>,
    edit: E,
}

impl<'a, E> Walk<'a, E> {
    /// Recursion is as deep as the longest path, which the pack bounds; never as deep as the document.
    fn value<T>(&mut self, paths: &'a Paths<T>) -> Result<(), Fault>
    where
        E: FnMut(&'a T, &'a [u8], u32, &mut Vec<u8>) -> Result<usize, Fault>,
    {
        match (self.scanner.peek(), paths.target(), paths.elements()) {
            (b'{', Some(target), _) => {
                let start = self.scanner.position();
                self.out.extend_from_slice(&self.document[self.copied..start]);
                let length =
                    (self.edit)(target, &self.document[start..], self.scanner.depth(), &mut self.out)
                        .map_err(|fault| Fault { offset: fault.offset + start, ..fault })?;
                self.scanner.skip(length);
                self.copied = self.scanner.position();
                Ok(())
            }
            (b'{', None, _) if paths.has_members() => self.each(|walk| {
                let key = walk.scanner.key()?;
                walk.scanner.colon()?;
                let next = match unescape_key(key) {
                    Some(text) => paths.member(text.as_bytes()),
                    None => paths.member(&key[1..key.len() - 1]),
                };
                match next {
                    Some(next) => walk.value(next),
                    None => walk.scanner.value().map(drop),
                }
            }),
            (b'[', _, Some(elements)) => self.each(|walk| walk.value(elements)),
            _ => self.scanner.value().map(drop),
        }
    }

    /// Reads an object or an array, entry by entry.
    fn each(&mut self, mut entry: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.scanner.open()?;
        self.scanner.space();
        if self.scanner.close_empty() {
            return Ok(());
        }
        loop {
            entry(self)?;
            self.scanner.space();
            if !self.scanner.more()? {
                return Ok(());
            }
            self.scanner.space();
        }
    }
}

fn unescape_key(key: &[u8]) -> Option<String> {
    if key.contains(&b'\\') { unescape(key) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Field, Hop, Name, Object, Shape, Value};

    fn null_a(document: &str, path: &[Hop]) -> Result<String, Fault> {
        let mut paths = Paths::default();
        let mut shape = Shape::default();
        shape.insert(&Field::new(["a"]));
        *paths.entry(path) = Some(shape);
        let name = Name::new("a");
        let out = rewrite(document.as_bytes(), &paths, |shape, text, depth, out| {
            let mut scanner = Scanner::inside(text, depth);
            let mut object = Object::read(&mut scanner, shape)?;
            if let Some(member) = object.get_mut(&name) {
                member.value = Value::text(b"null");
            }
            object.write(out);
            Ok(scanner.position())
        })?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn only_what_the_path_leads_to_is_touched() {
        let path = [Hop::Member(Name::new("data")), Hop::Elements];
        let document = r#" { "a" : 1, "d\u0061ta" : [ {"a":1, "b" : {"a":2}} , 7, [ {"a":3} ], { } ] , "x":{"data":[{"a":4}]} } "#;
        let expected = document.replacen(r#"{"a":1,"#, r#"{"a":null,"#, 1);
        assert_eq!(null_a(document, &path).unwrap(), expected);
        assert_eq!(null_a(r#"{"data":{"a":1}}"#, &path).unwrap(), r#"{"data":{"a":1}}"#);
        assert_eq!(null_a(r#"{"a":1.0}"#, &[]).unwrap(), r#"{"a":null}"#);
        assert_eq!(null_a("true", &[]).unwrap(), "true");
    }

    #[test]
    fn everything_is_validated() {
        for document in [r#"{"a":1"#, r#"{"a":1}x"#, r#"{"a":1,}"#, r#"{"a":01}"#, "", r#"{"b":[1,],"a":1}"#]
        {
            assert!(null_a(document, &[]).is_err(), "{document}");
        }
    }
}
