//! A variable as a file sets it.

use std::{io::ErrorKind, sync::Arc};

use camino::Utf8Path;

use crate::{
    facts::answers::env_file,
    outside::Bounds,
    run::Failure,
    source::{Source, Span},
};

/// A variable's value in an env file as Compose reads it, or in a file of settings, and the line;
/// the last line that sets it counts.
pub(crate) fn read(
    bounds: &Bounds,
    path: &Utf8Path,
    variable: &str,
    file: &str,
) -> Result<(String, Arc<Source>, Span), Failure> {
    read_at(bounds, path, path, variable, file)
}

/// As [`read`], where the file is seen elsewhere than it lies.
pub(crate) fn read_at(
    bounds: &Bounds,
    path: &Utf8Path,
    seen: &Utf8Path,
    variable: &str,
    file: &str,
) -> Result<(String, Arc<Source>, Span), Failure> {
    // As seen from here, like every other place.
    let here = std::env::current_dir().unwrap_or_default();
    let shown = Utf8Path::from_path(&here).and_then(|here| path.strip_prefix(here).ok());
    let source =
        bounds.read_text(seen).map(|text| Source::new(shown.unwrap_or(path).as_str(), text));
    let source = source.map_err(|why| {
        if why.kind() == ErrorKind::PermissionDenied {
            return Failure::undecided(format!("read {file}"), why.to_string());
        }
        Failure::finding(format!("the project has a file {file}"), why.to_string())
            .place(path.to_string())
            .help("the path is relative to the folder of the Compose project")
    })?;
    let outer = |name: &str| std::env::var(name).ok();
    let set = if env_file::is_of_settings(path) {
        env_file::setting(source.text(), variable)
    } else {
        env_file::value(source.text(), variable, &outer).map_err(|wrong| {
            Failure::finding(format!("{file} can be read as an env file"), wrong.to_string())
                .spot(&source, wrong.span.clone())
                .help(wrong.help())
        })?
    };
    let set = set.ok_or_else(|| {
        Failure::finding(format!("{file} sets {variable}"), "it does not".to_owned())
            .place(path.to_string())
            .help(format!("add a line {variable}=…"))
    })?;
    let line = source.place(set.span.start).line;
    let span = source.line(line);
    Ok((set.value, source, span))
}
