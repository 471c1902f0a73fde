//! Partner enrolment, the same in every version.

use super::{
    data::Store,
    error::Refusal,
    json::Object,
    params::{self, Param},
};

/// The time of every enrolment: a constant, since the sandbox has no clock.
const ENROLLED_AT: &str = "2026-06-15T09:30:00.000Z";

/// `POST /referrals/partners`. Enrolling again keeps the original time.
pub(super) fn enrol(store: &mut Store, params: &[Param]) -> Result<String, Refusal> {
    params::none(params)?;
    let enrolled_at = *store.partner_enabled_at.get_or_insert(ENROLLED_AT);
    Ok(Object::new()
        .text("whop_partner_enabled_at", enrolled_at)
        .text("referral_link", "https://whop.com/?a=ada&utm_source=partner")
        .finish())
}
