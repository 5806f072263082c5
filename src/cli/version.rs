//! `version`.

use serde_json::json;

use super::context::Context;
use super::exit::Exit;
use crate::manifest::schema::API_VERSION;
use crate::plan::FORMAT_VERSION;

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, as_json: bool) -> anyhow::Result<Exit> {
    let (version, commit, target) =
        (env!("CARGO_PKG_VERSION"), env!("CXFORM_COMMIT"), env!("CXFORM_TARGET"));
    if as_json {
        let version = json!({
            "version": version,
            "commit": commit,
            "target": target,
            "plan_format_version": FORMAT_VERSION,
            "manifest_api_versions": [API_VERSION],
        });
        context.console.data(&format!("{version}\n"))?;
    } else {
        context.say(&format!("cxform {version} ({commit}, {target})\n"))?;
    }
    Ok(Exit::Done)
}
