//! Names that do not exist.

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn variable() -> u8 {
    missing
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_variable() -> u8 {
    missing
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn function() -> u8 {
    missing()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn in_macro() -> String {
    format!("{missing}")
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn unknown_macro() {
    missing!();
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn path() -> usize {
    std::missing::size_of::<u8>()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn returned() -> Missing {
    loop {}
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn label() {
    loop {
        break 'missing;
    }
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn imports() {
    use std::missing::Missing;
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn variable_in_option() -> Option<u8> {
    Some(missing)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_variable_in_option() -> Option<u8> {
    Some(missing)
}

fn main() {}
