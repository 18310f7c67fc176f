//! Requests to a service from inside another: as the other's programs would send them, by the name
//! and at the addresses that the service has there.

use crate::steps::{
    Step, Touch,
    traffic::requests::{self, Asker, Carried},
};

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "{path} on {port} of {service} is requested from inside {service}",
        "Sends GET from inside the network of a container of the second service to the name of the first and its own port, at an address that the name has there. Sentences on the response speak of this one.",
        "\"/health\" on port 8080 of \"api\" is requested from inside \"web\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| {
        Box::pin(requests::requested(world, arguments, Asker::Inside(3)))
    }),
    Step::when(
        "{method} {path} is sent to {port} of {service} from inside {service}",
        "Sends a request without a body in the same way.",
        "DELETE \"/items/7\" is sent to port 8080 of \"api\" from inside \"web\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| {
        Box::pin(requests::sent(world, arguments, Carried::Nothing, Asker::Inside(4)))
    }),
    Step::when(
        "{method} {path} is sent to {port} of {service} from inside {service} with:",
        "Sends the rows of the table as a JSON object in the same way.",
        "POST \"/items\" is sent to port 8080 of \"api\" from inside \"web\" with:",
    )
    .pairs()
    .touches(Touch::Visit)
    .observed(|world, arguments| {
        Box::pin(requests::sent(world, arguments, Carried::Json, Asker::Inside(4)))
    }),
    Step::when(
        "{method} {path} is sent to {port} of {service} from inside {service} with the form:",
        "Sends the rows of the table as the fields of a form in the same way.",
        "POST \"/login\" is sent to port 8080 of \"api\" from inside \"web\" with the form:",
    )
    .pairs()
    .touches(Touch::Visit)
    .observed(|world, arguments| {
        Box::pin(requests::sent(world, arguments, Carried::Form, Asker::Inside(4)))
    }),
    Step::when(
        "{method} {path} is sent to {port} of {service} from inside {service} with the body {text}",
        "Sends the text as it is in the same way.",
        "PUT \"/notes/1\" is sent to port 8080 of \"api\" from inside \"web\" with the body \"Ahoy\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| {
        Box::pin(requests::sent(world, arguments, Carried::Text(5), Asker::Inside(4)))
    }),
    Step::then(
        "{path} on {port} of {service} answers {statuses} from inside {service}",
        "From inside each container of the second service a new request to the name of the first is answered with this status, or one of these, at every address of the name that takes a connection there; one does.",
        "\"/health\" on port 8080 of \"api\" answers 200 from inside \"web\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(requests::answers(world, arguments, Asker::Inside(4)))),
    Step::then(
        "{path} on {port} of {service} contains {text} from inside {service}",
        "The same, with a status of success (200 to 299) and a body that contains the text.",
        "\"/metrics\" on port 9090 of \"api\" contains \"requests_total\" from inside \"web\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(requests::contains(world, arguments, Asker::Inside(4)))),
];
