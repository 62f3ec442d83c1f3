//! What a record tells of an error: itself, what caused it, and so on to the first cause, a
//! line each; and where it was logged, as the stack says.

use std::backtrace::Backtrace;
use std::error::Error;

use super::text::Text;

/// Longer chains are taken for circles.
const MOST_CAUSES: usize = 100;

/// Appends an error with all of its causes.
pub(crate) fn add_error(traceback: &mut Text, error: &(dyn Error + 'static)) {
    separate(traceback);
    traceback.add(format_args!("{error}"));
    let mut cause = error.source();
    for _ in 0..MOST_CAUSES {
        let Some(error) = cause else { break };
        traceback.add(format_args!("\ncaused by: {error}"));
        cause = error.source();
    }
}

/// Appends the stack of the caller.
#[cold]
pub(crate) fn add_backtrace(traceback: &mut Text) {
    separate(traceback);
    let stack = Backtrace::force_capture().to_string();
    traceback.add(format_args!(
        "stack backtrace:\n{}",
        without_our_own(&stack)
    ));
}

fn separate(traceback: &mut Text) {
    if !traceback.is_empty() {
        traceback.add(format_args!("\n"));
    }
}

/// The stack from the first frame that is the program's own.
fn without_our_own(stack: &str) -> &str {
    let mut start = 0;
    let mut place = 0;
    for line in stack.split_inclusive('\n') {
        // `  12: path::of::the::function`; a line without a number belongs to the one before.
        let frame = line.trim_start().split_once(": ");
        if let Some((number, name)) = frame
            && number.bytes().all(|digit| digit.is_ascii_digit())
            && !is_ours(name)
        {
            start = place;
            break;
        }
        place += line.len();
    }
    &stack[start..]
}

/// Whether a frame is on the way from the program into here.
fn is_ours(name: &str) -> bool {
    const CRATES: [&str; 8] = [
        "logd_runtime::",
        "log::",
        "tracing::",
        "tracing_core::",
        "tracing_subscriber::",
        "std::",
        "core::",
        "alloc::",
    ];
    // `<&T as log::Log>::log` is an implementation of theirs, whatever it is for.
    let path = name.trim_start_matches(['<', '&']);
    let of_trait = name.split_once(" as ").map_or("", |(_, path)| path);
    CRATES
        .iter()
        .any(|name| path.starts_with(name) || of_trait.starts_with(name))
}
