//! The request path: a request in, translated, sent, and its response back out.

pub(crate) mod backend;
pub(crate) mod body;
pub(crate) mod body_error;
pub(crate) mod coding;
pub(crate) mod copy;
pub(crate) mod cors;
pub(crate) mod end_check;
pub(crate) mod error;
pub(crate) mod error_rewrite;
pub(crate) mod handler;
pub(crate) mod incoming;
pub(crate) mod layers;
pub(crate) mod loops;
pub(crate) mod observer;
pub(crate) mod passthrough;
pub(crate) mod received;
pub(crate) mod request_log;
pub(crate) mod translated;
pub(crate) mod upstream;
