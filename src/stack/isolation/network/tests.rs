use super::*;

fn project(text: &str) -> Project {
    crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
}

fn shared(names: &[&str]) -> Shared {
    let networks = names.iter().map(|&name| name.to_owned()).collect();
    Shared { networks, ..Shared::default() }
}

/// The plan of a run on an engine that has nothing yet.
pub(in crate::stack) fn plan(project: &Project, names: &[&str], run: &str) -> Plan {
    Plan::of(project, &shared(names), run, There::default()).expect("a plan")
}

/// What the override file says of a service.
fn service(project: &Project, plan: &Plan, name: &str) -> String {
    let body = plan.service(project, name, &project.services[name]);
    serde_yaml::to_string(&body).expect("YAML")
}

const FIXED: &str = r#"
services:
  web:
    image: w
    container_name: shop-web
    networks:
      back: { ipv4_address: 172.28.0.20, ipv6_address: "fd00:28::20", aliases: [www] }
      theirs: { ipv4_address: 172.30.5.9 }
    environment: { DB_URL: "mysql://172.28.0.5:3306/shop", OTHER: 10.1.2.3 }
    extra_hosts: ["db:172.28.0.5", "other:10.1.2.3", "here:host-gateway"]
    dns: [172.28.0.53, 9.9.9.9]
  db: { image: d, networks: { back: { ipv4_address: 172.28.0.5 } } }
networks:
  back:
    enable_ipv6: true
    driver_opts: { com.docker.network.bridge.name: br-shop, com.docker.network.driver.mtu: "1400" }
    ipam:
      config:
        - { subnet: 172.28.0.0/16, gateway: 172.28.0.1, ip_range: 172.28.5.0/24, aux_addresses: { printer: 172.28.0.9 } }
        - { subnet: "fd00:28::/64" }
  theirs: { external: true, name: real-one }
"#;

#[test]
fn fixed_addresses_keep_their_place_in_a_block_of_the_run() {
    let project = project(FIXED);
    let plan = plan(&project, &[], "seaworthy-a-1");
    let [four, six] = plan.networks["back"].moved[..] else { panic!("two blocks") };
    let prefix = {
        let text = four.own.addr().to_string();
        text.trim_end_matches(".0.0").to_owned()
    };
    let text = serde_yaml::to_string(&plan.section()).expect("YAML");
    assert!(!text.contains("172.28.") && !text.contains("fd00:28:"), "{text}");
    for line in [
        format!("subnet: {prefix}.0.0/16"),
        format!("gateway: {prefix}.0.1"),
        format!("ip_range: {prefix}.5.0/24"),
        format!("printer: {prefix}.0.9"),
        format!("subnet: {}", six.own),
        "ipam: !override".into(),
        "name: seaworthy-a-1_back".into(),
    ] {
        assert!(text.contains(&line), "{line} in\n{text}");
    }
    // The name of an interface of this host is there once.
    assert!(!text.contains("br-shop"), "{text}");
    assert!(text.contains("com.docker.network.driver.mtu"), "{text}");

    let web = service(&project, &plan, "web");
    for line in [
        format!("ipv4_address: {prefix}.0.20"),
        "- shop-web".into(),
        format!("db={prefix}.0.5"),
        "other=10.1.2.3".into(),
        format!("- {prefix}.0.53"),
        "- 9.9.9.9".into(),
    ] {
        assert!(web.contains(&line), "{line} in\n{web}");
    }
    assert!(web.contains("::20"), "{web}");
    let db = service(&project, &plan, "db");
    assert!(db.contains(&format!("ipv4_address: {prefix}.0.5")), "{db}");
}

#[test]
fn runs_side_by_side_have_blocks_of_their_own() {
    let project = project(FIXED);
    let block = |plan: &Plan| plan.networks["back"].moved[0].own;
    let first = plan(&project, &[], "seaworthy-a-1");
    for number in 0..30 {
        let run = format!("seaworthy-b-{number}");
        let there = There { taken: vec![block(&first)], ..There::default() };
        let second = Plan::of(&project, &Shared::default(), &run, there).expect("a plan");
        let own = block(&second);
        assert_ne!(own, block(&first), "taken by another run");
        assert_ne!(own.to_string(), "172.28.0.0/16", "whoever starts the real stack needs it");
    }
}

#[test]
fn where_there_is_no_room_the_block_is_named_with_its_place() {
    let project = project(
        "services:\n  a: {image: a, networks: [big]}\nnetworks:\n  big:\n    ipam:\n      config:\n        - subnet: 10.0.0.0/8\n",
    );
    let why = Plan::of(&project, &Shared::default(), "r", There::default()).expect_err("no room");
    let text = why.to_string();
    assert!(text.contains("compose.yaml:7:19: network \"big\" has the block 10.0.0.0/8"), "{text}");
}

#[test]
fn a_private_network_takes_the_place_of_an_external_one_unless_it_is_shared() {
    let project = project(FIXED);
    let own = plan(&project, &[], "seaworthy-a-1");
    let text = serde_yaml::to_string(&own.section()).expect("YAML");
    assert!(text.contains("theirs: !override\n  name: seaworthy-a-1_theirs"), "{text}");
    assert_eq!(own.name_of("theirs"), Some("seaworthy-a-1_theirs"));
    assert_eq!(own.declared("seaworthy-a-1_theirs"), "theirs");
    assert!(own.notes.iter().any(|note| note.contains("takes the place of \"theirs\"")));
    // Its address is in a block that nobody has told of.
    let web = service(&project, &own, "web");
    assert!(web.contains("theirs:\n") && !web.contains("172.30.5.9"), "{web}");

    let joined = plan(&project, &["theirs"], "seaworthy-a-1");
    let text = serde_yaml::to_string(&joined.section()).expect("YAML");
    assert!(!text.contains("theirs"), "{text}");
    assert_eq!(joined.name_of("theirs"), Some("real-one"));
    assert_eq!(joined.declared("real-one"), "theirs");
    assert_eq!(joined.shared().collect::<Vec<_>>(), ["real-one"]);
    let web = service(&project, &joined, "web");
    assert!(!web.contains("theirs"), "no name of ours is given there: {web}");
}

#[test]
fn a_network_of_the_host_s_own_is_replaced_too() {
    let project = project(
        "services:\n  a: {image: a, networks: {lan: {ipv4_address: 192.168.1.9}}}\nnetworks:\n  lan:\n    driver: macvlan\n    driver_opts: {parent: eth0}\n    ipam: {config: [{subnet: 192.168.1.0/24}]}\n",
    );
    let plan = plan(&project, &[], "r");
    let text = serde_yaml::to_string(&plan.section()).expect("YAML");
    assert!(text.contains("lan: !override\n  name: r_lan"), "{text}");
    assert!(!text.contains("eth0") && !text.contains("macvlan"), "{text}");
    assert!(!text.contains("192.168.1.0"), "{text}");
}

#[test]
fn an_address_in_a_text_is_told_of() {
    let project = project(FIXED);
    let plan = plan(&project, &[], "seaworthy-a-1");
    let told = |words: &str| plan.notes.iter().any(|note| note.contains(words));
    assert!(told("`DB_URL` of service \"web\" (compose.yaml:"), "{:?}", plan.notes);
    assert!(told("speaks of 172.28.0.5, which is "), "{:?}", plan.notes);
    assert!(!told("OTHER"), "{:?}", plan.notes);
    assert!(told("reaches this host as \"here\""), "{:?}", plan.notes);
}
