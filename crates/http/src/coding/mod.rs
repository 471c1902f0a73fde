//! The rooms of this crate.

pub mod negotiate;
