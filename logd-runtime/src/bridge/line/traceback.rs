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
    let mut place = 0;
    let mut lines = stack.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        // `  12: path::of::the::function`, and perhaps `at the/file.rs:3:4` below it.
        let frame = line.trim_start().split_once(": ");
        if let Some((number, name)) = frame
            && number.bytes().all(|digit| digit.is_ascii_digit())
        {
            let file = lines
                .peek()
                .and_then(|next| next.trim().strip_prefix("at "));
            if !is_ours(name.trim_end(), file) {
                return &stack[place..];
            }
        }
        place += line.len();
    }
    stack
}

/// Whether a frame is on the way from the program into here.
fn is_ours(name: &str, file: Option<&str>) -> bool {
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
    // As their folders are called where a registry or the compiler has them, the latter with
    // std's source installed and without.
    const FOLDERS: [&str; 7] = [
        "logd-runtime",
        "log-0.",
        "tracing-0.",
        "tracing-core-",
        "tracing-subscriber-",
        "rustc",
        "rustlib",
    ];
    // `<&T as log::Log>::log` is an implementation of theirs, whatever it is for.
    let path = name.trim_start_matches(['<', '&']);
    let of_trait = name.split_once(" as ").map_or("", |(_, path)| path);
    // Without the whole of the debug information a function that was inlined has no path.
    let has_path = path
        .split('<')
        .next()
        .is_some_and(|path| path.contains("::"));
    if !has_path && let Some(file) = file {
        let mut folders = file.split(['/', '\\']);
        return folders.any(|folder| FOLDERS.iter().any(|name| folder.starts_with(name)));
    }
    CRATES
        .iter()
        .any(|name| path.starts_with(name) || of_trait.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_begins_in_the_program_whatever_is_known_of_its_functions() {
        let own = "   5: place_order\n             at ./src/main.rs:9:5\n   6: shop::main\n";
        let whole = format!(
            "   0: logd_runtime::bridge::line::traceback::add_backtrace\n   \
             1: describe<tracing_subscriber::registry::Registry>\n             \
             at ./logd-runtime/src/bridge/tracing.rs:111:13\n   \
             2: <logd_runtime::bridge::TracingLayer as tracing_subscriber::Layer<S>>::on_event\n   \
             3: event\n             at /registry/src/index/tracing-core-0.1.36/src/event.rs:3\n   \
             4: try_with<State, ()>\n             \
             at /toolchains/stable/lib/rustlib/src/rust/library/std/src/thread/local.rs:513\n{own}"
        );
        assert_eq!(without_our_own(&whole), own);
        let inlined = "   0: shop::checkout\n";
        assert_eq!(without_our_own(inlined), inlined);
    }
}
