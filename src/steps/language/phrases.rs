//! Other ways to say what the language says in its own words, above all by the path of an attribute.
//!
//! They are no sentences: whoever writes one, or something near it, is told what to write. `{n}` in
//! the sentence is parameter number n as it was written, `<n>` the same without its quotes.

use crate::steps::Keyword::{self, Then, When};

/// One such way, and the sentence.
pub(super) struct Phrase {
    pub keyword: Keyword,
    /// In the form of an expression.
    pub said: &'static str,
    pub sentence: &'static str,
}

const fn then(said: &'static str, sentence: &'static str) -> Phrase {
    Phrase { keyword: Then, said, sentence }
}

const fn when(said: &'static str, sentence: &'static str) -> Phrase {
    Phrase { keyword: When, said, sentence }
}

pub(super) const PHRASES: &[Phrase] = &[
    when("request {path}", "the browser requests {0}"),
    when("service {service} is paused for {duration}", "service {0} is paused"),
    then("{path} returns 200", "a request for {0} succeeds"),
    then("content type is {text}", "the response header \"Content-Type\" contains {0}"),
    then("response is JSON", "the response header \"Content-Type\" contains \"application/json\""),
    then("header {text} is {text}", "the response header {0} is {1}"),
    then("header {text} exists", "the response has header {0}"),
    then("header {text} does not exist", "the response has no header {0}"),
    then(
        "service {service} takes on port {number} from service {service}",
        "service {2} reaches {0} on port {1}",
    ),
    then("service {service} reaches service {service}", "service {0} reaches {1} on port {number}"),
    then(
        "service {service} reaches service {service} {number}",
        "service {0} reaches {1} on port {2}",
    ),
    then(
        "service {service} does not reach service {service}",
        "service {0} does not reach {1} on port {number}",
    ),
    then(
        "service {service} accepts TLS 1.2 only",
        "service {0} accepts TLS 1.2 and TLS 1.3 on port {number}, and no older version",
    ),
    then(
        "TLS 1.0 is refused on port {number}",
        "service {service} accepts TLS 1.2 and TLS 1.3 on port {0}, and no older version",
    ),
    then(
        "service {service} completed before service {service} started",
        "service {1} waits until {0} is completed",
    ),
    then(
        "service {service} waits for service {service} healthy",
        "service {0} waits until {1} is healthy",
    ),
    then(
        "owner of database {text} is {text}",
        "user {1} of {service} owns database {0} and nothing else",
    ),
    then("service {service} answers PING", "command \"redis-cli ping\" in {0} prints \"PONG\""),
    then("file {path} exists in service {service}", "command \"test -e <0>\" in {1} succeeds"),
    then("file {path} does not exist in service {service}", "command \"test -e <0>\" in {1} fails"),
    then("running {text} in service {service} exits with 0", "command {0} in {1} succeeds"),
    then("logs of service {service} contain {text}", "the log of {0} shows {1}"),
    then(
        "logs of service {service} do not contain {text}",
        "for 5 seconds the log of {0} never shows {1}",
    ),
    then("{number} containers of service {service} run", "service {1} has {0} replicas"),
    then("exactly one container of service {service} runs", "service {0} has 1 replica"),
    then("no service but {services} publishes ports", "no service but {0} publishes a port"),
    then("services {services} use the same image", "services {0} run the same image"),
    then("service {service} uses image {text}", "service {0} runs image {1}"),
    then("no image uses the tag {text}", "no service breaks the policy \"untagged-image\""),
    then(
        "volume {text} is mounted at {path} in service {service}",
        "service {2} mounts volume {0} at {1}",
    ),
    then("service {service} has a volume {text}", "service {0} mounts volume {1} at {path}"),
    then("volume {text} is used by service {service}", "service {1} mounts volume {0} at {path}"),
    then(
        "data of service {service} is kept in volume {text}",
        "service {0} mounts volume {1} at {path}",
    ),
    then(
        "{text} is mounted read-only in service {service}",
        "service {1} mounts {0} at {path} read-only",
    ),
    then("service {service} has variable {text} set to {text}", "variable {1} in {0} is {2}"),
    then(
        "variable {text} is not set in service {service}",
        "no \"services.<1>.environment.<0>\" is set",
    ),
    then(
        "no password appears in the environment",
        "no secret is written in the files, images, environment or logs",
    ),
    then(
        "service {service} is attached to network {text}",
        "every \"services.<0>.networks\" contains {1}",
    ),
    then("service {service} is on network {text}", "every \"services.<0>.networks\" contains {1}"),
    then("service {service} is not on network {text}", "no \"services.<0>.networks\" contains {1}"),
    then("network {text} is internal", "\"networks.<0>.internal\" is true"),
    then("service {service} publishes no port", "no \"services.<0>.ports\" is set"),
    then("service {service} is privileged", "\"services.<0>.privileged\" is true"),
    then("service {service} is not privileged", "no \"services.<0>.privileged\" is true"),
    then("no service is privileged", "no \"services.*.privileged\" is true"),
    then("service {service} runs as user {text}", "\"services.<0>.user\" is {1}"),
    then("hostname of service {service} is {text}", "\"services.<0>.hostname\" is {1}"),
    then(
        "service {service} has the alias {text} on network {text}",
        "every \"services.<0>.networks.<2>.aliases\" contains {1}",
    ),
    then(
        "service {service} has label {text} with value {text}",
        "\"services.<0>.labels.[<1>]\" is {2}",
    ),
    then("restart-policy of service {service} is {text}", "\"services.<0>.restart\" is {1}"),
    then("every service has restart-policy {text}", "every \"services.*.restart\" is {0}"),
    then("service {service} restarts on failure", "\"services.<0>.restart\" is \"on-failure\""),
    then(
        "memory limit of service {service} is {quantity}",
        "every \"services.<0>.mem_limit\" is at most {1}",
    ),
    then(
        "CPU limit of service {service} is {quantity}",
        "every \"services.<0>.cpus\" is at most {1}",
    ),
    then(
        "process limit of service {service} is {number}",
        "every \"services.<0>.pids_limit\" is at most {1}",
    ),
    then(
        "service {service} has an open files limit of at least {number}",
        "every \"services.<0>.ulimits.nofile.soft\" is at least {1}",
    ),
    then(
        "service {service} may open {number} files",
        "every \"services.<0>.ulimits.nofile.soft\" is at least {1}",
    ),
];
