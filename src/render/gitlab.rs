//! A plan as the report that GitLab's merge requests show beside a pipeline.

use crate::plan::Plan;

/// `{"create":3,"update":12,"delete":1}`; what is held is in none of them.
#[must_use]
pub fn gitlab(plan: &Plan) -> String {
    let counts = &plan.summary;
    format!(
        "{{\"create\":{},\"update\":{},\"delete\":{}}}\n",
        counts.add, counts.change, counts.destroy
    )
}
