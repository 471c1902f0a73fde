//! Finding a key among names: one probe for most keys, whatever the number of names.

use super::Slot;

/// The meaning of a key on a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The key is not named by any step.
    Unnamed,
    /// The key has a slot.
    Slot(Slot),
    /// The key belongs to another version, so the object is not ordinary.
    Alien,
}

/// A hash table of names, made once, probed for every key.
#[derive(Debug, Default, Clone)]
pub(super) struct Keys {
    /// A power of two of places, at most a quarter of them taken.
    places: Vec<Place>,
}

#[derive(Debug, Clone)]
struct Place {
    digest: u64,
    name: Box<[u8]>,
    /// Unnamed where nobody has taken the place.
    found: Found,
}

impl Keys {
    /// No names.
    pub(super) const NONE: Keys = Keys { places: Vec::new() };

    pub(super) fn new(names: Vec<(Box<[u8]>, Found)>) -> Self {
        let free = Place { digest: 0, name: Box::default(), found: Found::Unnamed };
        let mut places = vec![free; (names.len() * 4).next_power_of_two()];
        for (name, found) in names {
            let digest = digest(&name);
            let mut at = index(digest) & (places.len() - 1);
            while places[at].found != Found::Unnamed {
                at = (at + 1) & (places.len() - 1);
            }
            places[at] = Place { digest, name, found };
        }
        Keys { places }
    }

    /// The names that are looked for, each with its meaning.
    pub(super) fn names(&self) -> impl Iterator<Item = (Box<[u8]>, Found)> {
        let taken = self.places.iter().filter(|place| place.found != Found::Unnamed);
        taken.map(|Place { name, found, .. }| (name.clone(), *found))
    }

    #[inline]
    pub(super) fn find(&self, key: &[u8]) -> Found {
        let digest = digest(key);
        let mask = self.places.len().wrapping_sub(1);
        let mut at = index(digest) & mask;
        while let Some(place) = self.places.get(at) {
            if place.found == Found::Unnamed || (place.digest == digest && *place.name == *key) {
                return place.found;
            }
            at = (at + 1) & mask;
        }
        Found::Unnamed
    }
}

/// The length and both ends: names of one object differ there.
#[inline]
fn digest(key: &[u8]) -> u64 {
    let ends = match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => key.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    ends ^ (key.len() as u64) << 56
}

#[inline]
fn index(digest: u64) -> usize {
    (digest.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}
