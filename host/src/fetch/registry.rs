//! A component from an OCI registry, as `wkg` pushes it: one layer of `application/wasm`. It must not take another form,
//! or an address that the manifest names.

use anyhow::Context as _;
use oci_client::Reference;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE, OciImageManifest, OciManifest,
};

use super::pull::Repository;
use super::{Surroundings, web};
use crate::error::user_error;

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";
/// What a manifest may be: an index is asked for to be named as what it is.
const KINDS: [&str; 4] = [
    OCI_IMAGE_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];
/// Bytes; as much as registries take.
const LONGEST_MANIFEST: usize = 4 * 1024 * 1024;

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
    let mut repository = Repository::of(reference, around)?;
    let (digest, size) = match pinned {
        Some(digest) => (format!("sha256:{digest}"), None),
        None => layer(&manifest(&mut repository, reference).await?)?,
    };
    let response = repository.get("blobs", &digest, "*/*").await?;
    let bytes = web::body(response, size, around).await?;
    check(&bytes, &digest)?;
    Ok(bytes)
}

async fn manifest(
    repository: &mut Repository<'_>,
    reference: &Reference,
) -> anyhow::Result<OciImageManifest> {
    let name = reference.digest().or(reference.tag()).unwrap_or("latest");
    let response = repository.get("manifests", name, &KINDS.join(", ")).await?;
    let bytes = web::at_most(LONGEST_MANIFEST, response).await?;
    if let Some(digest) = reference.digest() {
        check(&bytes, digest)?;
    }
    read(&bytes)
}

fn read(manifest: &[u8]) -> anyhow::Result<OciImageManifest> {
    match serde_json::from_slice(manifest) {
        Ok(OciManifest::Image(manifest)) => Ok(manifest),
        Ok(OciManifest::ImageIndex(_)) => anyhow::bail!(
            "it is an index of images for several platforms, and a component is one for all"
        ),
        // The text is somebody else's.
        Err(_) => anyhow::bail!("its manifest cannot be read"),
    }
}

/// That bytes are those that a digest names.
fn check(bytes: &[u8], digest: &str) -> anyhow::Result<()> {
    let expected = digest.strip_prefix("sha256:");
    let expected = expected.context("it is named by another digest than a sha256")?;
    anyhow::ensure!(
        crate::plugin::digest(bytes) == expected,
        "what came is not what {digest} names"
    );
    Ok(())
}

/// Digest and size of the component that a manifest is about.
fn layer(manifest: &OciImageManifest) -> anyhow::Result<(String, Option<u64>)> {
    match &manifest.layers[..] {
        [layer] if layer.media_type == LAYER && manifest.config.media_type == CONFIG => {
            let size = u64::try_from(layer.size).ok().filter(|size| *size > 0);
            let size = size.with_context(|| format!("it states a size of {}", layer.size))?;
            Ok((layer.digest.clone(), Some(size)))
        }
        _ => anyhow::bail!("it is no component as `wkg` pushes it, one layer of {LAYER}"),
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
        let index = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": OCI_IMAGE_INDEX_MEDIA_TYPE,
            "manifests": [],
        });
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(said(&index.to_string()).contains("an index of images"));
        assert_eq!(said("{}"), "its manifest cannot be read");
    }
}
