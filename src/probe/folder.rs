//! What a folder of a container holds: kinds, modes, owners and contents.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read as _},
};

use sha2::{Digest as _, Sha256};

use super::ProbeError;
use crate::stack::engine::{Container, Engine};

/// How many differences are told.
const TOLD: usize = 10;

/// Something in a folder, as an archive tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: tar::EntryType,
    mode: u32,
    owner: (u64, u64),
    content: Content,
}

/// What is in a file, as far as two of them can be told apart by it: a folder may be large.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// Where a link leads.
    Target(String),
    /// Bytes, and their SHA-256.
    Bytes(u64, [u8; 32]),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Target(target) => write!(out, "link to {target}")?,
            Content::Bytes(..) if self.kind.is_dir() => write!(out, "folder")?,
            Content::Bytes(size, _) => write!(out, "file of {size} bytes")?,
        }
        write!(out, ", mode {:03o}, of {}:{}", self.mode, self.owner.0, self.owner.1)
    }
}

impl Entry {
    /// How many bytes it holds.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self.content {
            Content::Bytes(size, _) => size,
            Content::Target(_) => 0,
        }
    }
}

/// What a folder of a container holds, by path; none where there is no such folder.
///
/// # Errors
/// The engine's, or that it gives no archive.
pub async fn contents(
    engine: &Engine,
    container: &Container,
    path: &str,
) -> Result<Option<BTreeMap<String, Entry>>, ProbeError> {
    let doing = || format!("read {path} of {}", container.name);
    let archive = engine.archive(container, path).await;
    let archive = archive.map_err(|why| ProbeError::new(doing(), &why))?;
    let entries = archive.map(|archive| entries(&archive)).transpose();
    entries.map_err(|why| ProbeError::new(doing(), &why))
}

fn entries(archive: &[u8]) -> io::Result<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().trim_end_matches('/').to_owned();
        let header = entry.header();
        let (kind, mode) = (header.entry_type(), header.mode()? & 0o7777);
        let owner = (header.uid()?, header.gid()?);
        let content = if let Some(target) = entry.link_name()? {
            Content::Target(target.to_string_lossy().into_owned())
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            Content::Bytes(bytes.len() as u64, Sha256::digest(&bytes).into())
        };
        found.insert(path, Entry { kind, mode, owner, content });
    }
    Ok(found)
}

/// What is not the same, a line each.
#[must_use]
pub fn changes(before: &BTreeMap<String, Entry>, after: &BTreeMap<String, Entry>) -> Vec<String> {
    let mut lines: Vec<String> = before
        .iter()
        .filter_map(|(name, was)| match after.get(name) {
            None => Some(format!("{name} is missing")),
            Some(is) if is.to_string() != was.to_string() => {
                Some(format!("{name} is a {is} instead of a {was}"))
            }
            Some(is) if is != was => Some(format!("{name} has another content")),
            Some(_) => None,
        })
        .collect();
    let more = after.keys().filter(|name| !before.contains_key(*name));
    lines.extend(more.map(|name| format!("{name} is not in the original")));
    if before.is_empty() {
        lines.push("the original holds nothing".into());
    }
    let count = lines.len();
    if count > TOLD {
        lines.truncate(TOLD);
        lines.push(format!("and {} more", count - TOLD));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, u32, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, mode, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(*mode);
            header.set_uid(33);
            header.set_gid(33);
            archive.append_data(&mut header, name, content.as_bytes()).expect("appended");
        }
        archive.into_inner().expect("an archive")
    }

    fn told(before: &[(&str, u32, &str)], after: &[(&str, u32, &str)]) -> Vec<String> {
        let read = |files| entries(&archive(files)).expect("entries");
        changes(&read(before), &read(after))
    }

    #[test]
    fn folders_with_the_same_in_them_are_the_same() {
        let files = [("storage/a", 0o640, "1"), ("storage/b", 0o600, "")];
        assert!(told(&files, &files).is_empty());
    }

    #[test]
    fn every_difference_is_told() {
        let before =
            [("a", 0o640, "1"), ("b", 0o640, "1"), ("c", 0o640, "12"), ("gone", 0o640, "")];
        let after = [("a", 0o640, "2"), ("b", 0o600, "1"), ("c", 0o640, "1"), ("new", 0o640, "")];
        assert_eq!(
            told(&before, &after),
            [
                "a has another content",
                "b is a file of 1 bytes, mode 600, of 33:33 instead of a file of 1 bytes, mode 640, of 33:33",
                "c is a file of 1 bytes, mode 640, of 33:33 instead of a file of 2 bytes, mode 640, of 33:33",
                "gone is missing",
                "new is not in the original",
            ]
        );
    }

    #[test]
    fn an_original_without_anything_proves_nothing() {
        assert_eq!(told(&[], &[]), ["the original holds nothing"]);
    }
}
