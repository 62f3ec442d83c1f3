//! Settings from environment variables.

use std::ffi::OsString;
use std::sync::Arc;

use super::nearest::nearest;
use super::{Config, Origin, Setting};
use crate::error::Error;

const START: &str = "LOGD_";

/// Sets what variables say. Those that are not ours are left alone: a service, or what runs
/// it, may have its own that begin alike.
pub(super) fn read(
    config: &mut Config,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), Error> {
    let mut ours: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, value)| name.starts_with(START) && !value.is_empty())
        .collect();
    // The same error first, whatever the order.
    ours.sort();
    let in_kubernetes = ours.iter().any(|(name, _)| name == "LOGD_SERVICE_HOST");
    for (name, value) in ours {
        let Some(setting) = setting(&name)? else {
            continue;
        };
        let value = value.into_string().map_err(|value| {
            Error::config(format!(
                "{name} is {value:?}, which is not UTF-8: write plain text"
            ))
        })?;
        if setting == Setting::Port && in_kubernetes && is_service_link(&value) {
            continue;
        }
        config
            .read(setting, &value, Origin::Variable(Arc::from(&*name)))
            .map_err(|complaint| Error::config(format!("{name} {complaint}")))?;
    }
    Ok(())
}

/// What a variable sets; an error for one that is a slip of the keyboard away from ours.
fn setting(variable: &str) -> Result<Option<Setting>, Error> {
    let word = variable[START.len()..].to_ascii_lowercase();
    let capitals = variable.bytes().all(|byte| !byte.is_ascii_lowercase());
    let found = Setting::ALL
        .into_iter()
        .find(|setting| capitals && setting.name() == word);
    if found.is_some() {
        return Ok(found);
    }
    match nearest(&word, Setting::ALL.map(Setting::name)) {
        Some((0 | 1, name)) => Err(Error::config(format!(
            "{variable} is no setting: write LOGD_{}, or another name if it is not for logd",
            name.to_ascii_uppercase()
        ))),
        _ => Ok(None),
    }
}

/// Whether Kubernetes has set this for a service named `logd`: an address, where we have a port.
fn is_service_link(value: &str) -> bool {
    ["udp://", "tcp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme))
}
