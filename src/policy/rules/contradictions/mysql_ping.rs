//! A ping that says "alive" of a server that is not ready.

use super::checks;
use crate::{
    compose::idle::{Command, Follows},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A server that answers a ping is not yet one that lets anybody in.
pub static RULE: Rule = Rule {
    id: "mysql-ping",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A health check pings MySQL in a way that passes before it is ready.",
    check,
    document: include_str!("mysql_ping.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) = checks::of(target, name, service) else { continue };
        let Some(commands) = check.commands else { continue };
        // Another client logs in, and tells by its exit code.
        if commands.iter().any(|command| matches!(command.program(), "mysql" | "mariadb")) {
            continue;
        }
        let Some(at) = commands.iter().position(is_ping) else { continue };
        let by_file = service.volumes.iter().filter_map(|mount| mount.target.as_ref());
        let by_file = by_file.into_iter().any(|at| at.ends_with("/.my.cnf"));
        let assigned = commands[at].assigned.iter().any(|name| name == "MYSQL_PWD");
        let login = by_file || assigned || service.environment.contains_key("MYSQL_PWD");
        let read = matches!(commands.get(at + 1), Some(next) if next.follows == Follows::Pipe);
        let Some((what, why, severity)) = judge(&commands[at], login || read) else { continue };
        let finding = RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!("the health check of service \"{name}\" {what}: {why}"),
            "ask over TCP and with a login, as in `mysqladmin ping -h 127.0.0.1 -u … -p…`, better a query: `mysql -h 127.0.0.1 -u … -p… -e 'SELECT 1'`; MariaDB's image has `healthcheck.sh --connect --innodb_initialized`",
            check.origin,
        );
        found.push(Finding { severity, ..finding });
    }
}

fn is_ping(command: &Command) -> bool {
    matches!(command.program(), "mysqladmin" | "mariadb-admin")
        && command.arguments().iter().any(|word| word == "ping")
}

/// What a ping says too little, why, and how bad that is.
fn judge(ping: &Command, told_otherwise: bool) -> Option<(&'static str, &'static str, Severity)> {
    const EARLY: &str = "passes before the server is ready";
    let login = told_otherwise || has_login(ping);
    match (is_tcp(ping), login) {
        (true, true) => None,
        (true, false) => Some((
            "passes whether or not anybody may log in",
            "`mysqladmin ping` without a login succeeds on \"access denied\"",
            Severity::Low,
        )),
        (false, true) => Some((
            EARLY,
            "over its socket the temporary server answers too with which the image sets itself up",
            RULE.severity,
        )),
        (false, false) => Some((
            EARLY,
            "`mysqladmin ping` succeeds on \"access denied\", and over its socket the temporary server answers too with which the image sets itself up",
            RULE.severity,
        )),
    }
}

/// Whether it asks over TCP: `localhost` and no host are the socket.
fn is_tcp(ping: &Command) -> bool {
    let mut host = None;
    let mut words = ping.arguments().iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--protocol=tcp" | "--protocol=TCP" => return true,
            "--protocol" => {
                if words.next().is_some_and(|kind| kind.eq_ignore_ascii_case("tcp")) {
                    return true;
                }
            }
            "-h" | "--host" => host = words.next(),
            _ => {
                let given = word.strip_prefix("--host=");
                let short = || word.strip_prefix("-h").filter(|_| !word.starts_with("--"));
                host = given.or_else(short).or(host);
            }
        }
    }
    host.is_some_and(|host| !host.is_empty() && host != "localhost")
}

fn has_login(ping: &Command) -> bool {
    const FILES: &[&str] = &["--defaults-extra-file", "--defaults-file", "--login-path"];
    ping.arguments().iter().any(|word| {
        let long = |known: &str| {
            word == known || word.strip_prefix(known).is_some_and(|rest| rest.starts_with('='))
        };
        word.starts_with("-p") || long("--password") || FILES.iter().any(|known| long(known))
    })
}
