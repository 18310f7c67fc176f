//! Traffic to any service: every sentence holds where it is so, and fails where it is not.

use std::process::Command;

use super::support::{Ended, Project};

/// Runs features of `fixtures/small/traffic`, whose web server has a certificate of its own.
fn run(features: &str) -> Ended {
    let project = Project::small("traffic");
    let folder = project.folder.join("tls");
    std::fs::create_dir_all(&folder).expect("a folder");
    let made = Command::new("openssl")
        .current_dir(&folder)
        .args(
            "req -x509 -newkey rsa:2048 -nodes -days 30 -keyout server.key -out server.crt"
                .split(' '),
        )
        .args(["-subj", "/CN=Small Authority", "-addext", "subjectAltName=DNS:shop.test"])
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    project.start(&["verify", features]).end_clean()
}

#[test]
fn any_service_can_be_spoken_to() {
    run("features/holds.feature").says(0, &["13 passed, 0 failed"]);
}

#[test]
fn what_is_not_so_of_any_service_is_told() {
    run("broken/fails.feature").says(
        1,
        &[
            "\"/health\" on port 8080 of \"api\" answers 404",
            "answers 200 to 299 and contains \"pang\"",
            "GET \"/\" gets a response",
            "service \"api\" publishes host port 8098",
            "it publishes 8099",
            "header \"Content-Type\" matches \"^text\"",
            "the body is \"pong\"",
            "the field \"items.1.id\"",
            "a JSON body without the field \"status\"",
            "field \"status\" is not \"green\"",
            "field \"status\" contains \"red\"",
            "field \"waiting\" is at most 2",
            "a redirect to \"/home\"",
            "status 302, leads to /home",
            "the cookie \"session\" is set",
            "no cookie \"session\" is set",
            "a response in less than 1ns",
            "a certificate that is valid for \"other.test\"",
            "a certificate that is not for \"shop.test\"",
            "a certificate that is valid for 400 days",
            "a certificate issued by \"Snake Oil\"",
            "a certificate not issued by \"Small Authority\"",
            "port 8080 of \"api\" shows a certificate",
            "accepts TLS 1.1",
            "TLS 1.3 is accepted",
            "port 2526 of \"api\" accepts connections",
            "port 2525 of \"api\" refuses connections",
            "the greeting contains \"HELLO\"",
            "the answer to \"HELO\" contains \"550\"",
            "\"nobody\" resolves in ",
            "\"api\" resolves to \"web\" in ",
            "\"api\" does not resolve to \"api\" in ",
            "\"api\" does not resolve in ",
            "a websocket opens to \"/admin\"",
            "with subprotocol \"other\"",
            "no websocket opens to \"/feed\"",
            "a message that contains \"farewell\"",
            "for 1s no message that contains \"welcome\"",
            "it stays open for 2s",
            "field \"status\" is \"red\" or \"yellow\"",
            "service \"api\" listens on UDP port 5141",
            "UDP sockets are bound to ",
            "service \"api\" does not listen on UDP port 5140",
            "port 2526 of \"api\" takes \"a line of a log\"",
            "\"/first\" on port 8080 of \"twins\" answers 200",
            "503",
            "port 8080 of seaworthy-small-",
            "\"/same\" on port 8080 of \"twins\" answers 200 to 299 and contains \"one of two\"",
            "port 2526 of seaworthy-small-",
            "\"421 busy\", and the connection was closed",
            "port 8444 of \"twins\" shows a certificate",
            "port 8444 of seaworthy-small-",
            "port 8443 of \"twins\" accepts TLS 1.3",
            "port 8443 of seaworthy-small-",
            "no websocket opens to \"/\"",
            "service \"api\" publishes host port 8096 for TCP",
            "it publishes 8099, 8096/udp",
            "sentences on ports speak TCP",
            "aside-1 reaches api:8080",
            "from service \"aside\" to service \"api\"",
            "\"/nope\" on port 8080 of \"api\" answers 200 from inside \"web\"",
            "answers 200 to 299 and contains \"pang\" from inside \"web\"",
            "\"/first\" on port 8080 of \"twins\" answers 200 from inside \"api\"",
            "web-1 reaches api:8081",
            "inside the network a service is asked at its own ports",
            "\"/health\" on port 8080 of \"api\" redirects to \"/home\"",
            "it answers 200 and leads to nowhere",
            "\"/login\" on port 8080 of \"api\" redirects to \"/account\"",
            "it answers 302 and leads to /home",
            "a request for \"/login\" gets a redirect to \"/account\"",
            "field \"token\" is \"secret-7\"",
            "a JSON body without the field \"authorization\"",
            "field \"length\" is \"1000\"",
            "field \"waiting\" is less than 3",
            "\"api\" resolves to \"web\" in ",
            "\"api\" resolves to \"api\" in ",
            "give \"api\", and nobody else, the alias on network \"back\"",
            "host port 8099 is published on the loopback interface only",
            "| api | 8080 | 8099 | any |",
            "0 passed, 68 failed, 1 undecided",
        ],
    );
}
