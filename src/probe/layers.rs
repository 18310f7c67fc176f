//! Images looked through: each layer a file at a time, what a later layer deletes as well, and the
//! configuration with its history.
//!
//! Where the engine keeps its layers as folders that may be read, they are read where they lie
//! ([`folders`]): nothing is written, and nothing is copied. Everywhere else the engine saves the
//! images: understood are the archives of `docker save`, old and new (OCI image layout), layers
//! compressed by gzip among them. Compressed files inside a layer are looked through as they are.

pub mod folders;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures::{Stream, StreamExt as _};
use serde_json::Value;
use tar::Archive;
use tokio::sync::mpsc::{self, Receiver};

use super::search::{Hit, Needles};

/// How many pieces may wait to be looked through.
const WAITING: usize = 16;
/// How much is read at a time.
const PIECE: usize = 1 << 18;
/// Documents of an image are remembered up to here; layers never are.
const DOCUMENT: usize = 1 << 20;
/// The magic number of zstd, which is not understood.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// How much of a build step is told.
const STEP_SHOWN: usize = 80;

/// A secret in an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuriedSecret {
    /// Image and layer, with the step that made it as far as it may be shown.
    pub place: String,
    /// Which, and in which form.
    pub hit: Hit,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// The secrets.
    pub found: BTreeSet<BuriedSecret>,
    /// How many layers were looked through.
    pub layers: usize,
    /// How many files of them.
    pub files: usize,
    /// How many bytes, decompressed.
    pub bytes: u64,
    /// Layers that could not be looked through, with the reason.
    pub unread: Vec<String>,
}

/// Reads what an asynchronous sender sends.
#[derive(Debug)]
pub struct Pieces {
    sender: Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl Pieces {
    /// A reader of what comes from a sender; for a thread that may wait.
    #[must_use]
    pub fn new(sender: Receiver<io::Result<Bytes>>) -> Self {
        Self { sender, rest: Bytes::new() }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.sender.blocking_recv() {
                Some(piece) => self.rest = piece?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.rest.len());
        buffer[..length].copy_from_slice(&self.rest.split_to(length));
        Ok(length)
    }
}

/// Something found in an entry of the archive, or in a file of a layer.
struct Raw {
    entry: String,
    file: Option<String>,
    hit: Hit,
}

/// Lets a thread look through an archive while it comes in pieces ([`look`]).
///
/// # Errors
/// As [`look`], and why the pieces end early.
pub async fn stream<E: std::error::Error>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    needles: &Needles,
    names: &BTreeMap<String, String>,
) -> io::Result<Looked> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (needles, names) = (needles.clone(), names.clone());
    let reader = tokio::task::spawn_blocking(move || look(Pieces::new(receiver), &needles, &names));
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|why| {
            let reason = why.source().map(ToString::to_string);
            io::Error::other(format!("{why}: {}", reason.unwrap_or_default()))
        });
        // The reader has stopped at an error, which it tells.
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    reader.await.map_err(io::Error::other)?
}

/// Looks through an archive; `names` are the images by their ids, for people.
///
/// # Errors
/// The reader's, or that the archive is none.
pub fn look(
    archive: impl Read,
    needles: &Needles,
    names: &BTreeMap<String, String>,
) -> io::Result<Looked> {
    let mut looked = Looked::default();
    let mut documents: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut raw: Vec<Raw> = Vec::new();
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().into_owned();
        let head = head(&mut entry)?;
        let body = io::Cursor::new(head.clone()).chain(entry);
        if head.starts_with(&ZSTD) {
            looked.unread.push(format!("{path} is compressed with zstd"));
        } else if head.starts_with(&[0x1f, 0x8b]) {
            let mut body = MultiGzDecoder::new(body);
            let head = self::head(&mut body)?;
            layer(io::Cursor::new(head).chain(body), &path, needles, &mut looked, &mut raw)?;
        } else if is_tar(&head) {
            layer(body, &path, needles, &mut looked, &mut raw)?;
        } else {
            let mut body = body;
            let (hits, document) = through(&mut body, needles, DOCUMENT, &mut looked.bytes)?;
            raw.extend(hits.into_iter().map(|hit| Raw { entry: path.clone(), file: None, hit }));
            documents.insert(path, document);
        }
    }
    looked.tell(raw, &images(&documents, names, needles));
    Ok(looked)
}

impl Looked {
    /// Says of everything that was found where it is, to people.
    fn tell(&mut self, raw: Vec<Raw>, images: &[Image]) {
        for Raw { entry, file, hit } in raw {
            let place = place(images, &entry);
            let place = file.map_or_else(|| place.clone(), |file| format!("{place}: {file}"));
            self.found.insert(BuriedSecret { place, hit });
        }
    }
}

fn head(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(512).read_to_end(&mut head)?;
    Ok(head)
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn layer(
    body: impl Read,
    path: &str,
    needles: &Needles,
    looked: &mut Looked,
    raw: &mut Vec<Raw>,
) -> io::Result<()> {
    looked.layers += 1;
    for entry in Archive::new(body).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        looked.files += 1;
        let (hits, _) = through(&mut entry, needles, 0, &mut looked.bytes)?;
        if !hits.is_empty() {
            let file = format!("/{}", entry.path()?.display());
            let hit = |hit| Raw { entry: path.to_owned(), file: Some(file.clone()), hit };
            raw.extend(hits.into_iter().map(hit));
        }
    }
    Ok(())
}

/// Looks through a reader, and keeps its beginning.
fn through(
    reader: &mut impl Read,
    needles: &Needles,
    keep: usize,
    bytes: &mut u64,
) -> io::Result<(BTreeSet<Hit>, Vec<u8>)> {
    let mut search = needles.search();
    let mut kept = Vec::new();
    let mut piece = Vec::new();
    loop {
        piece.clear();
        let length = reader.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        if length == 0 {
            return Ok((search.found(), kept));
        }
        *bytes += length as u64;
        search.feed(&piece);
        kept.extend_from_slice(&piece[..length.min(keep.saturating_sub(kept.len()))]);
    }
}

/// An image of the archive.
struct Image {
    name: String,
    configuration: String,
    /// The entry of each layer with the step that made it.
    layers: Vec<(String, String)>,
}

fn images(
    documents: &BTreeMap<String, Vec<u8>>,
    names: &BTreeMap<String, String>,
    needles: &Needles,
) -> Vec<Image> {
    let json = |path: &str| serde_json::from_slice::<Value>(documents.get(path)?).ok();
    let Some(Value::Array(listed)) = json("manifest.json") else { return Vec::new() };
    let image = |image: &Value| {
        let configuration = image.get("Config")?.as_str()?.to_owned();
        let history = json(&configuration).map(|config| steps(&config, needles));
        let mut history = history.unwrap_or_default().into_iter();
        let layers = image.get("Layers")?.as_array()?.iter().filter_map(Value::as_str);
        let layers =
            layers.map(|layer| (layer.to_owned(), history.next().unwrap_or_default())).collect();
        let by_id = names.iter().find(|(id, _)| {
            let digits = id.trim_start_matches("sha256:");
            !digits.is_empty() && configuration.contains(digits)
        });
        let tag = image.get("RepoTags").and_then(|tags| tags.get(0)).and_then(Value::as_str);
        let name = by_id.map_or_else(|| tag.unwrap_or(&configuration), |(_, name)| name.as_str());
        Some(Image { name: name.to_owned(), configuration, layers })
    };
    listed.iter().filter_map(image).collect()
}

/// The step that made each layer, lowest first (OCI image configuration, `history`).
fn steps(configuration: &Value, needles: &Needles) -> Vec<String> {
    let history = configuration.get("history").and_then(Value::as_array);
    let made = history
        .into_iter()
        .flatten()
        .filter(|step| step.get("empty_layer") != Some(&Value::Bool(true)));
    made.map(|step| shown(step, needles)).collect()
}

/// A build step as far as it may be shown: not at all if it tells a secret.
fn shown(step: &Value, needles: &Needles) -> String {
    let step = step.get("created_by").and_then(Value::as_str).unwrap_or_default();
    if !needles.find(step.as_bytes()).is_empty() {
        return "a step that tells the secret".into();
    }
    let words = step.trim_start_matches("/bin/sh -c ").trim_start_matches("#(nop) ").trim();
    let short: String = words.chars().take(STEP_SHOWN).collect();
    if short.len() < words.len() { format!("{short} …") } else { short }
}

/// What an entry of the archive is to people.
fn place(images: &[Image], entry: &str) -> String {
    if let Some(image) = images.iter().find(|image| image.configuration == entry) {
        return format!("configuration and history of image {}", image.name);
    }
    for image in images {
        if let Some(at) = image.layers.iter().position(|(layer, _)| layer == entry) {
            let (number, (_, step)) = (at + 1, &image.layers[at]);
            let made = if step.is_empty() { String::new() } else { format!(" ({step})") };
            return format!("layer {number} of image {}{made}", image.name);
        }
    }
    // The older format says everything twice: once more for each layer.
    format!("{entry} of the saved images")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::probe::search::Secret;

    const SECRET: &str = "correct horse battery";

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *bytes).expect("an entry");
        }
        builder.into_inner().expect("an archive")
    }

    fn saved(layers: &[Vec<u8>], history: &str) -> Looked {
        let manifest =
            r#"[{"Config":"abc.json","RepoTags":null,"Layers":["1/layer.tar","2/layer.tar"]}]"#;
        let config = format!(
            r#"{{"history":[{{"created_by":"/bin/sh -c {history}"}},{{"created_by":"ENV A=1","empty_layer":true}},{{"created_by":"/bin/sh -c rm key"}}]}}"#
        );
        let bytes = archive(&[
            ("1/layer.tar", &layers[0]),
            ("2/layer.tar", &layers[1]),
            ("abc.json", config.as_bytes()),
            ("manifest.json", manifest.as_bytes()),
        ]);
        let needles =
            Needles::new(&[Secret { name: "key".into(), value: SECRET.into() }]).expect("needles");
        let names = BTreeMap::from([("sha256:abc".to_owned(), "shop".to_owned())]);
        look(bytes.as_slice(), &needles, &names).expect("an archive of images")
    }

    fn places(looked: &Looked) -> Vec<&str> {
        looked.found.iter().map(|found| found.place.as_str()).collect()
    }

    #[test]
    fn what_a_later_layer_deletes_is_found_with_the_step_that_left_it() {
        let file = format!("key={SECRET}");
        let first = archive(&[("etc/fine", b"fine"), ("root/key", file.as_bytes())]);
        let second = archive(&[("root/.wh.key", b"")]);
        let looked = saved(&[first.clone(), second.clone()], "cp key /root");
        assert_eq!(places(&looked), ["layer 1 of image shop (cp key /root): /root/key"]);
        assert_eq!((looked.layers, looked.files), (2, 3));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&first).expect("gzip");
        let looked = saved(&[packed.finish().expect("gzip"), second], "cp key /root");
        assert_eq!(places(&looked), ["layer 1 of image shop (cp key /root): /root/key"]);
    }

    #[test]
    fn a_secret_in_the_history_is_found_and_not_told() {
        let empty = archive(&[("a", b"a")]);
        let looked = saved(&[empty.clone(), empty], &format!("echo {SECRET}"));
        assert_eq!(places(&looked), ["configuration and history of image shop"]);
        let needle = [SECRET];
        assert!(looked.found.iter().all(|found| !found.place.contains(needle[0])));
    }

    #[test]
    fn a_layer_that_cannot_be_read_is_named() {
        let empty = archive(&[("a", b"a")]);
        let looked = saved(&[[&ZSTD[..], b"rest"].concat(), empty], "true");
        assert_eq!(looked.unread, ["1/layer.tar is compressed with zstd"]);
    }
}
