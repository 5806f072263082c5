//! Secrets that manifests name by variables: read here, handed to whoever needs them.

use std::collections::BTreeSet;

use super::context::Context;
use crate::kinds::{self, kind_of};
use crate::model::{Item, Secrets};
use crate::plan::{Change, Plan};

/// The secrets that manifests name, as far as they are set here; the others are told: whether what
/// they are in has changed cannot be known.
pub(super) fn named(context: &mut Context<'_>, items: &[Item]) -> anyhow::Result<Secrets> {
    let named = kinds::secrets(items);
    let (secrets, missing) = read(context, named.keys().cloned().collect())?;
    for variable in missing {
        let place = named.get(&variable).map(|place| format!(" ({place})")).unwrap_or_default();
        context.note(&format!(
            "warning: {variable}{place} is not set: whether its value has changed is not known\n"
        ))?;
    }
    Ok(secrets)
}

/// The secrets that the live changes of a plan need.
///
/// # Errors
/// One of them is not set; nothing was sent.
pub(super) fn needed(context: &Context<'_>, plan: &Plan) -> anyhow::Result<Secrets> {
    let of = |change: &Change| {
        let after = change.change.after.as_ref();
        let kind = kind_of(&change.address);
        kind.zip(after).map(|(kind, after)| kind.secrets_of(after)).unwrap_or_default()
    };
    let (secrets, missing) = read(context, plan.live().flat_map(of).collect())?;
    if missing.is_empty() {
        return Ok(secrets);
    }
    let is = if missing.len() == 1 { "is" } else { "are" };
    let missing = missing.join(", ");
    anyhow::bail!(
        "{missing} {is} not set, which the plan needs; set it, or the same with _FILE to the name of \
         a file that holds the value; nothing was sent"
    )
}

/// What is set, and the names of what is not.
fn read(
    context: &Context<'_>,
    variables: BTreeSet<String>,
) -> anyhow::Result<(Secrets, Vec<String>)> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for variable in variables {
        match context.environment.secret(&variable, &context.cwd)? {
            Some(value) => found.push((variable, value)),
            None => missing.push(variable),
        }
    }
    Ok((found.into_iter().collect(), missing))
}
