//! What a Dockerfile tells of programs and of what its build makes.
//!
//! Dockerfile reference, `FROM`, `RUN`, `COPY`. All of this is inferred: a script may do anything, and
//! then nothing is said.

use super::{Known, Recipe};
use crate::{
    dockerfile::{Instruction, Piece},
    facts::answers::reference::Reference,
};

/// Folders in which programs are found.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    "/", "/bin", "/sbin", "/usr", "/usr/bin", "/usr/sbin", "/usr/local", "/usr/local/bin", "/usr/local/sbin",
];
/// Package managers, and words by which they remove.
#[rustfmt::skip]
const MANAGERS: &[&str] = &["apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "tdnf", "yum", "zypper"];
const REMOVES: &[&str] = &["autoremove", "del", "erase", "purge", "remove"];
/// What runs other people's scripts, which may install anything.
#[rustfmt::skip]
const OPEN: &[&str] = &[".", "ansible-playbook", "brew", "eval", "make", "nix", "nix-env", "source", "xargs"];
/// Scripts of build tools, which install nothing on the system.
const TOOLS: &[&str] = &["artisan", "configure", "console", "gradlew", "manage.py", "mvnw"];

impl<'a> Recipe<'a> {
    /// The instructions that make the image, in the order in which they run.
    pub fn history(&self) -> impl Iterator<Item = &'a Instruction> + use<'a> {
        self.dockerfile.history(self.stage)
    }

    /// The image from outside that it stands on, arguments put in, and where it is written.
    #[must_use]
    pub fn base_piece(&self) -> Piece {
        self.dockerfile.base_image(self.stage, &|name| self.argument(name))
    }

    /// What stands behind `HEALTHCHECK`, with its place.
    #[must_use]
    pub fn health_check_piece(&self) -> Option<&'a Piece> {
        self.last("HEALTHCHECK").map(|(_, check)| &check.arguments)
    }

    /// The folder in which an instruction works.
    ///
    /// # Errors
    /// As [`Recipe::folder`].
    pub fn folder_of(&self, instruction: &Instruction) -> Known<String> {
        self.folder_at(Some(instruction))
    }

    /// Where a `COPY` or `ADD` puts what it copies, from the context or from another stage.
    #[must_use]
    pub fn destinations(&self, instruction: &'a Instruction) -> Vec<super::Copied<'a>> {
        self.copies(instruction)
    }

    /// The base image, if it is known to be without a program and no instruction brings one, as far as
    /// the Dockerfile tells.
    #[must_use]
    pub fn lacks(&self, program: &str) -> Option<Piece> {
        let base = self.base_piece();
        if !image_lacks(&base.text, program) {
            return None;
        }
        let mut there = false;
        for instruction in self.history() {
            match instruction.keyword {
                "RUN" => there = after(&instruction.script(), program, there)?,
                "COPY" | "ADD" => there |= self.may_bring(instruction, program),
                _ => {}
            }
        }
        (!there).then_some(base)
    }

    fn may_bring(&self, instruction: &'a Instruction, program: &str) -> bool {
        let base = |path: &str| path.trim_end_matches('/').rsplit('/').next() == Some(program);
        let foreign = instruction.flag("from").is_some() || instruction.keyword == "ADD";
        self.copies(instruction).iter().any(|copy| {
            // A folder of programs, of which nobody sees what is in it.
            let whole = copy.inside.is_none() || copy.source.contains('*');
            let named = copy.source.rsplit('/').next().unwrap_or_default();
            let folder = if foreign {
                ["bin", "sbin"].contains(&named) || !copy.at.ends_with("bin")
            } else {
                whole
            };
            base(&copy.source) || base(&copy.at) || PROGRAMS.contains(&copy.at.as_str()) && folder
        })
    }
}

/// Whether a program is there after a script; none where nobody knows.
fn after(script: &str, program: &str, before: bool) -> Option<bool> {
    let mut there = before;
    let script = script.replace("\\\n", " ");
    for command in script.split(['\n', ';', '&', '|', '(', ')', '{', '}', '`']) {
        let words: Vec<&str> = command
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']))
            .skip_while(|word| word.contains('=') || word.starts_with("--") || *word == "sudo")
            .collect();
        let Some(first) = words.first() else { continue };
        let name = first.rsplit('/').next().unwrap_or_default();
        let manages = MANAGERS.contains(&name);
        let open = |word: &&str| word.contains('$') || word.starts_with(['<', '@']);
        let shell = ["sh", "bash", "ash"].contains(&name);
        let script = name.split('.').next_back() == Some("sh") && name != "sh"
            || shell && words.get(1).is_some_and(|word| *word != "-c")
            || OPEN.contains(&name)
            || first.contains('/') && !is_system(first) && !TOOLS.contains(&name)
            || manages && words.iter().any(open);
        if script {
            return None;
        }
        if words.iter().any(|word| is_program(word, program)) {
            there = !(manages && words.iter().any(|word| REMOVES.contains(word)));
        }
    }
    Some(there)
}

fn is_system(path: &str) -> bool {
    ["/bin/", "/sbin/", "/usr/"].iter().any(|folder| path.starts_with(folder))
}

/// Whether a word is a program or its package: `curl`, `curl=8.5`, `/usr/bin/curl`, `curl-minimal`.
fn is_program(word: &str, program: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let Some(rest) = name.strip_prefix(program) else {
        return program == "nc" && (name.starts_with("netcat") || name.contains("ncat"));
    };
    rest.is_empty() || rest.starts_with(['=', '~', '<', '>', ':', ',']) || rest == "-minimal"
}

/// Programs that make requests or run scripts, of which it is known which images have them.
pub const ASKED: &[&str] = &["bash", "curl", "nc", "sh", "wget"];

/// Images that are known to be without programs.
struct Without {
    /// Names of Docker Official Images, or repositories with their registry; what ends in `/` stands
    /// for all below it.
    images: &'static [&'static str],
    /// How a part of the tag has to begin; empty for any.
    tag: &'static str,
    /// How no part of the tag may begin; empty for none.
    not: &'static str,
    /// The programs.
    programs: &'static [&'static str],
    /// The page that says it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever doubts the row"))]
    source: &'static str,
}

/// busybox has `wget`, `nc` and `sh`.
const OF_BUSYBOX: &[&str] = &["bash", "curl"];
const OF_SLIM: &[&str] = &["curl", "nc", "wget"];
const DOTNET: &[&str] = &[
    "mcr.microsoft.com/dotnet/aspnet",
    "mcr.microsoft.com/dotnet/runtime",
    "mcr.microsoft.com/dotnet/runtime-deps",
];
const DOTNET_PAGE: &str =
    "https://github.com/dotnet/dotnet-docker/blob/main/documentation/image-variants.md";

const fn without(
    images: &'static [&'static str],
    tag: &'static str,
    programs: &'static [&'static str],
    source: &'static str,
) -> Without {
    Without { images, tag, not: "", programs, source }
}

#[rustfmt::skip]
static WITHOUT: &[Without] = &[
    without(&["scratch"], "", ASKED, "https://docs.docker.com/build/building/base-images/"),
    Without { not: "debug", ..without(&["gcr.io/distroless/"], "", ASKED, "https://github.com/GoogleContainerTools/distroless/blob/main/README.md") },
    without(DOTNET, "", &["curl"], DOTNET_PAGE),
    Without { not: "alpine", ..without(DOTNET, "", &["wget"], DOTNET_PAGE) },
    without(&["alpine"], "", OF_BUSYBOX, "https://github.com/docker-library/docs/blob/master/alpine/content.md"),
    without(&["busybox"], "", OF_BUSYBOX, "https://github.com/docker-library/docs/blob/master/busybox/content.md"),
    without(&["debian"], "", OF_SLIM, "https://github.com/docker-library/docs/blob/master/debian/content.md"),
    without(&["ubuntu"], "", OF_SLIM, "https://github.com/docker-library/docs/blob/master/ubuntu/content.md"),
    without(&["golang"], "alpine", OF_BUSYBOX, "https://github.com/docker-library/golang/blob/master/Dockerfile-linux.template"),
    without(&["node"], "alpine", OF_BUSYBOX, "https://github.com/nodejs/docker-node/blob/main/README.md"),
    without(&["python"], "alpine", OF_BUSYBOX, "https://github.com/docker-library/docs/blob/master/python/content.md"),
    without(&["ruby"], "alpine", OF_BUSYBOX, "https://github.com/docker-library/docs/blob/master/ruby/content.md"),
    without(&["rust"], "alpine", OF_BUSYBOX, "https://github.com/docker-library/docs/blob/master/rust/content.md"),
    without(&["node"], "slim", OF_SLIM, "https://github.com/nodejs/docker-node/blob/main/README.md"),
    without(&["python"], "slim", OF_SLIM, "https://github.com/docker-library/docs/blob/master/python/content.md"),
    without(&["ruby"], "slim", OF_SLIM, "https://github.com/docker-library/docs/blob/master/ruby/content.md"),
    without(&["rust"], "slim", OF_SLIM, "https://github.com/docker-library/docs/blob/master/rust/content.md"),
];

impl Without {
    fn is_of(&self, reference: &Reference<'_>) -> bool {
        self.images.iter().any(|image| match image.split_once('/') {
            None => reference.official() == Some(image),
            Some((registry, repository)) => {
                let below = repository.ends_with('/');
                reference.registry == Some(registry)
                    && (reference.repository == repository
                        || below && reference.repository.starts_with(repository))
            }
        })
    }
}

/// Whether an image is known to be without a program, by its Dockerfile or its maintainers' word.
#[must_use]
pub fn image_lacks(image: &str, program: &str) -> bool {
    let reference = Reference::new(image);
    let tag = reference.tag.unwrap_or("latest");
    let says = |word: &str| tag.split(['-', '.']).any(|part| part.starts_with(word));
    WITHOUT.iter().any(|row| {
        row.programs.contains(&program)
            && row.is_of(&reference)
            && (row.tag.is_empty() || says(row.tag))
            && (row.not.is_empty() || !says(row.not))
    })
}

/// Whether the `wget` of an image is known to be that of busybox.
#[must_use]
pub fn has_busybox(image: &str) -> bool {
    let reference = Reference::new(image);
    let tag = reference.tag.unwrap_or_default();
    ["alpine", "busybox"].contains(&reference.base())
        || tag.split(['-', '.']).any(|part| part.starts_with("alpine"))
}

impl Recipe<'_> {
    /// Whether its `wget` is that of busybox, as far as the Dockerfile tells.
    #[must_use]
    pub fn has_busybox(&self) -> bool {
        let installs = |one: &Instruction| {
            one.keyword == "RUN" && after(&one.script(), "wget", false) != Some(false)
        };
        has_busybox(&self.base()) && !self.history().any(installs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compose::Project, facts::image::recipe};

    fn lacks(dockerfile: &str, program: &str) -> bool {
        let text = format!(
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        {}\n",
            dockerfile.replace('$', "$$").replace('\n', "\n        ")
        );
        let project: Project =
            crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
        recipe(&project, "a", &project.services["a"]).expect("a recipe").lacks(program).is_some()
    }

    #[test]
    fn a_program_is_missing_that_a_known_base_lacks_and_nothing_brings() {
        for file in [
            "FROM alpine:3.20\nRUN apk add --no-cache ca-certificates wget",
            "FROM debian:12-slim\nRUN apt-get update && apt-get install -y libcurl4 php-curl",
            "FROM node:22-slim\nCOPY . .\nRUN npm ci",
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt",
            "FROM scratch\nCOPY --from=build /out/app /app",
            "FROM gcr.io/distroless/static-debian12\nCOPY app /usr/local/bin/app",
            "FROM alpine:3.20\nRUN apk add curl && curl -o x https://a && apk del curl",
            "FROM alpine:3.20 AS build\nRUN apk add curl\nFROM alpine:3.20\nCOPY --from=build /app /app",
            "ARG BASE=alpine:3\nFROM ${BASE}\nRUN true",
            "FROM eclipse-temurin:21 AS b\nRUN ./gradlew x\nFROM ubuntu:24.04\nRUN ./mvnw package",
        ] {
            assert!(lacks(file, "curl"), "{file}");
        }
        for file in [
            "FROM alpine:3.20\nRUN apk add --no-cache \\\n  ca-certificates \\\n  curl=8.9.1-r0",
            "FROM debian:12-slim\nRUN curl -fsSL https://a | sh -s",
            "FROM debian:12-slim\nRUN <<END\napt-get install -y curl\nEND",
            "FROM alpine:3.20\nRUN apk add $PACKAGES",
            "FROM alpine:3.20\nCOPY setup.sh /\nRUN /setup.sh",
            "FROM alpine:3.20\nCOPY --from=curlimages/curl /usr/bin/curl /usr/local/bin/",
            "FROM alpine:3.20\nCOPY --from=tools /usr/local/bin/ /usr/local/bin/",
            "FROM scratch\nCOPY --from=build /rootfs/ /",
            "FROM alpine:3.20\nADD rootfs /",
            "FROM node:22\nRUN npm ci",
            "FROM python:3.12\nRUN true",
            "FROM php:8.3-fpm\nRUN true",
            "FROM nginx:1.27\nRUN true",
            "FROM acme/base:1\nRUN true",
            "FROM alpine:3.20 AS base\nRUN apk add curl\nFROM base\nRUN true",
            "FROM gcr.io/distroless/static:debug-nonroot AS a\nFROM ${UNKNOWN}\nRUN true",
        ] {
            assert!(!lacks(file, "curl"), "{file}");
        }
    }

    #[test]
    fn every_row_has_its_page() {
        for row in WITHOUT {
            assert!(row.source.starts_with("https://"), "{:?}", row.images);
            assert!(row.programs.iter().all(|program| ASKED.contains(program)), "{:?}", row.images);
        }
    }

    #[test]
    fn what_an_image_lacks_is_known_of_few() {
        for (image, program, wanted) in [
            ("alpine:3.20", "wget", false),
            ("alpine", "bash", true),
            ("debian:12-slim", "wget", true),
            ("debian:12-slim", "bash", false),
            ("python:3.12-alpine3.20", "curl", true),
            ("python:3.12-alpine3.20", "wget", false),
            ("golang:1.23", "curl", false),
            ("mcr.microsoft.com/dotnet/aspnet:8.0", "curl", true),
            ("mcr.microsoft.com/dotnet/sdk:8.0", "curl", false),
            ("gcr.io/distroless/base:debug", "sh", false),
            ("gcr.io/distroless/base", "sh", true),
            ("registry.example.com/alpine:3", "curl", false),
            ("scratch", "sh", true),
            ("scratch", "app", false),
        ] {
            assert_eq!(image_lacks(image, program), wanted, "{image} {program}");
        }
    }
}
