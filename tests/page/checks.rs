//! The checks: each opens a page and tells what is wrong with it.

use std::{collections::BTreeSet, fs};

use regex::Regex;
use serde_json::{Value, json};

use super::browser::Tab;

/// Opens the page at an address and tells every fault.
pub type Check = fn(&mut Tab, &str) -> Vec<String>;

/// Unfolds everything, by hand.
const UNFOLD: &str = "for (const one of document.querySelectorAll('details')) one.open = true";

/// One title, no level left out, and the parts that a screen reader jumps to.
pub fn structure(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    tab.texts(
        "(() => { const faults = []; let before = 0;
          for (const one of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
            const level = +one.tagName[1];
            if (level > before + 1) faults.push(`${one.tagName} after level ${before}: ${one.textContent}`);
            before = level;
          }
          for (const one of ['h1', 'main', 'header', 'nav[aria-label]']) {
            const count = document.querySelectorAll(one).length;
            if (count !== 1) faults.push(`${count} of ${one}`);
          }
          for (const one of document.querySelectorAll('[aria-labelledby]'))
            for (const id of one.getAttribute('aria-labelledby').split(/\\s+/))
              if (!document.getElementById(id)) faults.push(`${id} names nothing`);
          if (document.documentElement.lang !== 'en') faults.push('no language');
          return faults; })()",
    )
}

/// The claims of the run, what each has come to, and by what.
const VERDICTS: &[(&str, &str, &str)] = &[
    ("FILES-1", "proven", "proven by the files."),
    ("BOTH-1", "proven", "proven by the files and by the running stack."),
    ("STACK-1", "proven", "proven by the running stack."),
    ("BROKEN-1", "broken", "broken by the files; the running stack was not asked."),
    ("OPEN-1", "undecided", "undecided by the running stack."),
    ("EXCEPT-1", "excepted", "excepted by the files; the running stack was not asked."),
    ("ASKED-1", "unasked", "not asked"),
    ("NOBODY-1", "none", "no scenario"),
    ("LONG-1", "proven", "proven by the files."),
];

/// Each claim has its verdict, as a class, a sign and words.
pub fn verdicts(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    let mut faults = Vec::new();
    for (claim, state, words) in VERDICTS {
        let seen = tab.texts(&format!(
            "(() => {{ const one = document.getElementById('{claim}')?.closest('details');
              return [one?.className ?? '', one?.querySelector('.verdict')?.textContent ?? '']; }})()"
        ));
        if seen[0] != format!("claim {state}") {
            faults.push(format!("{claim} is not {state} but {:?}", seen[0]));
        }
        if !seen[1].contains(words) {
            faults.push(format!("{claim} is not told as {words:?} but {:?}", seen[1]));
        }
    }
    faults
}

/// The anchors of a page, in their order.
pub fn ids(page: &str) -> Vec<String> {
    let id = Regex::new(r#" id="([^"]+)""#).expect("a pattern");
    id.captures_iter(page).map(|id| id[1].to_owned()).collect()
}

/// No anchor is there twice, every link leads to one, and who follows it sees what it leads to.
pub fn anchors(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    let mut faults = tab.texts(
        "(() => { const seen = new Set(), faults = [];
          for (const one of document.querySelectorAll('[id]')) {
            if (seen.has(one.id)) faults.push(`${one.id} is there twice`);
            seen.add(one.id);
          }
          for (const one of document.querySelectorAll('a[href^=\"#\"]')) {
            const to = decodeURIComponent(one.getAttribute('href').slice(1));
            if (!seen.has(to)) faults.push(`#${to} leads nowhere`);
          }
          return faults; })()",
    );
    tab.open(&format!("{url}#BROKEN-1"));
    let seen = "document.getElementById('BROKEN-1').checkVisibility({contentVisibilityAuto: true})";
    if tab.value(seen) != true {
        faults.push("what is linked is not unfolded".to_owned());
    }
    faults
}

/// The filter by state and by words.
pub fn filter(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    tab.texts(
        "(() => { const faults = [], rows = [...document.querySelectorAll('tr[data-state]')];
          const visible = () => rows.filter((row) => row.checkVisibility());
          const set = (id, value, event) => {
            const one = document.getElementById(id); one.value = value; one.dispatchEvent(new Event(event));
          };
          if (!document.querySelector('.filter').checkVisibility()) faults.push('no filter');
          if (visible().length !== rows.length) faults.push('not all at first');
          set('states', 'broken', 'change');
          if (!visible().length || visible().some((row) => row.dataset.state !== 'broken'))
            faults.push('more than the broken');
          if (shown.textContent !== `${visible().length} of ${rows.length}`) faults.push('no count');
          set('states', '', 'change'); set('words', 'files-1', 'input');
          if (visible().length !== 1) faults.push(`${visible().length} rows of one claim`);
          set('words', '', 'input');
          if (visible().length !== rows.length) faults.push('not all again');
          return faults; })()",
    )
}

/// A click on a claim unfolds it, another folds it.
pub fn folding(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    let mut faults = Vec::new();
    for wanted in [true, false] {
        let at = tab.value(
            "(() => { const one = document.getElementById('BROKEN-1').closest('details').querySelector('summary');
              one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();
              return {x: box.left + 12, y: box.top + box.height / 2}; })()",
        );
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse = json!({"type": kind, "x": at["x"], "y": at["y"], "button": "left", "clickCount": 1});
            tab.call("Input.dispatchMouseEvent", mouse);
        }
        if tab.value("document.getElementById('BROKEN-1').closest('details').open") != wanted {
            faults.push(format!("a click does not make open {wanted}"));
        }
    }
    faults
}

/// By the Tab key everything is reached that can be, once, in the order of the text.
pub fn keyboard(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    let all = tab.value(
        "(() => { window.all = [...document.querySelectorAll('a[href],summary,input,select,button,[tabindex]')]
            .filter((one) => one.checkVisibility({visibilityProperty: true}));
          return all.length; })()",
    );
    let all = all.as_u64().unwrap_or_default();
    let mut faults = Vec::new();
    for at in 0..all {
        tab.press("Tab", 9);
        let fault = tab.value(&format!(
            "(() => {{ const one = document.activeElement, wanted = all[{at}];
              const told = (one) => one ? one.outerHTML.slice(0, 90) : 'nothing';
              if (one !== wanted) return `${{told(one)}} in place of ${{told(wanted)}}`;
              const style = getComputedStyle(one);
              if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 1)
                return `${{told(one)}} does not show that it is reached`;
              return ''; }})()"
        ));
        if fault != "" {
            faults.push(format!("at key {at}: {fault}"));
            break;
        }
    }
    // Behind the last one the page is left.
    tab.press("Tab", 9);
    if faults.is_empty() && tab.value("document.activeElement === all.at(-1)") == true {
        faults.push("the last one traps the key".to_owned());
    }
    faults
}

/// What axe finds, with everything folded and unfolded, light and dark, wide and narrow.
pub fn accessible(tab: &mut Tab, url: &str) -> Vec<String> {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/axe/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe)
        .expect("the packages of tests/axe are there: scripts/setup installs them");
    let mut faults = BTreeSet::new();
    for (scheme, width) in [("light", 1200), ("dark", 1200), ("light", 400), ("dark", 400)] {
        tab.sized(width, 900);
        tab.likes(scheme, "screen");
        tab.open(url);
        tab.value(&format!("{UNFOLD}; 0"));
        tab.value(&format!("{axe}; 0"));
        let told = tab.texts(
            "axe.run(document, {resultTypes: ['violations']}).then((told) => told.violations.flatMap(
               (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`)))",
        );
        faults.extend(told.into_iter().map(|fault| format!("{scheme}, {width} wide: {fault}")));
    }
    faults.into_iter().collect()
}

/// No complaint, and no request but the one for the page.
pub fn quiet(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.open(url);
    tab.value(&format!("{UNFOLD}; 0"));
    let fault = |event: &Value| {
        let told = &event["params"];
        match event["method"].as_str()? {
            "Log.entryAdded" => Some(told["entry"]["text"].to_string()),
            "Runtime.exceptionThrown" => Some(told["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" => Some(told["args"].to_string()),
            "Page.javascriptDialogOpening" => Some(told["message"].to_string()),
            "Network.requestWillBeSent" => {
                let asked = told["request"]["url"].as_str()?;
                (asked != url && asked != "about:blank").then(|| format!("a request: {asked}"))
            }
            _ => None,
        }
    };
    tab.events.iter().filter_map(fault).collect()
}

/// The page's ground is bright by day and dark by night, its letters the other way round.
pub fn schemes(tab: &mut Tab, url: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (scheme, is_dark) in [("light", false), ("dark", true)] {
        tab.likes(scheme, "screen");
        tab.open(url);
        let brightness = "((colour) => { const parts = colour.match(/[\\d.]+/g).map(Number);
            return (parts[0] + parts[1] + parts[2]) / 3; })";
        for (what, dark) in [("backgroundColor", is_dark), ("color", !is_dark)] {
            let value = tab.value(&format!("{brightness}(getComputedStyle(document.body).{what})"));
            let value = value.as_f64().unwrap_or(f64::NAN);
            if if dark { value >= 90.0 } else { value <= 165.0 } {
                faults.push(format!("{scheme}: {what} is {value}"));
            }
        }
    }
    faults
}

/// On a telephone nothing but the page's height is larger than the screen.
pub fn narrow(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.sized(400, 800);
    tab.open(url);
    let mut faults = Vec::new();
    for state in ["folded", "unfolded"] {
        let width = tab.value("document.documentElement.scrollWidth");
        if width.as_u64().is_none_or(|width| width > 400) {
            faults.push(format!("{state}, the page is {width} wide"));
        }
        tab.value(&format!("{UNFOLD}; 0"));
    }
    faults
}

/// On paper what is broken or open is told in full, and nothing is wider than the sheet.
pub fn paper(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.sized(720, 1000);
    tab.open(url);
    // By the style alone: what the script does on paper is not waited for.
    tab.likes("light", "print");
    tab.texts(
        "(() => { const faults = [];
          for (const one of document.querySelectorAll('details.broken, details.undecided, details.topic'))
            for (const part of one.children) if (!part.checkVisibility()) faults.push(`folded: ${one.id}`);
          for (const one of document.querySelectorAll('main *, header *')) {
            if (!one.checkVisibility() || one.closest('svg')) continue;
            const box = one.getBoundingClientRect();
            if (box.right > innerWidth + 1) faults.push(`cut off: ${one.outerHTML.slice(0, 80)} ${box.right}`);
            const style = getComputedStyle(one);
            if (/auto|scroll|hidden/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1)
              faults.push(`cut off in a box: ${one.outerHTML.slice(0, 80)}`);
          }
          return faults; })()",
    )
}

/// Without JavaScript every text is there: as it is, or unfolded by the browser itself.
pub fn scriptless(tab: &mut Tab, url: &str) -> Vec<String> {
    tab.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    tab.open(url);
    // The protocol's own questions are answered nevertheless.
    tab.texts(&format!(
        "(() => {{ {UNFOLD}; const faults = [];
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let text = walk.nextNode(); text; text = walk.nextNode()) {{
            const one = text.parentElement;
            // The filter is of use with JavaScript alone.
            if (!text.data.trim() || one.closest('script, style, .filter, svg title, svg desc')) continue;
            if (!one.checkVisibility({{visibilityProperty: true}})) faults.push(`hidden: ${{text.data.trim()}}`);
          }}
          return faults; }})()"
    ))
}
