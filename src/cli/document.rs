//! `seaworthy document`: blocks in Markdown files that say what the files or a run say.

mod content;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use self::content::Contents;
use super::{COULD_NOT, FINDINGS, SOUND, configuration, say, show};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    document::{self, Block},
    replace::replace,
    source::Source,
    visible,
    words::counted,
};

/// Arguments of `document`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Tells which blocks say something else than they should, and changes nothing.
    #[arg(long, conflicts_with = "write", required_unless_present = "write")]
    check: bool,
    /// Writes those blocks anew; nothing outside their markers changes.
    #[arg(long)]
    write: bool,
    /// Markdown files; by default the architecture document, those in its folder and below, and
    /// those beside seaworthy.yaml.
    #[arg(value_name = "FILE")]
    files: Vec<Utf8PathBuf>,
}

/// A file with its blocks, and what each should say.
struct Page {
    source: Arc<Source>,
    blocks: Vec<(Block, String)>,
}

pub(super) fn run(file: Option<&Utf8Path>, arguments: &Arguments) -> u8 {
    let pages = configuration(file).map_err(|why| vec![*why]).and_then(|config| {
        let found = pages(&config, arguments)?;
        made(file, &config, found)
    });
    let pages = match pages {
        Ok(pages) => pages,
        Err(errors) => {
            errors.iter().for_each(show);
            return COULD_NOT;
        }
    };
    let blocks: usize = pages.iter().map(|page| page.blocks.len()).sum();
    let mut stale = 0;
    for page in &pages {
        let outdated = page.outdated();
        stale += outdated.len();
        if outdated.is_empty() {
            continue;
        }
        let path = page.source.path();
        if arguments.write {
            if let Err(why) = replace(path, page.rewritten().as_bytes()) {
                show(
                    &Diagnostic::error(format!("cannot write {path}: {why}"))
                        .help("see that the file and its folder may be written to"),
                );
                return COULD_NOT;
            }
            let told = counted(i128::try_from(outdated.len()).unwrap_or(i128::MAX), "block");
            say(&format!("{}: {told} written anew", visible::line(path.as_str())));
        } else {
            outdated.iter().for_each(show);
        }
    }
    let count = |count: usize, what| counted(i128::try_from(count).unwrap_or(i128::MAX), what);
    let all = format!("{} in {}", count(blocks, "block"), count(pages.len(), "file"));
    let verdict = match (stale, arguments.write) {
        (0, _) => "all as they should be".to_owned(),
        (stale, true) => format!("{stale} written anew"),
        (stale, false) => format!("{stale} not as they should be"),
    };
    say(&format!("{all}: {verdict}"));
    if stale > 0 && !arguments.write { FINDINGS } else { SOUND }
}

/// A file with its blocks.
type Found = (Arc<Source>, Vec<Block>);

/// The files with blocks, each with them.
fn pages(config: &Config, arguments: &Arguments) -> Result<Vec<Found>, Vec<Diagnostic>> {
    let files = if arguments.files.is_empty() {
        usual(config).map_err(|why| vec![*why])?
    } else {
        arguments.files.clone()
    };
    let mut bounds = config.bounds();
    arguments.files.iter().for_each(|file| bounds.name(file));
    let (mut pages, mut errors) = (Vec::new(), Vec::new());
    for file in &files {
        let source = match bounds.read(file) {
            Ok(source) => source,
            Err(why) => {
                errors.push(
                    Diagnostic::error(format!("cannot read {file}: {why}"))
                        .help("check the path and its permissions"),
                );
                continue;
            }
        };
        match document::find(&source) {
            Ok(blocks) if blocks.is_empty() && !arguments.files.is_empty() => {
                errors.push(nothing(&format!("{file} has no block"), None));
            }
            Ok(blocks) if blocks.is_empty() => {}
            Ok(blocks) => pages.push((source, blocks)),
            Err(why) => errors.extend(why),
        }
    }
    if pages.is_empty() && errors.is_empty() {
        let looked =
            format!("looked into {}", counted(i128::try_from(files.len()).unwrap_or(0), "file"));
        errors.push(nothing("no file has a block", Some(looked)));
    }
    if errors.is_empty() { Ok(pages) } else { Err(errors) }
}

fn nothing(title: &str, note: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error(title).help(
        "write one, and `seaworthy document --write`:\n<!-- seaworthy: facts topic=ports environment=NAME -->\n<!-- /seaworthy -->",
    );
    match note {
        Some(note) => diagnostic.note(note),
        None => diagnostic,
    }
}

/// The architecture document, the Markdown files in its folder and below, and those beside
/// `seaworthy.yaml`; as they are called from here.
fn usual(config: &Config) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
    let document = config.document();
    let mut files = Vec::new();
    let root = if config.root.as_str().is_empty() { Utf8Path::new(".") } else { &config.root };
    let folder = document.parent().filter(|folder| folder.is_dir() && *folder != root);
    let unreadable = |folder: &Utf8Path, why: &std::io::Error| {
        Box::new(
            Diagnostic::error(format!("cannot read the folder {folder}: {why}"))
                .help("check its permissions, or name the files"),
        )
    };
    markdown(root, false, &mut files).map_err(|why| unreadable(root, &why))?;
    if let Some(folder) = folder {
        markdown(folder, true, &mut files).map_err(|why| unreadable(folder, &why))?;
    }
    if !files.contains(&document) && document.is_file() {
        files.push(document);
    }
    for file in &mut files {
        if let Ok(plain) = file.strip_prefix(".") {
            *file = plain.to_owned();
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The Markdown files of a folder, and of those below it; links are not followed into folders.
fn markdown(folder: &Utf8Path, below: bool, files: &mut Vec<Utf8PathBuf>) -> std::io::Result<()> {
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        let path = entry.path().to_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && below && !entry.file_name().starts_with('.') {
            markdown(&path, below, files)?;
        } else if path.is_file() && matches!(path.extension(), Some("md" | "markdown")) {
            files.push(path);
        }
    }
    Ok(())
}

/// What each block should say.
fn made(
    file: Option<&Utf8Path>,
    config: &Config,
    found: Vec<Found>,
) -> Result<Vec<Page>, Vec<Diagnostic>> {
    let mut contents = Contents::new(file, config);
    let (mut pages, mut errors) = (Vec::new(), Vec::new());
    for (source, blocks) in found {
        let mut page = Page { source, blocks: Vec::new() };
        for block in blocks {
            match contents.of(&page.source, &block) {
                Ok(content) => page.blocks.push((block, content)),
                Err(why) => errors.extend(why),
            }
        }
        pages.push(page);
    }
    if errors.is_empty() { Ok(pages) } else { Err(errors) }
}

impl Page {
    /// What is to be told of blocks that say something else than they should.
    fn outdated(&self) -> Vec<Diagnostic> {
        let path = self.source.path();
        let outdated = |(block, wanted): &(Block, String)| {
            let there = block.content(self.source.text());
            if document::is_same(&there, wanted) {
                return None;
            }
            let difference = document::difference(&there, wanted);
            Some(
                Diagnostic::error("this block says something else than it should")
                    .at(&self.source, block.marker.clone(), "this block")
                    .note(difference)
                    .help(format!("run `seaworthy document --write {path}`")),
            )
        };
        self.blocks.iter().filter_map(outdated).collect()
    }

    fn rewritten(&self) -> String {
        let blocks: Vec<(&Block, &str)> =
            self.blocks.iter().map(|(block, wanted)| (block, wanted.as_str())).collect();
        document::rewritten(self.source.text(), &blocks)
    }
}
