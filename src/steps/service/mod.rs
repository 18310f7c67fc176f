//! What a service is and may do: image, command, limits, rights, mounts, ports, environment.

pub(super) mod attached;
pub(super) mod builds;
pub(super) mod command_lines;
pub(super) mod commands;
pub(super) mod configured;
pub(super) mod drift;
pub(super) mod facts;
pub(super) mod guards;
pub(super) mod health;
pub(super) mod images;
pub(super) mod limits;
pub(super) mod logs;
pub(super) mod mounts;
pub(super) mod networks;
pub(super) mod ports;
pub(super) mod published;
pub(super) mod replicas;
pub(super) mod resources;
pub(super) mod restart;
pub(super) mod rights;
pub(super) mod services;
pub(super) mod upkeep;
pub(super) mod values;
pub(super) mod who_runs;
pub(super) mod writable;
