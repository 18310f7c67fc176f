//! Is this name a secret's? Which names stand for a credential.
//!
//! A name is cut into words (`DB_PASSWORD`, `dbPassword`, `db.password`), so that
//! KEYBOARD, AUTHOR and PASSENGER are none. What follows the word may take it
//! back: `PASSWORD_FILE`, `TOKEN_EXPIRY`, `SECRET_NAME`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// How much a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A key of some kind: a secret if the value looks random.
    Key,
    /// A token: a secret unless the value is a number or a sentence.
    Token,
    /// A password: a secret whatever it is, `123456` and `root` included.
    Password,
}

const PASSWORDS: &str = "PASSWORD PASSWORDS PASSWD PASSPHRASE PASSCODE";

/// Passwords as well, but only at the end of a name: `PASS_THROUGH` is none.
const SHORT_PASSWORDS: &str = "PASS PWD PW PSWD REQUIREPASS MASTERAUTH DBPASS ROOTPASS USERPASS ADMINPASS SMTPPASS \
    MYSQLPASS KEYPASS STOREPASS DBPW";

/// What nginx passes requests on by: `uwsgi_pass`. `proxy_pass` may be the password of a proxy.
const PASSED_ON: &str = "FASTCGI GRPC MEMCACHED SCGI UWSGI";

/// Words that end in these are what these are: `PGPASSWORD`, `CLIENTSECRET`.
const PASSWORD_ENDS: &str = "PASSWORD PASSWD PASSPHRASE";
const TOKEN_ENDS: &str = "SECRET APIKEY SECRETKEY PRIVATEKEY AUTHTOKEN";

/// Keys that are secrets even when they are short words, by the word before KEY.
const SECRET_KEYS: &str = "API SECRET PRIVATE MASTER ENCRYPTION SIGNING JWT HMAC ACCOUNT SHARED";

/// Keys that everybody may know, by the word before KEY.
const PUBLIC_KEYS: &str = "PUBLIC PUBLISHABLE SITE PRIMARY FOREIGN CACHE SORT PARTITION ROUTING HOST IDEMPOTENCY \
    UNIQUE INDEX REGISTRY GPG RECV IMPORT EXPORT FETCH ANON PUB SENTRY";

/// What follows a credential's word and makes it something else.
const ABOUT: &str = "AGE ALG ALGO ALGORITHM ARN ATTEMPTS ATTRIBUTE AUDIENCE AUTH AUTHENTICATION BACKEND CACHE \
    CHANGE CHARS CHECK CLAIM CLASS COMMAND COMPLEXITY COOKIE COST COUNT CREATE DAYS DIR \
    DIRECTORY DISABLE DISABLED DRIVER DURATION EMAIL ENABLE ENABLED ENCODER ENCODING ENCRYPTED \
    ENDPOINT EXPIRATION EXPIRE EXPIRES EXPIRY EXTENDED FIELD FILE FILENAME FILES FLOW FORMAT \
    FORM GENERATION GENERATOR GRACE GRANT HASH HASHED HASHER HASHING HEADER HELP HINT HISTORY \
    HOST HOURS ID IDS INTERVAL INTROSPECTION ISSUER ITERATIONS LABEL LEN LENGTH LIFETIME LIMIT \
    LOCATION LOGIN MANAGER MAX MAXIMUM METHOD MIN MINIMUM MINUTES MODE MOUNT NAME NAMES \
    NAMESPACE OPTIONAL PAGE PARAM PARAMETER PATH PATTERN PERIOD PLACEHOLDER PLUGIN POLICY PORT \
    PREFIX PROVIDER REALM RECOVERY REF REFRESH REGEX REGION RENEWAL REQUIRE REQUIRED \
    REQUIREMENTS RESET ROTATION ROUNDS RULE RULES SCHEME SCOPE SCOPES SECONDS SERVER SERVICE \
    SIGN SIZE SOURCE STORE STORAGE STRATEGY STRENGTH SUFFIX TIME TIMEOUT TTL TYPE TYPES URI URL \
    USER USERNAME VALIDATION VALIDATOR VALIDITY VAR VARIABLE VERIFY VERSION";

/// What stands before a password that is a question about it: its value is a flag or a word.
const ASKING: &str = "ALLOW RANDOM NO SKIP DISABLE ENABLE REQUIRE FORCE USE HIDE SHOW CHECK VALIDATE FORGOT RESET \
    CHANGE IS HAS WITH WITHOUT EMPTY GENERATE";

/// Words at the end that say nothing: `PASSWORD_1`, `API_KEY_PROD`.
const SILENT: &str = "DEV DEVELOPMENT PROD PRODUCTION TEST TESTING STAGING LOCAL LIVE VALUE RAW DEFAULT PLAIN \
    PLAINTEXT BASE64 B64 NEW OLD CURRENT";

/// Finds a piece of each word that may make a name a credential's.
static PIECES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let pieces = [
        "PASS", "PW", "PSWD", "SECRET", "KEY", "TOKEN", "CRED", "COOKIE", "SALT", "PEPPER", "AUTH",
    ];
    let kind = Some(AhoCorasickKind::DFA);
    AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(pieces).ok()
});

/// What a name says about its value; none for a name that stands for no credential.
#[must_use]
pub fn strength(name: &str) -> Option<Strength> {
    // Nearly every name is none, and that shows without cutting it into words.
    let may_be = !name.is_ascii() || PIECES.as_ref().is_none_or(|pieces| pieces.is_match(name));
    if may_be { by_words(name) } else { None }
}

fn by_words(name: &str) -> Option<Strength> {
    let mut words = words(name);
    while words.len() > 1
        && words.last().is_some_and(|word| {
            is_listed(SILENT, word) || word.bytes().all(|byte| byte.is_ascii_digit())
        })
    {
        words.pop();
    }
    let is = |at: usize, list: &str| words.get(at).is_some_and(|word| is_listed(list, word));
    let ends = |word: &str, list: &str| listed(list).any(|end| word.ends_with(end));
    let last = words.len().checked_sub(1)?;
    if (0..=last).any(|at| words[at] == "PUBLIC" && is(at + 1, "KEY KEYS")) {
        return None;
    }
    let asked = |at: usize| (0..at).any(|before| is(before, ASKING));
    let mut key = None;
    for (at, word) in words.iter().enumerate().rev() {
        let taken_back = || (at + 1..=last).any(|after| is(after, ABOUT));
        let password = is_listed(PASSWORDS, word) || ends(word, PASSWORD_ENDS);
        // nginx passes requests on with directives of this name.
        let passes_on = word == "PASS" && at > 0 && is(at - 1, PASSED_ON);
        let short = at == last && last > 0 && is_listed(SHORT_PASSWORDS, word) && !passes_on;
        let alone = last == 0 && is_listed(SHORT_PASSWORDS, word) && word != "PWD" && word != "PW";
        if password || short || alone {
            return match (taken_back(), asked(at)) {
                (true, _) => None,
                (false, true) => Some(Strength::Key),
                (false, false) => Some(Strength::Password),
            };
        }
        if ends(word, TOKEN_ENDS) {
            let is_key = is(at + 1, "KEY KEYS ACCESS TOKEN BASE");
            return (is_key || !taken_back()).then_some(if asked(at) {
                Strength::Key
            } else {
                Strength::Token
            });
        }
        if at != last {
            continue;
        }
        let before = |list: &str| at > 0 && is(at - 1, list);
        match word.as_str() {
            // A cluster of etcd has a name that is called so.
            "TOKEN" if before("CLUSTER") && words.iter().any(|word| word == "INITIAL") => {
                return None;
            }
            // Kafka's images read the name of a file there (`KAFKA_SSL_KEYSTORE_CREDENTIALS`).
            "CREDENTIALS"
                if before("KEYSTORE TRUSTSTORE KEY") && words.iter().any(|word| word == "SSL") =>
            {
                return None;
            }
            "TOKEN" | "CREDENTIAL" | "CREDENTIALS" | "CREDS" => {
                return Some(if asked(at) { Strength::Key } else { Strength::Token });
            }
            "KEY" if before(SECRET_KEYS) => return Some(Strength::Token),
            "KEY" if before(PUBLIC_KEYS) || at == 0 => return None,
            "COOKIE" if before("ERLANG") => return Some(Strength::Token),
            "KEY" | "KEYS" | "TOKENS" | "SECRETS" | "SALT" | "PEPPER" | "AUTH" | "ACCESSKEY" => {
                key = Some(Strength::Key);
            }
            _ if word.ends_with("TOKEN") => return Some(Strength::Token),
            _ => {}
        }
    }
    key
}

/// The words of a table: one text is read more easily than a line for each of two hundred words.
fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.split_ascii_whitespace()
}

fn is_listed(list: &str, word: &str) -> bool {
    listed(list).any(|known| known == word)
}

/// The words of a name, in capitals.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let chars: Vec<char> = name.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let hump = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if !open || hump {
            words.push(String::new());
        }
        open = true;
        if let Some(word) = words.last_mut() {
            word.extend(c.to_uppercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_without_words_is_what_the_words_say() {
        let lists = [
            PASSWORDS,
            SHORT_PASSWORDS,
            PASSWORD_ENDS,
            TOKEN_ENDS,
            SECRET_KEYS,
            PUBLIC_KEYS,
            ASKING,
            SILENT,
            "KEY KEYS TOKEN TOKENS CREDENTIAL CREDENTIALS CREDS COOKIE SECRETS SALT PEPPER AUTH ACCESSKEY ERLANG CLUSTER INITIAL DB",
        ];
        let all: Vec<&str> = lists.iter().flat_map(|list| listed(list)).collect();
        let mut found = 0;
        for one in &all {
            for other in ["", "DB", "KEY", "ERLANG", "PROD"] {
                for name in [format!("{one}_{other}"), format!("{other}_{one}").to_lowercase()] {
                    assert_eq!(strength(&name), by_words(&name), "{name}");
                    found += usize::from(strength(&name).is_some());
                }
            }
        }
        assert!(found > 100, "{found}");
        assert_eq!(strength("paßword"), Some(Strength::Password), "capitals may be longer");
    }
}
