//! The limit on file descriptors: each connection takes one.

/// The number of descriptors kept free for listeners, files, the log and connections to the admin listener.
const KEPT: usize = 32;

/// Raises the soft limit of this process to its hard limit, as it may; returns the limit that holds then, where there
/// is one.
pub fn raise_descriptor_limit() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        let soft = limit.current;
        limit.current = limit.maximum;
        match setrlimit(Resource::Nofile, limit) {
            Ok(()) => limit.maximum,
            Err(_) => soft,
        }
    }
    #[cfg(not(unix))]
    None
}

/// Returns the most connections on either side of the gateway: just under half of the descriptors.
pub(crate) fn half() -> usize {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit: Option<u64> = None;
    half_of(limit)
}

/// The same once the soft limit is raised.
pub(crate) fn half_at_most() -> usize {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    #[cfg(not(unix))]
    let limit: Option<u64> = None;
    half_of(limit)
}

fn half_of(limit: Option<u64>) -> usize {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    (limit / 2).saturating_sub(KEPT).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_leave_some() {
        for limit in [64, 65, 1024, 1 << 20] {
            assert!(2 * half_of(Some(limit)) as u64 + 2 * KEPT as u64 <= limit.max(66), "{limit}");
        }
        assert_eq!((half_of(Some(0)), half_of(Some(1024))), (1, 480));
        assert!(half_of(None) > 1 << 20);
    }
}
