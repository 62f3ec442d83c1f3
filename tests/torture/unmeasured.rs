//! An attribute that leaves an item as it is. The shapes of the torture suite stand under it
//! where they are not measured, so that both twins have come through a macro.

use proc_macro::TokenStream;

/// Nothing.
#[proc_macro_attribute]
pub fn unmeasured(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
