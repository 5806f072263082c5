//! What sort of plan this is, in plain words: what a reader must know before the rest.

use super::escape::{brief, code};
use super::fit::Section;
use crate::plan::{Plan, Tenant};

/// What is said first of a tenant that is inside the program.
pub(super) fn simulated(tenant: &Tenant) -> Option<&'static str> {
    let told = "⚠ **The tenant is simulated**: no real one is read or changed.";
    tenant.url.starts_with("sim:").then_some(told)
}

/// The section of it; where there is little room, without names.
pub(super) fn sort(plan: &Plan) -> Section {
    let named = |text: &str| format!(" {}", code(&brief(text)));
    let told = |named: &dyn Fn(&str) -> String| {
        let mut lines = Vec::new();
        let after = |text: &str| match named(text) {
            name if name.is_empty() => ".".to_owned(),
            name => format!(":{name}"),
        };
        lines.extend(simulated(&plan.tenant).map(str::to_owned));
        if let Some(snapshot) = &plan.source.live {
            lines.push(format!(
                "⚠ **This plan cannot be applied**: it was made from the snapshot{}, not from the \
                 tenant as it is now.",
                named(snapshot)
            ));
        }
        if let Some(selected) = &plan.selection {
            let selected = after(&selected.to_string());
            lines.push(format!("⚠ **This plan is partial**, not all is in it{selected}"));
        }
        if let Some(at) = &plan.source.at {
            lines.push(format!("It is made for another time than now{}", after(at)));
        }
        if let Some(run) = &plan.source.undoes {
            lines.push(format!("It undoes an earlier run{}", after(run)));
        }
        lines.into_iter().map(|line| format!("{line}\n\n")).collect::<String>()
    };
    let short = |_: &str| String::new();
    match told(&named) {
        text if text.is_empty() => Section::default(),
        text => Section::of(text).or(told(&short), "what this plan was made from"),
    }
}
