//! One file in `fail/` for each mistake that the library can tell, with the whole of what is
//! said beside it: what is wrong, where, and what to write instead. After a change that is
//! meant, `TRYBUILD=overwrite cargo test -p logd-ui` writes the messages anew.

#[test]
fn each_mistake_is_explained_where_it_stands() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
