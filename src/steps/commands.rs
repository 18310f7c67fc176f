//! Commands run inside a service, what it logs, and files in it.

use std::time::Duration;

use super::{Arguments, Step, StepResult, World};
use crate::{
    probe::{qr, wait::eventually},
    run::Failure,
    stack::{StackError, engine::Executed},
};

/// How long a command may run.
const COMMAND_LIMIT: Duration = Duration::from_mins(1);

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "command {text} in {service} succeeds",
        "The command, run by a shell in the service's container as its own user, exits with 0.",
        "command \"php artisan inspire\" in \"app\" succeeds",
    )
    .observed(|world, arguments| Box::pin(succeeds(world, arguments))),
    Step::then(
        "command {text} in {service} fails",
        "The command exits with something else than 0.",
        "command \"touch /etc/nginx/conf.d/x\" in \"nginx\" fails",
    )
    .observed(|world, arguments| Box::pin(fails(world, arguments))),
    Step::then(
        "command {text} in {service} prints {text}",
        "The command exits with 0 and the text occurs in what it prints.",
        "command \"redis-cli ping\" in \"redis\" prints \"PONG\"",
    )
    .observed(|world, arguments| Box::pin(prints(world, arguments))),
    Step::then(
        "what command {text} in {service} prints is called {text}",
        "The command exits with 0 and prints one line, which later sentences name: {name}.",
        "what command \"cat /etc/hostname\" in \"app\" prints is called \"host\"",
    )
    .observed(|world, arguments| Box::pin(called(world, arguments))),
    Step::then(
        "command {text} in {service} prints each of:",
        "The command exits with 0, and each text of the table is a line, or a word of a line, of what it prints.",
        "command \"php -m\" in \"queue\" prints each of:",
    )
    .table(&["text"])
    .observed(|world, arguments| Box::pin(prints_each(world, arguments))),
    Step::then(
        "the file {path} in {service} contains {text}",
        "The text occurs in the file.",
        "the file \"/var/www/storage/logs/laravel.log\" in \"app\" contains \"{request}\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(file_contains(world, arguments))),
    Step::then(
        "the log of {service} shows {text}",
        "The text occurs in a line that a replica of the service logged since the stack came up.",
        "the log of \"queue\" shows \"Processing\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(log_shows(world, arguments))),
    Step::then(
        "the log of {service} shows {text} exactly {number} times",
        "So many lines with the text are logged, and no more come within a second.",
        "the log of \"queue\" shows \"{job} failed\" exactly 3 times",
    )
    .waits()
    .observed(|world, arguments| Box::pin(log_shows_times(world, arguments))),
    Step::then(
        "the log of {service} does not show {text}",
        "The text occurs in no line that the service logged since the stack came up.",
        "the log of \"app\" does not show \"Fatal error\"",
    )
    .observed(|world, arguments| Box::pin(log_does_not_show(world, arguments))),
    Step::then(
        "the file {path} in {service} is a QR code of {text}",
        "The file is a PNG picture of one QR code, and decodes to exactly this text.",
        "the file \"/var/www/storage/app/qr/{job}.png\" in \"queue\" is a QR code of \"Ahoy\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(qr_code(world, arguments))),
];

async fn run(world: &World, arguments: &Arguments) -> Result<(String, String, Executed), Failure> {
    let (command, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?.to_owned());
    let container = world.replica(&service).await?;
    let words = ["/bin/sh".to_owned(), "-c".into(), command.clone()];
    let done = world
        .running()?
        .stack
        .engine
        .execute(&container, &words, COMMAND_LIMIT)
        .await
        .map_err(StackError::from)?;
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
    world.saw(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

async fn fails(world: &mut World, arguments: &Arguments) -> StepResult {
    let (command, service, done) = run(world, arguments).await?;
    if done.code == 0 {
        return Err(command_failure(
            &command,
            &service,
            format!("`{command}` does not exit with 0"),
            &done,
        ));
    }
    world.saw(format!("`{command}` in \"{service}\""), told(&done));
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
    world.saw(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

async fn called(world: &mut World, arguments: &Arguments) -> StepResult {
    let (command, service, done) = run(world, arguments).await?;
    let mut lines = done.output.lines().filter(|line| !line.trim().is_empty());
    match (done.code, lines.next(), lines.next()) {
        (0, Some(line), None) => {
            let (name, line) = (arguments.text(2)?.to_owned(), line.trim().to_owned());
            world.saw(format!("{name}: `{command}` in \"{service}\""), line.clone());
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
    world.saw(format!("`{command}` in \"{service}\""), told(&done));
    Ok(())
}

async fn file_contains(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, service, wanted) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    let running = world.running()?;
    let line = world
        .eventually(arguments.within, || async {
            let file =
                running.stack.engine.file(&container, &path).await.map_err(StackError::from)?;
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
    world.saw(format!("{path} in \"{service}\""), line);
    Ok(())
}

async fn lines_with(world: &World, service: &str, text: &str) -> Result<Vec<String>, Failure> {
    let running = world.running()?;
    let mut lines = Vec::new();
    for container in running.stack.service(service).await? {
        let log = running.stack.engine.log(&container.id, None).await.map_err(StackError::from)?;
        lines.extend(log.into_iter().filter(|line| line.contains(text)));
    }
    Ok(lines)
}

fn log_failure(service: &str, expected: String, found: String) -> Failure {
    Failure::finding(expected, found)
        .place(format!("log of service \"{service}\""))
        .services([service])
        .help(format!("the last lines of \"{service}\" tell what it does instead"))
}

async fn log_shows(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, text) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    let line = world
        .eventually(arguments.within, || async {
            if let Some(line) = lines_with(world, service, &text).await?.into_iter().next() {
                return Ok(line);
            }
            let expected = format!("a line with \"{text}\"");
            if lines_with(world, service, "").await?.is_empty() {
                let found = "no such line, and no other: the log is empty".into();
                return Err(log_failure(service, expected, found).help(format!(
                    "let \"{service}\" log to its standard output or error, not to a file"
                )));
            }
            Err(log_failure(service, expected, "no such line".into()))
        })
        .await?;
    world.saw(format!("log of \"{service}\""), line);
    Ok(())
}

async fn log_shows_times(world: &mut World, arguments: &Arguments) -> StepResult {
    const SETTLE: Duration = Duration::from_secs(1);
    let (service, text) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    let wanted = usize::try_from(arguments.number(2)?).unwrap_or(usize::MAX);
    let expected = || format!("exactly {wanted} lines with \"{text}\"");
    let lines = world
        .eventually(arguments.within, || async {
            let lines = lines_with(world, service, &text).await?;
            if lines.len() >= wanted {
                return Ok(lines);
            }
            Err(log_failure(
                service,
                expected(),
                format!("{} lines\n{}", lines.len(), lines.join("\n")).trim_end().to_owned(),
            ))
        })
        .await?;
    let more = eventually(SETTLE, || async {
        let lines = lines_with(world, service, &text).await.map_err(Some)?;
        if lines.len() > wanted { Ok(lines) } else { Err(None) }
    })
    .await;
    match more {
        Err(None) => {
            world.saw(format!("log of \"{service}\""), lines.join("\n"));
            Ok(())
        }
        Err(Some(why)) => Err(why),
        Ok(lines) => Err(log_failure(
            service,
            expected(),
            format!("{} lines\n{}", lines.len(), lines.join("\n")),
        )),
    }
}

async fn log_does_not_show(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, text) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    if let Some(line) = lines_with(world, service, &text).await?.into_iter().next() {
        Err(log_failure(service, format!("no line with \"{text}\""), line))
    } else {
        world.saw(format!("log of \"{service}\""), format!("no line with \"{text}\""));
        Ok(())
    }
}

async fn qr_code(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, service, wanted) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    let running = world.running()?;
    let size = world
        .eventually(arguments.within, || async {
            let file =
                running.stack.engine.file(&container, &path).await.map_err(StackError::from)?;
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
    world.saw(
        format!("{path} in \"{service}\""),
        format!("PNG of {size} bytes, a QR code that reads \"{wanted}\""),
    );
    Ok(())
}
