//! Every sentence on a store, on a store that is so and on one that is not.

use super::support::Project;

/// Every scenario of `fixtures/small/keys`, in one run.
#[test]
fn hashes_sets_streams_ttls_and_users_of_redis_are_told_apart() {
    let project = Project::small("keys");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "expected: hash \"session\" has a field \"password\"",
            "expected: hash \"session\" has no field \"user\"",
            "expected: field \"ship\" of hash \"session\" is \"frigate\"",
            "expected: set \"crew\" has a member \"rat\"",
            "expected: set \"crew\" has no member \"aye\"",
            "expected: list \"waiting\" has no item",
            "expected: list \"waiting\" has at least 3 items",
            "expected: list \"waiting\" has exactly 1 items",
            "expected: stream \"orders\" has at least 3 entries",
            "expected: stream \"orders\" has exactly 1 entries",
            "expected: stream \"orders\" has an entry with \"id=9\"",
            "expected: stream \"orders\" has no entry with \"id=8\"",
            "expected: key \"soon\" has a TTL of at most 1s",
            "expected: key \"forever\" has a TTL of at most 10m",
            "expected: key \"soon\" has no TTL",
            "expected: user \"reader\" may run SET orders 1",
            "expected: user \"default\" may not run FLUSHALL",
            "no such user; there are: default, reader",
            "\"A command that is none\" could not be decided",
            "expected: stream \"orders\" has no entry",
            "expected: a list at key \"session\"",
            "found: a hash",
            "expected: a hash at key \"waiting\"",
            "expected: a set at key \"forever\"",
            "expected: a stream at key \"crew\"",
            "expected: a string at key \"orders\"",
            "found: a stream",
            "key \"orders\" in service \"cache\"",
            "service \"cache\" runs Redis, not MySQL, MariaDB, PostgreSQL",
            "1 passed, 25 failed, 2 undecided",
        ],
    );
}

/// Every scenario of `fixtures/small/postgres`, in one run.
#[test]
fn postgresql_is_asked_as_every_relational_database() {
    let project = Project::small("postgres");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "\"A table that is not there\" is not so",
            "expected: no such table",
            "expected: no row",
            "expected: a row",
            "expected: exactly 2 rows",
            "expected: at least 4 rows",
            "expected: exactly 1 row with state=lost",
            "\"Other rows\" is not so",
            "expected: one value: 4",
            "\"A text where NULL is meant\" is not so",
            "\"NULL where a text is meant\" is not so",
            "\"An equal row too few\" is not so",
            "\"A sequence is no table\" is not so",
            "\"An index is no table\" is not so",
            "\"A table outside of the search path\" is not so",
            "no table \"ledger\" in the search path; there is one in schema \"archive\"",
            "name it with its schema: table \"archive.ledger\"",
            "\"A key of what is no Redis\" could not be decided",
            "service \"ledger\" runs PostgreSQL, not Redis",
            "\"A query that writes\" could not be decided",
            "cannot execute SELECT in a read-only transaction",
            "\"A query that takes its time\" is not so",
            "no answer within 1s",
            "expected: a database \"test\"",
            "expected: no database \"books\"",
            "expected: an extension \"dblink\"",
            "expected: no extension \"plpgsql\"",
            "SUPERUSER",
            "granted rights on something in database shop",
            "no such user",
            "\"A dump without its roles\" is not so",
            "role \"greedy\" does not exist",
            "\"Nobody hears which statements a request costs\" could not be decided",
            "seaworthy can listen to MySQL, MariaDB, Redis",
        ],
    );
    for held in ["\"Everything is as it was written\"", "\"A dump that is whole\""] {
        for verdict in [" is not so", " could not be decided"] {
            let said = format!("{held}{verdict}");
            assert!(!ended.output.contains(&said), "{said}:\n{}", ended.output);
        }
    }
}
