//! A HAR file (HTTP Archive 1.2): `log.entries[].request`. It is read entry by entry: what is held of it at once is one
//! request, however large the answers in it are.

use std::{fmt, io::Read};

use serde::{
    Deserialize as _,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{Collector, ListError, Place};

/// Reads what begins as a JSON object.
pub(super) fn read(input: impl Read, collector: &mut Collector<'_>) -> Result<(), ListError> {
    let mut file = Json { collector, entries: 0, has_entries: false, is_own_log: false };
    let read = (&mut file).deserialize(&mut serde_json::Deserializer::from_reader(input));
    match (file.is_own_log, file.has_entries, read) {
        (true, false, _) => Err(ListError::OwnLog),
        (_, true, Err(error)) => Err(ListError::Har(error)),
        (_, false, _) => Err(ListError::NotHar),
        (_, true, Ok(())) => Ok(()),
    }
}

/// The object at the top.
struct Json<'j, 'a> {
    collector: &'j mut Collector<'a>,
    entries: u64,
    has_entries: bool,
    is_own_log: bool,
}

/// An object of which one member matters, by its name and what reads it.
struct Member<S> {
    name: &'static str,
    seed: S,
}

impl<'de> DeserializeSeed<'de> for &mut Json<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Json<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "log" => map.next_value_seed(Member { name: "entries", seed: Entries(self) })?,
                // The last member of every line.
                "target" => {
                    self.is_own_log =
                        map.next_value::<Value>()?.as_str().is_some_and(|text| text.starts_with("dateline"));
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for Member<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for Member<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.name)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let Member { name, seed } = self;
        let mut seed = Some(seed);
        while let Some(key) = map.next_key::<String>()? {
            match seed.take_if(|_| key == name) {
                Some(seed) => map.next_value_seed(seed)?,
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

struct Entries<'e, 'j, 'a>(&'e mut Json<'j, 'a>);

impl<'de> DeserializeSeed<'de> for Entries<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        self.0.has_entries = true;
        input.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        loop {
            let mut request = Value::Null;
            let entry = Member { name: "request", seed: Slot(&mut request) };
            if entries.next_element_seed(entry)?.is_none() {
                return Ok(());
            }
            self.0.entries += 1;
            let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let headers = request["headers"].as_array().into_iter().flatten();
            let headers: Vec<(String, String)> =
                headers.map(|header| (text(header, "name"), text(header, "value"))).collect();
            let place = Place::Entry(self.0.entries);
            self.0.collector.take(place, &text(&request, "method"), &text(&request, "url"), &headers);
        }
    }
}

/// A variable that a value is stored in.
struct Slot<'v>(&'v mut Value);

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        *self.0 = Value::deserialize(input)?;
        Ok(())
    }
}
