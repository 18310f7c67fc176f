//! The shapes of known tokens, each with where it is documented.
//!
//! A shape is a prefix and what may follow it; the rest of a token must not
//! look like an example.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::values::{entropy, is_placeholder};
use crate::source::Span;

/// What a token is made of.
#[derive(Debug, Clone, Copy)]
enum Alphabet {
    /// Letters and digits.
    Word,
    /// Capitals and digits.
    Capitals,
    /// Lower-case hexadecimal.
    Hex,
    /// Letters, digits, `-` and `_`.
    Url,
    /// Letters, digits, `-`, `_` and `.`.
    Dotted,
}

/// A kind of token.
#[derive(Debug)]
pub struct Shape {
    /// What it is, after "a": "GitHub personal access token".
    pub name: &'static str,
    /// Where its shape is stated.
    pub source: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
}

const fn shape(
    name: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
    source: &'static str,
) -> Shape {
    Shape { name, source, prefix, alphabet, least, most }
}

const GITHUB: &str = "GitHub Docs, About authentication to GitHub, Token formats";
const GITLAB: &str = "GitLab Docs, Token overview, Token prefixes";
const SLACK: &str = "Slack API, Token types";
const STRIPE: &str = "Stripe Docs, API keys";
const AWS: &str = "AWS IAM User Guide, IAM identifiers, Unique ID prefixes";

/// Tokens that a prefix gives away.
pub static SHAPES: &[Shape] = &[
    shape("AWS access key", "AKIA", Alphabet::Capitals, 16, 16, AWS),
    shape("temporary AWS access key", "ASIA", Alphabet::Capitals, 16, 16, AWS),
    shape("GitHub personal access token", "ghp_", Alphabet::Word, 36, 255, GITHUB),
    shape("GitHub OAuth token", "gho_", Alphabet::Word, 36, 255, GITHUB),
    shape("GitHub user token", "ghu_", Alphabet::Word, 36, 255, GITHUB),
    shape("GitHub server token", "ghs_", Alphabet::Word, 36, 255, GITHUB),
    shape("GitHub refresh token", "ghr_", Alphabet::Word, 36, 255, GITHUB),
    shape("GitHub fine-grained token", "github_pat_", Alphabet::Url, 50, 255, GITHUB),
    shape("GitLab personal access token", "glpat-", Alphabet::Dotted, 20, 300, GITLAB),
    shape("GitLab deploy token", "gldt-", Alphabet::Url, 20, 64, GITLAB),
    shape("GitLab runner token", "glrt-", Alphabet::Dotted, 20, 300, GITLAB),
    shape("Slack bot token", "xoxb-", Alphabet::Url, 24, 255, SLACK),
    shape("Slack user token", "xoxp-", Alphabet::Url, 24, 255, SLACK),
    shape("Slack app token", "xapp-", Alphabet::Url, 24, 255, SLACK),
    shape("Slack legacy token", "xoxa-", Alphabet::Url, 24, 255, SLACK),
    shape("Slack refresh token", "xoxr-", Alphabet::Url, 24, 255, SLACK),
    shape("Stripe live secret key", "sk_live_", Alphabet::Word, 16, 255, STRIPE),
    shape("Stripe live restricted key", "rk_live_", Alphabet::Word, 16, 255, STRIPE),
    shape(
        "Google API key",
        "AIza",
        Alphabet::Url,
        35,
        35,
        "gitleaks, default configuration, rule gcp-api-key",
    ),
    shape(
        "Google OAuth client secret",
        "GOCSPX-",
        Alphabet::Url,
        28,
        28,
        "GitHub Docs, Supported secret scanning patterns",
    ),
    shape("Twilio API key", "SK", Alphabet::Hex, 32, 32, "Twilio Docs, REST API: API keys"),
    shape(
        "npm access token",
        "npm_",
        Alphabet::Word,
        36,
        36,
        "GitHub Blog, Introducing npm's new access token format",
    ),
    shape(
        "PyPI token",
        "pypi-AgEIcHlwaS5vcmc",
        Alphabet::Url,
        50,
        1000,
        "PyPI Docs, Project and user tokens; gitleaks, rule pypi-upload-token",
    ),
    shape(
        "Docker Hub access token",
        "dckr_pat_",
        Alphabet::Url,
        27,
        64,
        "GitHub Docs, Supported secret scanning patterns",
    ),
    shape(
        "DigitalOcean token",
        "dop_v1_",
        Alphabet::Hex,
        64,
        64,
        "DigitalOcean Docs, Personal access tokens",
    ),
    shape(
        "Hugging Face token",
        "hf_",
        Alphabet::Word,
        34,
        40,
        "gitleaks, default configuration, rule huggingface-access-token",
    ),
    shape(
        "OpenAI project key",
        "sk-proj-",
        Alphabet::Url,
        40,
        255,
        "gitleaks, default configuration, rule openai-api-key",
    ),
    shape(
        "Anthropic API key",
        "sk-ant-api03-",
        Alphabet::Url,
        80,
        255,
        "gitleaks, default configuration, rule anthropic-api-key",
    ),
    shape(
        "Vault service token",
        "hvs.",
        Alphabet::Url,
        80,
        255,
        "HashiCorp Vault Docs, Tokens, Token prefixes",
    ),
    shape(
        "Grafana service account token",
        "glsa_",
        Alphabet::Url,
        41,
        64,
        "gitleaks, default configuration, rule grafana-service-account-token",
    ),
    shape(
        "Shopify access token",
        "shpat_",
        Alphabet::Word,
        32,
        32,
        "Shopify Docs, API access tokens",
    ),
    shape(
        "Mailgun key",
        "key-",
        Alphabet::Hex,
        32,
        32,
        "gitleaks, default configuration, rule mailgun-private-api-token",
    ),
    shape("New Relic user key", "NRAK-", Alphabet::Capitals, 27, 27, "New Relic Docs, API keys"),
    shape("Tailscale key", "tskey-", Alphabet::Url, 20, 100, "Tailscale Docs, Key prefixes"),
    shape(
        "Sentry organization token",
        "sntrys_",
        Alphabet::Url,
        60,
        500,
        "Sentry Docs, Organization tokens",
    ),
];

/// Tokens of several parts: name, source, and a function that measures one at the start of a text.
type Measure = fn(&str) -> Option<usize>;
static PARTED: &[(&str, &str, &str, Measure)] = &[
    ("JSON web token", "eyJ", "RFC 7519; gitleaks, rule jwt", jwt),
    ("SendGrid API key", "SG.", "Twilio SendGrid Docs, API keys", sendgrid),
    ("private key", "-----BEGIN ", "RFC 7468; OpenSSH PROTOCOL.key", pem),
    ("user and password in base64", "Basic ", "RFC 7617, section 2", basic),
    ("bearer token", "Bearer ", "RFC 6750, section 2.1", bearer),
    (
        "Azure storage account key",
        "AccountKey=",
        "Microsoft Learn, Configure Azure Storage connection strings",
        azure,
    ),
    (
        "Slack webhook",
        "https://hooks.slack.com/services/T",
        "Slack API, Incoming webhooks",
        slack_webhook,
    ),
    (
        "Discord webhook",
        "https://discord.com/api/webhooks/",
        "Discord Docs, Webhook resource",
        discord_webhook,
    ),
];

/// A token found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenMatch {
    /// What it is.
    pub name: &'static str,
    /// Where.
    pub span: Span,
}

/// The tokens in a text, in order.
#[must_use]
pub fn find(text: &str) -> Vec<TokenMatch> {
    // Nothing shorter has a shape.
    if text.len() < 20 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, start) in begun(text) {
        if let Some(shape) = SHAPES.get(at) {
            let body = &text[start + shape.prefix.len()..];
            let length = measure(body, shape.alphabet);
            if (shape.least..=shape.most).contains(&length) && is_real(&body[..length]) {
                found.push(TokenMatch {
                    name: shape.name,
                    span: start..start + shape.prefix.len() + length,
                });
            }
        } else if let Some((name, prefix, _, measure)) = PARTED.get(at - SHAPES.len())
            && let Some(length) = measure(&text[start..])
            && is_real(&text[start..start + length])
        {
            // A scheme stands before its credentials.
            let scheme = if prefix.ends_with(' ') { prefix.len() } else { 0 };
            found.push(TokenMatch { name, span: start + scheme..start + length });
        }
    }
    found.extend(telegram(text));
    found.extend(discord(text));
    found.sort_by_key(|found| (found.span.start, std::cmp::Reverse(found.span.end)));
    found.dedup_by(|next, first| next.span.start < first.span.end);
    found
}

/// Finds the prefixes of all tokens in one pass: those of [`SHAPES`], then those of [`PARTED`].
static PREFIXES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let prefixes = SHAPES.iter().map(|shape| shape.prefix);
    let prefixes = prefixes.chain(PARTED.iter().map(|(_, prefix, ..)| *prefix));
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(prefixes).ok()
});

/// The tokens that may begin in a text: their numbers, shape by shape, and where.
fn begun(text: &str) -> Vec<(usize, usize)> {
    let Some(prefixes) = &*PREFIXES else { return Vec::new() };
    let mut begun: Vec<(usize, usize)> = prefixes
        .find_overlapping_iter(text)
        .map(|found| (found.pattern().as_usize(), found.start()))
        .filter(|(_, at)| starts_word(text, *at))
        .collect();
    begun.sort_unstable();
    begun
}

/// Whether a word may start at a place.
fn starts_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_none_or(|before| !before.is_ascii_alphanumeric() && before != '_')
}

/// Where a prefix starts a word.
fn starts<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(prefix).map(|(at, _)| at).filter(|at| starts_word(text, *at))
}

fn measure(text: &str, alphabet: Alphabet) -> usize {
    let allowed = |c: char| match alphabet {
        Alphabet::Word => c.is_ascii_alphanumeric(),
        Alphabet::Capitals => c.is_ascii_uppercase() || c.is_ascii_digit(),
        Alphabet::Hex => matches!(c, '0'..='9' | 'a'..='f'),
        Alphabet::Url => c.is_ascii_alphanumeric() || matches!(c, '-' | '_'),
        Alphabet::Dotted => c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
    };
    let length = text.find(|c| !allowed(c)).unwrap_or(text.len());
    // A token of capitals or digits that goes on with other letters is a word.
    let next = text[length..].chars().next();
    if next.is_some_and(|next| next.is_ascii_alphanumeric()) { 0 } else { length }
}

/// Not an example, not a row of the same letter.
fn is_real(token: &str) -> bool {
    !is_placeholder(token) && entropy(token) >= 2.5
}

fn part(text: &str, least: usize, most: usize) -> Option<usize> {
    let length = measure(text, Alphabet::Url);
    (least..=most).contains(&length).then_some(length)
}

fn jwt(text: &str) -> Option<usize> {
    let head = part(text, 10, 4000)?;
    let rest = text[head..].strip_prefix('.').filter(|rest| rest.starts_with("eyJ"))?;
    let body = part(rest, 10, 8000)?;
    let signature = part(rest[body..].strip_prefix('.')?, 20, 2000)?;
    Some(head + 1 + body + 1 + signature)
}

fn sendgrid(text: &str) -> Option<usize> {
    let first = part(&text[3..], 22, 22)?;
    let second = part(text[3 + first..].strip_prefix('.')?, 43, 43)?;
    Some(3 + first + 1 + second)
}

fn pem(text: &str) -> Option<usize> {
    let label = text
        .find("-----")
        .and_then(|at| text[at + 5..].find("-----").map(|end| &text[at + 5..at + 5 + end]))?;
    if !label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let head = text.find('-')? + 5 + label.len() + 5;
    let end = text[head..].find("-----END ");
    // A header alone is a piece of a script that looks for one.
    let body = &text[head..end.map_or(text.len(), |end| head + end)];
    let coded = body.bytes().filter(u8::is_ascii_alphanumeric).count();
    let close = end.and_then(|end| {
        text[head + end + 9..].find("-----").map(|close| head + end + 9 + close + 5)
    });
    (coded >= 40).then(|| close.unwrap_or(text.len()))
}

/// `Basic` and what comes out as `user:password`.
fn basic(text: &str) -> Option<usize> {
    let start = "Basic ".len();
    let coded = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let length = text[start..].find(|c| !coded(c)).unwrap_or(text.len() - start);
    let told = BASE64_STANDARD.decode(&text[start..start + length]).ok()?;
    let pair = std::str::from_utf8(&told).ok()?;
    let (user, password) = pair.split_once(':')?;
    let is_text = pair.chars().all(|c| !c.is_control());
    (is_text && !user.is_empty() && !password.is_empty()).then_some(start + length)
}

/// `Bearer` and a token in which letters and digits take turns: prose has neither.
fn bearer(text: &str) -> Option<usize> {
    const LEAST: usize = 16;
    let start = "Bearer ".len();
    let coded = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let length = text[start..].find(|c| !coded(c)).unwrap_or(text.len() - start);
    let token = &text[start..start + length];
    let has = |kind: fn(&u8) -> bool| token.bytes().any(|byte| kind(&byte));
    (length >= LEAST && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic))
        .then_some(start + length)
}

fn azure(text: &str) -> Option<usize> {
    let start = "AccountKey=".len();
    let coded = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let length = text[start..].find(|c| !coded(c)).unwrap_or(text.len() - start);
    // The key of the storage emulator is Microsoft's own and public.
    let emulator =
        text[start..].starts_with("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq");
    (length == 86 && text[start + length..].starts_with("==") && !emulator)
        .then_some(start + length + 2)
}

fn slack_webhook(text: &str) -> Option<usize> {
    let path = |c: char| c.is_ascii_alphanumeric() || c == '/';
    let start = "https://hooks.slack.com/services/".len();
    let length = text[start..].find(|c| !path(c)).unwrap_or(text.len() - start);
    let parts: Vec<&str> = text[start..start + length].split('/').collect();
    matches!(parts[..], [team, hook, secret] if team.len() > 8 && hook.len() > 8 && secret.len() >= 20)
        .then_some(start + length)
}

fn discord_webhook(text: &str) -> Option<usize> {
    let start = "https://discord.com/api/webhooks/".len();
    let digits = text[start..].find(|c: char| !c.is_ascii_digit())?;
    let rest = text[start + digits..].strip_prefix('/')?;
    let secret = part(rest, 60, 80)?;
    (digits >= 17).then_some(start + digits + 1 + secret)
}

/// `123456789:AA…`: Telegram Bot API, Authorizing your bot; gitleaks, rule telegram-bot-api-token.
fn telegram(text: &str) -> Option<TokenMatch> {
    text.match_indices(":A").find_map(|(at, _)| {
        let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let before = text[..at - digits].chars().next_back();
        let length = part(&text[at + 1..], 35, 35)?;
        let free = before.is_none_or(|before| !before.is_ascii_alphanumeric());
        let real = is_real(&text[at + 1..at + 1 + length]);
        ((8..=10).contains(&digits) && free && real)
            .then(|| TokenMatch { name: "Telegram bot token", span: at - digits..at + 1 + length })
    })
}

/// `id.time.signature`: Discord Docs, Authentication; the first part is a number in base64.
fn discord(text: &str) -> Option<TokenMatch> {
    ["M", "N", "O"].into_iter().flat_map(|first| starts(text, first)).find_map(|at| {
        let id = part(&text[at..], 24, 26)?;
        let time = part(text[at + id..].strip_prefix('.')?, 6, 6)?;
        let rest = at + id + 1 + time;
        let signature = part(text[rest..].strip_prefix('.')?, 27, 40)?;
        let span = at..rest + 1 + signature;
        is_real(&text[span.clone()]).then_some(TokenMatch { name: "Discord bot token", span })
    })
}
