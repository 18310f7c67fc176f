//! Files of secrets that version control keeps: what `secrets:` names is kept from nobody who has the
//! repository.
//!
//! A file beside the Compose files is where a secret belongs as long as git ignores it. What git
//! has is in its index; a folder without a repository keeps nothing.

use std::{fs, io};

use camino::Utf8Path;

use crate::{
    compose::{Project, journal::Origin},
    facts::mounts::shown,
    git,
};

/// A secret whose file is in git.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its key below `secrets:`.
    pub name: String,
    /// Its file, seen from the project's folder.
    pub file: String,
    /// Where the file is named.
    pub origin: Origin,
}

/// The secrets whose files say something and are in git.
///
/// # Errors
/// Why nobody can say of one whether it is.
pub fn in_git(project: &Project) -> Result<Vec<Kept>, String> {
    let mut asked = Vec::new();
    for (name, secret) in &project.secrets {
        let Some(file) = &secret.file else { continue };
        let says = match fs::metadata(file.as_str()) {
            Ok(it) => it.is_file() && it.len() > 0,
            Err(why) if is_absent(&why) => false,
            Err(why) => return Err(format!("{} cannot be looked at: {why}", file.value)),
        };
        if says {
            asked.push((name, file));
        }
    }
    let files: Vec<&Utf8Path> =
        asked.iter().map(|(_, file)| Utf8Path::new(file.as_str())).collect();
    let kept = git::kept(&files)?;
    asked.retain(|(_, file)| kept.contains(Utf8Path::new(file.as_str())));
    let told = asked.into_iter().map(|(name, file)| Kept {
        name: name.clone(),
        file: shown(&project.folder, file),
        origin: file.origin,
    });
    Ok(told.collect())
}

/// Whether there is no such file, as opposed to one that is not for us to see.
fn is_absent(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_where_git_keeps_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("a path");
        for (name, text) in [("kept", "x"), ("ignored", "x"), ("empty", "")] {
            fs::write(folder.join(name), text).expect("a file");
        }
        let text = format!(
            "services:\n  a: {{image: a, secrets: [one, two, three, four]}}\nsecrets:\n  one: {{file: {folder}/kept}}\n  two: {{file: {folder}/ignored}}\n  \
             three: {{file: {folder}/empty}}\n  four: {{file: {folder}/missing}}\n"
        );
        let project: Project =
            crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
        assert!(in_git(&project).expect("an answer").is_empty(), "no repository");
        git::ask(folder, &["init", "-q"]).expect("git");
        assert!(in_git(&project).expect("an answer").is_empty(), "nothing is added");
        git::ask(folder, &["add", "kept", "empty"]).expect("git");
        let kept = in_git(&project).expect("an answer");
        let names: Vec<&str> = kept.iter().map(|kept| kept.name.as_str()).collect();
        assert_eq!(names, ["one"]);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_taken_for_absent() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("a path");
        std::os::unix::fs::symlink("loop", folder.join("loop")).expect("a link");
        let text = format!(
            "services:\n  a: {{image: a, secrets: [one]}}\nsecrets:\n  one: {{file: {folder}/loop}}\n"
        );
        let project: Project =
            crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
        let why = in_git(&project).expect_err("nobody can say");
        assert!(why.contains("loop cannot be looked at"), "{why}");
    }
}
