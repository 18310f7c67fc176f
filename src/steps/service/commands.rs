//! Commands run inside a service, what it logs, and files in it.

use std::time::Duration;

use crate::steps::{
    Arguments, Step, StepResult, Touch, World, judging::execute::execute, service::logs,
};
use crate::{
    probe::{files, qr, wait::eventually},
    run::Failure,
    stack::{StackError, engine::Executed, ran},
};

/// How long the engine may take to see that a container ended whose commands were killed.
const KILLED_LIMIT: Duration = Duration::from_secs(1);
/// How long a command may run.
const COMMAND_LIMIT: Duration = Duration::from_mins(1);

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "command {text} in {service} succeeds",
        "The command, run by a shell in the service's container as its own user, exits with 0.",
        "command \"python manage.py check\" in \"api\" succeeds",
    )
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(succeeds(world, arguments))),
    Step::then(
        "command {text} in {service} fails",
        "The command exits with something else than 0.",
        "command \"touch /etc/nginx/conf.d/x\" in \"web\" fails",
    )
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(fails(world, arguments))),
    Step::then(
        "command {text} in {service} prints {text}",
        "The command exits with 0 and the text occurs in what it prints.",
        "command \"redis-cli ping\" in \"cache\" prints \"PONG\"",
    )
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(prints(world, arguments))),
    Step::then(
        "what command {text} in {service} prints is called {text}",
        "The command exits with 0 and prints one line, which later sentences name: {name}.",
        "what command \"cat /etc/hostname\" in \"api\" prints is called \"host\"",
    )
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(called(world, arguments))),
    Step::then(
        "command {text} in {service} prints each of:",
        "The command exits with 0, and each text of the table is a line, or a word of a line, of what it prints.",
        "command \"pip list\" in \"worker\" prints each of:",
    )
    .table(&["text"])
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(prints_each(world, arguments))),
    Step::then(
        "the file {path} in {service} contains {text}",
        "The text occurs in the file.",
        "the file \"/var/log/api.log\" in \"api\" contains \"{request}\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(file_contains(world, arguments))),
    Step::then(
        "the log of {service} shows {text}",
        "The text occurs in a line that a replica of the service logged since the stack came up.",
        "the log of \"worker\" shows \"Processing\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(logs::log_shows(world, arguments))),
    Step::then(
        "the log of {service} shows {text} exactly {number} times",
        "So many lines with the text are logged, and no more come within a second.",
        "the log of \"worker\" shows \"{task} failed\" exactly 3 times",
    )
    .waits()
    .observed(|world, arguments| Box::pin(logs::log_shows_times(world, arguments))),
    Step::then(
        "for {duration} the log of {service} never shows {text}",
        "The text occurs in no line that the service logged since the stack came up, and in none that it logs in that time; its containers run, or have ended with 0.",
        "for 5 seconds the log of \"api\" never shows \"Fatal error\"",
    )
    .observed(|world, arguments| Box::pin(logs::log_never_shows(world, arguments))),
    Step::then(
        "the file {path} in {service} is a QR code of {text}",
        "The file is a PNG picture of one QR code, and decodes to exactly this text.",
        "the file \"/srv/codes/{task}.png\" in \"worker\" is a QR code of \"Ahoy\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(qr_code(world, arguments))),
];

async fn run(world: &World, arguments: &Arguments) -> Result<(String, String, Executed), Failure> {
    let (command, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?.to_owned());
    let container = world.replica(&service).await?;
    let words = ["/bin/sh".to_owned(), "-c".into(), command.clone()];
    let running = world.running()?;
    let done = execute(&running, &container, None, (&words, &command), COMMAND_LIMIT).await?;
    Ok((command, service, done))
}

fn told(done: &Executed) -> String {
    match done.output.trim() {
        "" => format!("exit code {}, and nothing printed", done.code),
        output => format!("exit code {}: {output}", done.code),
    }
}

/// The beginning and the end of a long text: a program that fails says why at one of them.
fn shortened(text: &str) -> String {
    const KEPT: (usize, usize) = (10, 20);
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(KEPT.0 + KEPT.1);
    if left_out <= 1 {
        return text.to_owned();
    }
    let (first, last) = (&lines[..KEPT.0], &lines[lines.len() - KEPT.1..]);
    format!("{}\n… {left_out} lines …\n{}", first.join("\n"), last.join("\n"))
}

fn command_failure(command: &str, service: &str, expected: String, done: &Executed) -> Failure {
    Failure::finding(expected, shortened(&told(done)))
        .place(format!("service \"{service}\""))
        .services([service])
        // as a shell quotes a quote
        .help(format!(
            "run it by hand: docker compose exec {service} sh -c '{}'",
            command.replace('\'', r"'\''")
        ))
}

async fn succeeds(world: &mut World, arguments: &Arguments) -> StepResult {
    let (command, service, done) = run(world, arguments).await?;
    if done.code != 0 {
        return Err(command_failure(
            &command,
            &service,
            format!("`{command}` exits with 0"),
            &done,
        ));
    }
    // `! curl …`, `curl … || exit 0`: a program that is not there lets it succeed as well.
    if let Some(why) = ran::never_ran(Some(done.code), &command, &done.output) {
        return Err(not_run(&command, &service, why));
    }
    world.evidence(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

/// A command line that was not run, or not to its end.
fn not_run(command: &str, service: &str, why: String) -> Failure {
    Failure::undecided(format!("run `{command}` in \"{service}\""), why)
        .place(format!("service \"{service}\""))
        .services([service])
        .help("what cannot be run says nothing, whether it succeeds or fails: ask with a program that is there and may be run; that one is absent is proven by `command -v`, which then fails")
}

async fn fails(world: &mut World, arguments: &Arguments) -> StepResult {
    let container = world.replica(arguments.text(1)?).await?;
    let (command, service, done) = run(world, arguments).await?;
    // A program that is not there fails at everything.
    if done.code != 0
        && let Some(why) = ran::never_ran(Some(done.code), &command, &done.output)
    {
        return Err(not_run(&command, &service, why));
    }
    if done.code == 0 {
        return Err(command_failure(
            &command,
            &service,
            format!("`{command}` does not exit with 0"),
            &done,
        ));
    }
    // So does whatever runs in a container that ends meanwhile: the engine learns of that last.
    let engine = &world.running()?.stack.engine;
    let killed = if done.code > 128 { KILLED_LIMIT } else { Duration::ZERO };
    let ended = eventually(killed, || async {
        let now = engine.container(&container.id).await;
        match now {
            Ok(now) if now.state == "running" && now.pid == container.pid => Err(None),
            Ok(_) => Ok(()),
            Err(why) => Err(Some(why)),
        }
    });
    let ended = ended.await;
    if let Err(Some(why)) = ended {
        return Err(StackError::from(why).into());
    }
    if ended.is_ok() {
        // So that the reason is told with it.
        world.running()?.hear_end_of(&container.id).await;
        return Err(Failure::undecided(
            format!("run `{command}` in \"{service}\""),
            "the container ended while it ran",
        )
        .services([&service])
        .help(format!("the log of \"{service}\" says why it ended")));
    }
    if let Some(why) = ran::killed(Some(done.code)) {
        return Err(not_run(&command, &service, why)
            .help("what is killed has not said what it found: give it the memory and the time that it needs"));
    }
    world.evidence(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

async fn prints(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(2)?)?;
    let (command, service, done) = run(world, arguments).await?;
    if done.code != 0 || !done.output.contains(&wanted) {
        return Err(command_failure(
            &command,
            &service,
            format!("`{command}` exits with 0 and prints \"{wanted}\""),
            &done,
        ));
    }
    world.evidence(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

async fn called(world: &mut World, arguments: &Arguments) -> StepResult {
    let (command, service, done) = run(world, arguments).await?;
    let mut lines = done.output.lines().filter(|line| !line.trim().is_empty());
    match (done.code, lines.next(), lines.next()) {
        (0, Some(line), None) => {
            let (name, line) = (arguments.text(2)?.to_owned(), line.trim().to_owned());
            world.evidence(format!("{name}: `{command}` in \"{service}\""), line.clone());
            world.names.insert(name, line);
            Ok(())
        }
        _ => Err(command_failure(
            &command,
            &service,
            format!("`{command}` exits with 0 and prints one line"),
            &done,
        )),
    }
}

async fn prints_each(world: &mut World, arguments: &Arguments) -> StepResult {
    let (command, service, done) = run(world, arguments).await?;
    let words: Vec<&str> = done
        .output
        .lines()
        .flat_map(|line| std::iter::once(line.trim()).chain(line.split_whitespace()))
        .collect();
    let wanted: Vec<&str> = arguments.rows.iter().map(|row| row[0].as_str()).collect();
    let missing: Vec<&str> = wanted.iter().copied().filter(|text| !words.contains(text)).collect();
    if done.code != 0 || !missing.is_empty() {
        let mut failure = command_failure(
            &command,
            &service,
            format!("`{command}` exits with 0 and prints each of: {}", wanted.join(", ")),
            &done,
        );
        failure.found = format!("missing: {}\n{}", missing.join(", "), failure.found);
        return Err(failure);
    }
    world.evidence(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

async fn file_contains(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, service, wanted) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    let running = world.running()?;
    let line = world
        .eventually(arguments.within, || async {
            let file = files::bytes(&running.stack.engine, &container, &path).await?;
            let text = file.as_ref().map(|file| String::from_utf8_lossy(file).into_owned());
            let line = text.as_ref().and_then(|text| {
                text.lines().find(|line| line.contains(&wanted)).map(str::to_owned)
            });
            line.ok_or_else(|| {
                let found = text.map_or_else(
                    || "there is no such file".to_owned(),
                    |text| format!("{} lines, none with it", text.lines().count()),
                );
                Failure::finding(format!("{path} contains \"{wanted}\""), found)
                    .place(format!("file {path} in service \"{service}\""))
                    .services([service])
                    .help("look at who writes this file, and whether it may")
            })
        })
        .await?;
    world.evidence(format!("{path} in \"{service}\""), line);
    Ok(())
}

async fn qr_code(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, service, wanted) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    let running = world.running()?;
    let size = world
        .eventually(arguments.within, || async {
            let file = files::bytes(&running.stack.engine, &container, &path).await?;
            let read =
                file.as_ref().map_or_else(|| Err("not there".to_owned()), |file| qr::decode(file));
            match read {
                Ok(text) if text == wanted => Ok(file.map_or(0, |file| file.len())),
                read => {
                    let found = read.map_or_else(
                        |why| format!("it is {why}"),
                        |text| format!("a QR code of \"{text}\""),
                    );
                    Err(Failure::finding(format!("{path} is a QR code of \"{wanted}\""), found)
                        .place(format!("file {path} in service \"{service}\""))
                        .services([service])
                        .help("look at the job that draws it"))
                }
            }
        })
        .await?;
    world.evidence(
        format!("{path} in \"{service}\""),
        format!("PNG of {size} bytes, a QR code that reads \"{wanted}\""),
    );
    Ok(())
}
