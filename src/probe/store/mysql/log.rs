//! Listening to MySQL by its general query log, written to the table `mysql.general_log`; it is
//! switched off again when the tap is closed.

use mysql_async::{Conn, prelude::Queryable as _};

use super::{
    super::{Answer, Login, Tap},
    connect,
};
use crate::{probe::ProbeError, stack::engine::Container};

/// The log of a server.
#[derive(Debug)]
struct QueryLog {
    container: Container,
    /// The server's settings before we changed them.
    general_log: bool,
    log_output: String,
}

pub(super) fn open(container: Container) -> Answer<'static, Box<dyn Tap>> {
    Box::pin(async move {
        let mut conn = connect(&container, Login::Root).await?;
        let (general_log, log_output) = settings(&mut conn).await?;
        conn.query_drop("SET GLOBAL log_output = 'TABLE'")
            .await
            .map_err(|why| ProbeError::new("switch the general query log to a table", &why))?;
        conn.query_drop("SET GLOBAL general_log = 'ON'")
            .await
            .map_err(|why| ProbeError::new("switch on the general query log", &why))?;
        let _closed = conn.disconnect().await;
        Ok(Box::new(QueryLog { container, general_log, log_output }) as Box<dyn Tap>)
    })
}

impl Tap for QueryLog {
    fn container(&self) -> &Container {
        &self.container
    }

    fn is_open(&self) -> bool {
        true
    }

    fn heard<'a>(&'a self, text: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(heard(&self.container, text))
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(self.put_back())
    }
}

impl QueryLog {
    async fn put_back(&self) -> Result<(), ProbeError> {
        let mut conn = connect(&self.container, Login::Root).await?;
        let doing = "switch off the general query log again";
        if !self.general_log {
            conn.query_drop("SET GLOBAL general_log = 'OFF'")
                .await
                .map_err(|why| ProbeError::new(doing, &why))?;
        }
        conn.exec_drop("SET GLOBAL log_output = ?", (&self.log_output,))
            .await
            .map_err(|why| ProbeError::new(doing, &why))?;
        let _closed = conn.disconnect().await;
        Ok(())
    }
}

async fn heard(container: &Container, text: &str) -> Result<Vec<String>, ProbeError> {
    let mut conn = connect(container, Login::Root).await?;
    let (on, output) = settings(&mut conn).await?;
    if !on || !output.contains("TABLE") {
        return Err(ProbeError {
            doing: format!("read the general query log of {}", container.name),
            why: "it was switched off meanwhile".into(),
        });
    }
    // The condition is computed so that this very statement does not contain the text.
    let statements: Vec<Vec<u8>> = conn
        .exec(
            "SELECT argument FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') \
             AND LOCATE(CONVERT(FROM_BASE64(?) USING utf8mb4), CONVERT(argument USING utf8mb4)) > 0",
            (base64(text),),
        )
        .await
        .map_err(|why| ProbeError::new("read the general query log", &why))?;
    let _closed = conn.disconnect().await;
    Ok(statements.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect())
}

/// Whether the general query log is on, and where it is written to.
async fn settings(conn: &mut Conn) -> Result<(bool, String), ProbeError> {
    let doing = "read the settings of the general query log";
    let row: Option<(i64, String)> = conn
        .query_first("SELECT @@GLOBAL.general_log, @@GLOBAL.log_output")
        .await
        .map_err(|why| ProbeError::new(doing, &why))?;
    let nothing = || ProbeError { doing: doing.into(), why: "the server tells nothing".into() };
    row.map(|(on, output)| (on != 0, output)).ok_or_else(nothing)
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
