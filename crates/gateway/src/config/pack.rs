//! Checks of a configuration against the versions of its pack.

use super::{Config, ConfigError, Problem};
use dateline_core::{
    Version,
    pack::{Pack, UnknownPin},
    version::Scheme,
};
use dateline_http::policy::{AfterSunset, DefaultPin, Policy, ServedVersions};

impl Config {
    /// Returns the upstream's URL: the configured one, or the origin of the pack.
    pub fn upstream_url<'c>(&'c self, pack: &'c Pack) -> Option<&'c str> {
        self.upstream.url.as_deref().or(pack.origin.as_deref())
    }

    /// Returns this configuration with versions in place of the pack's aliases for them.
    #[must_use]
    pub fn resolved(&self, pack: &Pack) -> Config {
        let mut config = self.clone();
        let Policy { upstream, serves, default, clients, retirements, .. } = self.policy().resolved(pack);
        (config.upstream.version, config.upstream.serves, config.pins.default) = (upstream, serves, default);
        (config.clients, config.versions) = (clients, retirements);
        config
    }

    /// Lists every configured version that is no version of the pack, and every refusal of one that cannot be meant.
    ///
    /// It is apart from [`Config::load`], because the configuration says where the pack is loaded from.
    pub fn check_versions(&self, pack: &Pack) -> Vec<ConfigError> {
        self.resolved(pack).check_resolved(pack)
    }

    fn check_resolved(&self, pack: &Pack) -> Vec<ConfigError> {
        let supported = pack.all_versions();
        let mut used = Vec::new();
        used.extend(self.upstream.version.map(|version| ("upstream.version".to_owned(), version)));
        if let ServedVersions::Listed(versions) = &self.upstream.serves {
            used.extend(versions.iter().map(|version| ("upstream.serves".to_owned(), *version)));
        }
        if let DefaultPin::Version(version) = self.pins.default {
            used.push(("pins.default".to_owned(), version));
        }
        for (index, client) in self.clients.iter().enumerate() {
            used.extend(client.pin.map(|pin| (format!("client[{index}].pin"), pin)));
            let upstream = client.upstream_version;
            used.extend(upstream.map(|version| (format!("client[{index}].upstream_version"), version)));
        }
        let retired = self.versions.iter().enumerate();
        used.extend(retired.map(|(index, retired)| (format!("version[{index}].pin"), retired.pin)));
        used.retain(|(_, version)| !supported.contains(version));
        let unknown = used.into_iter().map(|(key, version)| {
            let meant = pack.meant_by(version);
            self.mistake(key, Problem::UnknownVersion { version, supported: supported.clone(), meant })
        });
        let no_age = self.pins.unknown == Some(UnknownPin::Older) && matches!(pack.scheme, Scheme::Listed(_));
        let no_age = no_age.then(|| {
            let problem = "the pack lists its versions, so nobody knows which of them is older than one that is not listed: \
                           write \"refuse\" or \"pass\"";
            self.mistake("pins.unknown".to_owned(), Problem::Value(problem.to_owned()))
        });
        let known: Vec<Version> = pack.versions().collect();
        let mut mistakes: Vec<_> = unknown.chain(no_age).chain(self.refusals_at_fault(&known)).collect();
        mistakes.sort_by(|a, b| a.origin.cmp(&b.origin));
        mistakes
    }

    /// Lists refusals by `[[version]]` that only this configuration turns against its own clients: of the version that the
    /// upstream is asked in, of `pins.default`, or of every version.
    fn refusals_at_fault(&self, supported: &[Version]) -> Vec<ConfigError> {
        let refused = |pin: Version| {
            let is_it = |retired: &dateline_http::policy::Retirement| {
                retired.pin == pin && retired.after_sunset == AfterSunset::Refuse
            };
            self.versions.iter().position(is_it)
        };
        let mistake = |index: usize, problem| {
            self.mistake(format!("version[{index}].after_sunset"), Problem::Value(problem))
        };
        let Some(newest) = supported.last() else { return Vec::new() };
        let upstream = self.upstream.version.unwrap_or(*newest);
        let of_upstream = refused(upstream);
        if let Some(index) = of_upstream
            && supported.iter().all(|version| refused(*version).is_some())
        {
            let problem = "every version of the pack is refused from its sunset on, so that no request could be answered: \
                           write \"serve\" for those that clients may still use";
            return vec![mistake(index, problem.to_owned())];
        }
        let of_upstream = of_upstream.map(|index| {
            mistake(index, format!(
                "{upstream} is the version in which the upstream is asked, and its own clients would be turned away: \
                 write \"serve\", or another upstream.version"
            ))
        });
        let of_default = match self.pins.default {
            DefaultPin::Version(default) if default != upstream => refused(default).map(|index| {
                mistake(index, format!(
                    "{default} is pins.default, so that every request without a version would be turned away: \
                     write another pins.default, or none if that is meant"
                ))
            }),
            _ => None,
        };
        of_upstream.into_iter().chain(of_default).collect()
    }

    /// A mistake in a key, at its place.
    fn mistake(&self, key: String, problem: Problem) -> ConfigError {
        ConfigError { origin: self.origins.of(&key), key: Some(key), problem }
    }
}
