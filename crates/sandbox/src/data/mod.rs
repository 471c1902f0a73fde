//! The domain, free of any version, and the fixtures: the same on every run, rich in hard cases.

mod earnings;
mod plans;
mod referrals;
mod users;

use std::collections::HashMap;

pub(super) use self::{
    earnings::{AlternativeMethod, Earning, Receipt, Resource},
    plans::{Account, CustomField, PaymentMethods, Plan, Product},
    referrals::{Referral, ReferredAccount},
    users::{Override, User},
};

/// The data of one sandbox.
pub(super) struct Store {
    pub(super) plans: Vec<Plan>,
    /// The number of plans created so far, for the id of the next one.
    pub(super) created: u64,
    pub(super) users: Vec<User>,
    /// The profile that a user shows to one account, by user id and account id.
    pub(super) overrides: HashMap<(String, String), Override>,
    pub(super) referrals: Vec<Referral>,
    pub(super) earnings: Vec<Earning>,
    pub(super) partner_enabled_at: Option<&'static str>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self {
            plans: plans::fixtures(),
            created: 0,
            users: users::fixtures(),
            overrides: HashMap::new(),
            referrals: referrals::fixtures(),
            earnings: earnings::fixtures(),
            partner_enabled_at: None,
        }
    }

    /// Returns an account with its title. The title of an unknown account is its id.
    pub(super) fn account(&self, id: &str) -> Account {
        let title = match id {
            "biz_pickaxe" => "Pickaxe",
            "biz_forge" => "Café \"Forge\" & Söhne",
            "biz_lumen" => "Lumen",
            _ => id,
        };
        Account { id: id.to_owned(), title: title.to_owned() }
    }

    /// Returns a product with its title. The title of an unknown product is its id.
    pub(super) fn product(&self, id: &str) -> Product {
        let known =
            self.plans.iter().filter_map(|plan| plan.product.as_ref()).find(|product| product.id == id);
        known.cloned().unwrap_or_else(|| Product { id: id.to_owned(), title: id.to_owned() })
    }
}
