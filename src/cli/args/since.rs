//! What the manifests are compared with, beside the tenant.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// What the manifests are compared with.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct Since {
    /// Tell what changed since this git ref from what had drifted before; what was declared there
    /// and is not any more is a deletion. Also a folder with the project as it was, or `last`: the
    /// commit of the last complete apply
    #[arg(long, value_name = "REF|DIR|last", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) base: Option<String>,
}
