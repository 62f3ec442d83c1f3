//! Models that both checkers run: what they are about is small enough for every schedule.

// Places in a schedule are what these are about, and threads under valgrind have none.
#[cfg(not(feature = "valgrind"))]
mod cells;
mod sums;

type Model = fn();

pub(crate) fn all() -> impl Iterator<Item = &'static (&'static str, Model)> {
    #[cfg(not(feature = "valgrind"))]
    return sums::ALL.iter().chain(cells::ALL);
    #[cfg(feature = "valgrind")]
    return sums::ALL.iter();
}
