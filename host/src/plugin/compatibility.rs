//! Which versions of the contract this host can serve: the one place of the rule. It must not compile or load anything.

use super::CONTRACT;
use super::contribution::Hook;

const PACKAGE: &str = "session:plugin/";

/// Major, minor, patch.
type Version = [u64; 3];

/// Refuses a component by the names that it imports and exports, in a sentence that names both versions. Later versions
/// only add to what plugins can import, so an older one of the same track is served, and a newer one is not: what it
/// imports may not be there.
pub fn check<'a>(names: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    let ours = version(CONTRACT).unwrap_or_default();
    let mut foreign = None;
    let mut has_hook = false;
    for name in names {
        let Some((interface, theirs)) = name.rsplit_once('@') else {
            continue;
        };
        let hook = interface.rsplit('/').next().unwrap_or_default();
        let is_hook = Hook::ALL.iter().any(|known| known.name() == hook);
        if !interface.starts_with(PACKAGE) {
            // Another host's plugin: its hooks have such names too.
            foreign = foreign.or(is_hook.then_some(name));
            continue;
        }
        anyhow::ensure!(
            version(theirs).is_some_and(|theirs| serves(ours, theirs)),
            "it is built for version {theirs} of session:plugin, and this program has version {CONTRACT}"
        );
        has_hook |= is_hook;
    }
    anyhow::ensure!(
        has_hook || foreign.is_none(),
        "it is built for {}, and this program has session:plugin@{CONTRACT}",
        foreign.unwrap_or_default()
    );
    Ok(())
}

/// Of one track: while the major version is 0, the minor one counts in its place.
fn serves(ours: Version, theirs: Version) -> bool {
    let track = if ours[0] == 0 { 2 } else { 1 };
    ours[..track] == theirs[..track] && theirs <= ours
}

fn version(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    let version = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_versions_of_the_track_are_served_and_no_others() {
        let serves = |ours, theirs| serves(version(ours).unwrap(), version(theirs).unwrap());
        for (ours, theirs, expected) in [
            ("0.1.1", "0.1.0", true),
            ("0.1.1", "0.1.1", true),
            ("0.1.1", "0.1.2", false),
            ("0.1.1", "0.2.0", false),
            ("0.2.0", "0.1.9", false),
            ("1.2.0", "1.0.7", true),
            ("1.2.0", "1.2.1", false),
            ("1.2.0", "1.3.0", false),
            ("1.2.0", "0.2.0", false),
        ] {
            assert_eq!(serves(ours, theirs), expected, "{ours} {theirs}");
        }
        for wrong in ["", "1", "1.2", "1.2.3.4", "1.2.x", "0.1.2-rc.1", "-1.0.0"] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_newer_or_foreign_contract_is_refused_with_both_versions() {
        check(["session:plugin/brief@0.1.0", "wasi:io/streams@0.2.9"]).unwrap();
        let message =
            |names: &[&'static str]| check(names.iter().copied()).unwrap_err().to_string();
        for theirs in ["0.1.99", "0.2.0", "1.0.0", "0.1.0-rc.1"] {
            let import = format!("session:plugin/facts@{theirs}");
            let said = check(["session:plugin/brief@0.1.0", import.as_str()]).unwrap_err();
            let said = said.to_string();
            assert!(said.contains(theirs) && said.contains(CONTRACT), "{said}");
        }
        let said = message(&["acme:host/brief@3.0.0"]);
        assert!(
            said.contains("acme:host/brief@3.0.0") && said.contains(CONTRACT),
            "{said}"
        );
    }
}
