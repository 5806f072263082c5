//! Advice from the tenant's analytics: which proficiency levels and which capacities the figures
//! speak for, and how many agents a queue needs. Figures in, proposals out; nothing in a plan or an
//! apply ever asks for it.
//!
//! The model `source` is the two rules of the API's documents, to the letter. What rests on no data,
//! or on too little, is told and not guessed.

pub mod erlang;
pub mod source;
