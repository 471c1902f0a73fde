//! Finding a key among names: one probe for most keys, whatever the number of names.

use super::Slot;

/// What a key is to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nobody names it.
    Unnamed,
    /// It has a slot.
    Slot(Slot),
    /// It belongs to another version: the object is not ordinary.
    Alien,
}

/// A hash table of names, made once, probed for every key.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// A power of two of places, at most a quarter of them taken.
    places: Vec<Option<(Box<[u8]>, Found)>>,
}

impl Keys {
    pub(super) fn new(names: Vec<(Box<[u8]>, Found)>) -> Self {
        let mut places: Vec<_> = (0..(names.len() * 4).next_power_of_two()).map(|_| None).collect();
        for (name, found) in names {
            let mut at = hash(&name) & (places.len() - 1);
            while places[at].is_some() {
                at = (at + 1) & (places.len() - 1);
            }
            places[at] = Some((name, found));
        }
        Keys { places }
    }

    #[inline]
    pub(super) fn find(&self, key: &[u8]) -> Found {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = hash(key) & mask;
        while let Some(Some((name, found))) = self.places.get(at) {
            if **name == *key {
                return *found;
            }
            at = (at + 1) & mask;
        }
        Found::Unnamed
    }
}

/// Of the length and both ends: names of one object differ there.
#[inline]
fn hash(key: &[u8]) -> usize {
    let word = match key {
        [a, b, c, d, .., w, x, y, z] => {
            u64::from(u32::from_le_bytes([*a, *b, *c, *d])) << 32
                | u64::from(u32::from_le_bytes([*w, *x, *y, *z]))
        }
        [first, .., last] => u64::from(*first) << 8 | u64::from(*last),
        [only] => u64::from(*only),
        [] => 0,
    };
    let mixed = (word ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize
}
