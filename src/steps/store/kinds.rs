//! Of which kind what lies at a key is: whoever asks for a list and finds a hash is told so.

use crate::{
    probe::store::{Answer, KeyValue},
    run::Failure,
    words::with_article,
};

/// What lies at a key; where something of another kind does, that is what was found.
pub(super) async fn read<T>(
    store: &dyn KeyValue,
    (service, key, kind): (&str, &str, &str),
    answer: Answer<'_, T>,
) -> Result<T, Failure> {
    let why = match answer.await {
        Ok(answer) => return Ok(answer),
        Err(why) => why,
    };
    match store.kind(key).await {
        Ok(Some(other)) if other != kind => Err(Failure::finding(
            format!("{} at key \"{key}\"", with_article(kind)),
            with_article(&other),
        )
        .place(format!("key \"{key}\" in service \"{service}\""))
        .services([service])
        .help(format!("ask for {} there, or look at who writes this key", with_article(&other)))),
        _ => Err(why.into()),
    }
}
