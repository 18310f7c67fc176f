//! Whether a command line did what it is for, or was never run: neither a failure nor a success
//! says anything of the stack then. Sentences ask this of commands, readiness of health checks.

use super::engine::Executed;

/// What a shell says on a line of its own of a program that it does not find or may not run
/// ("Command Search and Execution" of POSIX), and which program.
fn complaint(line: &str) -> Option<(&str, bool)> {
    let (shell, rest) = line.trim().split_once(": ")?;
    let shell = shell.rsplit('/').next().unwrap_or_default();
    if !matches!(shell.trim_start_matches('-'), "sh" | "ash" | "dash" | "bash") {
        return None;
    }
    // dash: `sh: 1: …`; bash: `bash: line 1: …`.
    let is_number = |text: &str| text.trim_start_matches("line ").parse::<u32>().is_ok();
    let rest = rest.split_once(": ").filter(|(line, _)| is_number(line)).map_or(rest, |(_, it)| it);
    let (program, why) = rest.split_once(": ")?;
    match why {
        "not found" | "command not found" => Some((program, false)),
        // `sh: 1: cannot create /x: Permission denied` is of a redirection, and an answer.
        "Permission denied" if !program.contains(char::is_whitespace) => Some((program, true)),
        _ => None,
    }
}

/// Whether a command line reads from, or writes to, a file: bash says of one that it may not open
/// what it says of a program that it may not run.
fn redirects(command: &str, file: &str) -> bool {
    command.match_indices(file).any(|(at, _)| {
        let before = command[..at].trim_end_matches(['"', '\'', ' ', '\t', '|']);
        before.ends_with(['>', '<'])
    })
}

/// Why a command line may never have been run: what the shell says of a program that it does not
/// find or may not run (exit codes 127 and 126), also of one in the middle of a pipe, or before
/// `||` or after `!`, whose exit code is lost.
#[must_use]
pub fn never_ran(code: Option<i64>, command: &str, output: &str) -> Option<String> {
    let said = output.lines().map(str::trim).find(|line| {
        complaint(line).is_some_and(|(program, denied)| !denied || !redirects(command, program))
    });
    match code {
        Some(126 | 127) => Some(said.unwrap_or(output).trim().to_owned()),
        Some(code @ ..0) => Some(format!("its exit code is not known ({code})")),
        None => Some("a signal ended it".into()),
        _ => said.map(str::to_owned),
    }
}

/// Which signal ended a command line, by the exit code of its shell: 128 and the signal's number
/// ("Exit Status for Commands" of POSIX). What is killed has not said what it found.
#[must_use]
pub fn killed(code: Option<i64>) -> Option<String> {
    const SIGNALS: i64 = 64;
    let code = code?;
    let signal = code - 128;
    (1..=SIGNALS).contains(&signal).then(|| {
        let why = if signal == 9 { ", as the kernel does when memory is used up" } else { "" };
        format!("signal {signal} ended it{why} (exit code {code})")
    })
}

/// What is said of a health check's program that is not in the image, or is none: by the engine, or by
/// a shell.
#[must_use]
pub fn missing_program(done: &Executed) -> Option<String> {
    let said = done.output.trim();
    let missing = |line: &&str| complaint(line).is_some_and(|(_, denied)| !denied);
    let line = said.lines().map(str::trim).find(missing);
    match done.code {
        0 => None,
        126 | 127 => Some(line.unwrap_or(said).to_owned()),
        _ => line.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_has_neither_failed_nor_succeeded() {
        for (code, command, output) in [
            (127, "nosuch", "/bin/sh: 1: nosuch: not found\n"),
            (127, "nosuch", "/bin/sh: nosuch: not found\n"),
            (126, "./script", "/bin/sh: 1: ./script: Permission denied"),
            (127, "x", "OCI runtime exec failed: exec: \"/bin/sh\": stat /bin/sh: no such file"),
            (1, "which x | grep .", "/bin/sh: 1: which: not found\n"),
            (2, "which x", "bash: line 1: which: command not found"),
            (1, "./script || exit 1", "/bin/sh: 1: ./script: Permission denied"),
            (1, "./script || exit 1", "bash: line 1: ./script: Permission denied"),
            (0, "! curl http://web", "/bin/sh: 1: curl: not found"),
            (0, "curl http://web || exit 0", "sh: curl: not found"),
            (0, "! ./script", "sh: ./script: Permission denied"),
            (-1, "x", ""),
        ] {
            assert!(never_ran(Some(code), command, output).is_some(), "{code}: {output}");
        }
        for (code, command, output) in [
            (1, "x", ""),
            (0, "true", ""),
            (0, "! type curl", "bash: line 1: type: curl: not found"),
            (2, "ls /x", "ls: cannot access '/x': No such file or directory"),
            (1, "x", "page not found"),
            (1, "x", "pushing to origin: branch not found"),
            (1, "touch /x", "touch: cannot touch '/x': Permission denied"),
            (2, "echo > /x", "/bin/sh: 1: cannot create /x: Permission denied"),
            (1, "echo > /x", "sh: can't create /x: Permission denied"),
            (1, "echo >> '/x'", "/bin/sh: line 1: /x: Permission denied"),
            (1, "cat < /x", "bash: line 1: /x: Permission denied"),
            (1, "cd /root", "bash: line 1: cd: /root: Permission denied"),
        ] {
            assert_eq!(never_ran(Some(code), command, output), None, "{code}: {output}");
        }
        assert!(never_ran(None, "x", "").is_some(), "a signal");
    }

    #[test]
    fn what_a_signal_ends_has_not_failed() {
        for code in [129, 137, 139, 143] {
            assert!(killed(Some(code)).is_some(), "{code}");
        }
        for code in [0, 1, 124, 127, 128, 255] {
            assert_eq!(killed(Some(code)), None, "{code}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_told_from_one_that_fails() {
        let said = |code, output: &str| missing_program(&Executed { code, output: output.into() });
        let engine = "OCI runtime exec failed: exec: \"curl\": executable file not found in $PATH";
        assert_eq!(said(126, engine).as_deref(), Some(engine));
        // `curl … || exit 1`
        let shell = "/bin/sh: 1: curl: not found";
        assert_eq!(said(1, shell).as_deref(), Some(shell));
        assert_eq!(said(127, "sh: curl: not found").as_deref(), Some("sh: curl: not found"));
        assert_eq!(said(1, "page: not found"), None);
        assert_eq!(said(0, shell), None, "it passed without it");
    }
}
