//! What lies in stores, what they were asked, and whether a backup of them restores.

mod absence;
pub(super) mod backup;
pub(super) mod broker_keepers;
mod broker_sessions;
pub(super) mod brokers;
mod cells;
pub(super) mod keys;
mod kinds;
pub(super) mod messages;
pub(super) mod passwords;
pub(super) mod queries;
pub(super) mod scratch;
pub(super) mod stores;
pub(super) mod tables;
