//! The changes between versions by the API's documentation. Written by hand, not read from the pack.

use super::run::Side;

/// An object that the versions write differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plan,
    Referral,
    Earning,
    PlanParameters,
    UserParameters,
    ReferralParameters,
}

/// A place where such an object occurs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) operation: &'static str,
    pub(super) side: Side,
    pub(super) kind: Kind,
    /// True if the object is an element of `data`.
    pub(super) listed: bool,
}

const fn place(operation: &'static str, side: Side, kind: Kind) -> Place {
    Place { operation, side, kind, listed: false }
}

const fn listed(operation: &'static str, kind: Kind) -> Place {
    Place { operation, side: Side::Response, kind, listed: true }
}

/// Every place; what is not here is the same in all versions.
pub(super) const PLACES: [Place; 21] = [
    listed("GET /plans", Kind::Plan),
    place("POST /plans", Side::Response, Kind::Plan),
    place("GET /plans/{id}", Side::Response, Kind::Plan),
    place("PATCH /plans/{id}", Side::Response, Kind::Plan),
    listed("GET /referrals/businesses", Kind::Referral),
    place("GET /referrals/businesses/{id}", Side::Response, Kind::Referral),
    listed("GET /referrals/businesses/earnings", Kind::Earning),
    listed("GET /referrals/businesses/{id}/earnings", Kind::Earning),
    place("GET /plans", Side::Query, Kind::PlanParameters),
    place("POST /plans", Side::Json, Kind::PlanParameters),
    place("POST /plans", Side::Form, Kind::PlanParameters),
    place("GET /users", Side::Query, Kind::UserParameters),
    place("GET /users/{id}", Side::Query, Kind::UserParameters),
    place("PATCH /users/{id}", Side::Query, Kind::UserParameters),
    place("PATCH /users/{id}", Side::Json, Kind::UserParameters),
    place("PATCH /users/{id}", Side::Form, Kind::UserParameters),
    place("PATCH /users/me", Side::Query, Kind::UserParameters),
    place("PATCH /users/me", Side::Json, Kind::UserParameters),
    place("PATCH /users/me", Side::Form, Kind::UserParameters),
    place("GET /users/{id}/access/{resource_id}", Side::Query, Kind::UserParameters),
    place("GET /referrals/businesses", Side::Query, Kind::ReferralParameters),
];

/// The change of one field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact {
    /// The number of the version in which it does.
    pub(super) since: usize,
    /// The name before the change, or empty if the field was new.
    pub(super) old: &'static str,
    /// The name after the change, or empty if the field was removed.
    pub(super) new: &'static str,
    pub(super) form: Form,
}

/// The change of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The value does not change.
    Same,
    /// A number becomes a decimal string.
    Decimal,
    /// A percentage becomes a fraction.
    Fraction,
    /// Gone; older versions get this instead.
    Gone(&'static str),
    /// New; on an older upstream it is made up.
    Added,
    /// `processing_volume` <-> `volume_usd`, `total_earnings` <-> `earnings_usd`.
    Sorting,
}

const fn fact(since: usize, old: &'static str, new: &'static str, form: Form) -> Fact {
    Fact { since, old, new, form }
}

const PLAN: &[Fact] = &[fact(2, "company", "account", Form::Same)];
const REFERRAL: &[Fact] = &[
    fact(3, "processing_volume", "volume_usd.attributed", Form::Decimal),
    fact(3, "", "volume_usd.settled", Form::Added),
    fact(3, "", "volume_usd.awaiting_settlement", Form::Added),
    fact(3, "total_earnings", "earnings_usd.total", Form::Decimal),
    fact(3, "pending_payout", "earnings_usd.pending", Form::Decimal),
    fact(3, "completed_payout", "earnings_usd.completed", Form::Decimal),
    fact(3, "currency", "", Form::Gone("\"usd\"")),
    fact(3, "referred_by_account_id", "", Form::Gone("null")),
];
const EARNING: &[Fact] = &[
    fact(3, "base_amount", "transaction_amount_usd", Form::Decimal),
    fact(3, "amount", "commission_amount_usd", Form::Decimal),
    fact(3, "payout_percentage", "payout_percentage", Form::Fraction),
    fact(3, "currency", "", Form::Gone("\"usd\"")),
    fact(4, "access_pass", "product", Form::Same),
    fact(4, "receipt", "resource", Form::Same),
    fact(4, "receipt.amount_after_fees", "", Form::Gone("null")),
    fact(4, "receipt.receipt_fees", "", Form::Gone("[]")),
    fact(4, "", "resource.object", Form::Added),
];
const PLAN_PARAMETERS: &[Fact] = &[fact(2, "company_id", "account_id", Form::Same)];
const USER_PARAMETERS: &[Fact] = &[fact(1, "company_id", "account_id", Form::Same)];
const REFERRAL_PARAMETERS: &[Fact] = &[fact(3, "order", "order", Form::Sorting)];

impl Kind {
    pub(super) fn facts(self) -> &'static [Fact] {
        match self {
            Kind::Plan => PLAN,
            Kind::Referral => REFERRAL,
            Kind::Earning => EARNING,
            Kind::PlanParameters => PLAN_PARAMETERS,
            Kind::UserParameters => USER_PARAMETERS,
            Kind::ReferralParameters => REFERRAL_PARAMETERS,
        }
    }

    /// The facts of the versions that lie between two.
    pub(super) fn facts_between(self, one: usize, other: usize) -> impl Iterator<Item = &'static Fact> {
        let crossed = one.min(other) + 1..=one.max(other);
        self.facts().iter().filter(move |fact| crossed.contains(&fact.since))
    }
}

impl Fact {
    /// The field's name at a version, and its name on the other side of the change.
    pub(super) fn names(&self, version: usize) -> (&'static str, &'static str) {
        if version < self.since { (self.old, self.new) } else { (self.new, self.old) }
    }
}
