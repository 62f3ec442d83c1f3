//! The real pylogd and our client against one another: what pylogd sends our receiver
//! understands; what our client sends for the same call says the same, message by message;
//! and it is byte for byte the form that the protocol recommends. And its files of settings.

#[path = "../support/mod.rs"]
mod support;

mod config;
mod messages;
mod pylogd;
mod receiver;
mod recommended;
