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
    then("{path} answers", "a request for {0} succeeds"),
    then("{path} returns 200", "a request for {0} succeeds"),
    then("content type is {text}", "the response header \"Content-Type\" contains {0}"),
    then("response is JSON", "the response header \"Content-Type\" contains \"application/json\""),
    then("{path} {port} redirects to {text}", "{0} on {1} of {service} redirects to {2}"),
    then(
        "{path} {port} {service} returns {statuses} inside service {service}",
        "{0} on {1} of {2} answers {3} from inside {4}",
    ),
    then(
        "{path} {port} {service} from service {service} contains {text}",
        "{0} on {1} of {2} contains {4} from inside {3}",
    ),
    when(
        "request {path} {port} {service} from service {service}",
        "{0} on {1} of {2} is requested from inside {3}",
    ),
    when(
        "request {path} from service {service} without credentials",
        "{0} on {port} of {1} is requested",
    ),
    when(
        "request {path} {port} with header {text} {text}",
        "{0} on {1} of {service} is requested with header {2} set to {3}",
    ),
    when(
        "request {path} {port} as user {text} with password {text}",
        "{0} on {1} of {service} is requested as user {2} with password {3}",
    ),
    when(
        "POST a body of {quantity} to {path} {port} {service}",
        "POST {1} is sent to {2} of {3} with a body of {0}",
    ),
    when("POST a body of {quantity} to {path}", "the browser sends POST {1} with a body of {0}"),
    when(
        "send {text} over TCP to {port} of service {service}",
        "{0} is sent to {1} of {2} over TCP",
    ),
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
        "no password appears in the environment",
        "no secret is written in the files, images, environment or logs",
    ),
    then(
        "service {service} is attached to network {text}",
        "every \"services.<0>.networks\" contains {1}",
    ),
    then("service {service} is on network {text}", "every \"services.<0>.networks\" contains {1}"),
    then("network {text} is internal", "network {0} has no way out"),
    then("service {service} is privileged", "\"services.<0>.privileged\" is true"),
    then("service {service} is not privileged", "no \"services.<0>.privileged\" is true"),
    then("no service is privileged", "no \"services.*.privileged\" is true"),
    then("hostname of service {service} is {text}", "\"services.<0>.hostname\" is {1}"),
    then(
        "service {service} has the alias {text} on network {text}",
        "every \"services.<0>.networks.<2>.aliases\" contains {1}",
    ),
    then(
        "service {service} has label {text} with value {text}",
        "\"services.<0>.labels.[<1>]\" is {2}",
    ),
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
    when("send a request {path} {port} {service}", "{0} on {1} of {2} is requested"),
    when(
        "request {path} from service {service} over https",
        "{0} on TLS port 443 of {1} is requested",
    ),
    when("request {path} from service {service}", "{0} on {port} of {1} is requested"),
    when("POST {path} {port} {service}", "POST {0} is sent to {1} of {2}"),
    when("PUT {path} {port} {service}", "PUT {0} is sent to {1} of {2}"),
    when("PATCH {path} {port} {service}", "PATCH {0} is sent to {1} of {2}"),
    when("DELETE {path} {port} {service}", "DELETE {0} is sent to {1} of {2}"),
    when("HEAD {path} {port} {service}", "HEAD {0} is sent to {1} of {2}"),
    when(
        "POST {text} to {path} {port} {service}",
        "POST {1} is sent to {2} of {3} with the body {0}",
    ),
    when(
        "POST {path} {port} {service} with form {text}",
        "POST {0} is sent to {1} of {2} with the form:",
    ),
    then("websocket connection is accepted", "the websocket stays open for 2 seconds"),
    when("connection is upgraded", "a websocket opens to {path} on {port} of {service}"),
    when(
        "connect to the websocket {path} {port} {service}",
        "a websocket opens to {0} on {1} of {2}",
    ),
    when("open a websocket {path} {port} {service}", "a websocket opens to {0} on {1} of {2}"),
    then("receive a message containing {text}", "the websocket hears {0}"),
    then("response field {text} is not empty", "the response has field {0}"),
    then("the output contains {text}", "command {text} in {service} prints {0}"),
    then("Prometheus query {text} returns {text}", "command {text} in {service} prints {1}"),
    then("service {service} serves TLS on {port}", "TLS {1} of {0} accepts connections"),
    then(
        "the certificate for {text} is not expired",
        "the certificate on {port} of {service} is valid for {0}",
    ),
    then(
        "the certificate covers {text}",
        "the certificate on {port} of {service} is valid for {0}",
    ),
    then(
        "the certificate on {port} does not expire in {duration}",
        "the certificate on {0} of {service} is valid for at least {1}",
    ),
    then("{port} is open on service {service}", "{0} of {1} accepts connections"),
    then("{port} is closed on service {service}", "{0} of {1} refuses connections"),
    then("service {service} listens on {port}", "{1} of {0} accepts connections"),
    then("{port} of service {service} takes TCP", "{0} of {1} accepts connections"),
    then("open a TCP connection to {port} of service {service}", "{0} of {1} accepts connections"),
    then("{port} is not reachable from outside", "{0} of {service} is not published"),
    then(
        "{port} of service {service} is only published on 127.0.0.1",
        "{0} of {1} is published on the loopback interface only",
    ),
    then(
        "{text} resolves to service {service} inside the network {text}",
        "the name {0} resolves to {1} on network {2}",
    ),
    then("service {service} exits with code 0", "service {0} has completed"),
    then("service {service} exited with 0", "service {0} has completed"),
    then("service {service} is not started", "service {0} is not running"),
    then("service {service} stays up", "service {0} is running"),
    then("service {service} restarted once", "service {0} was restarted 1 time"),
    then(
        "ports {ports} are only bound to localhost",
        "host ports {0} are published on the loopback interface only",
    ),
    then("no service has restarted", "every service is healthy"),
    then("every service up", "every service is up and stays up for 5 seconds"),
    then(
        "service {service} is on networks {networks}",
        "service {0} is on networks {1} and no other",
    ),
    then("service {service} has no access to the internet", "network {network} has no way out"),
    then("user of service {service} is not root", "service {0} does not run as root"),
    then("process {text} in service {service} runs as user {text}", "service {1} runs as user {2}"),
    then(
        "file {path} in service {service} is not world-readable",
        "the file {0} in {1} has mode \"0640\"",
    ),
    then(
        "file {path} in service {service} is owned by {text}",
        "the file {0} in {1} belongs to user {2}",
    ),
    then("service {service} uses secret {text}", "every \"services.<0>.secrets\" contains {1}"),
    then("secret {text} is mounted only in service {service}", "exactly these secrets are given:"),
    then("tables {services} exist in service {service}", "table {text} in {1} exists"),
    then("database {text} has a table {text}", "table {1} in {service} exists"),
    then("table {text} in database {text} is not empty", "table {0} in {service} is not empty"),
    then(
        "table {text} in service {service} has {number} row",
        "table {0} in {1} has exactly {2} rows",
    ),
    then("table {text} has {number} row", "table {0} in {service} has exactly {1} rows"),
    then(
        "table {text} in database {text} of service {service} has {number} row",
        "table {0} in {2} has exactly {3} rows",
    ),
    then(
        "row exists in table {text} where {text} is {text}",
        "table {0} in {service} has exactly one row with:",
    ),
    then(
        "column {text} of table {text} is {value} where {text} is {text}",
        "table {1} in {service} has exactly one row with:",
    ),
    then("query {text} returns {number} row", "query {0} in {service} returns:"),
    then(
        "table {text} in service {service} is owned by {text}",
        "query \"SELECT tableowner FROM pg_tables WHERE tablename = '<0>'\" in {1} returns {2}",
    ),
    then(
        "setting {text} of service {service} is {number}",
        "query \"SHOW <0>\" in {1} returns \"<2>\"",
    ),
    then(
        "character set of database {text} is {text}",
        "query \"SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = '<0>'\" in {service} returns {1}",
    ),
    then(
        "user {text} is not a superuser in service {service}",
        "user {0} of {1} owns database {text} and nothing else",
    ),
    then("RabbitMQ user {text} does not exist", "RabbitMQ in service {service} has no user {0}"),
    then("RabbitMQ user {text} exists", "RabbitMQ in service {service} has the user {0}"),
    then("RabbitMQ has a queue {text}", "queue {0} in {service} exists"),
    then("queue {text} has at least 1 consumer", "queue {0} in {service} has a consumer"),
    then("queue {text} has {number} messages", "queue {0} in {service} has exactly {1} messages"),
    when("publish {text} queue {text} service {service}", "{0} is published to queue {1} in {2}"),
    when("publish {text} queue {text}", "{0} is published to queue {1} in {service}"),
    when("send {text} queue {text} service {service}", "{0} is published to queue {1} in {2}"),
    when(
        "publish {text} exchange {text} service {service}",
        "{0} is published to exchange {1} in {2} with routing key {text}",
    ),
    then(
        "queue {text} has a dead letter queue {text}",
        "queue {0} in {service} dead-letters to queue {1}",
    ),
    then("queue {text} contains message {text}", "queue {0} in {service} has a message with {1}"),
    then("queue is drained", "queue {text} in {service} is empty"),
    then(
        "certificate on {port} is valid for {duration}",
        "the certificate on {0} of {service} is valid for at least {1}",
    ),
    then("user {text} login to service {service}", "command {text} in {1} succeeds"),
];
