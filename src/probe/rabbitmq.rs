//! RabbitMQ: what its queues hold, by its own command line in the container.
//!
//! The command line needs no password and no plugin, and counts at once; the management's numbers are
//! seconds old.

use serde::Deserialize;

use super::ProbeError;

/// A queue as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Messages that wait, and those that a consumer has in hand.
    pub messages: u64,
    /// Who takes messages from it.
    pub consumers: u64,
    /// Whether the queue itself outlives a restart of the server.
    pub durable: bool,
}

/// The command line that lists the queues of a virtual host.
#[must_use]
pub fn listing(host: &str) -> Vec<String> {
    let words = ["rabbitmqctl", "--quiet", "--vhost", host, "list_queues", "--formatter", "json"];
    let columns = ["name", "messages", "consumers", "durable"];
    words.iter().chain(&columns).map(|word| (*word).to_owned()).collect()
}

/// What a server keeps by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Who may log in.
    Users,
    /// The rooms that queues lie in.
    VirtualHosts,
}

impl Kept {
    /// One of them.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::VirtualHosts => "virtual host",
        }
    }

    /// The command line that lists them.
    #[must_use]
    pub fn listing(self) -> Vec<String> {
        let list = match self {
            Self::Users => "list_users",
            Self::VirtualHosts => "list_vhosts",
        };
        let words = ["rabbitmqctl", "--quiet", list, "--formatter", "json"];
        words.map(str::to_owned).to_vec()
    }

    /// The names that it printed, in order.
    ///
    /// # Errors
    /// When it is no such list.
    pub fn names(self, printed: &str) -> Result<Vec<String>, ProbeError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(alias = "user")]
            name: String,
        }
        let list = printed.find('[').map_or(printed, |at| &printed[at..]);
        let rows: Vec<Row> = serde_json::from_str(list)
            .map_err(|why| ProbeError::new(format!("read the list of {}s", self.word()), &why))?;
        let mut names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
        names.sort();
        Ok(names)
    }
}

/// What that command line printed, in the order of the names.
///
/// # Errors
/// When it is no list of queues.
pub fn queues(printed: &str) -> Result<Vec<Queue>, ProbeError> {
    // Warnings of Erlang may stand before it.
    let list = printed.find('[').map_or(printed, |at| &printed[at..]);
    let doing = || "read the list of queues".to_owned();
    let mut read: Vec<Queue> =
        serde_json::from_str(list).map_err(|why| ProbeError::new(doing(), &why))?;
    read.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_queues_is_read_behind_a_warning() {
        let printed = "warning: the VM is running with native name encoding\n\
            [\n{\"name\":\"orders\",\"messages\":2,\"consumers\":0,\"durable\":true}\n]\n";
        let read = queues(printed).expect("a list");
        let orders = Queue { name: "orders".into(), messages: 2, consumers: 0, durable: true };
        assert_eq!(read, [orders]);
        assert_eq!(queues("[]").expect("a list"), []);
        assert!(queues("Error: unable to connect").is_err());
    }

    #[test]
    fn users_and_virtual_hosts_are_listed_by_name() {
        let users =
            "[\n{\"user\":\"worker\",\"tags\":[]}\n,{\"user\":\"guest\",\"tags\":[\"a\"]}\n]";
        assert_eq!(Kept::Users.names(users).expect("a list"), ["guest", "worker"]);
        let hosts = "warning: x\n[{\"name\":\"/\"}]";
        assert_eq!(Kept::VirtualHosts.names(hosts).expect("a list"), ["/"]);
        assert!(Kept::Users.names("Error").is_err());
    }
}
