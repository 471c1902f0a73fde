//! Multipart forms (RFC 7578), read whole: names of fields and short values change, every other byte stays.
//!
//! A form is refused if two readers could cut it at different places, or take a name for different ones: a plan that one
//! of them applies to one field must not be gone around with the other.

use super::{Boundary, Untranslatable};
use crate::{form::Pairs, plan::FormProgram, step::Losses};
use std::ops::Range;

/// A reason why servers could read a multipart form in different ways. `Display` quotes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// `Content-Type` says no boundary, two, or one that is none.
    #[error("its Content-Type does not say one boundary")]
    Boundary,
    /// The first part or the end is missing, or a line begins like a boundary but is not one.
    #[error("its boundaries do not cut it into parts")]
    Parts,
    /// A head of a part is not made of fields, or has one twice.
    #[error("the head of a part is not made of fields, each once")]
    Head,
    /// A part says no name, or one in a form that servers read in different ways.
    #[error("a part does not say its name in Content-Disposition: form-data; name=\"…\", plainly and once")]
    Name,
    /// A field is written in base64 or the like.
    #[error("a field has a Content-Transfer-Encoding, which RFC 7578 does away with")]
    Encoding,
}

/// A form, cut into its parts.
#[derive(Debug)]
pub(crate) struct Multipart<'b> {
    body: &'b [u8],
    parts: Vec<FormPart>,
    /// Two dashes and the boundary.
    delimiter: Vec<u8>,
    /// The start of the last boundary.
    end: usize,
}

/// A part, by where in the body it stands.
#[derive(Debug)]
struct FormPart {
    /// The range from the start of the part's boundary to that of the next.
    all: Range<usize>,
    /// The name as it is written, quotes included.
    written: Range<usize>,
    name: String,
    value: Range<usize>,
    /// The digits of a `Content-Length`.
    length: Option<Range<usize>>,
    is_file: bool,
    is_json: bool,
}

impl<'b> Multipart<'b> {
    /// Cuts a body into its parts.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn read(boundary: Option<Boundary>, body: &'b [u8]) -> Result<Self, Malformed> {
        let boundary = boundary.ok_or(Malformed::Boundary)?;
        let delimiter = [b"--", boundary.as_bytes()].concat();
        let mut begins = found(body, &delimiter);
        let mut parts = Vec::new();
        let mut open: Option<(usize, usize)> = None;
        loop {
            let begin = begins.next().ok_or(Malformed::Parts)?;
            let line = match begin {
                0 => 0,
                _ if body[..begin].ends_with(b"\r\n") => begin - 2,
                _ => return Err(Malformed::Parts),
            };
            if let Some((start, head)) = open {
                // A line end belongs to the boundary behind it; one that ends the head cannot be that, too.
                let text = body.get(head..line).ok_or(Malformed::Parts)?;
                parts.push(FormPart::read(body, start..begin, head, text)?);
            }
            let behind = &body[begin + delimiter.len()..];
            if behind.starts_with(b"--") {
                let rest = trim_blanks(&behind[2..]);
                let is_last = begins.next().is_none();
                return match (rest.is_empty() || rest.starts_with(b"\r\n")) && is_last {
                    true => Ok(Multipart { body, parts, end: begin, delimiter: delimiter.clone() }),
                    false => Err(Malformed::Parts),
                };
            }
            let rest = trim_blanks(behind);
            if !rest.starts_with(b"\r\n") {
                return Err(Malformed::Parts);
            }
            open = Some((begin, body.len() - rest.len() + 2));
        }
    }

    /// The fields as pairs: a file has no value that anything could be read from.
    pub(crate) fn pairs(&self) -> Pairs<'_> {
        let value = |part: &FormPart| match part.is_file {
            true => None,
            false => str::from_utf8(&self.body[part.value.clone()]).ok(),
        };
        Pairs::of_fields(self.parts.iter().map(|part| (part.name.as_str(), value(part))))
    }

    /// Runs a program on the fields.
    ///
    /// # Errors
    /// A part is JSON in which fields stand that the program names: nothing says what they belong to.
    pub(super) fn translate(
        &self,
        program: &FormProgram,
        losses: &mut Losses,
    ) -> Result<Vec<u8>, Untranslatable> {
        let is_json = |part: &&FormPart| part.is_json && program.names_in(&self.body[part.value.clone()]);
        if self.parts.iter().find(is_json).is_some() {
            return Err(Untranslatable::JsonPart);
        }
        let mut pairs = self.pairs();
        program.run(&mut pairs, losses)?;
        let mut stay = pairs.fields().peekable();
        let (mut out, mut passed) = (Vec::with_capacity(self.body.len()), 0);
        let mut replace = |range: &Range<usize>, text: &[u8]| {
            out.extend_from_slice(&self.body[passed..range.start]);
            out.extend_from_slice(text);
            passed = range.end;
        };
        for (at, part) in self.parts.iter().enumerate() {
            let Some((_, name, value)) = stay.next_if(|(field, ..)| *field == at) else {
                replace(&part.all, b"");
                continue;
            };
            let value = value.filter(|value| *value.as_bytes() != self.body[part.value.clone()]);
            let name = (name != part.name).then(|| quoted(&name));
            if name.is_some() && str::from_utf8(&self.body[part.written.clone()]).is_err() {
                return Err(Untranslatable::FormNotText);
            }
            let mut changes = Vec::new();
            changes.extend(name.as_deref().map(|name| (&part.written, name.as_bytes().to_vec())));
            if let Some(value) = value {
                let length = part.length.as_ref();
                changes.extend(length.map(|length| (length, value.len().to_string().into_bytes())));
                changes.push((&part.value, value.as_bytes().to_vec()));
            }
            changes.sort_by_key(|(range, _)| range.start);
            changes.iter().for_each(|(range, text)| replace(range, text));
        }
        let added: Vec<u8> =
            stay.flat_map(|(_, name, value)| self.new_part(&name, value.unwrap_or_default())).collect();
        replace(&(self.end..self.end), &added);
        replace(&(self.body.len()..self.body.len()), b"");
        Ok(out)
    }

    /// A part with a field that is added: it stands before the last boundary.
    fn new_part(&self, name: &str, value: &str) -> Vec<u8> {
        let head = format!("\r\nContent-Disposition: form-data; name={}\r\n\r\n", quoted(name));
        [&*self.delimiter, head.as_bytes(), value.as_bytes(), b"\r\n"].concat()
    }
}

impl FormPart {
    /// Reads a part whose head begins at `head`; `text` is from there to its end.
    fn read(body: &[u8], all: Range<usize>, head: usize, text: &[u8]) -> Result<Self, Malformed> {
        let end = found(text, b"\r\n\r\n").next().ok_or(Malformed::Head)?;
        let mut part = FormPart {
            all,
            written: 0..0,
            name: String::new(),
            value: head + end + 4..head + text.len(),
            length: None,
            is_file: false,
            is_json: false,
        };
        let (mut at, mut named, mut media, mut encoding) = (head, false, false, None);
        for line in split_lines(&text[..end]) {
            let colon = line.iter().position(|byte| *byte == b':').ok_or(Malformed::Head)?;
            let (name, value) = (&line[..colon], at + colon + 1..at + line.len());
            let is_field = !name.is_empty() && name.iter().all(is_token);
            if !is_field || line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return Err(Malformed::Head);
            }
            let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            if is("content-disposition") {
                if std::mem::replace(&mut named, true) {
                    return Err(Malformed::Head);
                }
                part.name_from(body, value)?;
            } else if is("content-type") {
                if std::mem::replace(&mut media, true) {
                    return Err(Malformed::Head);
                }
                part.is_json = super::Media::of(Some(&body[value])) == super::Media::Json;
            } else if is("content-transfer-encoding") {
                if encoding.replace(body[value].trim_ascii()).is_some() {
                    return Err(Malformed::Head);
                }
            } else if is("content-length") {
                let text = &body[value.clone()];
                let start = value.start + (text.len() - text.trim_ascii_start().len());
                let digits = start..start + text.trim_ascii().len();
                if part.length.replace(digits).is_some() {
                    return Err(Malformed::Head);
                }
            }
            at += line.len() + 2;
        }
        let is_plain = |encoding: &[u8]| {
            [&b"7bit"[..], b"8bit", b"binary"].iter().any(|plain| encoding.eq_ignore_ascii_case(plain))
        };
        match (named, encoding) {
            (false, _) => Err(Malformed::Name),
            (true, Some(encoding)) if !part.is_file && !is_plain(encoding) => Err(Malformed::Encoding),
            (true, _) => Ok(part),
        }
    }

    /// Takes the name out of a `Content-Disposition`, and whether the part is a file.
    fn name_from(&mut self, body: &[u8], at: Range<usize>) -> Result<(), Malformed> {
        let value = &body[at.clone()];
        let semicolon = value.iter().position(|byte| *byte == b';').ok_or(Malformed::Name)?;
        if !value[..semicolon].trim_ascii().eq_ignore_ascii_case(b"form-data") {
            return Err(Malformed::Name);
        }
        let (mut named, mut files) = (false, 0);
        for (name, value) in parameters(&value[semicolon..]).ok_or(Malformed::Name)? {
            let name = name.to_ascii_lowercase();
            match &name[..] {
                b"name" => {
                    let plain = value.plain();
                    // `\` before a letter is that letter to some servers, and itself to others.
                    if std::mem::replace(&mut named, true) || value.text.contains(&b'\\') {
                        return Err(Malformed::Name);
                    }
                    let start = at.start + semicolon + value.at;
                    self.written = start..start + value.text.len();
                    self.name = String::from_utf8_lossy(&plain).into_owned();
                }
                b"filename" | b"filename*" => files += 1,
                // RFC 7578, 4.2 knows no `name*`; some servers read it all the same.
                _ if name.starts_with(b"name*") => return Err(Malformed::Name),
                _ => {}
            }
        }
        self.is_file = files > 0;
        if named { Ok(()) } else { Err(Malformed::Name) }
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter<'t> {
    /// The value as it is written, quotes included.
    text: &'t [u8],
    /// The offset of the value in the text that was read.
    at: usize,
}

impl Parameter<'_> {
    /// The value without quotes, and without the `\` that precedes what it keeps.
    pub(super) fn plain(&self) -> Vec<u8> {
        let Some(inner) = self.text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")) else {
            return self.text.to_vec();
        };
        let mut plain = Vec::with_capacity(inner.len());
        let mut bytes = inner.iter();
        while let Some(byte) = bytes.next() {
            plain.push(if *byte == b'\\' { *bytes.next().unwrap_or(byte) } else { *byte });
        }
        plain
    }
}

/// The parameters of a field value, `; name=value` each (RFC 9110, 5.6.6), or nothing if the text is not one.
///
/// A file name may have a `\` before anything, as some browsers write whole paths; it ends at the next quote that has
/// none before it.
pub(super) fn parameters(text: &[u8]) -> Option<Vec<(&[u8], Parameter<'_>)>> {
    let mut all = Vec::new();
    let mut at = 0;
    let blanks = |at: usize| text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    loop {
        at += blanks(at);
        if at == text.len() {
            return Some(all);
        }
        if text[at] != b';' {
            return None;
        }
        at += 1;
        at += blanks(at);
        let length = text[at..].iter().take_while(|byte| is_token(byte)).count();
        let name = &text[at..at + length];
        at += length;
        if length == 0 {
            // `;;` and a `;` at the end say nothing.
            continue;
        }
        if text.get(at) != Some(&b'=') {
            return None;
        }
        at += 1;
        let value = &text[at..];
        let length = match value.first() {
            Some(b'"') => quoted_length(value)?,
            // Not only tokens: many write `boundary=--=_1` and `name=a[0]`.
            _ => value.iter().take_while(|byte| byte.is_ascii_graphic() && !b";\"\\".contains(byte)).count(),
        };
        all.push((name, Parameter { text: &value[..length], at }));
        at += length;
    }
}

/// Returns the length of the quoted string at the start of a text.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// A name as browsers write it (HTML, 4.10.21.8).
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
}

fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

fn trim_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &text[blanks..]
}

/// Finds every occurrence of one text in another.
fn found<'t>(text: &'t [u8], wanted: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let mut from = 0;
    let last = wanted.last().copied().unwrap_or_default();
    std::iter::from_fn(move || {
        // Most bytes of a file are not the last one of a boundary.
        while let Some(next) =
            text.get(from + wanted.len() - 1..).and_then(|rest| rest.iter().position(|byte| *byte == last))
        {
            let at = from + next;
            from = at + 1;
            if text[at..].starts_with(wanted) {
                return Some(at);
            }
        }
        None
    })
}

/// The lines of a head, without their ends.
fn split_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match found(text, b"\r\n").next() {
            Some(end) => {
                rest = Some(&text[end + 2..]);
                Some(&text[..end])
            }
            None => rest.take(),
        }
    })
}

#[cfg(test)]
mod tests;
