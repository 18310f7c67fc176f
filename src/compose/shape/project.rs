//! The attributes of a project, as compose-go declares them.

use super::{
    Field,
    Shape::{
        Bool, Bytes, Command, Cpus, DeviceCount, Duration, EnvFile, Environment, FileMode, Float,
        HealthTest, Hosts, Int, Labels, List, Map, MaybeBool, MaybeDuration, MaybeInt,
        MaybeUnsigned, MultiOptions, Numbers, Options, Pairs, Part, Ssh, Struct as Attributes,
        Text, TextMap, TextOrTexts, Texts, Ulimit, Unsigned,
    },
    Struct, field,
};

const fn always(name: &'static str, shape: super::Shape) -> Field {
    Field { name, json: name, shape, always: true }
}

const fn renamed(name: &'static str, json: &'static str, shape: super::Shape) -> Field {
    Field { name, json, shape, always: true }
}

const fn open(fields: &'static [Field]) -> Struct {
    Struct { fields, extensions: true }
}

/// The whole model.
pub static PROJECT: Struct = open(&[
    field("name", Text),
    always("services", Map(&Attributes(&SERVICE))),
    field("networks", Map(&Attributes(&NETWORK))),
    field("volumes", Map(&Attributes(&VOLUME))),
    field("secrets", Map(&Attributes(&FILE_OBJECT))),
    field("configs", Map(&Attributes(&FILE_OBJECT))),
    field("models", Map(&Attributes(&MODEL))),
]);

/// A service.
pub static SERVICE: Struct = open(&[
    field("profiles", Texts),
    field("annotations", Pairs),
    field("attach", MaybeBool),
    field("build", Attributes(&BUILD)),
    field("develop", Attributes(&DEVELOP)),
    field("blkio_config", Attributes(&BLKIO)),
    field("cap_add", Texts),
    field("cap_drop", Texts),
    field("cgroup_parent", Text),
    field("cgroup", Text),
    field("cpu_count", Int),
    field("cpu_percent", Float),
    field("cpu_period", Int),
    field("cpu_quota", Int),
    field("cpu_rt_period", Int),
    field("cpu_rt_runtime", Int),
    field("cpus", Float),
    field("cpuset", Text),
    field("cpu_shares", Int),
    field("command", Command),
    field("configs", List(&Attributes(&FILE_MOUNT))),
    field("container_name", Text),
    field("credential_spec", Attributes(&CREDENTIAL_SPEC)),
    field("depends_on", Map(&Attributes(&DEPENDENCY))),
    field("deploy", Attributes(&DEPLOY)),
    field("device_cgroup_rules", Texts),
    field("devices", List(&Attributes(&DEVICE))),
    field("dns", TextOrTexts),
    field("dns_opt", Texts),
    field("dns_search", TextOrTexts),
    field("dockerfile", Text),
    field("domainname", Text),
    field("entrypoint", Command),
    field("provider", Attributes(&PROVIDER)),
    field("environment", Environment),
    field("env_file", List(&EnvFile)),
    field("expose", Numbers),
    field("extends", Attributes(&EXTENDS)),
    field("external_links", Texts),
    field("extra_hosts", Hosts),
    field("group_add", Texts),
    field("gpus", List(&Attributes(&DEVICE_REQUEST))),
    field("hostname", Text),
    field("healthcheck", Attributes(&HEALTH_CHECK)),
    field("image", Text),
    field("init", MaybeBool),
    field("ipc", Text),
    field("isolation", Text),
    field("labels", Labels),
    field("label_file", Texts),
    field("links", Texts),
    field("logging", Attributes(&LOGGING)),
    field("mem_limit", Bytes),
    field("mem_reservation", Bytes),
    field("memswap_limit", Bytes),
    field("mem_swappiness", Bytes),
    field("mac_address", Text),
    field("models", Map(&Attributes(&SERVICE_MODEL))),
    field("network_mode", Text),
    field("networks", Map(&Attributes(&SERVICE_NETWORK))),
    field("oom_kill_disable", Bool),
    field("oom_score_adj", Int),
    field("pid", Text),
    field("pids_limit", Int),
    field("platform", Text),
    field("ports", List(&Attributes(&PORT))),
    field("privileged", Bool),
    field("pull_policy", Text),
    field("read_only", Bool),
    field("restart", Text),
    field("runtime", Text),
    field("scale", MaybeInt),
    field("secrets", List(&Attributes(&FILE_MOUNT))),
    field("security_opt", Texts),
    field("shm_size", Bytes),
    field("stdin_open", Bool),
    field("stop_grace_period", MaybeDuration),
    field("stop_signal", Text),
    field("storage_opt", TextMap),
    field("sysctls", Pairs),
    field("tmpfs", TextOrTexts),
    field("tty", Bool),
    field("ulimits", Map(&Ulimit)),
    field("use_api_socket", Bool),
    field("user", Text),
    field("userns_mode", Text),
    field("uts", Text),
    field("volumes", List(&Attributes(&MOUNT))),
    field("volumes_from", Texts),
    field("working_dir", Text),
    field("post_start", List(&Attributes(&HOOK))),
    field("pre_stop", List(&Attributes(&HOOK))),
]);

static BUILD: Struct = open(&[
    field("context", Text),
    field("dockerfile", Text),
    field("dockerfile_inline", Text),
    field("entitlements", Texts),
    field("args", Environment),
    field("provenance", Text),
    field("sbom", Text),
    field("ssh", Ssh),
    field("labels", Labels),
    field("cache_from", TextOrTexts),
    field("cache_to", TextOrTexts),
    field("no_cache", Bool),
    field("additional_contexts", Pairs),
    field("pull", Bool),
    field("extra_hosts", Hosts),
    field("isolation", Text),
    field("network", Text),
    field("target", Text),
    field("secrets", List(&Attributes(&FILE_MOUNT))),
    field("shm_size", Bytes),
    field("tags", TextOrTexts),
    field("ulimits", Map(&Ulimit)),
    field("platforms", TextOrTexts),
    field("privileged", Bool),
]);

static DEVELOP: Struct = open(&[field("watch", List(&Attributes(&TRIGGER)))]);

static TRIGGER: Struct = open(&[
    always("path", Text),
    always("action", Text),
    field("target", Text),
    field("exec", Part(&HOOK)),
    field("include", Texts),
    field("ignore", Texts),
    field("initial_sync", Bool),
]);

static HOOK: Struct = open(&[
    field("command", Command),
    field("user", Text),
    field("privileged", Bool),
    field("working_dir", Text),
    field("environment", Environment),
]);

static BLKIO: Struct = open(&[
    field("weight", Unsigned(16)),
    field("weight_device", List(&Attributes(&WEIGHT_DEVICE))),
    field("device_read_bps", List(&Attributes(&THROTTLE_DEVICE))),
    field("device_read_iops", List(&Attributes(&THROTTLE_DEVICE))),
    field("device_write_bps", List(&Attributes(&THROTTLE_DEVICE))),
    field("device_write_iops", List(&Attributes(&THROTTLE_DEVICE))),
]);

static WEIGHT_DEVICE: Struct =
    open(&[renamed("path", "Path", Text), renamed("weight", "Weight", Unsigned(16))]);

static THROTTLE_DEVICE: Struct =
    open(&[renamed("path", "Path", Text), renamed("rate", "Rate", Bytes)]);

static FILE_MOUNT: Struct = open(&[
    field("source", Text),
    field("target", Text),
    field("uid", Text),
    field("gid", Text),
    field("mode", FileMode),
]);

static CREDENTIAL_SPEC: Struct =
    open(&[field("config", Text), field("file", Text), field("registry", Text)]);

static DEPENDENCY: Struct =
    open(&[field("condition", Text), field("restart", Bool), always("required", Bool)]);

static DEPLOY: Struct = open(&[
    field("mode", Text),
    field("replicas", MaybeInt),
    field("labels", Labels),
    field("update_config", Attributes(&UPDATE)),
    field("rollback_config", Attributes(&UPDATE)),
    field("resources", Part(&RESOURCES)),
    field("restart_policy", Attributes(&RESTART_POLICY)),
    field("placement", Part(&PLACEMENT)),
    field("endpoint_mode", Text),
]);

static UPDATE: Struct = open(&[
    field("parallelism", MaybeUnsigned),
    field("delay", Duration),
    field("failure_action", Text),
    field("monitor", Duration),
    field("max_failure_ratio", Float),
    field("order", Text),
]);

static RESOURCES: Struct =
    open(&[field("limits", Attributes(&RESOURCE)), field("reservations", Attributes(&RESOURCE))]);

static RESOURCE: Struct = open(&[
    field("cpus", Cpus),
    field("memory", Bytes),
    field("pids", Int),
    field("devices", List(&Attributes(&DEVICE_REQUEST))),
    field("generic_resources", List(&Attributes(&GENERIC_RESOURCE))),
]);

static GENERIC_RESOURCE: Struct =
    open(&[field("discrete_resource_spec", Attributes(&DISCRETE_RESOURCE))]);

static DISCRETE_RESOURCE: Struct = open(&[always("kind", Text), always("value", Int)]);

static RESTART_POLICY: Struct = open(&[
    field("condition", Text),
    field("delay", MaybeDuration),
    field("max_attempts", MaybeUnsigned),
    field("window", MaybeDuration),
]);

static PLACEMENT: Struct = open(&[
    field("constraints", Texts),
    field("preferences", List(&Attributes(&PREFERENCE))),
    field("max_replicas_per_node", Unsigned(64)),
]);

static PREFERENCE: Struct = open(&[field("spread", Text)]);

static DEVICE: Struct =
    open(&[field("source", Text), field("target", Text), field("permissions", Text)]);

static DEVICE_REQUEST: Struct = Struct {
    fields: &[
        field("capabilities", Texts),
        field("driver", Text),
        field("count", DeviceCount),
        field("device_ids", Texts),
        field("options", Pairs),
    ],
    extensions: false,
};

static PROVIDER: Struct = open(&[field("type", Text), field("options", MultiOptions)]);

static EXTENDS: Struct =
    Struct { fields: &[field("file", Text), field("service", Text)], extensions: false };

static HEALTH_CHECK: Struct = open(&[
    field("test", HealthTest),
    field("timeout", MaybeDuration),
    field("interval", MaybeDuration),
    field("retries", MaybeUnsigned),
    field("start_period", MaybeDuration),
    field("start_interval", MaybeDuration),
    field("disable", Bool),
]);

static LOGGING: Struct = open(&[field("driver", Text), field("options", Options)]);

static SERVICE_MODEL: Struct = open(&[field("endpoint_var", Text), field("model_var", Text)]);

static SERVICE_NETWORK: Struct = open(&[
    field("aliases", Texts),
    field("driver_opts", Options),
    field("gw_priority", Int),
    field("interface_name", Text),
    field("ipv4_address", Text),
    field("ipv6_address", Text),
    field("link_local_ips", Texts),
    field("mac_address", Text),
    field("priority", Int),
]);

static PORT: Struct = open(&[
    field("name", Text),
    field("mode", Text),
    field("host_ip", Text),
    field("target", Unsigned(32)),
    field("published", Text),
    field("protocol", Text),
    field("app_protocol", Text),
]);

static MOUNT: Struct = open(&[
    field("type", Text),
    field("source", Text),
    field("target", Text),
    field("read_only", Bool),
    field("consistency", Text),
    field("bind", Attributes(&BIND)),
    field("volume", Attributes(&VOLUME_OPTIONS)),
    field("tmpfs", Attributes(&TMPFS)),
    field("image", Attributes(&IMAGE_OPTIONS)),
]);

static BIND: Struct = open(&[
    field("selinux", Text),
    field("propagation", Text),
    field("create_host_path", Bool),
    field("recursive", Text),
]);

static VOLUME_OPTIONS: Struct =
    open(&[field("labels", Pairs), field("nocopy", Bool), field("subpath", Text)]);

static TMPFS: Struct = open(&[field("size", Bytes), field("mode", Unsigned(32))]);

static IMAGE_OPTIONS: Struct = open(&[field("subpath", Text)]);

static NETWORK: Struct = open(&[
    field("name", Text),
    field("driver", Text),
    field("driver_opts", Options),
    field("ipam", Part(&IPAM)),
    field("external", Bool),
    field("internal", Bool),
    field("attachable", Bool),
    field("labels", Labels),
    field("enable_ipv4", MaybeBool),
    field("enable_ipv6", MaybeBool),
]);

static IPAM: Struct = open(&[field("driver", Text), field("config", List(&Attributes(&POOL)))]);

static POOL: Struct = Struct {
    fields: &[
        field("subnet", Text),
        field("gateway", Text),
        field("ip_range", Text),
        field("aux_addresses", Pairs),
    ],
    extensions: false,
};

static VOLUME: Struct = open(&[
    field("name", Text),
    field("driver", Text),
    field("driver_opts", Options),
    field("external", Bool),
    field("labels", Labels),
]);

static FILE_OBJECT: Struct = open(&[
    field("name", Text),
    field("file", Text),
    field("environment", Text),
    field("content", Text),
    field("external", Bool),
    field("labels", Labels),
    field("driver", Text),
    field("driver_opts", TextMap),
    field("template_driver", Text),
]);

static MODEL: Struct = open(&[
    field("name", Text),
    field("model", Text),
    field("context_size", Int),
    field("runtime_flags", Texts),
]);
