//! Sessions with a RabbitMQ, as a user that it was given.

use std::time::Duration;

use crate::steps::{World, judging::execute::execute, store::brokers};
use crate::{
    probe::amqp::{Login, Session},
    run::Failure,
    stack::engine::Container,
};

/// How long the server's command line may take: it starts an Erlang of its own.
const ASKING: Duration = Duration::from_secs(20);
/// Asks the server for the user that its configuration gives it.
const QUESTION: &str =
    "{application:get_env(rabbit, default_user), application:get_env(rabbit, default_pass)}.";

/// A session as the user that the server was given: by its environment, by its configuration, or
/// the one that a server has which was given no other. `tried` reads before `in "broker"`.
pub(super) async fn session(
    world: &World,
    container: &Container,
    tried: &str,
) -> Result<Session, Failure> {
    let given = |name: &str| container.environment.get(name).cloned();
    let named = given("RABBITMQ_DEFAULT_USER").zip(given("RABBITMQ_DEFAULT_PASS"));
    let guest = (brokers::GUEST.to_owned(), brokers::GUEST.to_owned());
    let (user, password) = named.unwrap_or(guest);
    if let Some(session) = open(world, container, (&user, &password), tried).await? {
        return Ok(session);
    }
    if let Some((user, password)) = configured(world, container).await
        && let Some(session) = open(world, container, (&user, &password), tried).await?
    {
        return Ok(session);
    }
    let service = &container.service;
    Err(Failure::undecided(format!("{tried} in \"{service}\""), format!("it does not let \"{user}\" in"))
        .place(format!("service \"{service}\""))
        .services([service])
        .help("sentences on messages log in as the user of `RABBITMQ_DEFAULT_USER` or `default_user`, or as guest: give the server such a user"))
}

async fn open(
    world: &World,
    container: &Container,
    (user, password): (&str, &str),
    tried: &str,
) -> Result<Option<Session>, Failure> {
    let host = brokers::virtual_host(container);
    let opened = Session::open(container, Login { user, password, host }).await;
    if opened.is_err() {
        brokers::not_another(world, container, tried).await?;
    }
    Ok(opened?)
}

/// The user of the server's configuration, with their password; none if it does not tell.
async fn configured(world: &World, container: &Container) -> Option<(String, String)> {
    let running = world.running().ok()?;
    let words = ["rabbitmqctl", "--quiet", "eval", QUESTION].map(str::to_owned);
    let line = words.join(" ");
    let done = execute(&running, container, None, (&words, &line), ASKING).await.ok()?;
    if done.code == 0 { login(&done.output) } else { None }
}

/// `{{ok,<<"orders">>},{ok,<<"secret">>}}`
fn login(printed: &str) -> Option<(String, String)> {
    let mut texts = printed.split("<<\"").skip(1).map(|rest| rest.split_once("\">>"));
    let mut next = || Some(texts.next()??.0.replace("\\\"", "\"").replace("\\\\", "\\"));
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_as_erlang_prints_it() {
        let told = login("{{ok,<<\"orders\">>},{ok,<<\"a\\\"b\\\\c\">>}}\n");
        assert_eq!(told, Some(("orders".to_owned(), "a\"b\\c".to_owned())));
        assert_eq!(login("{{ok,<<\"orders\">>},undefined}"), None);
        assert_eq!(login("{undefined,undefined}"), None);
    }
}
