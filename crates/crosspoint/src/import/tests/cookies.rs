//! Cookies: what a listener gives to browsers, and where they are enough.

use expect_test::expect;

use super::check_router;
use super::entrances::{ROLES, check_way};

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
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].auth.wampcra.users.alice -> [realms.app.principals.alice]
              workers[0].transports[0].auth.cookie -> realms.app.authmethods

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].cookie.store.type: cookies are kept in memory
              workers[0].transports[0].auth.wampcra.type: what stands in the file is looked up there

            in all: taken 7, needs no setting 4
        "#]],
    );
}

/// What is as theirs has it needs no setting, what is not is told.
#[test]
fn what_is_the_same_of_a_cookie() {
    check_cookie(
        r#"{"secure": false, "http_strict": true, "same_site": "Strict", "length": 24,
            "store": {"type": "memory"}}"#,
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
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].auth.wampcra.users.alice -> [realms.app.principals.alice]
              workers[0].transports[0].auth.cookie -> realms.app.authmethods

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].cookie.secure: where no TLS is spoken a cookie is for that, too
              workers[0].transports[0].cookie.same_site: a cookie is for pages of the same site alone
              workers[0].transports[0].cookie.store.type: cookies are kept in memory
              workers[0].transports[0].cookie.length: a cookie has 256 random bits
              workers[0].transports[0].cookie.http_strict: no script can read a cookie
              workers[0].transports[0].auth.wampcra.type: what stands in the file is looked up there

            in all: taken 7, needs no setting 8
        "#]],
    );
}

/// That TLS is spoken in front of the router its name says.
#[test]
fn what_is_different_of_a_cookie() {
    check_cookie(
        r#"{"name": "cbtid", "secure": true, "http_strict": false, "same_site": "None",
            "store": {"type": "database", "path": ".cookies", "maxsize": 1048576, "sync": true,
                "readonly": false, "purge_on_startup": false}}"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            # That it is for TLS alone its name says here, for TLS is spoken in front of this listener, if at
            # all.
            # A cookie is SameSite=Strict: a browser does not send it for pages of other sites, also if they
            # are in origins, and who comes from there proves each time who he is.
            # Browsers are known until the router ends: then they prove again who they are.
            [listeners.websocket.cookie]
            name = "__Host-cbtid"

            [realms.app]
            authmethods = ["wampcra", "cookie"]

            [realms.app.principals.alice]
            role = "user"
            wampcra = "plain:sesame"

            [realms.app.roles.user]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].cookie.name -> listeners.websocket.cookie.name
              workers[0].transports[0].auth.wampcra.users.alice -> [realms.app.principals.alice]
              workers[0].transports[0].auth.cookie -> realms.app.authmethods

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].cookie.store.{path,maxsize,readonly,sync,purge_on_startup}: nothing is kept
              workers[0].transports[0].auth.wampcra.type: what stands in the file is looked up there

            changed:
              workers[0].transports[0].cookie.secure: that it is for TLS alone its name says here, for TLS is spoken in front of this listener, if at all
              workers[0].transports[0].cookie.same_site: a cookie is SameSite=Strict: a browser does not send it for pages of other sites, also if they are in origins, and who comes from there proves each time who he is
              workers[0].transports[0].cookie.http_strict: it was false, and here no script can read a cookie

            not taken:
              workers[0].transports[0].cookie.store: browsers are known until the router ends: then they prove again who they are

            in all: taken 8, needs no setting 8, changed 3, not taken 1
        "#]],
    );
}

/// A cookie is enough where there is a proof that comes first, and a transport that gives cookies.
#[test]
#[expect(clippy::too_many_lines, reason = "the report is long")]
fn cookies() {
    check_router(
        &format!(
            r#""realms": [{{"name": "app", "roles": {ROLES}}}], "transports": [
                {{"type": "websocket", "endpoint": {{"type": "tcp", "port": 8080}},
                    "cookie": {{"store": {{"type": "file", "filename": "cookies.dat", "purge_on_startup": true}},
                        "name": "cbtid", "length": 24, "max_age": 86400, "secure": true}},
                    "auth": {{"cookie": {{"store": {{"type": "file", "filename": "cookies.dat"}}}}, "ticket": {{"type": "static", "principals": {{
                        "alice": {{"ticket": "sesame", "role": "user"}}}}}}}}}}
            ]"#
        ),
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            # That it is for TLS alone its name says here, for TLS is spoken in front of this listener, if at
            # all.
            # Browsers are known until the router ends: then they prove again who they are.
            [listeners.websocket.cookie]
            name = "__Host-cbtid"
            lifetime = "1 d"

            [realms.app]
            authmethods = ["ticket", "cookie"]

            [realms.app.principals.alice]
            role = "user"
            # The ticket is kept as its digest.
            ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"

            [realms.app.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.app.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.user.permissions
              workers[0].realms[0].roles[1].name -> [realms.app.roles.backend]
              workers[0].realms[0].roles[1].permissions[0] -> realms.app.roles.backend.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].cookie.name -> listeners.websocket.cookie.name
              workers[0].transports[0].cookie.max_age -> listeners.websocket.cookie.lifetime
              workers[0].transports[0].auth.ticket.principals.alice -> [realms.app.principals.alice]
              workers[0].transports[0].auth.cookie -> realms.app.authmethods

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].cookie.store.{filename,purge_on_startup}, workers[0].transports[0].auth.cookie.store.filename: nothing is kept
              workers[0].transports[0].cookie.length: a cookie has 256 random bits
              workers[0].transports[0].auth.ticket.type: what stands in the file is looked up there

            changed:
              workers[0].transports[0].cookie.secure: that it is for TLS alone its name says here, for TLS is spoken in front of this listener, if at all
              workers[0].transports[0].auth.ticket.principals.alice: the ticket is kept as its digest

            not taken:
              workers[0].transports[0].cookie.store, workers[0].transports[0].auth.cookie.store: browsers are known until the router ends: then they prove again who they are

            in all: taken 12, needs no setting 7, changed 2, not taken 2
        "#]],
    );
    check_way(
        r#"{"cookie": {"type": "static"}}"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            # No transport gives cookies to browsers.
            # Nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add
            # principals.
            [realms.app]
            anonymous_role = "nobody"

            [realms.app.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.app.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            [realms.app.roles.nobody]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.user.permissions
              workers[0].realms[0].roles[1].name -> [realms.app.roles.backend]
              workers[0].realms[0].roles[1].permissions[0] -> realms.app.roles.backend.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.cookie.type: what stands in the file is looked up there

            not taken:
              workers[0].transports[0].auth.cookie: no transport gives cookies to browsers

            left to you:
              [realms.app]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals

            in all: taken 8, needs no setting 3, not taken 1, left to you 1
        "#]],
    );
}
