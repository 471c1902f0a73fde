//! `dateline versions`: the history.

use clap::Args;

use super::{Failure, PackArgument, Streams};
use dateline_core::{
    Version,
    pack::{Alias, Operation, Pack, Resource, Standing},
};

/// List the versions of the API: version, title, changes
///
/// Lists the versions that a client can pin and that the upstream can be spoken to at, from the oldest to the newest,
/// each with its changes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline versions
  dateline versions --pack transforms/whop")]
pub(super) struct Versions {
    #[command(flatten)]
    pack: PackArgument,
}

impl Versions {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let pack = self.pack.load()?;
        let place = pack.version_places.first().map(ToString::to_string).unwrap_or_default();
        let out = &mut *streams.output;
        writeln!(out, "{}: {} names the version, without it {}", pack.title, place, pack.default_version)?;
        for Alias { name, version } in &pack.aliases {
            writeln!(out, "{name} stands for {version}")?;
        }
        for version in pack.all_versions() {
            let of = pack.modules.iter().find(|module| module.version == version);
            let Some(module) = of else {
                let opaque = pack.opaque.iter().find(|opaque| opaque.version == version);
                let title = opaque.and_then(|opaque| opaque.title.as_deref()).unwrap_or_default();
                writeln!(out, "\n{}", format!("{version}  {title}").trim_end())?;
                writeln!(out, "  It is not known what changed: it is spoken natively, and never translated")?;
                continue;
            };
            writeln!(out, "\n{}  {}", module.version, module.title)?;
            for operation in &pack.operations {
                if let Some(line) = moves(operation, module.version) {
                    writeln!(out, "  {line}")?;
                }
            }
            for change in &module.changes {
                writeln!(out, "  {}", change.name)?;
                writeln!(out, "    {}", change.why)?;
                for operation in operations(&pack, &pack.resources[change.resource]) {
                    writeln!(out, "    - {operation}")?;
                }
            }
            for unsaid in &module.unsaid {
                writeln!(out, "  {} (cannot be translated: {})", unsaid.name, unsaid.then.as_str())?;
                writeln!(out, "    {}", unsaid.why)?;
                let concerns = unsaid.scope.to_string();
                if !concerns.is_empty() {
                    writeln!(out, "    only: {concerns}")?;
                }
                for operation in &unsaid.operations {
                    writeln!(out, "    - {}", pack.operation(*operation))?;
                }
            }
        }
        Ok(())
    }
}

/// Says in words how a version changes an operation's address.
fn moves(operation: &Operation, version: Version) -> Option<String> {
    let dates = operation.dates();
    let index = dates.iter().position(|dated| dated.since == version)?;
    let before = index.checked_sub(1).and_then(|before| match &dates.get(before)?.standing {
        Standing::At(address) => Some(address),
        Standing::Gone(_) => None,
    });
    let name = operation.name();
    Some(match (before, &dates.get(index)?.standing) {
        (Some(before), Standing::At(address)) if before == address => {
            format!("{name}: {address} is for other bodies")
        }
        (Some(before), Standing::At(address)) => format!("{name}: {before} moves to {address}"),
        (None, Standing::At(address)) => format!("{name}: {address} is there"),
        (Some(before), Standing::Gone(instead)) => format!("{name}: {before} is gone. {instead}"),
        (None, Standing::Gone(instead)) => format!("{name} is gone. {instead}"),
    })
}

/// The operations that a resource stands in, each with its parts, in the pack's order.
fn operations(pack: &Pack, resource: &Resource) -> Vec<String> {
    let line = |id| {
        let mut parts: Vec<String> = Vec::new();
        for found in resource.places().filter(|found| found.operation == id) {
            let part = found.part.to_string();
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        (!parts.is_empty()).then(|| format!("{} ({})", pack.operation(id), parts.join(", ")))
    };
    pack.operation_ids().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test::run;
    use std::process::ExitCode;

    #[test]
    fn the_history_is_told_from_the_oldest_on() {
        let outcome = run(&["versions"], b"");
        assert_eq!((outcome.code, &*outcome.notes), (ExitCode::SUCCESS, ""));
        insta::assert_snapshot!(outcome.output().split("\n\n2026-06-20").next().unwrap(), @"
        Whop API: Api-Version-Date names the version, without it 2025-01-01

        2025-01-01  Original version

        2026-06-08  Users resource
          Rename company_id to account_id
            Companies are called accounts.
            - GET /users (query)
            - GET /users/{id} (query)
            - PATCH /users/{id} (query, request body)
            - PATCH /users/me (query, request body)
            - GET /users/{id}/access/{resource_id} (query)

        2026-06-09  Plans resource
          Rename company_id to account_id
            Companies are called accounts.
            - GET /plans (query)
            - POST /plans (request body)
          Rename company to account
            Companies are called accounts.
            - GET /plans (response)
            - POST /plans (response)
            - GET /plans/{id} (response)
            - PATCH /plans/{id} (response)
        ");
        assert!(
            outcome
                .output()
                .contains("\n2026-07-01  Business referral earnings resources\n  Name the product")
        );
    }

    #[test]
    fn aliases_and_versions_that_are_not_known_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let api = "name = 'x'\ntitle = 'X'\nheader = 'V'\nbase_path = ''\ndefault_version = 'v1'\noperations = ['GET /a']\n\
                   [versions]\nscheme = 'number'\naliases = { latest = 'v10' }\n";
        for (name, text) in [
            ("api", api),
            ("v1", "version = 'v1'\ntitle = 'First'"),
            ("v2", "version = 'v2'\ntitle = 'Second'\nunknown = true"),
            ("v10", "version = 'v10'\ntitle = 'Tenth'"),
        ] {
            std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        }
        let outcome = run(&["versions", "--pack", folder.path().to_str().unwrap()], b"");
        insta::assert_snapshot!(outcome.output(), @"
        X: V names the version, without it v1
        latest stands for v10

        v1  First

        v2  Second
          It is not known what changed: it is spoken natively, and never translated

        v10  Tenth
        ");
    }

    #[test]
    fn a_pack_that_cannot_be_used_is_2() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = run(&["versions", "--pack", folder.path().to_str().unwrap()], b"");
        assert!(outcome.notes.contains("has no `api.toml`"), "{}", outcome.notes);
        assert_eq!(outcome.code, ExitCode::from(2));
    }
}
