//! The vocabulary: every sentence that a scenario can be made of.
//!
//! A step is a row of a table ([`Step`]). The topics lie in rooms, a topic a file; [`TOPICS`] is the
//! whole language. A room knows those before it: the world of a scenario, the language, what all
//! sentences judge by, then service, files, traffic, stores, secrets, and last the faults.

mod environment;
mod fault;
mod files;
mod judging;
mod language;
mod secrets;
mod service;
mod store;
mod traffic;
pub mod world;

pub use self::{
    fault::mending::bring_back,
    files::comparison::{Difference, held_in_full},
    language::{
        arguments::{Arguments, Port, Value},
        order,
        step::{Block, Declared, Keyword, Knows, Load, Need, Observed, Step, StepResult, Touch},
        vocabulary::{self, Match, Vocabulary, asked_about, load},
    },
    secrets::leaks::Redactor,
    world::{Context, World, incidents::explain},
};

/// The whole language, by topic.
pub static TOPICS: &[(&str, &[Step])] = &[
    ("environments", environment::STEPS),
    ("services", service::services::STEPS),
    ("state of a service", service::state::STEPS),
    ("restarts", service::restarted::STEPS),
    ("use of the machine", service::usage::STEPS),
    ("networks", service::attached::STEPS),
    ("mounts and volumes", service::mounts::STEPS),
    ("connections", traffic::reach::STEPS),
    ("host ports", service::ports::STEPS),
    ("host ports of a service", service::published::STEPS),
    ("requests", traffic::http::STEPS),
    ("content of responses", traffic::responses::STEPS),
    ("requests to any service", traffic::requests::STEPS),
    ("requests with something of their own", traffic::carried::STEPS),
    ("requests from inside a service", traffic::from_inside::STEPS),
    ("redirects", traffic::redirects::STEPS),
    ("websockets", traffic::websockets::STEPS),
    ("ports", traffic::tcp::STEPS),
    ("ports of UDP", traffic::udp::STEPS),
    ("certificates", traffic::certificates::STEPS),
    ("names in the network", traffic::names::STEPS),
    ("visits", traffic::visits::STEPS),
    ("real browsers", traffic::real_browser::STEPS),
    ("TLS", traffic::tls::STEPS),
    ("kept connections", traffic::connections::STEPS),
    ("flows", traffic::flow::STEPS),
    ("Vite", traffic::vite::STEPS),
    ("stores", store::stores::STEPS),
    ("tables and databases", store::tables::STEPS),
    ("keys", store::keys::STEPS),
    ("queues", store::brokers::STEPS),
    ("messages of queues", store::messages::STEPS),
    ("users and virtual hosts of queues", store::broker_keepers::STEPS),
    ("queries", store::queries::STEPS),
    ("environment variables", service::values::STEPS),
    ("backups", store::backup::STEPS),
    ("restores", store::scratch::STEPS),
    ("health checks", service::health::STEPS),
    ("commands, logs and files", service::commands::STEPS),
    ("JSON in logs", service::json_logs::STEPS),
    ("users, processes and files", service::inside::STEPS),
    ("what the files list", service::resources::STEPS),
    ("what services are", service::facts::STEPS),
    ("bounds and guards", service::guards::STEPS),
    ("restart policies", service::restart::STEPS),
    ("isolation", traffic::isolation::STEPS),
    ("limits", service::limits::STEPS),
    ("secrets", secrets::leaks::STEPS),
    ("passwords", store::passwords::STEPS),
    ("encryption", secrets::encryption::STEPS),
    ("rights", service::rights::STEPS),
    ("writing", service::writable::STEPS),
    ("files of the project", files::project::STEPS),
    ("Dockerfiles", service::builds::STEPS),
    ("nginx", files::nginx::STEPS),
    ("two environments", files::comparison::STEPS),
    ("attributes by their path", files::attributes::STEPS),
    ("values of an attribute", files::listed::STEPS),
    ("policies", files::policies::STEPS),
    ("scale and profiles", fault::scale::STEPS),
    ("faults", fault::faults::STEPS),
    ("faults of the whole stack", fault::whole::STEPS),
    ("faults of networks", fault::cuts::STEPS),
    ("processes", fault::processes::STEPS),
    ("ends", fault::ends::STEPS),
    ("drift", service::drift::STEPS),
];

/// All steps, in the order of their topics.
pub fn all() -> impl Iterator<Item = &'static Step> {
    TOPICS.iter().flat_map(|(_, steps)| *steps)
}

impl Default for Vocabulary {
    /// The whole language.
    fn default() -> Self {
        Self::new(all())
    }
}
