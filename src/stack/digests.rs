//! The digest behind an image's tag: the registry's word, asked through the engine, or the engine's own.
//!
//! An engine keeps with each image the digests under which a registry gave it. A tag may have been moved
//! since, so the registry is asked first, as Compose asks it.

use std::time::Duration;

use super::engine::{Engine, is_not_found};
use crate::facts::answers::reference::FullReference;

/// How long the registry may take; an engine tries it again by itself.
const LIMIT: Duration = Duration::from_secs(20);

/// A digest, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// `sha256:…`.
    pub digest: String,
    /// Why the registry was not heard, if it is the digest of the image that the engine has.
    pub unheard: Option<String>,
}

/// Nobody says which digest an image has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the registry does not say it ({registry}), and {engine}")]
pub struct NoDigest {
    registry: String,
    engine: String,
}

impl Engine {
    /// The digest that a reference without one stands for.
    ///
    /// # Errors
    /// [`NoDigest`] if the registry cannot be asked and the engine has no image that came from there.
    pub async fn digest(&self, reference: &FullReference) -> Result<Digest, NoDigest> {
        let registry = match self.of_registry(reference).await {
            Ok(digest) => return Ok(Digest { digest, unheard: None }),
            Err(why) => why,
        };
        match self.of_engine(reference).await {
            Ok(digest) => Ok(Digest { digest, unheard: Some(registry) }),
            Err(engine) => Err(NoDigest { registry, engine }),
        }
    }

    async fn of_registry(&self, reference: &FullReference) -> Result<String, String> {
        let name = reference.to_string();
        let asked = self.docker.inspect_registry_image(&name, None);
        match tokio::time::timeout(LIMIT, asked).await {
            Ok(Ok(found)) => found.descriptor.digest.ok_or_else(|| "it names no digest".to_owned()),
            Ok(Err(why)) => Err(crate::words::last_reason(&why.to_string()).to_owned()),
            Err(_) => Err(format!("no answer within {LIMIT:?}")),
        }
    }

    async fn of_engine(&self, reference: &FullReference) -> Result<String, String> {
        let image = match self.docker.inspect_image(&reference.to_string()).await {
            Ok(image) => image,
            Err(why) if is_not_found(&why) => {
                return Err("the engine has no such image".to_owned());
            }
            Err(why) => return Err(format!("the engine does not say it either ({why})")),
        };
        let known = image.repo_digests.unwrap_or_default();
        let known = known.iter().filter_map(|known| FullReference::new(known).ok());
        let mut own = known.filter(|known| known.repository == reference.repository);
        own.find_map(|known| known.digest).ok_or_else(|| {
            "the engine's image came from no registry: it was built or loaded here".to_owned()
        })
    }
}
