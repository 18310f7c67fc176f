//! Where the images come from: the registry, or stand-ins built on this machine.

use std::time::Duration;

use super::engine::{Engine, EngineError};
use crate::{compose::Project, config::StandIns, words::last_reason};

/// How long the registry may take to answer.
const REGISTRY_LIMIT: Duration = Duration::from_secs(5);

/// What the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImageChoice {
    /// Stand-ins where the registry cannot be reached.
    #[default]
    Automatic,
    /// Stand-ins in any case.
    StandIns,
    /// The registry's images in any case.
    Registry,
}

/// What was decided, and why, in words that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// The images that the files name.
    Registry {
        /// Those that have yet to be pulled.
        missing: Vec<String>,
    },
    /// The stand-ins.
    StandIns {
        /// Why.
        why: String,
    },
    /// Images are missing and cannot be had.
    Nowhere {
        /// The missing images.
        missing: Vec<String>,
        /// Why they cannot be had.
        why: String,
    },
}

/// Decides where the images come from.
///
/// # Errors
/// The engine's.
pub async fn decide(
    engine: &Engine,
    project: &Project,
    stand_ins: Option<&StandIns>,
    choice: ImageChoice,
) -> Result<ImageSource, EngineError> {
    if choice == ImageChoice::StandIns {
        return Ok(match stand_ins {
            Some(_) => ImageSource::StandIns { why: "as asked for".into() },
            None => ImageSource::Nowhere {
                missing: Vec::new(),
                why: "stand-ins were asked for, and seaworthy.yaml names none".into(),
            },
        });
    }
    let mut missing: Vec<String> = Vec::new();
    let is_built = |image: &str| {
        project.services.values().any(|service| {
            service.build.is_some() && service.image.as_ref().is_some_and(|built| **built == image)
        })
    };
    for service in project.services.values().filter(|service| service.build.is_none()) {
        if let Some(image) = &service.image
            // One service may build what another only names.
            && !is_built(image)
            && !missing.contains(&image.value)
            && !engine.has_image(image).await?
        {
            missing.push(image.value.clone());
        }
    }
    let Some(first) = missing.first() else { return Ok(ImageSource::Registry { missing }) };
    match engine.registry_has(first, REGISTRY_LIMIT).await {
        Ok(()) => Ok(ImageSource::Registry { missing }),
        Err(why) if stand_ins.is_some() && choice == ImageChoice::Automatic => {
            Ok(ImageSource::StandIns {
                why: format!(
                    "{first} is not on this machine and cannot be pulled ({})",
                    last_reason(&why)
                ),
            })
        }
        Err(why) => Ok(ImageSource::Nowhere { missing, why: last_reason(&why).to_owned() }),
    }
}
