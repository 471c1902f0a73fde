//! Business referrals.

use crate::decimal::Decimal;

/// A business that was referred, and what came of it, in US dollars.
#[derive(Debug, Clone)]
pub(crate) struct Referral {
    pub(crate) id: &'static str,
    pub(crate) account: Option<ReferredAccount>,
    /// A fraction, in every version.
    pub(crate) payout_percentage: Decimal,
    /// Known to versions before 2026-06-20 only.
    pub(crate) referred_by_account_id: Option<&'static str>,
    pub(crate) started_at: Option<&'static str>,
    pub(crate) expires_at: Option<&'static str>,
    pub(crate) created_at: &'static str,
    pub(crate) status: &'static str,
    /// Awaiting settlement plus settled.
    pub(crate) attributed: Option<Decimal>,
    pub(crate) awaiting_settlement: Option<Decimal>,
    pub(crate) settled: Option<Decimal>,
    /// Pending plus completed.
    pub(crate) total: Option<Decimal>,
    pub(crate) pending: Option<Decimal>,
    pub(crate) completed: Option<Decimal>,
}

#[derive(Debug, Clone)]
pub(crate) struct ReferredAccount {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) logo_url: Option<&'static str>,
    pub(crate) route: &'static str,
}

pub(super) const PICKAXE: ReferredAccount = ReferredAccount {
    id: "biz_pickaxe",
    title: "Pickaxe",
    logo_url: Some("https://cdn.whop.com/logo.png"),
    route: "pickaxe",
};

pub(super) const FORGE: ReferredAccount =
    ReferredAccount { id: "biz_forge", title: "Café \"Forge\" & Söhne", logo_url: None, route: "forge" };

/// A referral of Pickaxe from its three volumes (attributed, awaiting, settled) and earnings (total, pending, completed).
fn referral(id: &'static str, created_at: &'static str, volume: [&str; 3], earnings: [&str; 3]) -> Referral {
    let [attributed, awaiting_settlement, settled] = volume.map(Decimal::parse);
    let [total, pending, completed] = earnings.map(Decimal::parse);
    Referral {
        id,
        account: Some(PICKAXE),
        payout_percentage: Decimal::of("0.3"),
        referred_by_account_id: None,
        started_at: Some(created_at),
        expires_at: Some("2027-06-01T12:00:00Z"),
        created_at,
        status: "active",
        attributed,
        awaiting_settlement,
        settled,
        total,
        pending,
        completed,
    }
}

/// Six referrals: the published sample, then amounts below a cent, beyond every float, unknown, zero and unsettled.
pub(super) fn fixtures() -> Vec<Referral> {
    vec![
        referral(
            "bref_pickaxe",
            "2026-06-01T12:00:00Z",
            ["11050.00", "250.00", "10800.00"],
            ["165.75", "45.25", "120.50"],
        ),
        Referral {
            account: Some(FORGE),
            payout_percentage: Decimal::of("0.125"),
            referred_by_account_id: Some("biz_lumen"),
            expires_at: None,
            ..referral(
                "bref_forge",
                "2026-05-30T00:00:00Z",
                ["0.375", "0.125", "0.25"],
                ["0.005", "0.001", "0.004"],
            )
        },
        referral(
            "bref_giant",
            "2026-05-20T00:00:00.5Z",
            ["123456789012345678901234567890.12", "0.02", "123456789012345678901234567890.10"],
            ["37037036703703703670370370367.04", "37037036703703703670370370367", "0.04"],
        ),
        Referral {
            started_at: None,
            expires_at: None,
            ..referral("bref_fresh", "2026-06-10T09:00:00Z", ["", "", ""], ["", "", ""])
        },
        Referral {
            account: None,
            status: "removed",
            ..referral("bref_gone", "2026-01-01T00:00:00Z", ["0", "0.00", "0"], ["0", "0", "0.00"])
        },
        Referral {
            payout_percentage: Decimal::of("1"),
            ..referral(
                "bref_minor",
                "2026-06-05T00:00:00Z",
                ["1000.00", "1000.00", "0.00"],
                ["6.9", "6.9", "0"],
            )
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns an amount in thousandths, which every fixture fits.
    fn thousandths(amount: &Option<Decimal>) -> Option<i128> {
        let text = amount.as_ref()?.money();
        let (integer, fraction) = text.split_once('.').unwrap();
        format!("{integer}{fraction:0<3}").parse().ok()
    }

    #[test]
    fn the_groups_reconcile() {
        for referral in fixtures() {
            let sum = |a, b| Some(thousandths(a)? + thousandths(b)?);
            let volume = sum(&referral.awaiting_settlement, &referral.settled);
            let earnings = sum(&referral.pending, &referral.completed);
            assert_eq!(thousandths(&referral.attributed), volume, "{}", referral.id);
            assert_eq!(thousandths(&referral.total), earnings, "{}", referral.id);
            assert_eq!(volume.is_none(), referral.id == "bref_fresh");
        }
    }
}
