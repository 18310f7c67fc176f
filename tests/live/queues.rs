//! Every sentence on queues, on a broker that is so and on one that is not. That a consumer is there,
//! and how many messages wait, is seen in `fixtures/stacks/orders`.

use super::support::Project;

/// Every scenario of `fixtures/small/queues`, in one run.
#[test]
fn queues_of_rabbitmq_are_told_apart() {
    let project = Project::small("queues");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "expected: queue \"failed\" exists",
            "found: no such queue; there are: orders, progress",
            "expected: queue \"orders\" does not exist",
            "found: 0 messages, 0 consumers, durable",
            "expected: queue \"progress\" is durable",
            "found: 0 messages, 0 consumers, not durable",
            "expected: queue \"orders\" is not durable",
            "expected: queue \"orders\" has at least 1 message",
            "expected: queue \"orders\" has exactly 2 messages",
            "expected: queue \"orders\" has a consumer",
            "expected: queue \"failed\" is empty",
            "expected: RabbitMQ in service \"broker\" refuses the user \"guest\"",
            "lets guest in with the password guest",
            "expected: RabbitMQ in service \"broker\" has the virtual host \"plane\"",
            "expected: RabbitMQ in service \"broker\" has no virtual host \"trial\"",
            "expected: RabbitMQ in service \"broker\" has the user \"worker\"",
            "expected: RabbitMQ in service \"broker\" has no user \"guest\"",
            "\"No broker\" could not be decided",
            "service \"mute\" runs the image seaworthy-airgap/debian:12, not RabbitMQ",
            "name the service in which RabbitMQ runs",
            "\"No broker that could refuse anybody\" could not be decided",
            "1 passed, 13 failed, 2 undecided",
        ],
    );
}
