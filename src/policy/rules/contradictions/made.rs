//! What the build of an image makes that is not in the sources: dependencies and assets.

use crate::{compose::values::path, dockerfile::Instruction, facts::image::Recipe};

/// A folder that a build makes.
pub struct Made<'a> {
    /// Where it is in the image.
    pub at: String,
    /// How people call what makes it: `composer install`.
    pub by: String,
    /// What makes it.
    pub instruction: &'a Instruction,
    /// Words by which a start makes it again.
    pub again: &'static [&'static str],
}

/// A command of a build, the folders that it makes in the one in which it works, and words by which
/// a start makes them again.
struct Maker {
    words: &'static [&'static str],
    folders: &'static [&'static str],
    again: &'static [&'static str],
}

/// Variables of an image that say another folder.
const MOVING: &[(&str, &str)] =
    &[(".venv", "UV_PROJECT_ENVIRONMENT"), ("vendor", "COMPOSER_VENDOR_DIR")];

/// Whether the image has its dependencies in another folder than the usual one.
fn is_moved(recipe: &Recipe<'_>, maker: &Maker) -> bool {
    let says = |variable: &str| {
        let mut set = recipe.history().filter(|one| matches!(one.keyword, "ENV" | "ARG"));
        set.any(|one| one.arguments.text.contains(variable))
    };
    MOVING.iter().any(|(folder, variable)| maker.folders.contains(folder) && says(variable))
}

/// Words by which a start installs or builds again.
#[rustfmt::skip]
const JAVASCRIPT: &[&str] = &[
    "npm ci", "npm i ", "npm install", "pnpm i ", "pnpm install", "yarn &&", "yarn install", "bun install",
    "pnpm build", "run build", "yarn build",
];
const COMPOSER: &[&str] = &["composer install", "composer update", "composer i"];
const COLLECT: &[&str] = &["collectstatic"];
const RAILS: &[&str] = &["assets:precompile"];

#[rustfmt::skip]
const MAKERS: &[Maker] = &[
    Maker { words: &["composer install", "composer update"], folders: &["vendor"], again: COMPOSER },
    Maker { words: &["npm ci", "npm install", "npm i", "pnpm install", "pnpm i", "yarn install", "bun install"], folders: &["node_modules"], again: JAVASCRIPT },
    Maker { words: &["npm run build", "pnpm build", "pnpm run build", "yarn build", "yarn run build"], folders: &["build", "dist", "out", ".next", "public/build"], again: JAVASCRIPT },
    Maker { words: &["manage.py collectstatic", "django-admin collectstatic"], folders: &["static", "staticfiles", "static_root", "public/static", "assets"], again: COLLECT },
    Maker { words: &["rails assets:precompile", "rake assets:precompile"], folders: &["public/assets", "public/packs", "public/vite"], again: RAILS },
    Maker { words: &["uv sync"], folders: &[".venv"], again: &["uv sync", "uv run"] },
    Maker { words: &["-m venv .venv", "virtualenv .venv", "uv venv"], folders: &[".venv"], again: &["uv sync", "uv run", "uv venv", "-m venv", "virtualenv"] },
];

/// Names of folders that only builds make.
#[rustfmt::skip]
const BUILT: &[(&str, &[&str])] = &[
    ("vendor", COMPOSER), ("node_modules", JAVASCRIPT), ("dist", JAVASCRIPT), ("build", JAVASCRIPT),
    (".next", JAVASCRIPT), ("staticfiles", COLLECT), ("static", COLLECT), (".venv", &["uv sync", "pip install"]),
];

/// What the build of an image makes in folders of its own.
pub fn by<'a>(recipe: &Recipe<'a>) -> Vec<Made<'a>> {
    let mut all = Vec::new();
    for instruction in recipe.history() {
        match instruction.keyword {
            "RUN" => of_run(recipe, instruction, &mut all),
            "COPY" if instruction.flag("from").is_some() => {
                for copied in recipe.destinations(instruction) {
                    let at = copied.inside.unwrap_or(copied.at);
                    let known = BUILT.iter().find(|(name, _)| path::base(&at) == *name);
                    // Of a folder without a telling name its source tells.
                    let known = known.or_else(|| {
                        BUILT.iter().find(|(name, _)| path::base(&copied.source) == *name)
                    });
                    if let Some((_, again)) = known.filter(|_| at.starts_with('/')) {
                        let by = "a stage of its build".to_owned();
                        all.push(Made { at, by, instruction, again });
                    }
                }
            }
            _ => {}
        }
    }
    all
}

/// A path as a command in a folder means it.
fn at(folder: &str, to: &str) -> String {
    if path::is_abs(to) { path::clean(to) } else { path::join(folder, to) }
}

fn of_run<'a>(recipe: &Recipe<'a>, instruction: &'a Instruction, all: &mut Vec<Made<'a>>) {
    let Ok(mut folder) = recipe.folder_of(instruction) else { return };
    let script = instruction.script().replace("\\\n", " ");
    for command in script.split(['\n', ';', '&', '|', '(', ')']) {
        let words: Vec<&str> = command.split_whitespace().collect();
        if let ["cd", to] = words[..] {
            folder = at(&folder, to);
            continue;
        }
        // What is moved away is found elsewhere: Node looks into the folders above as well.
        if let ["mv", moved @ .., _] = &words[..] {
            all.retain(|made| !moved.iter().any(|from| at(&folder, from) == made.at));
        }
        let line = words.join(" ");
        for maker in MAKERS {
            let made = maker.words.iter().find(|known| {
                line.find(**known).is_some_and(|at| {
                    let rest = &line[at + known.len()..];
                    let begins = at == 0 || line[..at].ends_with([' ', '/']);
                    begins && (rest.is_empty() || rest.starts_with(' '))
                })
            });
            // `npm install -g` is the system's.
            let global = words.iter().any(|word| ["-g", "--global", "global"].contains(word));
            let Some(by) = made.filter(|_| !global && !is_moved(recipe, maker)) else { continue };
            for below in maker.folders {
                let at = path::join(&folder, below);
                all.push(Made { at, by: (*by).to_owned(), instruction, again: maker.again });
            }
        }
    }
}
