//! Mistakes with the attributes, and what the compiler says about them: all of it is in the
//! tests and programs beside this file.
