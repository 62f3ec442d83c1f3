//! Log records of the facades that programs use, read back by a receiver field by field: what
//! arrives, what is cut, kept back or dropped, and that every record is accounted for.

#[path = "../child/mod.rs"]
mod child;

mod accounts;
mod events;
mod facade;
mod fields;
mod long;
mod program;
mod support;
