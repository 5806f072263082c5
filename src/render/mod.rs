//! Values as text for people and machines; nothing here prints.

pub mod findings;
