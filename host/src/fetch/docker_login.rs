//! The login that `docker login` left for a registry, in plain base64. It must not start a credential helper, and must not
//! let a login into a message.

use std::path::Path;

use data_encoding::BASE64;
use oci_client::secrets::RegistryAuth;

/// Bytes of the file that are read.
const LARGEST: u64 = 1024 * 1024;

/// Anonymous where there is none: many registries need no login to read.
pub fn of(directory: Option<&Path>, registry: &str) -> RegistryAuth {
    directory
        .and_then(|directory| find(&directory.join("config.json"), registry))
        .map_or(RegistryAuth::Anonymous, |(user, password)| {
            RegistryAuth::Basic(user, password)
        })
}

fn find(file: &Path, registry: &str) -> Option<(String, String)> {
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let text = std::fs::read(file).ok()?;
    let config: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let logins = config.get("auths")?.as_object()?;
    // Docker's own registry is known by an address.
    let host = |key: &str| {
        let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
        rest.split('/').next() == Some(registry)
    };
    let (_, login) = logins.iter().find(|(key, _)| host(key))?;
    let auth = BASE64
        .decode(login.get("auth")?.as_str()?.as_bytes())
        .ok()?;
    let auth = String::from_utf8(auth).ok()?;
    let (user, password) = auth.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_found_by_its_registry_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let auth = BASE64.encode(b"ada:s:cret");
        std::fs::write(
            directory.path().join("config.json"),
            format!(
                r#"{{"auths":{{"r.example:5000":{{"auth":"{auth}"}},"https://index.docker.io/v1/":{{"auth":"{auth}"}},"empty.example":{{}}}}}}"#
            ),
        )
        .unwrap();
        let login = |registry| of(Some(directory.path()), registry);
        let ada = RegistryAuth::Basic("ada".into(), "s:cret".into());
        assert!(login("r.example:5000") == ada);
        assert!(login("index.docker.io") == ada);
        for other in ["r.example", "empty.example", "example"] {
            assert!(login(other) == RegistryAuth::Anonymous, "{other}");
        }
        assert!(of(None, "r.example:5000") == RegistryAuth::Anonymous);
    }
}
