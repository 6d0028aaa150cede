//! Cookies: what a listener gives to browsers, and where they are enough.

use expect_test::expect;

use super::check_router;

/// A WebSocket with this cookie, and alice, who has a secret.
#[track_caller]
fn check_cookie(cookie: &str, expected: &expect_test::Expect) {
    check_router(
        &format!(
            r#""realms": [{{"name": "app", "roles": [{{"name": "user"}}]}}], "transports": [
                {{"type": "websocket", "endpoint": {{"type": "tcp", "port": 8080}}, "cookie": {cookie},
                    "auth": {{"cookie": {{}}, "wampcra": {{"type": "static", "users": {{
                        "alice": {{"secret": "sesame", "role": "user"}}}}}}}}}}
            ]"#
        ),
        expected,
    );
}

/// The table of a cookie of which nothing is said is empty, and means that there is one.
#[test]
fn an_ordinary_cookie() {
    check_cookie(
        r#"{"store": {"type": "memory"}}"#,
        &expect![[r#"
        [listeners.websocket]
        address = "0.0.0.0:8080"
        transports = ["websocket"]

        [listeners.websocket.cookie]

        [realms.app]
        authmethods = ["wampcra", "cookie"]

        [realms.app.principals.alice]
        role = "user"
        wampcra = "plain:sesame"

        [realms.app.roles.user]

        ---
        taken:
          workers[0].realms[0] -> [realms.app]
          workers[0].realms[0].roles[0] -> [realms.app.roles.user]
          workers[0].transports[0] -> [listeners.websocket]
          workers[0].transports[0].cookie -> [listeners.websocket.cookie]
          workers[0].transports[0].auth.wampcra.users.alice -> [realms.app.principals.alice]
          workers[0].transports[0].auth.cookie -> [realms.app.authmethods]
    "#]],
    );
}
