//! Configurations in the format of Crossbar.io, and what comes of them.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod authenticators;
mod completeness;
mod cookies;
mod endpoints;
mod entrances;
mod files;
mod listeners;
mod permissions;
mod realms;

use std::ffi::OsString;
use std::path::Path;

use expect_test::Expect;

use super::Import;
use crate::config::problem::Problems;

const NODE: &str = "node/.crossbar/config.json";

/// What comes of a file that is called so, in the current folder.
fn import(name: &str, text: &str) -> Result<Import, Problems> {
    let import = Import::of(Path::new(name), text, None, Vec::<(OsString, OsString)>::new());
    if let Ok(Import { report, .. }) = &import {
        completeness::check(name, text, &report.to_string());
    }
    import
}

/// The file without its first lines, then the report.
#[track_caller]
fn check(text: &str, expected: &Expect) {
    check_named(NODE, text, expected);
}

#[track_caller]
fn check_named(name: &str, text: &str, expected: &Expect) {
    let Import { text, report, problems } = import(name, text).unwrap();
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    let problems = problems.map_or_else(String::new, |problems| format!("\nerror: {problems}\n"));
    expected.assert_eq(&format!("{body}\n---\n{report}{problems}"));
}

/// The same of one router, of which this is said.
#[track_caller]
fn check_router(router: &str, expected: &Expect) {
    check(&format!(r#"{{"version": 2, "workers": [{{"type": "router", {router}}}]}}"#), expected);
}

/// The same of roles: what is said of them, and what they are.
#[track_caller]
fn check_roles(roles: &str, expected: &Expect) {
    let Import { text, report, .. } = import_roles(roles);
    let body = text.split_once("[realms.app]\n\n").map_or("", |(_, body)| body);
    expected.assert_eq(&format!("{body}\n---\n{report}"));
}

/// The same of a role with these permissions.
#[track_caller]
fn check_role(permissions: &str, expected: &Expect) {
    check_roles(&role(permissions), expected);
}

/// What is said of a role with these permissions.
fn report_of_role(permissions: &str) -> String {
    import_roles(&role(permissions)).report.to_string()
}

fn role(permissions: &str) -> String {
    format!(r#"{{"name": "anonymous", "permissions": [{permissions}]}}"#)
}

fn import_roles(roles: &str) -> Import {
    let text = format!(
        r#"{{"workers": [{{"type": "router", "realms": [{{"name": "app", "roles": [{roles}]}}],
        "transports": [{{"type": "rawsocket", "endpoint": {{"type": "tcp", "port": 8080}}}}]}}]}}"#
    );
    import(NODE, &text).unwrap()
}
