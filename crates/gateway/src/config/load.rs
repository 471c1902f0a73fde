//! The reader: merges the layers and makes a [`Config`] of them, with every mistake on the way.

use std::{env, ffi::OsString, path::Path};

use figment::{
    Figment, Profile, Provider, Source,
    value::{Dict, Tag, Value},
};
use http::Uri;

use super::{
    Config, ConfigError, Origin, Origins, OtlpProtocol, Problem, Telemetry, Warning,
    environment::Environment,
    file::{ConfigFile, Positions, child},
    form::{Raw, found},
    key::Key,
    keys::{CLIENT_KEYS, ClientItem, KEYS, VERSION_KEYS, VersionItem},
    meant::meant,
};
use dateline_http::policy::{Client, Retirement};

impl Config {
    /// Loads the configuration of this process: the defaults, then `file`, then the environment.
    ///
    /// Paths in it are relative to the working directory.
    ///
    /// # Errors
    /// Every mistake in the file and in the environment, in the order in which a reader meets them.
    pub fn load(file: Option<&Path>) -> Result<(Config, Vec<Warning>), Vec<ConfigError>> {
        Config::load_from(file, env::vars_os())
    }

    /// Loads a configuration as [`Config::load`] does, with `variables` for the environment.
    ///
    /// ```
    /// let (config, warnings) = dateline_gateway::Config::load_from(None, [("DATELINE_LIMITS__REQUEST_BYTES", "64KiB")])
    ///     .expect("no mistakes");
    /// assert_eq!(config.limits.request_bytes, 65536);
    /// assert!(warnings.is_empty());
    /// ```
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_from<N, V>(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<(Config, Vec<Warning>), Vec<ConfigError>>
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let Reading { config, warnings, mistakes } = Reading::of(file, variables);
        match mistakes.is_empty() {
            true => Ok((config, warnings)),
            false => Err(mistakes),
        }
    }
}

/// A configuration as far as it could be read, and everything that is wrong with it.
#[derive(Debug)]
pub struct Reading {
    /// Every key that could be read; the others are as if they were not written.
    pub config: Config,
    /// Things that are accepted but may not be meant.
    pub warnings: Vec<Warning>,
    /// Every mistake in the file and in the environment, in the order of reading.
    pub mistakes: Vec<ConfigError>,
}

impl Reading {
    /// Reads `file` and the environment of this process, as [`Config::load`] does.
    pub fn new(file: Option<&Path>) -> Self {
        Reading::of(file, env::vars_os())
    }

    fn of<N, V>(file: Option<&Path>, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let (mut warnings, mut mistakes) = (Vec::new(), Vec::new());
        let mut lines = Positions::new();
        let mut figment = Figment::new();
        match file.map(ConfigFile::read) {
            Some(Ok(mut file)) => {
                (warnings, mistakes) = file.rename();
                lines = file.lines();
                figment = figment.merge(file);
            }
            Some(Err(problems)) => mistakes = problems,
            None => {}
        }
        let environment = Environment::read(variables);
        warnings.extend(environment.warnings);
        mistakes.extend(environment.mistakes);
        for variable in environment.variables {
            figment = figment.merge(variable);
        }

        let merged = figment.data().ok().and_then(|mut layers| layers.remove(&Profile::Default));
        let mut reader = Reader { figment, lines, mistakes, origins: Origins::default() };
        let mut config = reader.config(merged.unwrap_or_default());
        config.origins = reader.origins;
        reader.mistakes.sort_by(|a, b| a.origin.cmp(&b.origin));
        Reading { config, warnings, mistakes: reader.mistakes }
    }
}

/// The reader of the merged value. It collects mistakes.
struct Reader {
    figment: Figment,
    lines: Positions,
    mistakes: Vec<ConfigError>,
    origins: Origins,
}

impl Reader {
    fn config(&mut self, mut merged: Dict) -> Config {
        let mut config = Config::default();
        let (clients, versions) = (merged.remove("client"), merged.remove("version"));
        self.table(&mut config, KEYS, "", &merged, "");
        config.clients = clients.map(|clients| self.clients(&clients)).unwrap_or_default();
        config.versions = versions.map(|versions| self.versions(&versions)).unwrap_or_default();
        self.check_together(&config);
        config
    }

    /// Notes values that do not go together.
    fn check_together(&mut self, config: &Config) {
        if config.admin.address == Some(config.listen.address) && config.listen.address.port() != 0 {
            let keys = [("admin.address", "listen.address"), ("listen.address", "admin.address")];
            // Blames a key that was written, not a default.
            if let Some((key, other)) = keys.into_iter().min_by_key(|(key, _)| self.origins.of(key)) {
                self.mistake(key, None, Problem::Value(format!("the same as {other}")));
            }
        }
        let (listen, upstream) = (&config.listen, &config.upstream);
        for (key, set, needed, present) in [
            ("listen.tls_cert", &listen.tls_cert, "listen.tls_key", &listen.tls_key),
            ("listen.tls_key", &listen.tls_key, "listen.tls_cert", &listen.tls_cert),
            ("listen.client_ca", &listen.client_ca, "listen.tls_cert", &listen.tls_cert),
            ("upstream.client_cert", &upstream.client_cert, "upstream.client_key", &upstream.client_key),
            ("upstream.client_key", &upstream.client_key, "upstream.client_cert", &upstream.client_cert),
        ] {
            // A key that is written and wrong has its own mistake.
            if set.is_some() && present.is_none() && self.origins.of(needed) == Origin::Default {
                self.mistake(key, None, Problem::Value(format!("without {needed}: write both")));
            }
        }
        let Telemetry { otlp_endpoint, otlp_protocol, .. } = &config.telemetry;
        let path = otlp_endpoint.as_deref().and_then(|url| url.parse::<Uri>().ok());
        if *otlp_protocol == OtlpProtocol::Grpc && path.is_some_and(|url| url.path() != "/") {
            let problem =
                "with a path, which only telemetry.otlp_protocol = \"http\" uses: write an origin".to_owned();
            self.mistake("telemetry.otlp_endpoint", None, Problem::Value(problem));
        }
    }

    /// Reads a table into `target`. Its name is `place` in the document and `prefix` among the keys.
    fn table<T>(&mut self, target: &mut T, keys: &[Key<T>], place: &str, dict: &Dict, prefix: &str) {
        for (name, value) in dict {
            let key_name = child(prefix, name);
            let full_name = child(place, name);
            let origin = self.origin(value.tag(), &full_name);
            let problem = if let Some(key) = keys.iter().find(|key| key.name == key_name) {
                let raw = Raw { value, untyped: matches!(origin, Origin::Variable(_)) };
                self.origins.0.insert(full_name.clone(), origin);
                (key.read)(target, &raw).err().map(Problem::Value)
            } else if keys.iter().any(|key| is_within(key.name, &key_name)) {
                match value {
                    Value::Dict(_, inner) => {
                        self.table(target, keys, &full_name, inner, &key_name);
                        None
                    }
                    other => Some(Problem::Value(found(other, &format!("a table, [{key_name}]")))),
                }
            } else {
                Some(Problem::UnknownKey { meant: meant(&key_name, keys) })
            };
            if let Some(problem) = problem {
                self.mistake(&full_name, Some(value.tag()), problem);
            }
        }
    }

    fn clients(&mut self, written: &Value) -> Vec<Client> {
        let written = self.list("client", written, CLIENT_KEYS, ClientItem::lacking);
        self.blame(ClientItem::repeated(&written));
        // One that is not usable has been reported.
        written.into_iter().filter_map(ClientItem::usable).collect()
    }

    fn versions(&mut self, written: &Value) -> Vec<Retirement> {
        let written = self.list("version", written, VERSION_KEYS, VersionItem::lacking);
        self.blame(VersionItem::contradictions(&written));
        written.into_iter().filter_map(VersionItem::usable).collect()
    }

    /// Reads every `[[name]]`. `lacking` checks which keys one has.
    fn list<W: Default>(
        &mut self,
        name: &str,
        written: &Value,
        keys: &[Key<W>],
        lacking: fn(&Dict) -> Vec<String>,
    ) -> Vec<W> {
        let Value::Array(_, items) = written else {
            let problem = found(written, &format!("[[{name}]], once for each {name}"));
            self.mistake(name, Some(written.tag()), Problem::Value(problem));
            return Vec::new();
        };
        if items.is_empty() {
            // Written so, none are meant.
            self.origins.0.insert(name.to_owned(), self.origin(written.tag(), name));
        }
        let item = |(index, item): (usize, &Value)| {
            let place = format!("{name}[{index}]");
            let mut written = W::default();
            let Value::Dict(tag, dict) = item else {
                let problem = found(item, &format!("[[{name}]] and its keys"));
                self.mistake(&place, Some(item.tag()), Problem::Value(problem));
                return written;
            };
            self.table(&mut written, keys, &place, dict, "");
            for problem in lacking(dict) {
                self.mistake(&place, Some(*tag), Problem::Value(problem));
            }
            written
        };
        items.iter().enumerate().map(item).collect()
    }

    fn blame(&mut self, problems: Vec<(String, String)>) {
        problems.into_iter().for_each(|(key, problem)| self.mistake(&key, None, Problem::Value(problem)));
    }

    /// Adds a mistake at the place of the tag, or at that of the key if there is no tag.
    fn mistake(&mut self, key: &str, tag: Option<Tag>, problem: Problem) {
        let origin = match tag {
            Some(tag) => self.origin(tag, key),
            None => self.origins.of(key),
        };
        self.mistakes.push(ConfigError { key: Some(key.to_owned()), origin, problem });
    }

    fn origin(&self, tag: Tag, name: &str) -> Origin {
        match self.figment.get_metadata(tag).and_then(|layer| layer.source.as_ref()) {
            Some(Source::File(path)) => {
                let (line, column) = self.lines.get(name).copied().unzip();
                Origin::File { path: path.clone(), line, column }
            }
            Some(Source::Custom(variable)) => Origin::Variable(variable.clone()),
            _ => Origin::Default,
        }
    }
}

/// Tells whether `name` lies in the table `outer`.
fn is_within(name: &str, outer: &str) -> bool {
    name.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}
