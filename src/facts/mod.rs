//! What the tenant says and we do not manage.

pub mod sim;
