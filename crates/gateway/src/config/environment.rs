//! The environment. Each variable is a layer of its own, so that figment knows it by name.

use std::{ffi::OsString, mem};

use figment::{
    Error, Metadata, Profile, Provider, Source,
    value::{Dict, Map, Value},
};

use dateline_core::alike::closest;
use toml::de::DeValue;

use super::{ConfigError, Origin, Problem, Warning, file, keys::KEYS};

const PREFIX: &str = "DATELINE_";
/// The environment variable with the token with which `dateline usage` asks a gateway.
pub const ADMIN_TOKEN: &str = "DATELINE_ADMIN_TOKEN";
const BETWEEN_LEVELS: &str = "__";

/// A variable that names a key.
pub(super) struct Variable {
    name: String,
    key: &'static str,
    value: String,
}

/// The variables of the environment that concern the configuration.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) variables: Vec<Variable>,
    pub(super) warnings: Vec<Warning>,
    pub(super) mistakes: Vec<ConfigError>,
}

impl Environment {
    /// Reads the variables whose names begin with `DATELINE_`.
    pub(super) fn read<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Environment
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let known: Vec<(String, &'static str)> =
            KEYS.iter().map(|key| (variable(key.name), key.name)).collect();
        let old: Vec<(String, &'static str)> =
            KEYS.iter().filter_map(|key| Some((variable(&key.old_name()?), key.name))).collect();
        let mut environment = Environment::default();
        for (name, value) in variables {
            let name = name.into().to_string_lossy().into_owned();
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| name != ADMIN_TOKEN) else { continue };
            let meant = || {
                let like = closest(&name, known.iter().chain(&old).map(|(name, _)| name.as_str()))?;
                let (_, key) = known.iter().chain(&old).find(|(name, _)| name == like)?;
                Some(variable(key))
            };
            if !rest.contains(BETWEEN_LEVELS) {
                // A Kubernetes service called dateline sets DATELINE_PORT in every container of its namespace.
                let meant = meant().map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
                let text = format!("ignored: variables of Dateline have `__` between levels{meant}");
                environment.warnings.push(Warning { key: None, origin: Origin::Variable(name), text });
                continue;
            }
            let problem = match known.iter().chain(&old).find(|(variable, _)| *variable == name) {
                Some((_, key)) => match value.into().into_string() {
                    Ok(value) => {
                        environment.variables.push(Variable { name, key, value });
                        continue;
                    }
                    Err(_) => Problem::Value("not UTF-8".to_owned()),
                },
                None if rest.starts_with("CLIENT__") => {
                    Problem::Value("clients are read from the file only".to_owned())
                }
                None => Problem::UnknownKey { meant: meant() },
            };
            let (key, origin) = (Some(key_of(&name)), Origin::Variable(name));
            environment.mistakes.push(ConfigError { key, origin, problem });
        }
        environment.check_old_names();
        environment
    }

    /// Warns of each variable with an old name. One whose new name is set too is a mistake, and is left out.
    fn check_old_names(&mut self) {
        let is_old = |set: &Variable| set.name != variable(set.key);
        let (old, new): (Vec<_>, Vec<_>) = mem::take(&mut self.variables).into_iter().partition(is_old);
        self.variables = new;
        for old in old {
            let (name, origin) = (key_of(&old.name), Origin::Variable(old.name.clone()));
            if self.variables.iter().any(|new| new.key == old.key) {
                self.mistakes.push(ConfigError::renamed_twice(name, old.key, origin));
            } else {
                self.warnings.push(Warning::renamed(name, &variable(old.key), origin));
                self.variables.push(old);
            }
        }
    }
}

/// The variable of a key: `DATELINE_UPSTREAM__URL` for `upstream.url`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', BETWEEN_LEVELS))
}

/// The key that a variable names: the reverse of [`variable`].
fn key_of(variable: &str) -> String {
    variable.strip_prefix(PREFIX).unwrap_or(variable).to_ascii_lowercase().replace(BETWEEN_LEVELS, ".")
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::from("environment variable", Source::Custom(self.name.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let nest = |value: Value, level: &str| Value::from(Dict::from([(level.to_owned(), value)]));
        let value = self.key.rsplit('.').fold(value(&self.value), nest);
        Ok(Profile::Default.collect(value.into_dict().unwrap_or_default()))
    }
}

/// Reads the value of a variable: arrays and quoted text as in the file, and all else as text, since the key knows whether
/// it means a number.
///
/// Env files of container engines keep quotes that a shell would remove.
fn value(text: &str) -> Value {
    let begins_as_toml = text.trim_start().starts_with(['[', '"', '\'']);
    match begins_as_toml.then(|| DeValue::parse(text.trim())) {
        Some(Ok(written)) => file::value("", written.get_ref(), &mut |_, _| {}),
        // `[::]:8080` is no array.
        Some(Err(_)) | None => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_quoted_text_are_read_as_in_the_file() {
        let texts = |items: &[&str]| Value::from(items.to_vec());
        for (written, read) in [
            ("[\"10.0.0.0/8\", 'fd00::/8']", texts(&["10.0.0.0/8", "fd00::/8"])),
            (" [ \"a\",\n ] ", texts(&["a"])),
            ("[]", Value::from(Vec::<Value>::new())),
            ("\"127.0.0.1:8080\"", Value::from("127.0.0.1:8080")),
            ("'info'", Value::from("info")),
            ("[::]:8080", Value::from("[::]:8080")),
            ("[\"a\"", Value::from("[\"a\"")),
            ("[a, b]", Value::from("[a, b]")),
            ("\"a\", \"b\"", Value::from("\"a\", \"b\"")),
            ("12", Value::from("12")),
            ("true", Value::from("true")),
            ("a,b", Value::from("a,b")),
            ("", Value::from("")),
        ] {
            assert_eq!(value(written), read, "{written}");
        }
    }
}
