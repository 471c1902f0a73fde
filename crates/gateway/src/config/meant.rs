//! "Did you mean": the key that a wrong name comes closest to.

use super::key::Key;
use dateline_core::alike::closest;

/// The key or table that was meant by `name`: a key of this name in another table, or one that is spelled like it.
pub(super) fn meant<T>(name: &str, keys: &[Key<T>]) -> Option<String> {
    // An old name that is misspelled means the key, too.
    let old = keys.iter().filter_map(|key| Some((key.old_name()?, key.name)));
    let names: Vec<(String, &str)> =
        keys.iter().map(|key| (key.name.to_owned(), key.name)).chain(old).collect();
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    let mut elsewhere = names.iter().filter(|(known, _)| last(known) == last(name)).map(|(_, key)| *key);
    let elsewhere = elsewhere.next().filter(|_| elsewhere.next().is_none());
    let like = || match name.contains('.') {
        true => {
            let like = closest(name, names.iter().map(|(known, _)| known.as_str()))?;
            names.iter().find(|(known, _)| known == like).map(|(_, key)| *key)
        }
        false => closest(name, keys.iter().filter_map(|key| key.name.split('.').next())),
    };
    elsewhere.or_else(like).map(str::to_owned)
}
