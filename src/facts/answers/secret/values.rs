//! Which values are no secrets, whatever they are called.

use super::listed;
use super::names::Strength;

/// Whether a value under a name of some strength is no secret.
#[must_use]
pub fn is_harmless(value: &str, strength: Strength) -> bool {
    let value = value.trim();
    value.is_empty()
        || is_reference(value)
        || is_placeholder(value)
        || is_flag(value)
        || is_quantity(value, strength)
        || is_path(value)
        || is_public(value)
        || strength < Strength::Password && (is_dummy(value) || is_name_or_prose(value))
        || strength == Strength::Key && !looks_random(value)
}

/// A value that stands for another one: a variable, a template, a vault's address.
#[must_use]
pub fn is_reference(value: &str) -> bool {
    let schemes = "vault: op:// arn: ref+ sops: env: file: secret: secrets: secret:// ssm: keyvault: awssm: \
        gcpsm: projects/ doppler: bws: infisical:";
    let variable = |text: &str| {
        text.strip_prefix('$').is_some_and(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    let between = |open: &str, close: &str| {
        value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close)
    };
    is_made_of_references(value)
        || listed(schemes).any(|scheme| value.starts_with(scheme))
        || variable(value)
        || between("%", "%")
        || between("__", "__")
        || between("@", "@")
        || between("#{", "}#")
        || is_hash(value)
}

/// Whether what a value says besides its references is no secret itself: a password may have the
/// signs of one in it.
fn is_made_of_references(value: &str) -> bool {
    const MARKS: [(&str, &str); 6] =
        [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<%", "%>"), ("ENC[", "]"), ("`", "`")];
    let (mut rest, mut beside, mut found) = (value, String::new(), false);
    loop {
        let next = MARKS.iter().filter_map(|(open, close)| {
            let start = rest.find(open)?;
            let inner = &rest[start + open.len()..];
            let end = inner.find(close)?;
            Some((start, start + open.len() + end + close.len()))
        });
        let Some((start, end)) = next.min() else { break };
        found = true;
        beside.push_str(&rest[..start]);
        rest = &rest[end..];
    }
    beside.push_str(rest);
    found && !looks_random(&beside)
}

/// A hash of a password as tools write them; what it hashes is not in it.
fn is_hash(value: &str) -> bool {
    [
        "$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$5$", "$6$", "$pbkdf2", "{SSHA", "{SHA",
        "sha256$",
    ]
    .iter()
    .any(|start| value.starts_with(start))
}

/// A value that asks to be replaced.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let plain: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let whole = "change example dummy null none nil undefined na todo tbd fixme redacted masked hidden \
        unset notset notused unused empty blank default missing ignored somepassword somesecret \
        sometoken secrethere string value removed notasecret notneeded notrequired nopassword \
        insertyours invalid unconfigured notconfigured unspecified notprovided";
    let parts = "changeme changethis changeit changebefore pleasechange tobechanged replaceme replacethis \
        replacewith placeholder example dummy setme fillme fillin yourpass yoursecret yourtoken \
        yourkey yourapi yourown yourstrong yourverystrong yoursecure yourdb insertyour enteryour \
        passwordhere keyhere tokenhere secrethere goeshere notasecret redacted generateme \
        generatea thisisnot";
    let quoted = |open: char, close: char| value.starts_with(open) && value.ends_with(close);
    plain.is_empty()
        || listed(whole).any(|known| known == plain)
        || listed(parts)
            .any(|part| plain.contains(part) && !is_mixed(&plain.replacen(part, " ", 1)))
        || plain.starts_with("your") && plain.len() > 6 && !is_mixed(&plain)
        || lower.ends_with("-here")
        || lower.ends_with("_here")
        || quoted('<', '>')
        || quoted('[', ']')
        || lower.contains("xxx")
        || lower.contains("***")
        || lower.contains("...")
}

/// A value whose words ask for another one in its place.
#[must_use]
pub fn asks_for_another(value: &str) -> bool {
    let asking = "changeme changethis changeit changebefore pleasechange tobechanged replaceme replacethis \
        replacewith setme fillme fillin insertyour enteryour generateme";
    let plain: String = value.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    listed(asking).any(|part| plain.contains(part))
}

/// Whether letters and digits take turns more often than in words, `passw0rd` and `example123`: what stands
/// beside the word that asks to be replaced is a secret then.
fn is_mixed(text: &str) -> bool {
    const TURNS: usize = 3;
    let pieces = text.split_whitespace().map(|piece| {
        let digits: Vec<bool> = piece.chars().map(|c| c.is_ascii_digit()).collect();
        digits.windows(2).filter(|pair| pair[0] != pair[1]).count()
    });
    pieces.sum::<usize>() >= TURNS
}

/// Whether a value under a credential's name is everybody's word or stands for another value, so that
/// showing it tells nobody anything. What only looks as if it should be replaced may be in use.
#[must_use]
pub fn tells_nothing(value: &str) -> bool {
    // Hiding a short word or a common one would blot it out wherever it stands.
    const SHORT: usize = 8;
    let value = value.trim();
    value.len() < SHORT
        || value.chars().all(|c| c.is_ascii_lowercase()) && is_placeholder(value)
        || is_reference(value)
        || is_flag(value)
        || is_path(value)
        || is_public(value)
        || is_well_known(value)
}

/// Words that people write where a token is asked for and none is needed.
fn is_dummy(value: &str) -> bool {
    let plain: String = value.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    let words = "test fake sample demo foo bar foobar baz mock local dev development stub bearer jwt \
        basic oauth internal anonymous public any anything whatever random include omit \
        sameorigin";
    let marked = |part: &str| plain.starts_with(part) || plain.ends_with(part);
    listed(words).any(|known| known == plain) || ["fake", "mock", "dummy"].into_iter().any(marked)
}

fn is_flag(value: &str) -> bool {
    let flags = "true false yes no on off y n t f 0 1 enabled disabled enable disable required optional \
        always never auto automatic prompt ask";
    listed(flags).any(|flag| value.eq_ignore_ascii_case(flag))
}

/// A number with a unit; for anything but passwords, any number.
fn is_quantity(value: &str, strength: Strength) -> bool {
    let digits =
        value.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '_'));
    if digits.len() == value.len() {
        return false;
    }
    let units =
        "ms s sec m min h d w y days day hours hour minutes seconds b k kb mb gb kib mib gib g %";
    match digits.trim() {
        "" => strength < Strength::Password || value.len() < 3,
        unit => listed(units).any(|known| unit.eq_ignore_ascii_case(known)),
    }
}

/// A path, the name of a file, an address without user info.
fn is_path(value: &str) -> bool {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' ' | ':' | ',');
    let files = ".txt .pem .key .crt .cer .json .yml .yaml .env .conf .cnf .ini .p12 .pfx .jks .keystore \
        .pub .gpg .asc .secret .db .sh .html";
    let rooted = value.starts_with('/') && value.len() > 1;
    let relative = ["./", "../"].iter().any(|start| value.starts_with(start));
    let drive = value.len() > 2 && value.as_bytes()[1] == b':' && value.as_bytes()[2] == b'\\';
    let home = value.strip_prefix("~/").is_some_and(|rest| rest.chars().all(plain));
    home || (rooted || relative) && value.chars().all(plain)
        || drive
        || !value.contains(char::is_whitespace) && listed(files).any(|file| value.ends_with(file))
        || value.contains("://")
}

/// What everybody may see: public keys, certificates, digests.
fn is_public(value: &str) -> bool {
    ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-", "sha256:", "sha512:", "pk_live_", "pk_test_"]
        .iter()
        .any(|start| value.starts_with(start))
        || value.contains("-----BEGIN PUBLIC KEY")
        || value.contains("-----BEGIN CERTIFICATE")
}

/// A sentence, a list, a dotted name: no token looks like that.
fn is_name_or_prose(value: &str) -> bool {
    let dotted = value.matches('.').count() >= 2
        && value.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '.' | '_' | '-'));
    value.contains(char::is_whitespace) || dotted || value.chars().count() < 4
}

/// Whether a value looks as if a machine had drawn it.
#[must_use]
pub fn looks_random(value: &str) -> bool {
    let value = value.strip_prefix("base64:").unwrap_or(value);
    if is_uuid(value) {
        return true;
    }
    let run = value.split(['-', '_', '.', ':', '/', ' ']).map(str::len).max().unwrap_or_default();
    let letters = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let digits = value.bytes().any(|byte| byte.is_ascii_digit());
    let cases = value.bytes().any(|byte| byte.is_ascii_lowercase())
        && value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    value.len() >= 16
        && run >= 12
        && !value.contains(char::is_whitespace)
        && letters
        && (digits || cases && value.len() >= 24)
        && entropy(value) >= 3.0
}

fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Shannon's entropy in bits a character.
#[must_use]
pub fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    let mut total = 0_u32;
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
        total += 1;
    }
    counts
        .into_iter()
        .filter(|count| *count > 0)
        .map(|count| f64::from(count) / f64::from(total.max(1)))
        .map(|share| -share * share.log2())
        .sum()
}

/// Passwords that everybody tries first.
#[must_use]
pub fn is_well_known(value: &str) -> bool {
    let known = "root admin administrator password passwd pass postgres postgresql mysql mariadb mongo \
        mongodb redis guest minio minioadmin minio123 secret test user toor wordpress rabbitmq \
        elastic grafana keycloak nextcloud demo docker neo4j app api letmein qwerty 12345 123456 \
        1234 12345678 123456789 password123 admin123 password1 rootpassword rootpass \
        mysecretpassword airflow drupal joomla sonar zabbix symfony laravel homestead django";
    listed(known).any(|known| value.eq_ignore_ascii_case(known))
}
