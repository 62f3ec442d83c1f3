//! Values of the wrong type.

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn text_for_number() -> u8 {
    "x"
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_text_for_number() -> u8 {
    "x"
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn nothing_for_number() -> u8 {}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_nothing_for_number() -> u8 {}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn early(a: u8) -> u8 {
    if a > 1 {
        return "x";
    }
    a
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_early(a: u8) -> u8 {
    if a > 1 {
        return "x";
    }
    a
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn semicolon() -> u8 {
    1;
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn question() {
    "1".parse::<u8>()?;
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn field() -> u8 {
    let pair = (1_u8, 2);
    pair.nine
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn method() -> usize {
    "x".length()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
async fn async_method() -> usize {
    "x".length()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn arguments() -> u8 {
    early()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn awaits_a_number() -> u8 {
    async {}.await;
    1
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn opaque() -> impl Iterator<Item = u8> {
    vec!["x"].into_iter()
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn block() -> impl std::future::Future<Output = u8> {
    async { "x" }
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn boxed() -> std::pin::Pin<Box<dyn std::future::Future<Output = u8>>> {
    Box::pin(async move { "x" })
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn never() -> ! {
    1
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
fn unknown_type() {
    let v = Vec::new();
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn text_for_option() -> Option<u8> {
    "x"
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn early_option(a: u8) -> Option<u8> {
    if a > 1 {
        return a;
    }
    None
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_text_for_option() -> Option<u8> {
    "x"
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_early_option(a: u8) -> Option<u8> {
    if a > 1 {
        return a;
    }
    None
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn question_of_another() -> Result<u8, String> {
    let n = "1".parse::<u8>()?;
    Ok(n)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_question_of_another() -> Result<u8, String> {
    let n = "1".parse::<u8>()?;
    Ok(n)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
async fn async_question_inferred() -> Result<u8, ()> {
    let n: u8 = "1".parse()?;
    Ok(n)
}

#[cfg_attr(feature = "timed", logd::timed)]
#[cfg_attr(feature = "counted", logd::counted)]
#[cfg_attr(feature = "accumulated", logd::accumulated)]
#[cfg_attr(feature = "outcome", logd::timed(outcome))]
fn wrong_inside() -> Result<u8, String> {
    Ok("x")
}

fn main() {}
