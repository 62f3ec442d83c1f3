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
    // In order, so that the same error comes first, whatever order they are given in.
    let mut ours: Vec<(String, OsString)> = Vec::new();
    for (name, value) in variables {
        if let Ok(name) = name.into_string()
            && name.starts_with(START)
            && !value.is_empty()
        {
            let place = ours.partition_point(|(known, _)| *known <= name);
            ours.insert(place, (name, value));
        }
    }
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
    for setting in Setting::ALL {
        if capitals && setting.name() == word {
            return Ok(Some(*setting));
        }
    }
    match nearest(&word, &Setting::names()) {
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
