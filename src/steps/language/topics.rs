//! Topics of facts that a sentence names.

use crate::{
    facts::{self, TOPICS, Topic},
    probe::facts::unseen,
    words::did_you_mean,
};

/// The topic that a sentence names.
///
/// # Errors
/// That there is none, or that no running stack shows it.
pub(super) fn named(name: &str) -> Result<&'static Topic, String> {
    let names = || TOPICS.iter().filter(|topic| unseen(topic).is_none()).map(|topic| topic.name);
    match facts::topic(name) {
        Some(topic) => match unseen(topic) {
            None => Ok(topic),
            Some(why) => Err(format!("no running stack shows the topic \"{name}\": {why}")),
        },
        None => Err(did_you_mean(name, names()).map_or_else(
            || {
                format!(
                    "there is no topic \"{name}\": they are {}",
                    names().collect::<Vec<_>>().join(", ")
                )
            },
            |near| format!("there is no topic \"{name}\": did you mean \"{near}\"?"),
        )),
    }
}
