//! Events as JSON, one object a line.
//!
//! A request's event is the one thing that is formatted for every request, so its fields are written straight into
//! the line: no value is built, and text that needs no escape is copied as it is.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    time,
};

use dateline_core::json::text;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// A length that most lines do not reach.
const LINE: usize = 768;

/// `timestamp`, `level`, the event's own fields, `target`, and `span` with the fields of the innermost span.
///
/// The fields of spans are to be formatted by [`JsonFields`].
#[derive(Debug)]
pub(super) struct Json;

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    JsonFields: for<'w> FormatFields<'w>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        let mut line = String::with_capacity(LINE);
        line.push_str("{\"timestamp\":\"");
        timestamp(&mut line)?;
        line.push_str("\",\"level\":\"");
        line.push_str(about.level().as_str());
        line.push('"');
        event.record(&mut FieldWriter(&mut line));
        line.push_str(",\"target\":");
        string(&mut line, about.target());
        if let Some(span) = context.lookup_current() {
            line.push_str(",\"span\":{\"name\":");
            string(&mut line, span.name());
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>().map(|fields| fields.fields.as_str());
            // An object of its own: its members go on after the name.
            match fields.and_then(|object| object.strip_prefix('{')) {
                Some(members) if members != "}" => {
                    line.push(',');
                    line.push_str(members);
                }
                Some(_) | None => line.push('}'),
            }
        }
        line.push_str("}\n");
        writer.write_str(&line)
    }
}

/// Writes the time as RFC 3339 has it, in UTC, with microseconds. The library works out the date once a second.
fn timestamp(line: &mut String) -> fmt::Result {
    /// The length of a time stamp up to the fraction of the second.
    const WHOLE: usize = "2026-11-24T12:00:00.".len();
    thread_local!(static LAST: RefCell<(u64, String)> = RefCell::default());
    // A clock before 1970 is of no use for either.
    let now = || time::SystemTime::now().duration_since(time::UNIX_EPOCH).unwrap_or_default();
    let time = now();
    LAST.with_borrow_mut(|(second, text)| {
        if *second != time.as_secs() || text.len() != WHOLE {
            text.clear();
            SystemTime.format_time(&mut Writer::new(text))?;
            if now().as_secs() != time.as_secs() {
                line.push_str(text);
                return Ok(());
            }
            text.truncate(WHOLE);
            *second = time.as_secs();
        }
        line.push_str(text);
        let mut digits = [b'0'; 6];
        let mut rest = time.subsec_micros();
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        digits.iter().for_each(|digit| line.push(char::from(*digit)));
        line.push('Z');
        Ok(())
    })
}

/// Writes the fields of an event, each behind a comma. A `String` takes everything, so writing to it does not fail.
struct FieldWriter<'l>(&'l mut String);

impl FieldWriter<'_> {
    fn name(&mut self, field: &Field) -> &mut String {
        let name = field.name();
        self.0.push_str(",\"");
        // As macros name fields that are Rust's keywords.
        self.0.push_str(name.strip_prefix("r#").unwrap_or(name));
        self.0.push_str("\":");
        self.0
    }
}

impl Visit for FieldWriter<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        string(self.name(field), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field).push_str(itoa::Buffer::new().format(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field).push_str(itoa::Buffer::new().format(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field).push_str(if value { "true" } else { "false" });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let line = self.name(field);
        line.push('"');
        let _ = write!(Escaped(line), "{value:?}");
        line.push('"');
    }
}

fn string(line: &mut String, text: &str) {
    line.push('"');
    let _ = Escaped(line).write_str(text);
    line.push('"');
}

/// Escapes what is written to it as the inside of a JSON string (RFC 8259, 7).
struct Escaped<'l>(&'l mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, whole: &str) -> fmt::Result {
        let mut rest = whole;
        loop {
            let (plain, special) = rest.split_at(text::run(rest.as_bytes()).length);
            if special.is_empty() {
                break;
            }
            let (special, after) = special.split_at(1);
            self.0.push_str(plain);
            match special {
                "\"" => self.0.push_str("\\\""),
                "\\" => self.0.push_str("\\\\"),
                "\n" => self.0.push_str("\\n"),
                _ => special.bytes().try_for_each(|byte| write!(self.0, "\\u{byte:04x}"))?,
            }
            rest = after;
        }
        self.0.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_as_the_library_writes_it() {
        for _ in 0..3 {
            let mut library = [String::new(), String::new()];
            let mut ours = String::new();
            SystemTime.format_time(&mut Writer::new(&mut library[0])).unwrap();
            timestamp(&mut ours).unwrap();
            SystemTime.format_time(&mut Writer::new(&mut library[1])).unwrap();
            assert_eq!(ours.len(), library[0].len());
            assert!(library[0] <= ours && ours <= library[1], "{ours}, {library:?}");
        }
    }

    #[test]
    fn what_json_does_not_take_is_escaped() {
        let mut line = String::new();
        string(&mut line, "a\"b\\c\nd\u{1}é and more than sixteen bytes");
        assert_eq!(line, r#""a\"b\\c\nd\u0001é and more than sixteen bytes""#);
    }
}
