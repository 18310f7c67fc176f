//! Rules on what keeps a container from the host and from the others.
//!
//! The numbers of the CIS Docker Benchmark in the documents have their editions beside them. Those
//! before 1.6 count each of section 5 one lower.

pub(super) mod containers;
pub(super) mod hooks;
mod host_paths;
mod known_devices;
mod known_paths;
mod namespaces;

mod cgroup_parent_set;
mod control_socket_mounted;
mod dangerous_capability;
mod dangerous_device;
mod default_capabilities_kept;
mod extra_capability;
mod host_cgroup;
mod host_device;
mod host_ipc;
mod host_mounts_seen;
mod host_network;
mod host_network_build;
mod host_path_writable;
mod host_pid;
mod host_system_path;
mod host_user_namespace;
mod host_uts;
mod privilege_escalation_allowed;
mod privileged_build;
mod privileged_container;
mod privileged_group;
mod privileged_hook;
mod root_hook;
mod root_user;
mod security_profile_off;
mod sensitive_host_path;
mod shareable_ipc;
mod shared_mount_propagation;
mod shared_namespace;
mod unlimited_ulimit;
mod user_not_set;
mod volume_shared_by_writers;
mod weak_sysctl;
mod weak_tmpfs;
mod wide_device_rule;
mod writable_root_filesystem;

use crate::policy::Rule;

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &control_socket_mounted::RULE,
    &privileged_container::RULE,
    &dangerous_capability::RULE,
    &extra_capability::RULE,
    &default_capabilities_kept::RULE,
    &privilege_escalation_allowed::RULE,
    &security_profile_off::RULE,
    &host_network::RULE,
    &host_pid::RULE,
    &host_ipc::RULE,
    &shareable_ipc::RULE,
    &host_uts::RULE,
    &host_user_namespace::RULE,
    &host_cgroup::RULE,
    &cgroup_parent_set::RULE,
    &shared_namespace::RULE,
    &sensitive_host_path::RULE,
    &host_system_path::RULE,
    &host_path_writable::RULE,
    &shared_mount_propagation::RULE,
    &host_mounts_seen::RULE,
    &volume_shared_by_writers::RULE,
    &dangerous_device::RULE,
    &host_device::RULE,
    &wide_device_rule::RULE,
    &privileged_build::RULE,
    &host_network_build::RULE,
    &root_user::RULE,
    &user_not_set::RULE,
    &privileged_group::RULE,
    &writable_root_filesystem::RULE,
    &weak_tmpfs::RULE,
    &weak_sysctl::RULE,
    &unlimited_ulimit::RULE,
    &privileged_hook::RULE,
    &root_hook::RULE,
];

#[cfg(test)]
mod tests;
