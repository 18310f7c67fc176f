//! An image reference that no engine accepts.

use crate::{
    facts::answers::{place, reference::Reference},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A reference that cannot be read pulls nothing.
pub static RULE: Rule = Rule {
    id: "malformed-image",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "An image reference is malformed.",
    check,
    document: include_str!("malformed_image.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(image) = &service.image else { continue };
        if place::has_unset(&target.project, image.origin) {
            continue;
        }
        if let Some((why, remedy)) = violation(&Reference::new(image)) {
            found.push(RULE.finding(
                format!("services.{name}.image"),
                format!("image \"{}\" of service \"{name}\" cannot be read: {why}", image.value),
                remedy,
                image.origin,
            ));
        }
    }
}

/// What is wrong with a reference, and the remedy.
pub(super) fn violation(reference: &Reference<'_>) -> Option<(&'static str, &'static str)> {
    if let Some(digest) = reference.digest {
        let hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let sound = match digest.split_once(':') {
            Some(("sha256", text)) => text.len() == 64 && hex(text),
            Some(("sha512", text)) => text.len() == 128 && hex(text),
            _ => false,
        };
        if !sound {
            return Some((
                "its digest is not sha256 with 64 digits",
                "copy the digest whole: `@sha256:` and 64 hexadecimal digits",
            ));
        }
    }
    if let Some(tag) = reference.tag {
        let letters =
            tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if tag.is_empty() {
            return Some(("nothing follows the colon", "write a tag after the colon"));
        }
        if !letters || tag.starts_with(['.', '-']) || tag.len() > 128 {
            return Some((
                "its tag has letters that no tag has",
                "a tag has letters, digits, `_`, `.` and `-`, 128 at most",
            ));
        }
    }
    if reference.repository.contains("://") || reference.repository.starts_with("//") {
        return Some(("it is a URL", "leave the scheme out: `registry.example.com/name:tag`"));
    }
    let mut parts = reference.repository.split('/');
    // A first part with capitals is read as the name of a registry.
    let host = reference.registry.is_none() && parts.clone().count() > 1;
    let parts = if host
        && parts.clone().next().is_some_and(|first| first.chars().any(char::is_uppercase))
    {
        parts.next();
        parts
    } else {
        parts
    };
    let part = |part: &str| {
        let inner = part.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte)
        });
        inner
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    (!parts.into_iter().all(part)).then_some((
        "its repository has letters that no repository has",
        "a repository has small letters, digits, and `_`, `.`, `-` between them",
    ))
}
