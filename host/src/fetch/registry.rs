//! A component from an OCI registry, as `wkg` pushes it: one layer of `application/wasm`. It must not take another form,
//! or an address that the manifest names.

use anyhow::Context as _;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError as RegistryError;
use oci_client::{Client, Reference};

use super::bounded::Bounded;
use super::{Surroundings, USER_AGENT, docker_login, is_loopback, network_cause};
use crate::error::user_error;

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";
/// Characters of a registry's own words that are repeated.
const LONGEST_MESSAGE: usize = 200;

/// What follows `oci://`.
pub fn parse(text: &str) -> anyhow::Result<Reference> {
    let invalid = |cause: String| {
        user_error(
            format!("oci://{text} is no address in a registry: {cause}"),
            "give it as oci://REGISTRY/REPOSITORY:TAG or oci://REGISTRY/REPOSITORY@sha256:DIGEST",
        )
    };
    let reference: Reference = text
        .parse()
        .map_err(|error: oci_client::ParseError| invalid(error.to_string()))?;
    // Without a dot, Docker's registry would be meant.
    if text.split('/').next() != Some(reference.registry()) {
        return Err(invalid("it names no registry".to_owned()));
    }
    Ok(reference)
}

pub async fn fetch(
    reference: &Reference,
    around: &Surroundings<'_>,
    pinned: Option<&str>,
) -> anyhow::Result<Vec<u8>> {
    let registry = reference.resolve_registry();
    let direct = is_on_this_machine(registry);
    let client = Client::try_from(ClientConfig {
        protocol: match direct {
            true => ClientProtocol::Http,
            false => ClientProtocol::Https,
        },
        // A proxy that is named and used for nothing takes the place of the environment's: what is not protected stays on
        // this machine.
        http_proxy: direct.then(|| "http://localhost".to_owned()),
        no_proxy: direct.then(|| host(registry).to_owned()),
        connect_timeout: Some(around.patience.connect),
        read_timeout: Some(around.patience.stall),
        user_agent: USER_AGENT,
        // An index is named as what it is: no platform's image is a component.
        platform_resolver: None,
        ..ClientConfig::default()
    })
    .map_err(|error| cause(error, registry))?;
    let login = docker_login::of(around.docker_config, registry);
    client.store_auth_if_needed(registry, &login).await;
    let (digest, size) = match pinned {
        Some(digest) => (format!("sha256:{digest}"), None),
        None => {
            let manifest = client.pull_image_manifest(reference, &login).await;
            let (manifest, _) = manifest.map_err(|error| cause(error, registry))?;
            layer(&manifest)?
        }
    };
    let mut bytes = Bounded::new(size, around.progress)?;
    let pulled = client
        .pull_blob(reference, digest.as_str(), &mut bytes)
        .await;
    pulled.map_err(|error| cause(error, registry))?;
    Ok(bytes.finish())
}

/// There HTTP is as good as HTTPS.
fn is_on_this_machine(registry: &str) -> bool {
    is_loopback(host(registry))
}

fn host(registry: &str) -> &str {
    registry.rsplit_once(':').map_or(registry, |(host, _)| host)
}

/// Digest and size of the component that a manifest is about.
fn layer(
    manifest: &oci_client::manifest::OciImageManifest,
) -> anyhow::Result<(String, Option<u64>)> {
    match &manifest.layers[..] {
        [layer] if layer.media_type == LAYER && manifest.config.media_type == CONFIG => {
            let size = u64::try_from(layer.size).ok().filter(|size| *size > 0);
            let size = size.with_context(|| format!("it states a size of {}", layer.size))?;
            Ok((layer.digest.clone(), Some(size)))
        }
        _ => anyhow::bail!("it is no component as `wkg` pushes it, one layer of {LAYER}"),
    }
}

/// Without addresses: a registry sends its clients to signed ones.
fn cause(error: RegistryError, registry: &str) -> anyhow::Error {
    match error {
        RegistryError::RequestError(error) => network_cause(error),
        RegistryError::UnauthorizedError { .. } | RegistryError::AuthenticationFailure(_) => {
            anyhow::anyhow!(
                "{registry} wants a login: `docker login {registry}` keeps one (logins that a credential helper keeps are not read)"
            )
        }
        RegistryError::ImageIndexParsingNoPlatformResolverError => anyhow::anyhow!(
            "it is an index of images for several platforms, and a component is one for all"
        ),
        RegistryError::ImageManifestNotFoundError(_) => {
            anyhow::anyhow!("{registry} does not have it")
        }
        RegistryError::ServerError { code, .. } => {
            anyhow::anyhow!("{registry} answered {code}")
        }
        RegistryError::RegistryError { envelope, .. } => match envelope.errors.first() {
            Some(first) => {
                let message: String = first.message.chars().take(LONGEST_MESSAGE).collect();
                anyhow::anyhow!("{registry} answered: {message}")
            }
            None => anyhow::anyhow!("{registry} answered with an error"),
        },
        other => anyhow::anyhow!("{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_of_no_size_is_none() {
        let of = |size: i64| {
            let manifest = serde_json::json!({
                "schemaVersion": 2,
                "config": {"mediaType": CONFIG, "digest": "sha256:0", "size": 2},
                "layers": [{"mediaType": LAYER, "digest": "sha256:1", "size": size}],
            });
            layer(&serde_json::from_value(manifest).unwrap())
        };
        assert_eq!(of(7).unwrap(), ("sha256:1".to_owned(), Some(7)));
        for size in [0, -1] {
            let said = of(size).unwrap_err().to_string();
            assert_eq!(said, format!("it states a size of {size}"));
        }
    }

    #[test]
    fn an_index_is_named_as_what_it_is() {
        let index = RegistryError::ImageIndexParsingNoPlatformResolverError;
        let said = cause(index, "registry.example").to_string();
        assert!(said.contains("an index of images"), "{said}");
    }
}
