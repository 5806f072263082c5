//! The model `source`: the two rules of the sources, to the letter.

mod capacity;
mod proficiency;

pub use capacity::{Strain, proposed_capacity};
pub use proficiency::{efficiency, proposed_level};
