//! Whether people are told by pseudonyms.

use clap::Args;

/// Goes with every format, of a plan and of what becomes of it.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(in super::super) struct RedactionArgs {
    /// Tell people by pseudonyms, which are the same for the same key (CXFORM_REDACT_KEY or
    /// CXFORM_REDACT_KEY_FILE); what is saved stays whole
    #[arg(long, overrides_with = "redact_agents")]
    pub(in super::super) redact_agents: bool,
}
