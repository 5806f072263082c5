//! Laws: what holds for every tenant, every manifest and every fault, tried on seeded random ones.
//! The real client speaks to the simulated tenant through a real port. A seed that breaks a law is
//! printed with how to see it again; `LAW_SEEDS=2000` looks further.

use crate::cases::{changed, desired, random, tenant, yaml};

mod audit;
mod end;
mod faults;
mod offline;
mod order;
mod redacted;
mod requests;
mod shown;
mod stage;
mod undone;
