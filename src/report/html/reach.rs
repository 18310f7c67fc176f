//! Who may reach whom: a table of services by services for each environment, by the networks of its
//! files, with what the scenarios found out about each connection.

use indexmap::IndexMap;

use super::{
    super::marked::reached,
    claims::State,
    markup::{Html, slug},
    scenario,
};
use crate::run::{Reach, Run, Truth, Way};

/// With more services a cell has its sign alone; the ports are told on demand.
const FEW: usize = 12;

/// What scenarios say of a connection.
struct Said {
    state: State,
    is_wanted: bool,
    ports: Vec<String>,
    anchor: String,
}

/// Who and whom.
type Pair = (String, String);

/// What the scenarios of an environment say of its connections; the worst counts.
fn said(run: &Run, environment: &str) -> IndexMap<Pair, Said> {
    let mut all: IndexMap<Pair, Said> = IndexMap::new();
    for scenario in run.scenarios.iter().filter(|scenario| scenario.truth == Truth::Observed) {
        for one in reached(scenario, environment) {
            let state = match one.outcome.as_str() {
                "passed" => State::Proven,
                "failed" => State::Broken,
                _ => State::Undecided,
            };
            let new = Said {
                state,
                is_wanted: one.is_wanted,
                ports: vec![one.port],
                anchor: scenario::anchor(run, scenario),
            };
            match all.get_mut(&(one.from.clone(), one.to.clone())) {
                Some(known) if known.state < new.state => {}
                Some(known) if known.state == new.state && known.is_wanted == new.is_wanted => {
                    known.ports.extend(new.ports);
                }
                Some(known) if known.state == new.state && known.is_wanted => {}
                Some(known) => *known = new,
                None => _ = all.insert((one.from, one.to), new),
            }
        }
    }
    all
}

pub(super) fn write(html: &mut Html, run: &Run) {
    html.raw("<p class=\"note\">✓ ✗ ? what a scenario says of the connection · – a service names the other, and no scenario was asked · ○ a network in common, and nothing names it · empty: no network in common.</p>");
    for (at, reach) in run.about.reach.iter().enumerate() {
        let name = slug(&reach.environment);
        html.raw(if at == 0 {
            "<details class=\"topic\" open><summary><h3>"
        } else {
            "<details class=\"topic\"><summary><h3>"
        });
        html.line(&reach.environment).raw("</h3> <span class=\"about\">each row may reach the columns that are filled</span></summary><div class=\"body\"");
        html.attribute("id", &format!("reach-{name}")).raw(">");
        table(html, reach, &said(run, &reach.environment));
        html.raw("</div></details>");
    }
}

fn table(html: &mut Html, reach: &Reach, said: &IndexMap<Pair, Said>) {
    let few = reach.services.len() <= FEW;
    html.raw("<div class=\"wide\" tabindex=\"0\"><table class=\"");
    html.raw(if few { "matrix" } else { "matrix many" }).raw("\"><caption class=\"spoken\">");
    html.raw("Who may reach whom in ").line(&reach.environment);
    html.raw("</caption><thead><tr><th scope=\"col\">from, to</th>");
    for (service, _) in &reach.services {
        html.raw("<th scope=\"col\"><span>").line(service).raw("</span></th>");
    }
    html.raw("</tr></thead><tbody>");
    for (from, networks) in &reach.services {
        html.raw("<tr><th scope=\"row\">").line(from);
        if networks.is_empty() {
            html.raw(" <small>on no network of the files</small>");
        }
        html.raw("</th>");
        for (to, _) in &reach.services {
            let way = reach.ways.iter().find(|way| way.from == *from && way.to == *to);
            cell(html, (from, to), way, said.get(&(from.clone(), to.clone())), few);
        }
        html.raw("</tr>");
    }
    html.raw("</tbody></table></div>");
}

/// A cell: its sign, its ports, and a link to the evidence.
fn cell(
    html: &mut Html,
    (from, to): (&str, &str),
    way: Option<&Way>,
    said: Option<&Said>,
    few: bool,
) {
    if from == to {
        html.raw("<td class=\"self\"><span class=\"spoken\">itself</span></td>");
        return;
    }
    let Some(said) = said else {
        let Some(way) = way else {
            html.raw("<td><span class=\"spoken\">no way</span></td>");
            return;
        };
        html.raw(if way.is_named { "<td class=\"named\"" } else { "<td class=\"may\"" });
        html.attribute("title", &told(from, to, &way.ports, &way.networks)).raw(">");
        if way.is_named {
            html.raw("<span aria-hidden=\"true\">–</span><span class=\"spoken\">not asked</span> ");
            ports(html, &way.ports, few);
        } else {
            html.raw(
                "<span aria-hidden=\"true\">○</span><span class=\"spoken\">may, unnamed</span>",
            );
        }
        html.raw("</td>");
        return;
    };
    let networks = way.map_or(&[][..], |way| &way.networks);
    html.raw("<td class=\"").raw(said.state.class()).raw("\"");
    html.attribute("title", &told(from, to, &said.ports, networks)).raw("><a");
    html.attribute("href", &format!("#{}", said.anchor)).raw(">");
    scenario::sign(html, said.state);
    html.raw(" ");
    if !said.is_wanted {
        html.raw(if few { "not " } else { "<span class=\"spoken\">not </span>" });
    }
    ports(html, &said.ports, few);
    html.raw("</a></td>");
}

fn ports(html: &mut Html, ports: &[String], few: bool) {
    html.raw(if few { "<span>" } else { "<span class=\"spoken\">" });
    html.line(&ports.join(", ")).raw("</span>");
}

fn told(from: &str, to: &str, ports: &[String], networks: &[String]) -> String {
    let ports = if ports.is_empty() { String::new() } else { format!(":{}", ports.join(", ")) };
    let on = if networks.is_empty() { "no network in common" } else { "on" };
    format!("{from} → {to}{ports} · {on} {}", networks.join(", ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};
    use crate::run::{Connection, Outcome};

    #[test]
    fn a_cell_has_its_sign_its_port_and_leads_to_the_scenario() {
        let mut run = samples::run();
        run.scenarios.truncate(1);
        let step = run.scenarios[0].steps[0].clone();
        let say = |text: &str| crate::run::StepRun { text: text.into(), ..step.clone() };
        run.scenarios[0].steps = vec![
            say("the running small environment"),
            say("service \"a\" reaches \"b<\" on port 80"),
            say("service \"b<\" does not reach \"a\" on port 81"),
        ];
        let way = |from: &str, to: &str, is_named| Way {
            from: from.into(),
            to: to.into(),
            networks: vec!["x".into()],
            ports: vec!["7".into()],
            is_named,
        };
        run.about.reach.push(Reach {
            environment: "small".into(),
            services: ["a", "b<", "c", "d"].map(|name| (name.to_owned(), Vec::new())).into(),
            ways: vec![way("a", "b<", true), way("a", "c", true), way("c", "a", false)],
        });
        let write = |run: &Run| {
            let mut html = Html::default();
            super::write(&mut html, run);
            html.into_string()
        };
        let text = write(&run);
        let anchor = scenario::anchor(&run, &run.scenarios[0]);
        for part in [
            "<th scope=\"col\"><span>b&lt;</span></th>",
            "<span>80</span></a></td>",
            "not <span>81</span>",
            "not asked</span> <span>7</span>",
            "may, unnamed",
            "no way",
            &format!("<td class=\"proven\" title=\"a → b&lt;:80 · on x\"><a href=\"#{anchor}\">"),
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        run.scenarios[0].steps[1].outcome = crate::run::Outcome::Failed;
        assert!(write(&run).contains("<td class=\"broken\" title=\"a → b&lt;:80"));
    }

    #[test]
    fn a_closed_list_marks_what_it_was_held_against() {
        let mut run = samples::run();
        run.scenarios.truncate(1);
        let scenario = &mut run.scenarios[0];
        scenario.truth = Truth::Observed;
        scenario.environments = vec!["small".into()];
        let connection = |to: &str, port: Option<&str>, is_wanted, outcome| Connection {
            from: "a".into(),
            to: to.into(),
            port: port.map(str::to_owned),
            is_wanted,
            outcome,
        };
        scenario.steps[0].connections = vec![
            connection("b", Some("80"), true, Outcome::Passed),
            connection("c", Some("81"), false, Outcome::Failed),
            connection("d", None, false, Outcome::Passed),
            connection("e", Some("82"), true, Outcome::Undecided),
        ];
        run.about.reach = vec![Reach {
            environment: "small".into(),
            services: ["a", "b", "c", "d", "e"].map(|name| (name.to_owned(), Vec::new())).into(),
            ways: Vec::new(),
        }];
        let mut html = Html::default();
        write(&mut html, &run);
        let text = html.into_string();
        for part in [
            "<td class=\"proven\" title=\"a → b:80",
            "<td class=\"broken\" title=\"a → c:81",
            "<td class=\"proven\" title=\"a → d:any port",
            "<td class=\"undecided\" title=\"a → e:82",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        // Of another environment it says nothing.
        run.about.reach[0].environment = "other".into();
        let mut html = Html::default();
        write(&mut html, &run);
        assert!(!html.into_string().contains("a → b"));
    }
}
