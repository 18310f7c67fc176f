//! Messages of RabbitMQ that are published, consumed, rejected and lost.

use super::support::Project;

/// Every scenario of `fixtures/small/messages`, in one run.
#[test]
fn messages_are_followed_to_where_they_come() {
    let project = Project::small("messages");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "expected: queue \"policed\" is empty",
            "0 consumers, durable",
            "expected: queue \"nowhere\" takes a message",
            "found: NO_ROUTE (312)",
            "expected: exchange \"events\" leads a message with routing key \"invoice.created\" to a queue",
            "expected: exchange \"gone\" leads a message with routing key \"x\" to a queue",
            "found: NOT_FOUND - no exchange 'gone' in vhost '/'",
            "expected: queue \"done\" has a message with \"a galleon\"",
            "expected: queue \"policed\" has no message with \"a stowaway\"",
            "expected: queue \"plain\" dead-letters to queue \"failed\"",
            "found: they are dropped: neither its arguments nor its policy name an exchange for them",
            "found: they go to exchange \"gone\" with the routing key that they came with; there is no exchange \"gone\", and they are lost",
            "expected: queue \"tasks\" dead-letters to queue \"done\"",
            "found: they go to exchange \"dead\" with the routing key that they came with, which leads to \"failed\"",
            "expected: queue \"tasks\" does not dead-letter",
            "expected: a message waits in queue \"astray\", and can be rejected",
            "\"No broker\" could not be decided",
            "service \"mute\" runs the image seaworthy-airgap/debian:12, not RabbitMQ",
            "4 passed, 11 failed, 1 undecided",
        ],
    );
}
