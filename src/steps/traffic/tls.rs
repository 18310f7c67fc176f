//! Which versions of TLS a service accepts.

use crate::steps::{Arguments, Step, StepResult, World};
use crate::{
    probe::tls::{self, Answer, VERSIONS, Version},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "service {service} accepts TLS 1.2 and TLS 1.3 on port {number}, and no older version",
    "A connection that offers one version alone is taken up for these two and refused for SSL 3.0, TLS 1.0 and TLS 1.1.",
    "service \"web\" accepts TLS 1.2 and TLS 1.3 on port 443, and no older version",
)
.observed(|world, arguments| Box::pin(accepts(world, arguments)))];

async fn accepts(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?;
    let port = u16::try_from(arguments.number(1)?)
        .map_err(|why| Failure::undecided("read the port", why.to_string()))?;
    let running = world.running()?;
    let at = running.stack.published(service, port).await?;
    let name = running.stack.web.as_ref().and_then(|web| web.address.as_ref()?.host_str());
    let (mut seen, mut wrong) = (Vec::new(), false);
    for version in VERSIONS {
        let answer = tls::offer(at, name, version).await?;
        wrong |= (answer == Answer::Accepted) != (version >= Version::Tls12);
        let said = match answer {
            Answer::Accepted => "accepted".to_owned(),
            Answer::Refused(why) => format!("refused: {why}"),
        };
        seen.push(format!("{}: {said}", version.name()));
    }
    if !wrong {
        world.evidence(format!("versions of TLS at {at}"), seen.join("\n"));
        return Ok(());
    }
    Err(Failure::finding("TLS 1.2 and TLS 1.3 are accepted, and no older version", seen.join("\n"))
        .place(format!("service \"{service}\", port {port}, reached at {at}"))
        .services([service])
        .help("say which versions are spoken (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`), and look whether the server has a certificate for this name"))
}
