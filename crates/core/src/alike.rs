//! "Did you mean": the known name that a wrong one comes closest to.

/// Returns the known name that was probably meant: the only one that begins with what was written, or the nearest one
/// that differs from it by a slip in every third letter at most.
///
/// ```
/// use dateline_core::alike::closest;
///
/// assert_eq!(closest("lisen.adress", ["listen.address", "upstream.url"]), Some("listen.address"));
/// assert_eq!(closest("plugins", ["listen.address", "upstream.url"]), None);
/// ```
pub fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut longer = known.iter().filter(|name| written.len() > 2 && name.starts_with(written));
    let only = longer.next().filter(|first| longer.all(|name| name == *first));
    let slips = |name: &&&str| strsim::damerau_levenshtein(written, name);
    let nearest = || known.iter().min_by_key(slips).filter(|name| slips(name) * 3 <= name.len().max(3));
    only.or_else(nearest).copied()
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn looks_like_only_what_is_alike() {
        let like =
            |name| closest(name, ["listen.address", "upstream.url", "upstream.version", "limits", "limits"]);
        assert_eq!(like("upstream.u"), Some("upstream.url"));
        assert_eq!(like("lim"), Some("limits"));
        assert_eq!(like("limist"), Some("limits"));
        assert_eq!(like("plugins"), None);
    }
}
