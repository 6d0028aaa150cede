//! docs/conformance.md against the router: what it says is announced is announced, and nothing else;
//! and the tests that it names are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crosspoint_router::router::Router;

#[test]
fn what_is_announced_is_what_the_page_says() {
    let announced = Router::ROLES.iter().flat_map(|(role, features)| {
        features.iter().map(move |feature| format!("{} `{}`", role.name(), feature.name()))
    });
    let page = page();
    let said = rows(&page)
        .filter_map(|cells| cells.into_iter().find(|cell| is_announcement(cell)))
        .flat_map(|cell| cell.split(", "))
        .map(str::to_owned);
    assert_eq!(said.collect::<BTreeSet<_>>(), announced.collect::<BTreeSet<_>>());
}

/// And each feature of the specification is on the page, announced or not.
#[test]
fn the_page_is_complete() {
    let features = rows(&page()).filter(|cells| cells.len() == 5 && cells[1] != "status").count();
    // 12 of RPC, 9 of PubSub, 9 others, in the specification's list.
    assert_eq!(features, 12 + 9 + 9);
}

#[test]
fn the_tests_that_the_page_names_exist() {
    for name in page().split('`').skip(1).step_by(2).filter(|name| is_test(name)) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (file, item) = match name.split_once("::") {
            Some((file, class)) if file.starts_with("peers/") => {
                (format!("tests/{file}"), format!("class {class}("))
            }
            Some((module, test)) => {
                (format!("crates/router/tests/it/{module}.rs"), format!("fn {test}()"))
            }
            None => (name.replacen("crosspoint/", "crates/crosspoint/tests/it/", 1), String::new()),
        };
        let text = fs::read_to_string(root.join(&file)).unwrap_or_else(|_| panic!("no {file}"));
        assert!(text.contains(&item), "no {item} in {file}");
    }
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    fs::read_to_string(path).unwrap()
}

/// The cells of each row of each table.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let tables = page.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let ruled = tables.filter(|row| !row.starts_with('-'));
    ruled.map(|row| row.split('|').map(str::trim).collect())
}

fn is_announcement(cell: &str) -> bool {
    cell.starts_with("dealer `") || cell.starts_with("broker `")
}

fn is_test(name: &str) -> bool {
    !name.contains('…') && (name.contains("::") || name.starts_with("crosspoint/sockets/"))
}
