//! The five versions, named after what each changed.

use std::sync::LazyLock;

use dateline_core::Version;

/// A version of Whop's API that the sandbox speaks; they order as they were published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ApiVersion {
    /// 2025-01-01, the original version.
    Original,
    /// 2026-06-08: `company_id` -> `account_id` on the users resource.
    Users,
    /// 2026-06-09: `company_id` -> `account_id` and `company` -> `account` on the plans resource.
    Plans,
    /// 2026-06-20: grouped referral amounts; earnings in decimal strings and fractions.
    Referrals,
    /// 2026-07-01: earnings name a `product` and a `resource`.
    Earnings,
}

impl ApiVersion {
    pub(super) const ALL: [ApiVersion; 5] =
        [Self::Original, Self::Users, Self::Plans, Self::Referrals, Self::Earnings];

    /// Returns the date as the version header has it.
    pub(super) fn date(self) -> &'static str {
        match self {
            Self::Original => "2025-01-01",
            Self::Users => "2026-06-08",
            Self::Plans => "2026-06-09",
            Self::Referrals => "2026-06-20",
            Self::Earnings => "2026-07-01",
        }
    }

    /// The version with exactly this spelling.
    pub(super) fn find(date: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.date().as_bytes() == date)
    }

    /// Every version, for messages.
    pub(super) fn known() -> String {
        Self::ALL.map(Self::date).join(", ")
    }
}

/// The same five as [`Version`]s.
pub(super) fn all() -> &'static [Version] {
    static ALL: LazyLock<Vec<Version>> =
        LazyLock::new(|| ApiVersion::ALL.iter().filter_map(|version| version.date().parse().ok()).collect());
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline_core::version::ByLabel;

    #[test]
    fn all_five_are_versions_in_order() {
        assert_eq!(all().len(), 5);
        assert!(all().is_sorted_by_key(|version| ByLabel(*version)) && ApiVersion::ALL.is_sorted());
        for (version, api) in all().iter().zip(ApiVersion::ALL) {
            assert_eq!(version.to_string(), api.date());
        }
    }
}
