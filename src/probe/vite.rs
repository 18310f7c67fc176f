//! The client script of Vite's development server (`/@vite/client`): where it opens its websocket.
//!
//! The server writes what `server.hmr` says into the script; the script fills in the rest from
//! the address that it was loaded from (Vite, `src/client/client.ts` and
//! `src/node/plugins/clientInjections.ts`).

pub mod serving;

use regex::Regex;
use reqwest::Url;
use serde_json::Value;

/// What the server has told its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    protocol: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    base: String,
    direct: String,
    token: Option<String>,
    /// The name of Vite's configuration file.
    pub configuration: String,
}

/// Why a script does not say where it opens a websocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoClient {
    /// It is something else.
    #[error("it is not the client script of a Vite development server")]
    Other,
    /// It is Vite's, and says this in a way that is not known.
    #[error("it does not say its {0} as Vite 2 to 7 do")]
    Unknown(&'static str),
}

impl Client {
    /// Reads the script as the server hands it to browsers.
    ///
    /// # Errors
    /// [`NoClient`].
    pub fn read(script: &str) -> Result<Self, NoClient> {
        if !is_client(script) {
            return Err(NoClient::Other);
        }
        let find = |what, pattern: &str| -> Result<Value, NoClient> {
            let written = Regex::new(pattern)
                .ok()
                .and_then(|pattern| Some(pattern.captures(script)?[1].to_owned()))
                .ok_or(NoClient::Unknown(what))?;
            serde_json::from_str(&written).map_err(|_| NoClient::Unknown(what))
        };
        let text = |value: Value| value.as_str().map(str::to_owned);
        let port = find("port", r"const hmrPort = ([^;]*);")?;
        let port = match (port.as_u64(), port.as_str()) {
            (Some(number), _) => u16::try_from(number).ok(),
            (_, Some(text)) => text.parse().ok(),
            _ => None,
        };
        let host = r#"const socketHost = `\$\{(null|"[^"]*") \|\|"#;
        let base = r#"const socketHost = `[^`]*\$\{("[^"]*")\}`"#;
        let said = |what, pattern| text(find(what, pattern)?).ok_or(NoClient::Unknown(what));
        // Clients of before 2025 have none.
        let token = match find("token", r#"const wsToken = ("[^"]*");"#) {
            Ok(token) => text(token),
            Err(_) if !script.contains("wsToken") => None,
            Err(why) => return Err(why),
        };
        Ok(Self {
            protocol: text(find("protocol", r#"const socketProtocol = (null|"[^"]*") \|\|"#)?),
            host: text(find("host", host)?),
            // As in the script, a port that is 0 counts as none.
            port: port.filter(|port| *port != 0),
            base: said("path", base)?,
            direct: said("direct target", r#"const directSocketHost = ("[^"]*");"#)?,
            token,
            configuration: said("configuration file", r#"const hmrConfigName = ("[^"]*");"#)
                .unwrap_or_else(|_| "vite.config.js".to_owned()),
        })
    }

    /// The settings under `server.hmr` that take the place of the page's own address.
    #[must_use]
    pub fn told(&self) -> Vec<&'static str> {
        let told = [
            ("clientPort or port", self.port.is_some()),
            ("host", self.host.is_some()),
            ("protocol", self.protocol.is_some()),
        ];
        told.into_iter().filter(|(_, told)| *told).map(|(name, _)| name).collect()
    }

    /// The addresses that the client tries, one after the other, when it was loaded from `script`.
    ///
    /// # Errors
    /// One that is no address.
    pub fn addresses(&self, script: &Url) -> Result<Vec<Url>, String> {
        let protocol = self.protocol.as_deref().unwrap_or(match script.scheme() {
            "https" => "wss",
            _ => "ws",
        });
        let host = self.host.as_deref().or(script.host_str()).unwrap_or_default();
        let port = self.port.or(script.port()).map_or_else(String::new, |port| port.to_string());
        let token = self.token.as_ref().map_or_else(String::new, |token| format!("?token={token}"));
        let mut addresses = vec![format!("{protocol}://{host}:{port}{}{token}", self.base)];
        // Only a client that was told no port falls back to the server itself.
        if self.port.is_none() {
            addresses.push(format!("{protocol}://{}{token}", self.direct));
        }
        let read = |text: &String| Url::parse(text).map_err(|why| format!("{text}: {why}"));
        addresses.iter().map(read).collect()
    }
}

/// Whether a script is Vite's client, whichever version it is of.
fn is_client(script: &str) -> bool {
    script.contains("\"vite-hmr\"") || script.contains("'vite-hmr'")
}

/// An address to be shown: the token is nobody else's business.
#[must_use]
pub fn without_token(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of Vite 7's client that matter, with what the server puts in.
    fn script(protocol: &str, host: &str, port: &str) -> String {
        format!(
            "const hmrConfigName = \"vite.config.js\";\n\
             const serverHost = \"localhost:5173/\";\n\
             const socketProtocol = {protocol} || (importMetaUrl.protocol === \"https:\" ? \"wss\" : \"ws\");\n\
             const hmrPort = {port};\n\
             const socketHost = `${{{host} || importMetaUrl.hostname}}:${{hmrPort || importMetaUrl.port}}${{\"/hmr\"}}`;\n\
             const directSocketHost = \"localhost:5173/\";\n\
             const wsToken = \"abc-1\";\n\
             createConnection: () => new WebSocket(`${{socketProtocol}}://${{socketHost}}?token=${{wsToken}}`, \"vite-hmr\"),\n"
        )
    }

    fn addresses(script: &str, page: &str) -> Vec<String> {
        let client = Client::read(script).expect("a client");
        let page = Url::parse(page).expect("an address");
        client.addresses(&page).expect("addresses").iter().map(Url::to_string).collect()
    }

    #[test]
    fn without_settings_the_pages_own_address_counts_and_then_the_server_itself() {
        assert_eq!(
            addresses(&script("null", "null", "null"), "http://127.0.0.1:8080/@vite/client"),
            ["ws://127.0.0.1:8080/hmr?token=abc-1", "ws://localhost:5173/?token=abc-1"]
        );
        assert_eq!(
            addresses(&script("null", "null", "null"), "https://localhost/@vite/client")[0],
            "wss://localhost/hmr?token=abc-1"
        );
    }

    #[test]
    fn what_the_client_was_told_goes_before_the_pages_address() {
        let told = script("\"wss\"", "\"app.test\"", "24678");
        assert_eq!(
            addresses(&told, "http://127.0.0.1:8080/@vite/client"),
            ["wss://app.test:24678/hmr?token=abc-1"],
            "and there is no second try"
        );
        let client = Client::read(&told).expect("a client");
        assert_eq!(client.told(), ["clientPort or port", "host", "protocol"]);
    }

    #[test]
    fn a_client_of_before_has_no_token() {
        let old = script("null", "null", "null").replace("const wsToken = \"abc-1\";\n", "");
        let old = old.replace("?token=${wsToken}", "");
        assert_eq!(
            addresses(&old, "http://localhost:3000/@vite/client")[0],
            "ws://localhost:3000/hmr"
        );
    }

    #[test]
    fn another_script_is_told_from_one_that_is_written_otherwise() {
        assert_eq!(Client::read("<!doctype html>"), Err(NoClient::Other));
        let later = script("null", "null", "null").replace("directSocketHost", "fallback");
        assert_eq!(Client::read(&later), Err(NoClient::Unknown("direct target")));
    }
}
