//! A real browser: what a page shows once its scripts have run, and whether it was loaded anew.
//!
//! `the browser` of the other sentences sends requests and runs nothing. This one is
//! Chromium: it takes half a second to start, and proves what no request can.

use std::time::{Duration, Instant};

use crate::steps::{
    Arguments, Load, Need, Step, StepResult, Touch, World,
    traffic::{http::PATIENCE, web},
};
use crate::{
    probe::browser::{self, Browser, Door, INSTALL, Opened, VARIABLE},
    run::Failure,
};

/// How often the page is looked at.
const PAUSE: Duration = Duration::from_millis(30);
/// A page that is about to be loaded anew may show the new text a moment before.
const SETTLE: Duration = Duration::from_millis(300);
/// How much of what a page shows is told.
const SHOWN: usize = 300;

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "a real browser opens {path}",
        "Opens the page in Chromium, at the address that people type, and waits until it is loaded and its websockets are open; the browser has an empty profile and reaches nothing but the stack.",
        "a real browser opens \"/\"",
    )
    .needs(&[Need::Program("Chromium")])
    .touches(Touch::Visit)
    .loads(Load::Heavy)
    .observed(|world, arguments| Box::pin(open(world, arguments))),
    Step::then(
        "the real browser shows {text}",
        "The page that the real browser has opened shows this text, after its scripts have run.",
        "the real browser shows \"Welcome\"",
    )
    .needs(&[Need::Program("Chromium")])
    .touches(Touch::Nothing)
    .waits()
    .observed(|world, arguments| Box::pin(async move { shows(world, arguments).await.map(|_| ()) })),
    Step::then(
        "the real browser shows {text} without a reload",
        "The page shows this text and is still the document that was there when the file was saved, or, if none was, when the page was opened.",
        "the real browser shows \"Moored\" without a reload",
    )
    .needs(&[Need::Program("Chromium")])
    .touches(Touch::Nothing)
    .waits()
    .observed(|world, arguments| Box::pin(shows_without_reload(world, arguments))),
    Step::then(
        "for {duration} the real browser never shows {text}",
        "The page is looked at for this long, and does not show this text at any time.",
        "for 2 seconds the real browser never shows \"Offline\"",
    )
    .needs(&[Need::Program("Chromium")])
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(never_shows(world, arguments))),
];

async fn start(world: &World, path: &str) -> Result<Browser, Failure> {
    let running = world.running()?;
    let stack = &running.stack;
    let tried = format!("open \"{path}\" in a real browser");
    let program = browser::find().map_err(|why| {
        Failure::undecided(tried.clone(), format!("there is no Chromium: {why}")).help(format!(
            "install one (Debian: {INSTALL}), or name the program in {VARIABLE}; `seaworthy doctor` says whether it is found"
        ))
    })?;
    if web::as_typed(stack, path)?.scheme() != "http" {
        return Err(Failure::undecided(
            tried,
            "the web server is reached with TLS, and the browser is not given its authority",
        )
        .help("say it of an environment that is reached over plain HTTP"));
    }
    let names = web::names_of_the_host(stack);
    let doors: Vec<Door> = web::doors(stack)
        .await?
        .into_iter()
        .flat_map(|(port, at)| names.iter().map(move |name| (format!("{name}:{port}"), at)))
        .collect();
    Browser::start(stack, &program, &doors).await.map_err(|why| {
        Failure::from(why).help(format!(
            "start it by hand with --headless to see what it lacks, or name another in {VARIABLE}"
        ))
    })
}

async fn open(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let (url, web) = {
        let running = world.running()?;
        (web::as_typed(&running.stack, &path)?, web::server(&running.stack)?.0)
    };
    if world.real_browser.is_none() {
        world.real_browser = Some(start(world, &path).await?);
    }
    let browser = page(world)?;
    let begun = Instant::now();
    let found = match browser.open(url.as_str(), PATIENCE).await? {
        Opened::Loaded { status: Some(status @ ..400) } => {
            let version = browser.version.clone();
            let seen = format!("{status}, loaded after {:.0?}", begun.elapsed());
            world.evidence(format!("{url} in {version}"), seen);
            return Ok(());
        }
        Opened::Loaded { status: Some(status) } => format!("status {status}"),
        Opened::Loaded { status: None } => "no status".to_owned(),
        Opened::Failed(why) => why,
        Opened::Unfinished => {
            format!("it is still loading after {}", humantime::format_duration(PATIENCE))
        }
    };
    let failure = Failure::finding(format!("{url} opens with a status below 400"), found)
        .place(format!("service \"{web}\" at {url}"))
        .services([&web])
        .help("ask for the same page without a browser: `When the browser requests …` shows the whole response");
    Err(with_complaints(failure, browser))
}

/// The browser of the scenario.
fn page(world: &mut World) -> Result<&mut Browser, Failure> {
    world.real_browser.as_mut().ok_or_else(|| {
        Failure::undecided("look at what the real browser shows", "it has opened no page")
            .help("say `When a real browser opens \"/\"` before")
    })
}

/// What a page complained of is why it does not show what it should, as a rule.
fn with_complaints(failure: Failure, browser: &Browser) -> Failure {
    let complaints = browser.page.complaints.iter();
    complaints.fold(failure, |failure, complaint| failure.note(format!("the page: {complaint}")))
}

fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "a page without text".to_owned();
    }
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { " …" } else { "" };
    format!("\"{shown}{more}\"")
}

/// What is told of a page that is not as it should be.
fn not_so(world: &World, expected: String, found: String) -> Failure {
    let failure = Failure::finding(expected, found);
    let place = world.running().and_then(|running| {
        let (web, _) = web::server(&running.stack)?;
        let url = web::as_typed(&running.stack, "/")?;
        Ok((web, url))
    });
    let failure = match place {
        Ok((web, url)) => {
            failure.place(format!("service \"{web}\" at {url}, in a real browser")).services([web])
        }
        Err(_) => failure,
    };
    match &world.real_browser {
        Some(browser) => with_complaints(failure, browser),
        None => failure,
    }
}

/// Waits until the page shows a text; returns how long after the file was saved it did.
async fn shows(world: &mut World, arguments: &Arguments) -> Result<Option<Duration>, Failure> {
    let wanted = world.fill(arguments.text(0)?)?;
    let words = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
    let limit = world.limit(arguments.within)?;
    let begun = Instant::now();
    loop {
        let text = page(world)?.text().await?;
        if text.contains(&words) {
            let after = world.saved.as_ref().map(|(_, saved)| saved.elapsed());
            let when = after.map_or_else(String::new, |after| {
                format!(", {:.0} ms after the file was saved", after.as_secs_f64() * 1000.0)
            });
            world.evidence(format!("the page in the real browser{when}"), excerpt(&text));
            return Ok(after);
        }
        if begun.elapsed() >= limit {
            let found = format!("{} (after {})", excerpt(&text), humantime::format_duration(limit));
            let expected = format!("the page shows \"{wanted}\"");
            let failure = not_so(world, expected, found);
            return Err(failure.help(if page(world)?.page.complaints.is_empty() {
                "the page complains of nothing: look at who puts this text there, and whether the page has that script"
            } else {
                "mend what the page complains of: a script that is not served, a websocket that does not open, an error that nobody caught"
            }));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn shows_without_reload(world: &mut World, arguments: &Arguments) -> StepResult {
    let after = shows(world, arguments).await?;
    tokio::time::sleep(SETTLE).await;
    let since = if after.is_some() { "the file was saved" } else { "it was opened" };
    match page(world)?.left_mark().await? {
        None => {
            world.evidence(
                "the document",
                format!(
                    "the same as when {since}: no navigation, and the mark in its window is there"
                ),
            );
            Ok(())
        }
        Some(how) => {
            let expected =
                format!("the page shows \"{}\" without a reload", world.fill(arguments.text(0)?)?);
            let found = format!("it shows it in another document than when {since}: {how}");
            let failure = not_so(world, expected, found);
            Err(failure.help("the module that changed, or one that imports it, must accept hot updates (Vite: import.meta.hot.accept); without that the page is loaded anew"))
        }
    }
}

async fn never_shows(world: &mut World, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(0)?;
    let unwanted = world.fill(arguments.text(1)?)?;
    let words = unwanted.split_whitespace().collect::<Vec<_>>().join(" ");
    let begun = Instant::now();
    loop {
        let text = page(world)?.text().await?;
        if text.contains(&words) {
            let expected = format!(
                "for {} the page never shows \"{unwanted}\"",
                humantime::format_duration(limit)
            );
            let found = format!("{} (after {:.1?})", excerpt(&text), begun.elapsed());
            let failure = not_so(world, expected, found);
            return Err(failure.help("look at which script or view puts it there"));
        }
        if begun.elapsed() >= limit {
            world.evidence(
                format!("the page in the real browser, for {}", humantime::format_duration(limit)),
                excerpt(&text),
            );
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
