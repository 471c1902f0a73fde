//! Reads configuration and pack again, at `SIGHUP` and when a file has changed.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::super::loaded::{Loaded, Wrong, load};
use super::{manager::Manager, passed::Addresses, watch::Watch};
use dateline_core::pack::Pack;
use dateline_gateway::{Config, Gateway, Reloads, config::Warning};

/// The files and options that the process was started with.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// The configuration file.
    pub(super) config: Option<PathBuf>,
    /// The sandbox, which stays the upstream.
    pub(super) upstream: Option<String>,
    /// The folder for recordings. It overrides the configuration.
    pub(super) into: Option<PathBuf>,
    /// The addresses of sockets that were passed. They override the configuration.
    pub(super) passed: Addresses,
    /// The warnings of the files that the log has already.
    pub(super) told: Arc<Mutex<Vec<Warning>>>,
}

impl Files {
    /// Reads them.
    ///
    /// # Errors
    /// Every mistake in them.
    pub(super) fn load(&self) -> Result<Loaded, Wrong> {
        load(self.config.as_deref(), |config| {
            if self.upstream.is_some() {
                config.upstream.url.clone_from(&self.upstream);
            }
            if self.into.is_some() {
                config.record.folder.clone_from(&self.into);
            }
            self.passed.replace(config);
        })
    }

    /// The same for a reload, with text for the log.
    ///
    /// # Errors
    /// Every mistake in them.
    pub(super) fn load_again(&self) -> Result<(Config, Pack), String> {
        let Loaded { config, pack, warnings } = self.load().map_err(|wrong| wrong.report(false))?;
        // The reload itself tells how they fit each other.
        let told = Gateway::warnings(&config, &pack);
        for warning in self.new_ones(warnings).iter().filter(|warning| !told.contains(warning)) {
            tracing::warn!(target: "dateline::cli", "{warning}");
        }
        Ok((config, pack))
    }

    /// Returns those of the files' warnings that they did not have the last time. The first time that is all of them.
    pub(super) fn new_ones(&self, warnings: Vec<Warning>) -> Vec<Warning> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *told, warnings.clone());
        warnings.into_iter().filter(|warning| !before.contains(warning)).collect()
    }

    /// Every file that makes a difference, where this configuration is in force.
    pub(super) fn watch(&self, config: &Config) -> Watch {
        let files = self.config.iter().cloned().chain(config.files().map(PathBuf::from));
        Watch::new(files.collect(), config.transforms.path.clone())
    }
}

/// `SIGHUP`, from when this is made.
pub(super) struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangup {
    /// # Errors
    /// An error if the signal cannot be listened for.
    pub(super) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        return Ok(Hangup(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?));
        #[cfg(not(unix))]
        Ok(Hangup())
    }

    async fn came(&mut self) {
        #[cfg(unix)]
        if self.0.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }
}

/// Reloads for as long as it is polled. `config` is what the gateway was started with; `watch` is from before it served.
pub(super) async fn follow(
    (files, mut watch): (Files, Watch),
    config: Arc<Config>,
    mut hangup: Hangup,
    reloads: Reloads,
    manager: Manager,
) {
    let every = config.reload.watch;
    loop {
        let looked = async {
            match every {
                Some(every) => tokio::time::sleep(every).await,
                None => std::future::pending().await,
            }
        };
        let asked = tokio::select! {
            () = hangup.came() => true,
            () = looked => false,
        };
        // Files are read and plans compared off the threads that serve.
        let (its_files, its_reloads, its_manager) = (files.clone(), reloads.clone(), manager.clone());
        let done = tokio::task::spawn_blocking(move || {
            // Before they are read: what changes meanwhile is seen at the next look.
            if asked {
                its_manager.reloading();
                watch.take();
            } else if !watch.has_changed() {
                return watch;
            }
            let replaced = its_reloads.reload(its_files.load_again());
            its_manager.reloaded(asked, replaced.is_some());
            match replaced {
                Some(config) => watch.or(its_files.watch(&config)),
                None => watch,
            }
        });
        watch = done.await.unwrap_or_else(|panic| {
            reloads.reload(Err(panic));
            manager.reloaded(asked, false);
            files.watch(&config)
        });
    }
}
