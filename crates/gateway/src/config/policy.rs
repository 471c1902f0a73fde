//! The policy that a configuration makes: the part of it that is about versions, and not about the gateway.

use super::Config;
use dateline_http::policy::Policy;

impl Config {
    /// Returns the policy of the API, as the tables `pins`, `client`, `version`, `requests`, `responses` and `upstream`
    /// have it.
    pub fn policy(&self) -> Policy {
        Policy {
            upstream: self.upstream.version,
            serves: self.upstream.serves.clone(),
            default: self.pins.default,
            unknown: self.pins.unknown,
            clients: self.clients.clone(),
            retirements: self.versions.clone(),
            untranslatable: self.requests.untranslatable,
            method_override: self.upstream.method_override,
            other_version: self.upstream.other_version,
            loss_header: self.responses.loss_header,
            error_names: self.responses.error_names,
        }
    }
}
