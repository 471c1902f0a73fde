//! `[[version]]`: how a version of the API is retired, as written -> as usable.

use std::collections::HashMap;

use figment::value::Dict;

use super::{ConfigError, Problem, usable::Config};
use crate::{
    Version,
    day::Day,
    policy::{AfterSunset, DefaultPin, Retirement},
};

/// A `[[version]]` as written, each value checked on its own.
#[derive(Default)]
pub(super) struct Written {
    pub(super) pin: Option<Version>,
    pub(super) deprecated: Option<Day>,
    pub(super) sunset: Option<Day>,
    pub(super) link: Option<String>,
    pub(super) after_sunset: Option<AfterSunset>,
}

impl Written {
    /// `None` where it lacks its pin.
    pub(super) fn usable(self) -> Option<Retirement> {
        let Written { pin, deprecated, sunset, link, after_sunset } = self;
        let after_sunset = after_sunset.unwrap_or(AfterSunset::Serve);
        Some(Retirement { pin: pin?, deprecated, sunset, link, after_sunset })
    }
}

/// What a `[[version]]` lacks, by the keys that are there, whatever their values.
pub(super) fn lacking(keys: &Dict) -> Vec<String> {
    let mut problems = Vec::new();
    if !keys.contains_key("pin") {
        problems.push("without a pin: write one such as pin = \"2025-01-01\"".to_owned());
    }
    if !keys.contains_key("deprecated") && !keys.contains_key("sunset") {
        problems.push("says nothing of its pin: write deprecated, sunset or both".to_owned());
    }
    if keys.contains_key("after_sunset") && !keys.contains_key("sunset") {
        problems.push("after_sunset without a sunset: write both".to_owned());
    }
    problems
}

/// Days in the wrong order, and pins that an earlier table has too: the key at fault, and what is wrong.
pub(super) fn contradictions(versions: &[Written]) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut first = HashMap::new();
    for (index, version) in versions.iter().enumerate() {
        if let (Some(deprecated), Some(sunset)) = (version.deprecated, version.sunset)
            && sunset < deprecated
        {
            let problem = format!("before version[{index}].deprecated, {deprecated} (RFC 9745, 4)");
            problems.push((format!("version[{index}].sunset"), problem));
        }
        if let Some(pin) = version.pin {
            let earlier = *first.entry(pin).or_insert(index);
            if earlier != index {
                problems
                    .push((format!("version[{index}].pin"), format!("the same as version[{earlier}].pin")));
            }
        }
    }
    problems
}

impl Config {
    /// Refusals by `[[version]]` that would turn away requests which nothing but this configuration keeps from being
    /// served: at the version that the upstream is spoken to at, at that of `pins.default`, or at every version of
    /// `supported`, those of the pack from the oldest on.
    pub(super) fn refusals_at_fault(&self, supported: &[Version]) -> Vec<ConfigError> {
        let is_refused = |pin: Version| {
            let mut retired = self.versions.iter();
            retired.any(|version| version.pin == pin && version.after_sunset == AfterSunset::Refuse)
        };
        let mistake = |pin: Version, problem: String| {
            let index = self.versions.iter().position(|version| version.pin == pin)?;
            let key = format!("version[{index}].after_sunset");
            Some(ConfigError {
                origin: self.origins.of(&key),
                key: Some(key),
                problem: Problem::Value(problem),
            })
        };
        let Some(newest) = supported.last() else { return Vec::new() };
        let upstream = self.upstream.version.unwrap_or(*newest);
        if supported.iter().all(|version| is_refused(*version)) {
            let problem = "every version of the pack is refused from its sunset on, so that no request could be answered: \
                           write \"serve\" for those that are to be answered";
            return mistake(upstream, problem.to_owned()).into_iter().collect();
        }
        let mut mistakes = Vec::new();
        if is_refused(upstream) {
            mistakes.extend(mistake(upstream, format!(
                "{upstream} is the version that the upstream is spoken to at, and its clients would be turned away: \
                 write \"serve\", or another upstream.version"
            )));
        }
        if let DefaultPin::Version(default) = self.pins.default
            && default != upstream
            && is_refused(default)
        {
            mistakes.extend(mistake(default, format!(
                "{default} is pins.default, so that every request without a version would be turned away: \
                 write another pins.default, or none where that is meant"
            )));
        }
        mistakes
    }
}
