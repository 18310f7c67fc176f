//! A page on which the program itself fails: what it tells visitors of that.
//!
//! Only whoever wrote the program knows an address that fails, so the sentence names it. An error of
//! the web server before it (502, 504) says nothing on how the program tells its own.

use std::sync::LazyLock;

use regex::Regex;
use reqwest::Method;

use super::{
    known,
    places::{Place, needles},
};
use crate::steps::{
    Arguments, StepResult, World,
    traffic::{http, web},
};
use crate::{probe::http::Exchange, run::Failure};

/// What the sentence asks for.
const FAILS: u16 = 500;
/// Who asks: a name, and what is sent as `Accept`. Programs tell errors in what they are asked for.
const VISITORS: [(&str, &str); 2] =
    [("a browser", "text/html,*/*;q=0.8"), ("a program", "application/json")];
/// How many letters of a trace are told.
const SHOWN: usize = 100;

/// How the traces of programming languages begin, and a file of source with a line in it.
static TRACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) stack \s? trace | Traceback\ \(most\ recent | goroutine\ \d+\ \[ | \bpanicked\ at\b
        | [\w./\\-]+ \. (?:php|py|rb|js|mjs|ts|java|kt|scala|go|rs|cs|exs?|pl|pm|cc|cpp)
          (?: [:(]\d+ | \W{1,12} (?:on\W)? line \W{1,4} \d+ )",
    )
    .ok()
});
/// What stands between `<` and `>`: it may divide a file from its line.
static TAGS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<[^<>]*>").ok());

/// The first trace of a program in a text, cut short.
fn trace(text: &str) -> Option<String> {
    let untagged = TAGS.as_ref()?.replace_all(text, "");
    let found = TRACES.as_ref()?.find(&untagged)?.as_str();
    let words = found.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(words.chars().take(SHOWN).collect())
}

/// Head and body as they came.
fn everything(exchange: &Exchange) -> String {
    let head = exchange.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    format!("{}\n{}", head.collect::<String>(), exchange.text())
}

/// Judges what a page that fails shows.
pub(super) async fn shows_nothing(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let running = world.running()?;
    let stack = &running.stack;
    let (known, unread) = known::all(&stack.project, &stack.containers().await?);
    if let Some(why) = unread.into_iter().next() {
        return Err(why);
    }
    let secrets: Vec<_> = known.into_iter().map(|known| known.secret).collect();
    let needles = needles(&secrets)?;
    let web = web::server(stack)?.0;
    let mut wrong: Vec<String> = Vec::new();
    let mut help = "turn the program's debug mode off: what went wrong belongs into its log";
    let mut url = String::new();
    let failure = |expected: &str, found: String, url: &str| {
        let behind = stack.project.services.get(&web).into_iter();
        let behind = behind.flat_map(|service| service.depends_on.keys().cloned());
        Failure::finding(expected, found)
            .place(format!("{} {url}", Method::GET))
            .services(std::iter::once(web.clone()).chain(behind))
    };
    for (who, accept) in VISITORS {
        world.next.headers = vec![("Accept".to_owned(), accept.to_owned())];
        let asked =
            http::exchange(world, Method::GET, &path, http::Body::None, http::PATIENCE).await;
        world.next = crate::steps::world::Next::default();
        let exchange = asked?;
        url = exchange.url.to_string();
        if exchange.status != FAILS {
            let found = format!("status {} to {who} (Accept: {accept})", exchange.status);
            let help = "name an address at which the program itself fails, not the web server before it: any other page says nothing on how it tells its errors";
            return Err(failure("the page fails with 500", found, &url).help(help));
        }
        let text = everything(&exchange);
        if let Some(trace) = trace(&text) {
            wrong.push(format!("the answer to {who} shows a trace: {trace}"));
        }
        for hit in needles.find(text.as_bytes()) {
            let Some(secret) = secrets.get(hit.secret) else { continue };
            let found = format!("{} is in the answer to {who} ({})", secret.name, hit.form);
            if !wrong.contains(&found) {
                help = Place::Page.help();
                wrong.push(found);
            }
        }
        world.evidence(format!("{path}, asked by {who}"), format!("{FAILS}, {} bytes", text.len()));
        world.names.insert("request".to_owned(), exchange.id.clone());
        world.exchange = Some(exchange);
        world.status_stated = true;
    }
    if wrong.is_empty() {
        let names = secrets.iter().map(|secret| secret.name.as_str());
        let sought = crate::words::quoted_list(names);
        world
            .evidence("looked for in head and body", format!("a trace of a program, and {sought}"));
        return Ok(());
    }
    let expected = "a visitor is shown neither a secret nor a trace";
    Err(failure(expected, wrong.join("\n"), &url).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_many_languages_are_known() {
        for text in [
            "<h1>boom</h1><abbr>Page.php</abbr> (line <b>24</b>)",
            "in /var/www/app/Page.php on line 24",
            "PHP Fatal error: boom in /var/www/app/Page.php:24",
            r#"{"message":"boom","file":"/var/www/app/Page.php","line":24}"#,
            r#"{"file": "\/var\/www\/Page.php", "line": 24}"#,
            "Traceback (most recent call last):",
            r#"  File "/srv/shop/views.py", line 7, in show"#,
            "/srv/shop/app.rb:12:in `show'",
            "    at show (/srv/shop/server.js:3:9)",
            "\tat com.example.Shop.show(Shop.java:42)",
            "goroutine 1 [running]:",
            "thread 'main' panicked at src/main.rs:2:5:",
            "<title>Stack Trace</title>",
        ] {
            assert!(trace(text).is_some(), "no trace in {text}");
        }
    }

    #[test]
    fn an_error_page_without_details_has_no_trace() {
        for text in [
            "<h1>Internal Server Error</h1><p>Back to the shop</p>",
            r#"{"message": "Server Error"}"#,
            "<script src=\"/build/assets/app-1a2b.js?v=12\"></script>",
            "see index.php, or call line 24",
            "HTTP/1.1 500\ncontent-length: 24\n",
        ] {
            assert_eq!(trace(text), None, "{text}");
        }
    }
}
