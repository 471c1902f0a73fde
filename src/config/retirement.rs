//! `[[version]]`: how a version of the API is retired, as written -> as usable.

use std::collections::HashMap;

use figment::value::Dict;

use super::usable::{AfterSunset, Retirement};
use crate::{Version, day::Day};

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
