//! The first way: a thread of ours enters the container's network namespace (setns(2)).
//!
//! A socket belongs to the namespace of the thread that made it, wherever it is used then.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::AsFd as _,
};

use rustix::{
    fs::{Mode, OFlags, ResolveFlags, open, openat2},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use tokio::net::TcpStream;

use super::inside::{self, Answer, Question, Target};
use crate::stack::engine::Container;

/// The namespace of a container whose process is provably on this host.
fn of(container: &Container) -> Result<File, String> {
    let path = format!("/proc/{}/ns/net", container.pid);
    let file = File::open(&path);
    // Looked at afterwards: what was opened is then the container's, whoever has its number later.
    if !container.is_here() {
        return Err("its processes are not seen on this host".into());
    }
    file.map_err(|why| format!("{path}: {why}"))
}

/// Does something in a thread of its own that has entered a namespace, and ends with it.
async fn within<T, F>(
    namespace: File,
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<T, String>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let done = (|| {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok::<_, io::Error>(runtime.block_on(work()))
        })();
        // Nobody waits for it any more: nothing is lost.
        let _gone = sender.send(done.map_err(|why| why.to_string()));
    });
    receiver.await.map_err(|_| "the thread that entered it has ended".to_owned())?
}

/// A file of a container as its processes see it; empty where there is none.
fn file(container: &Container, path: &str) -> io::Result<String> {
    let root = format!("/proc/{}/root", container.pid);
    let root = open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    // Links are followed as in the container, never out of it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match openat2(&root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        Err(why) if why == rustix::io::Errno::NOENT => return Ok(String::new()),
        file => file?,
    };
    let mut text = String::new();
    File::from(file).take(1 << 20).read_to_string(&mut text)?;
    Ok(text)
}

/// Asks a question there.
///
/// # Errors
/// Why the namespace cannot be entered.
pub(super) async fn ask(container: &Container, question: &Question) -> Result<Answer, String> {
    let namespace = of(container)?;
    let question = match question {
        Question::Resolve { name, .. } => {
            let read = |path: &str| file(container, path).map_err(|why| format!("/{path}: {why}"));
            let files = Some((read("etc/resolv.conf")?, read("etc/hosts")?));
            Question::Resolve { name: name.clone(), files }
        }
        other => other.clone(),
    };
    within(namespace, move || inside::answer(question)).await
}

/// Connects from there; the inner error is what the addresses answered.
///
/// # Errors
/// Why the namespace cannot be entered.
pub(super) async fn dial(
    container: &Container,
    target: &Target,
) -> Result<Result<TcpStream, String>, String> {
    let namespace = of(container)?;
    let target = target.clone();
    let dialled = within(namespace, move || async move {
        let (stream, _) = inside::dial(&target).await?;
        stream.into_std().map_err(|why| why.to_string())
    });
    Ok(match dialled.await? {
        Ok(stream) => Ok(TcpStream::from_std(stream).map_err(|why| why.to_string())?),
        Err(why) => Err(why),
    })
}
