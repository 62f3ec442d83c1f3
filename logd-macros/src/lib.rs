//! The attributes of [`logd`](https://docs.rs/logd-client): use them from there, where
//! they are re-exported beside the types they record with. This crate only reads
//! attributes and writes code; what happens at run time is in the library.

mod accumulate;
mod apply;
mod args;
mod error;
mod expand;
mod item;
mod key;
mod parameters;
mod site;
mod tail;

use proc_macro::TokenStream;

use crate::args::Macro;

/// x
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply::apply(Macro::Timed, arguments.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn counted(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply::apply(Macro::Counted, arguments.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn accumulated(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply::apply(Macro::Accumulated, arguments.into(), item.into()).into()
}

/// x
#[proc_macro]
pub fn accumulate(input: TokenStream) -> TokenStream {
    accumulate::expand(input.into()).into()
}
