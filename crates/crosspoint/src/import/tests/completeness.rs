//! Of each thing that stands in a file of theirs the report says what has become of it: that holds for every file that is
//! imported in these tests, and is seen in the report as a person reads it.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::import;
use crate::import::source;
use crate::import::unsaid::BUG;

/// Each value of the file is named, or a table is in which it stands, and of which something is said as a whole.
#[track_caller]
pub(super) fn check(name: &str, text: &str, report: &str) {
    assert!(!report.contains(BUG), "{report}");
    let named = named(report);
    let root = source::parse(Path::new(name), text).unwrap();
    let mut values = Vec::new();
    for (name, value) in root.entries() {
        collect(name.clone(), value, &mut Vec::new(), &mut values);
    }
    for (place, tables) in values {
        let is_named = named.contains_key(&place);
        let is_in_named = tables.iter().any(|table| named.get(table) == Some(&true));
        assert!(is_named || is_in_named, "{place} is passed over:\n{report}");
    }
}

/// The places of all values, each with those of the tables in which it stands.
fn collect(
    place: String,
    value: &Value,
    tables: &mut Vec<String>,
    values: &mut Vec<(String, Vec<String>)>,
) {
    let is_table = |value: &Value| value.is_object() || value.is_array();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_-$".contains(c);
    tables.push(place.clone());
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (name, value) in entries {
                let place = if !name.is_empty() && name.chars().all(is_bare) {
                    format!("{place}.{name}")
                } else {
                    format!("{place}[{name:?}]")
                };
                collect(place, value, tables, values);
            }
        }
        Value::Array(items) if items.iter().any(is_table) => {
            for (index, value) in items.iter().enumerate() {
                collect(format!("{place}[{index}]"), value, tables, values);
            }
        }
        _ => values.push((place, tables.clone())),
    }
    tables.pop();
}

/// The places that a report names, and whether all that stands there is meant.
fn named(report: &str) -> HashMap<String, bool> {
    let (mut named, mut of_all) = (HashMap::new(), false);
    for line in report.lines() {
        let Some(line) = line.strip_prefix("  ") else {
            of_all = matches!(line, "taken:" | "needs no setting:" | "not taken:");
            continue;
        };
        let places = parts(line, ", ");
        // What follows the last place is what is said of them.
        for place in places {
            let place = parts(&parts(&place, " -> ")[0], ": ")[0].clone();
            for place in unfolded(&place) {
                // Of the workers as a whole it is only said that none is a router.
                *named.entry(place.clone()).or_default() |= of_all && place != "workers";
            }
        }
    }
    named
}

/// The parts between separators, of which those in brackets and quotes are none.
fn parts(text: &str, separator: &str) -> Vec<String> {
    let (mut parts, mut depth, mut start, mut is_quoted) = (Vec::new(), 0, 0, false);
    for (index, sign) in text.char_indices() {
        match sign {
            '"' => is_quoted = !is_quoted,
            '[' | '{' if !is_quoted => depth += 1,
            ']' | '}' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 && !is_quoted && text[index..].starts_with(separator) {
            parts.push(text[start..index].to_owned());
            start = index + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default().to_owned());
    parts
}

/// `a.{b,c}[0-1]` is `a.b[0]`, `a.b[1]`, `a.c[0]` and `a.c[1]`.
fn unfolded(place: &str) -> Vec<String> {
    let mut unfolded = vec![String::new()];
    let mut rest = place;
    while let Some(sign) = rest.chars().next() {
        let of_numbers = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let of_numbers = of_numbers.filter(|(numbers, _)| !numbers.contains('"'));
        let of_names = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (choices, behind) = match (of_numbers, of_names) {
            (Some((numbers, behind)), _) => (numbers.split(',').flat_map(range).collect(), behind),
            (None, Some((names, behind))) => {
                (names.split(',').map(str::to_owned).collect::<Vec<_>>(), behind)
            }
            (None, None) => (vec![sign.to_string()], &rest[sign.len_utf8()..]),
        };
        let longer = |before: &String| {
            choices.iter().map(|choice| format!("{before}{choice}")).collect::<Vec<_>>()
        };
        unfolded = unfolded.iter().flat_map(longer).collect();
        rest = behind;
    }
    unfolded
}

fn range(numbers: &str) -> Vec<String> {
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first..=last).map(|number| format!("[{number}]")).collect(),
        _ => vec![format!("[{numbers}]")],
    }
}

/// The same of much in one file: what is wrong, what is there twice, and what leads nowhere included.
#[test]
fn nothing_is_passed_over() {
    let permission = r#"{"uri": "com.", "match": "prefix", "allow": {"call": true, "publish": false}, "cache": true}"#;
    let text = format!(
        r#"{{"version": 2, "$schema": "x", "controller": {{}}, "odd": {{"a": [1, {{"b": 2}}]}}, "workers": [
        {{"type": "router", "id": "r", "options": {{"pythonpath": [".."]}}, "components": [{{"type": "class", "extra": {{"a": 1}}}}],
          "realms": [
            {{"name": "app", "options": {{"uri_check": "loose"}}, "roles": [
              {{"name": "user", "permissions": [{permission}, {permission}, {{"match": "exact"}}, {{"uri": "a..b", "match": "odd"}}]}},
              {{"name": "user", "permissions": [], "allow-by-default": true}},
              {{"name": "other", "authorizer": "com.allow", "allow-by-default": true}},
              {{"permissions": [{permission}]}}],
              "store": {{"type": "memory", "limit": 5, "event-history": [{{"uri": "com.a", "match": "odd"}}, {{"limit": 3}}], "call-queue": [{{"uri": "x"}}]}}}},
            {{"name": "not a name", "roles": [{{"name": "x"}}]}}, 5],
          "transports": [
            {{"type": "web", "id": "w", "endpoint": {{"type": "tcp", "port": 8080, "interface": "localhost", "version": 4, "user_timeout": 500, "backlog": 5}},
              "paths": {{"/": {{"type": "static", "directory": ".."}}, "ws": {{"type": "websocket", "url": "ws://x/ws", "serializers": ["json"],
                "cookie": {{"name": "c", "max_age": 60, "length": 24, "store": {{"type": "memory"}}}},
                "options": {{"allowed_origins": ["*"], "allow_null_origin": true, "auto_ping_interval": 10000, "auto_ping_timeout": 5, "odd": []}},
                "auth": {{"anonymous": {{"type": "static", "role": "user", "realm": "nowhere"}},
                  "ticket": {{"type": "static", "default-role": "user", "principals": {{"joe": {{"ticket": "sesame"}}, "a@b": {{"ticket": 5}}}}}},
                  "scram": {{"type": "static", "principals": {{}}}},
                  "wampcra": {{"type": "dynamic", "authenticator": "com.auth", "default-role": "user"}},
                  "cookie": {{"type": "static"}}, "odd": {{"type": "static"}}}}}},
                "deep": {{"type": "path", "paths": {{"ws": {{"type": "websocket"}}}}}}}}}},
            {{"type": "rawsocket", "serializer": "cbor", "url": "rs://x", "max_message_size": 1048576, "endpoint": {{"type": "tcp", "port": 8080, "interface": "127.0.0.1", "max_connections": 5}}}},
            {{"type": "websocket", "url": "ws://x/a", "endpoint": {{"type": "tcp", "port": 8081, "tls": {{"certificate": "c"}}}}}},
            {{"type": "websocket", "endpoint": {{"type": "tcp", "port": "$PORT", "tls": {{"certificate": "c", "key": "k", "ca_certificates": ["a", "b"], "ciphers": "x"}}}}}},
            {{"type": "rawsocket", "endpoint": {{"type": "unix"}}}},
            {{"type": "rawsocket", "endpoint": {{"type": "tcp"}}}},
            {{"type": "rawsocket", "endpoint": {{"type": "unix", "path": "socket"}}, "auth": {{"cookie": {{}}}}}},
            {{"type": "mqtt", "endpoint": {{"port": 1}}}}]}},
        {{"type": "router", "transports": [{{"type": "rawsocket", "endpoint": {{"type": "tcp", "port": 9}},
          "auth": {{"anonymous": {{"type": "static"}}, "cookie": {{"type": "static"}}, "ticket": {{"type": "dynamic", "authenticator": "com.auth"}}}}}}]}},
        {{"type": "guest", "executable": "x"}}]}}"#
    );
    import(super::NODE, &text).unwrap();
}
