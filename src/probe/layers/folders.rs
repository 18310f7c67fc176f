//! Images looked through where the engine keeps them: the folders of its storage driver `overlay2`.
//!
//! `docker save` first writes every layer to the engine's disk once more. A gigabyte of images needs
//! a gigabyte of room and is written and read again; their folders are only read. Whiteouts are
//! devices or attributes there, no files: what a later layer deletes still lies in the earlier one.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use indexmap::IndexSet;
use rayon::prelude::*;
use serde_json::Value;

use super::{Image, Looked, Raw, steps, through};
use crate::probe::search::Needles;

/// Where an image lies on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFolders {
    /// What it is called, for people.
    pub name: String,
    /// The file of its configuration (OCI image configuration).
    pub configuration: PathBuf,
    /// A folder for each layer, lowest first.
    pub layers: Vec<PathBuf>,
}

/// Looks through images; a layer that several share is looked through once.
///
/// # Errors
/// A file or folder that cannot be read, with its path.
pub fn look(images: &[ImageFolders], needles: &Needles) -> io::Result<Looked> {
    let mut looked = Looked::default();
    let mut raw = Vec::new();
    let mut known = Vec::new();
    for image in images {
        let bytes = fs::read(&image.configuration).map_err(at(&image.configuration))?;
        let configuration = image.configuration.display().to_string();
        let hits = needles.find(&bytes).into_iter();
        raw.extend(hits.map(|hit| Raw { entry: configuration.clone(), file: None, hit }));
        looked.bytes += bytes.len() as u64;
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|why| at(&image.configuration)(io::Error::other(why)))?;
        let mut made = steps(&document, needles).into_iter();
        let entry =
            |layer: &PathBuf| (layer.display().to_string(), made.next().unwrap_or_default());
        let layers = image.layers.iter().map(entry).collect();
        known.push(Image { name: image.name.clone(), configuration, layers });
    }
    let layers: IndexSet<&PathBuf> = images.iter().flat_map(|image| &image.layers).collect();
    let layers: Vec<&PathBuf> = layers.into_iter().collect();
    let parts: Vec<(Looked, Vec<Raw>)> = layers
        .into_par_iter()
        .map(|layer| {
            let mut part = (Looked { layers: 1, ..Looked::default() }, Vec::new());
            layer_of(layer, needles, &mut part)?;
            Ok(part)
        })
        .collect::<io::Result<_>>()?;
    for (part, hits) in parts {
        looked.layers += part.layers;
        looked.files += part.files;
        looked.bytes += part.bytes;
        raw.extend(hits);
    }
    looked.tell(raw, &known);
    Ok(looked)
}

/// Looks through all files of one layer.
fn layer_of(
    layer: &Path,
    needles: &Needles,
    (looked, raw): &mut (Looked, Vec<Raw>),
) -> io::Result<()> {
    let mut waiting = vec![layer.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let entry = entry.map_err(at(&folder))?;
            let path = entry.path();
            // What it is itself: a link is never followed.
            let kind = entry.file_type().map_err(at(&path))?;
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() {
                looked.files += 1;
                let mut file = File::open(&path).map_err(at(&path))?;
                let (hits, _) =
                    through(&mut file, needles, 0, &mut looked.bytes).map_err(at(&path))?;
                let inside = path.strip_prefix(layer).unwrap_or(&path);
                raw.extend(hits.into_iter().map(|hit| Raw {
                    entry: layer.display().to_string(),
                    file: Some(format!("/{}", inside.display())),
                    hit,
                }));
            }
        }
    }
    Ok(())
}

/// An error with the path that it is about.
fn at(path: &Path) -> impl Fn(io::Error) -> io::Error + '_ {
    move |why| io::Error::new(why.kind(), format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::probe::search::Secret;

    const SECRET: &str = "correct horse battery";

    fn needles() -> Needles {
        Needles::new(&[Secret { name: "key".into(), value: SECRET.into() }]).expect("needles")
    }

    fn image(root: &Path, history: &str) -> ImageFolders {
        let config = format!(
            r#"{{"history":[{{"created_by":"/bin/sh -c {history}"}},{{"created_by":"ENV A=1","empty_layer":true}},{{"created_by":"/bin/sh -c rm key"}}]}}"#
        );
        let configuration = root.join("abc");
        fs::write(&configuration, config).expect("a configuration");
        let layers = ["one", "two"].map(|layer| root.join(layer).join("diff"));
        for layer in &layers {
            fs::create_dir_all(layer.join("root")).expect("a folder");
        }
        ImageFolders { name: "shop".into(), configuration, layers: layers.into() }
    }

    #[test]
    fn what_a_later_layer_deletes_is_found_with_the_step_that_left_it() {
        let root = tempfile::tempdir().expect("a folder");
        let image = image(root.path(), "cp key /root");
        fs::write(image.layers[0].join("root/key"), format!("key={SECRET}")).expect("a file");
        symlink("key", image.layers[0].join("root/link")).expect("a link");
        symlink("/", image.layers[1].join("root/up")).expect("a link");
        // Two images of the same layers: each layer is read once, and belongs to the first.
        let looked = look(&[image.clone(), image], &needles()).expect("folders that can be read");
        let places: Vec<&str> = looked.found.iter().map(|found| found.place.as_str()).collect();
        assert_eq!(places, ["layer 1 of image shop (cp key /root): /root/key"]);
        assert_eq!((looked.layers, looked.files), (2, 1));
    }

    #[test]
    fn a_secret_in_the_history_is_found_and_not_told() {
        let root = tempfile::tempdir().expect("a folder");
        let image = image(root.path(), &format!("echo {SECRET}"));
        let looked = look(&[image], &needles()).expect("folders that can be read");
        let places: Vec<&str> = looked.found.iter().map(|found| found.place.as_str()).collect();
        assert_eq!(places, ["configuration and history of image shop"]);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_its_path() {
        let root = tempfile::tempdir().expect("a folder");
        let image = image(root.path(), "true");
        fs::remove_dir_all(&image.layers[1]).expect("a folder");
        let why = look(&[image], &needles()).expect_err("a layer that is gone").to_string();
        assert!(why.contains("two/diff: "), "{why}");
    }
}
