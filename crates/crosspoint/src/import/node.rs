//! Their node: a controller, and workers, of which the routers become one of ours.

use super::authentication::{self, House};
use super::draft::Draft;
use super::item::Item;
use super::report::Report;
use super::{realm, transport};

/// Takes up the whole file.
pub(super) fn take(mut node: Item, draft: &mut Draft) {
    let report = &mut draft.report;
    node.skip(&[("$schema", "ours is printed by: crosspoint config --schema")], report);
    match node.number("version", report) {
        None => {}
        Some(2) => report.needless("version", "this version is what is read"),
        Some(version) => {
            let why = format!("it is version {version}, and read as if it were version 2");
            report.missing("version", why);
        }
    }
    take_controller(&mut node, report);
    let workers = node.items("workers", report);
    node.finish(report);
    let mut houses = Vec::new();
    for worker in workers {
        houses.extend(take_worker(worker, draft));
    }
    let is_several = houses.len() > 1;
    authentication::settle(houses, draft);
    if is_several {
        let what = "they are one router here, on all cores: each listener leads to every realm";
        draft.report.differs("workers", what);
    }
}

fn take_controller(node: &mut Item, report: &mut Report) {
    let why = "there is one process, which nothing has to control";
    let Some(mut controller) = node.item("controller", report) else { return };
    let name = "a router has no name of its own, and a session cannot ask for one";
    controller.skip(&[("id", name), ("options", why)], report);
    controller.leave(
        &[
            ("fabric", "nodes are not managed from elsewhere"),
            ("manhole", "nobody can look into the process while it runs"),
            ("connections", "there are no connections to databases"),
            ("extensions", "the router takes no extensions"),
        ],
        report,
    );
    controller.finish(report);
}

/// What leads where, if it is a router.
fn take_worker(mut worker: Item, draft: &mut Draft) -> Option<House> {
    let report = &mut draft.report;
    let kind = worker.text("type", report).unwrap_or_default();
    if kind == "router" {
        return Some(take_router(worker, draft));
    }
    let why = match kind.as_str() {
        "container" => {
            "a container: the router starts no programs; run its components as processes that connect, \
             under systemd or the like"
        }
        "guest" => "a guest: the router starts no programs; run this one under systemd or the like",
        "proxy" => {
            "a proxy: one process uses all cores and needs none in front of it; let clients connect to a \
             listener"
        }
        "websocket-testee" => "a testee of WebSocket: every listener is one",
        "hostmonitor" => "a monitor of the host: use one that is made for it",
        _ => "this kind of worker does not exist here",
    };
    report.missing(worker.path(), why);
    None
}

fn take_router(mut worker: Item, draft: &mut Draft) -> House {
    let report = &mut draft.report;
    report.needless(worker.place("type"), "a router is what this is");
    worker.skip(
        &[
            ("id", "there is one router, which has no name"),
            ("options", "they are for a process of Python, which does not exist here"),
        ],
        report,
    );
    worker.leave(
        &[
            ("manhole", "nobody can look into the process while it runs"),
            ("connections", "there are no connections to databases"),
        ],
        report,
    );
    take_components(&mut worker, report);
    let realms = worker.items("realms", report);
    let transports = worker.items("transports", report);
    worker.finish(report);
    let realms = realms.into_iter().filter_map(|realm| realm::take(realm, draft)).collect();
    let mut entrances = Vec::new();
    for transport in transports {
        entrances.extend(transport::take(transport, draft));
    }
    House { realms, entrances }
}

/// Components in the router's own process.
fn take_components(worker: &mut Item, report: &mut Report) {
    for mut component in worker.items("components", report) {
        let role = component.text("role", report);
        let role = role.map_or_else(String::new, |role| {
            format!("; it was in the role {role}, by no proof, and needs one now")
        });
        let why = format!("a component: run it as a program that connects to the router{role}");
        report.missing(component.path(), why);
    }
}
