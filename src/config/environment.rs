//! The environment layer: a layer for each variable, so that figment knows each by name.

use std::ffi::OsString;

use figment::{
    Error, Metadata, Profile, Provider, Source,
    value::{Dict, Map, Value},
};

use super::{
    ConfigError, Origin, Problem, Warning,
    keys::{KEYS, closest},
};

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

/// What the environment says to us.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) variables: Vec<Variable>,
    pub(super) warnings: Vec<Warning>,
    pub(super) mistakes: Vec<ConfigError>,
}

impl Environment {
    pub(super) fn read<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Environment
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let known: Vec<(String, &'static str)> =
            KEYS.iter().map(|key| (variable(key.name), key.name)).collect();
        let mut environment = Environment::default();
        for (name, value) in variables {
            let name = name.into().to_string_lossy().into_owned();
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| name != ADMIN_TOKEN) else { continue };
            let meant = || closest(&name, known.iter().map(|(name, _)| name.as_str())).map(str::to_owned);
            if !rest.contains(BETWEEN_LEVELS) {
                // A Kubernetes service called dateline sets DATELINE_PORT in every container of its namespace.
                environment.warnings.push(Warning { meant: meant(), variable: name });
                continue;
            }
            let problem = match known.iter().find(|(variable, _)| *variable == name) {
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
            let key = rest.to_ascii_lowercase().replace(BETWEEN_LEVELS, ".");
            environment.mistakes.push(ConfigError {
                key: Some(key),
                origin: Origin::Variable(name),
                problem,
            });
        }
        environment
    }
}

/// The variable of a key: `DATELINE_UPSTREAM__URL` of `upstream.url`.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', BETWEEN_LEVELS))
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::from("environment variable", Source::Custom(self.name.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        // Text as it stands: the key knows whether it means a number.
        let nest = |value: Value, level: &str| Value::from(Dict::from([(level.to_owned(), value)]));
        let value = self.key.rsplit('.').fold(Value::from(self.value.as_str()), nest);
        Ok(Profile::Default.collect(value.into_dict().unwrap_or_default()))
    }
}
