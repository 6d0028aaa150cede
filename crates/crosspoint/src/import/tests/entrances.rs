//! Who may join: proofs of all kinds, and those who are anonymous.

use expect_test::{Expect, expect};

use super::{check, check_router};

pub(super) const ROLES: &str = r#"[
    {"name": "user", "permissions": [{"uri": "com.app.", "match": "prefix", "allow": {"call": true}}]},
    {"name": "backend", "permissions": [{"uri": "com.app.", "match": "prefix", "allow": {"register": true}}]}
]"#;

/// A realm with two ways that lead to it, from the network and from this machine.
#[track_caller]
fn check_ways(network: &str, local: &str, expected: &Expect) {
    check_router(
        &format!(
            r#""realms": [{{"name": "app", "roles": {ROLES}}}], "transports": [
                {{"type": "websocket", "endpoint": {{"type": "tcp", "port": 8080}}, "auth": {network}}},
                {{"type": "rawsocket", "endpoint": {{"type": "unix", "path": "/run/app.sock"}}, "auth": {local}}}
            ]"#
        ),
        expected,
    );
}

#[track_caller]
pub(super) fn check_way(auth: &str, expected: &Expect) {
    check_router(
        &format!(
            r#""realms": [{{"name": "app", "roles": {ROLES}}}], "transports": [
                {{"type": "websocket", "endpoint": {{"type": "tcp", "port": 8080}}, "auth": {auth}}}
            ]"#
        ),
        expected,
    );
}

#[test]
fn tickets_and_secrets() {
    check_way(
        r#"{
            "ticket": {"type": "static", "principals": {
                "alice": {"ticket": "sesame", "role": "user"},
                "worker": {"ticket": "${WORKER_TICKET}", "role": "backend"}
            }},
            "wampcra": {"type": "static", "users": {
                "alice": {"secret": "sesame", "role": "user"},
                "bob@example.com": {"secret": "secret1", "salt": "salt123", "iterations": 1000, "keylen": 32,
                    "role": "user"},
                "carol": {"secret": "${CAROL}", "salt": "salt123", "iterations": 1000, "keylen": 32,
                    "role": "user"}
            }}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [realms.app]
            authmethods = ["ticket", "wampcra"]

            [realms.app.principals.alice]
            role = "user"
            # The ticket is kept as its digest.
            ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
            wampcra = "plain:sesame"

            [realms.app.principals.worker]
            role = "backend"
            # The router needs the variable WORKER_TICKET, as Crossbar.io did.
            ticket = "env:WORKER_TICKET"

            [realms.app.principals."bob@example.com"]
            role = "user"
            # The key is kept that is made of the secret, not the secret.
            wampcra = "pbkdf2:1000:salt123:64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc="

            [realms.app.principals.carol]
            role = "user"
            # Its secret is used without a salt, which clients are told; with a salt the variable needs what
            # is made by: crosspoint secret wampcra.
            # The router needs the variable CAROL, as Crossbar.io did.
            wampcra = "env:CAROL"

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
              workers[0].transports[0].auth.ticket.principals.alice, workers[0].transports[0].auth.wampcra.users.alice -> [realms.app.principals.alice]
              workers[0].transports[0].auth.ticket.principals.worker -> [realms.app.principals.worker]
              workers[0].transports[0].auth.wampcra.users["bob@example.com"] -> [realms.app.principals."bob@example.com"]
              workers[0].transports[0].auth.wampcra.users.carol -> [realms.app.principals.carol]

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.{ticket,wampcra}.type: what stands in the file is looked up there

            changed:
              workers[0].transports[0].auth.ticket.principals.alice: the ticket is kept as its digest
              workers[0].transports[0].auth.wampcra.users["bob@example.com"]: the key is kept that is made of the secret, not the secret
              workers[0].transports[0].auth.wampcra.users.carol: its secret is used without a salt, which clients are told; with a salt the variable needs what is made by: crosspoint secret wampcra

            left to you:
              workers[0].transports[0].auth.ticket.principals.worker: the router needs the variable WORKER_TICKET, as Crossbar.io did
              workers[0].transports[0].auth.wampcra.users.carol: the router needs the variable CAROL, as Crossbar.io did

            in all: taken 13, needs no setting 4, changed 3, left to you 2

            error: the variable WORKER_TICKET is not set
              --> crosspoint.toml:20:10
               |
            20 | ticket = "env:WORKER_TICKET"
               |          ^^^^^^^^^^^^^^^^^^^

            error: the variable CAROL is not set
              --> crosspoint.toml:32:11
               |
            32 | wampcra = "env:CAROL"
               |           ^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn keys() {
    check_way(
        r#"{
            "scram": {"type": "static", "principals": {
                "alice": {"kdf": "pbkdf2", "iterations": 4096, "memory": 0, "role": "user",
                    "salt": "5b6d99689d12358eec4b04b141236fa0",
                    "stored-key": "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6",
                    "server-key": "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"},
                "bob": {"kdf": "pbkdf2", "iterations": 10, "memory": 0, "role": "user",
                    "salt": "5b6d99689d12358eec4b04b141236fa0",
                    "stored-key": "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6",
                    "server-key": "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"},
                "frank": {"kdf": "argon2id-13", "iterations": 4096, "memory": 512, "role": "user",
                    "salt": "5b6d99689d12358eec4b04b141236fa0", "stored-key": "586e", "server-key": "c1f3"}
            }},
            "wampcra": {"type": "static", "users": {
                "grace": {"role": "user", "salt": "salt", "iterations": 100, "keylen": 32}
            }},
            "cryptosign": {"type": "static", "principals": {
                "carol": {"role": "user", "realm": "app", "authorized_keys": [
                    "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]},
                "dave": {"role": "user", "authorized_keys": [
                    "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]},
                "erin": {"role": "user", "authorized_keys": ["545e"]}
            }}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [realms.app]
            authmethods = ["scram", "cryptosign"]

            [realms.app.principals.alice]
            role = "user"
            scram = "pbkdf2:4096:W22ZaJ0SNY7sSwSxQSNvoA==:586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6:c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"

            [realms.app.principals.carol]
            role = "user"
            cryptosign = ["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]

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
              workers[0].transports[0].auth.scram.principals.alice -> [realms.app.principals.alice]
              workers[0].transports[0].auth.cryptosign.principals.carol -> [realms.app.principals.carol]

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.{scram,wampcra,cryptosign}.type: what stands in the file is looked up there

            not taken:
              workers[0].transports[0].auth.scram.principals.bob: iterations must be from 4096 to 2000000
              workers[0].transports[0].auth.scram.principals.frank: the stored key must be 64 hexadecimal digits
              workers[0].transports[0].auth.wampcra.users.grace: there is no secret
              workers[0].transports[0].auth.cryptosign.principals.dave: somebody else has this public key already
              workers[0].transports[0].auth.cryptosign.principals.erin: of each key a public key of Ed25519, in 64 hexadecimal digits is expected

            in all: taken 10, needs no setting 5, not taken 5
        "#]],
    );
}

/// Their own documentation leaves the type out.
#[test]
fn anonymous_without_a_type() {
    check_way(
        r#"{"anonymous": {"role": "user"}, "ticket": {"principals": {}}}"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [realms.app]
            anonymous_role = "user"

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
              workers[0].transports[0].auth.anonymous -> realms.app.anonymous_role

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            not taken:
              workers[0].transports[0].auth.ticket: it is not said of what type it is

            in all: taken 9, needs no setting 2, not taken 1
        "#]],
    );
}

#[test]
fn those_who_cannot_be_taken() {
    check_ways(
        r#"{
            "ticket": {"type": "static", "principals": {
                "alice": {"ticket": "sesame", "role": "user"},
                "bob": {"ticket": "sesame", "role": "admin"},
                "carol": {"ticket": "sesame"},
                "anonymous": {"ticket": "sesame", "role": "user"}
            }},
            "tls": {"type": "static", "principals": {"gate": {"certificate-sha1": "B6:E5", "role": "user"}}},
            "cookie": {}
        }"#,
        r#"{
            "ticket": {"type": "static", "principals": {
                "alice": {"ticket": "another", "role": "user"}
            }},
            "wampcra": {"type": "static", "users": {"alice": {"secret": "sesame", "role": "backend"}}}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            # No transport gives cookies to browsers.
            [realms.app]
            authmethods = ["ticket"]

            # There is another one already, which counts.
            # He has another role already, by another method or at another way in.
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
              workers[0].transports[1].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[1].type -> listeners.rawsocket.transports
              workers[0].transports[0].auth.ticket.principals.alice -> [realms.app.principals.alice]

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.{ticket,tls}.type, workers[0].transports[1].auth.{ticket,wampcra}.type: what stands in the file is looked up there

            changed:
              workers[0].transports[1].endpoint.path: only the router's own user may connect; see unix_mode
              workers[0].transports[0].auth.ticket.principals.alice: the ticket is kept as its digest

            not taken:
              workers[0].transports[0].auth.ticket.principals.bob: no realm that it leads to has a role admin
              workers[0].transports[0].auth.ticket.principals.carol: without a role nobody can join
              workers[0].transports[0].auth.ticket.principals.anonymous: 'anonymous' cannot be an authid
              workers[0].transports[0].auth.tls.principals.gate: certificates are known by their SHA-256 here: write that to his certificates, and tls to the realm's authmethods
              workers[0].transports[1].auth.ticket.principals.alice: there is another one already, which counts
              workers[0].transports[1].auth.wampcra.users.alice: he has another role already, by another method or at another way in
              workers[0].transports[0].auth.cookie: no transport gives cookies to browsers

            in all: taken 11, needs no setting 6, changed 2, not taken 7
        "#]],
    );
}

/// Who comes by the socket is the backend, by no proof. If ours took that, so would the network.
#[test]
fn who_had_to_prove_who_he_is_cannot_do_without() {
    check_ways(
        r#"{"ticket": {"type": "static", "principals": {"alice": {"ticket": "sesame", "role": "user"}}}}"#,
        r#"{"anonymous": {"type": "static", "role": "backend"}}"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            # Anonymous sessions are not taken in this realm: not all ways that lead to it take them in the
            # same role; give those who came so a proof, such as a ticket, in its principals.
            [realms.app]
            authmethods = ["ticket"]

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
              workers[0].transports[1].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[1].type -> listeners.rawsocket.transports
              workers[0].transports[0].auth.ticket.principals.alice -> [realms.app.principals.alice]

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.ticket.type, workers[0].transports[1].auth.anonymous.type: what stands in the file is looked up there

            changed:
              workers[0].transports[1].endpoint.path: only the router's own user may connect; see unix_mode
              workers[0].transports[0].auth.ticket.principals.alice: the ticket is kept as its digest

            not taken:
              workers[0].transports[1].auth.anonymous: anonymous sessions are not taken in this realm: not all ways that lead to it take them in the same role; give those who came so a proof, such as a ticket, in its principals

            in all: taken 11, needs no setting 4, changed 2, not taken 1
        "#]],
    );
}

/// Neither can those come from the network whose realm could be reached from this machine only.
#[test]
fn listeners_of_other_workers_open_no_realm() {
    let worker = |realm, endpoint| {
        format!(
            r#"{{"type": "router", "realms": [{{"name": "{realm}", "roles": {ROLES}}}], "transports": [
                {{"type": "rawsocket", "endpoint": {endpoint},
                  "auth": {{"anonymous": {{"type": "static", "role": "user"}}}}}}
            ]}}"#
        )
    };
    let inner = worker("inner", r#"{"type": "unix", "path": "/run/inner.sock"}"#);
    let outer = worker("outer", r#"{"type": "tcp", "port": 8080}"#);
    check(
        &format!(r#"{{"version": 2, "workers": [{inner}, {outer}]}}"#),
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/inner.sock"
            transports = ["rawsocket"]

            [listeners.rawsocket2]
            address = "0.0.0.0:8080"
            transports = ["rawsocket"]

            # Anonymous sessions are not taken in this realm: only this machine could reach it, and now the
            # listeners of other workers lead to it, too; give those who came so a proof, such as a ticket, in
            # its principals.
            # Nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add
            # principals.
            [realms.inner]
            anonymous_role = "nobody"

            [realms.inner.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.inner.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            [realms.inner.roles.nobody]

            [realms.outer]
            anonymous_role = "user"

            [realms.outer.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.outer.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.inner]
              workers[0].realms[0].roles[0].name -> [realms.inner.roles.user]
              workers[0].realms[0].roles[0].permissions[0] -> realms.inner.roles.user.permissions
              workers[0].realms[0].roles[1].name -> [realms.inner.roles.backend]
              workers[0].realms[0].roles[1].permissions[0] -> realms.inner.roles.backend.permissions
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports
              workers[1].realms[0].name -> [realms.outer]
              workers[1].realms[0].roles[0].name -> [realms.outer.roles.user]
              workers[1].realms[0].roles[0].permissions[0] -> realms.outer.roles.user.permissions
              workers[1].realms[0].roles[1].name -> [realms.outer.roles.backend]
              workers[1].realms[0].roles[1].permissions[0] -> realms.outer.roles.backend.permissions
              workers[1].transports[0].endpoint.{type,port} -> listeners.rawsocket2.address
              workers[1].transports[0].type -> listeners.rawsocket2.transports
              workers[1].transports[0].auth.anonymous -> realms.outer.anonymous_role

            needs no setting:
              version: this version is what is read
              workers[0-1].type: a router is what this is
              workers[0-1].transports[0].auth.anonymous.type: what stands in the file is looked up there

            changed:
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode
              workers: they are one router here, on all cores: each listener leads to every realm

            not taken:
              workers[0].transports[0].auth.anonymous: anonymous sessions are not taken in this realm: only this machine could reach it, and now the listeners of other workers lead to it, too; give those who came so a proof, such as a ticket, in its principals

            left to you:
              [realms.inner]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals

            in all: taken 16, needs no setting 5, changed 2, not taken 1, left to you 1
        "#]],
    );
}

/// Each is anonymous where there is the role; theirs lets nobody in elsewhere.
#[test]
fn one_may_be_anonymous_where_there_is_the_role() {
    check_router(
        r#""realms": [
            {"name": "public", "roles": [{"name": "guest"}]},
            {"name": "admin", "roles": [{"name": "operator"}]},
            {"name": "other", "roles": [{"name": "staff"}]}
        ], "transports": [
            {"type": "websocket", "endpoint": {"type": "tcp", "port": 8080}, "auth": {
                "anonymous": {"type": "static", "role": "guest"},
                "ticket": {"type": "static", "principals": {"op": {"ticket": "x", "role": "operator"}}}}},
            {"type": "websocket", "endpoint": {"type": "tcp", "port": 8081}, "auth": {
                "anonymous": {"type": "static", "role": "staff"}}},
            {"type": "websocket", "endpoint": {"type": "tcp", "port": 8082}, "auth": {
                "anonymous": {"type": "static", "role": "nowhere"}}}
        ]"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [listeners.websocket2]
            address = "0.0.0.0:8081"
            transports = ["websocket"]

            [listeners.websocket3]
            address = "0.0.0.0:8082"
            transports = ["websocket"]

            [realms.public]
            anonymous_role = "guest"

            [realms.public.roles.guest]

            [realms.admin]
            authmethods = ["ticket"]

            [realms.admin.principals.op]
            role = "operator"
            # The ticket is kept as its digest.
            ticket = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

            [realms.admin.roles.operator]

            [realms.other]
            anonymous_role = "staff"

            [realms.other.roles.staff]

            ---
            taken:
              workers[0].realms[0].name -> [realms.public]
              workers[0].realms[0].roles[0].name -> [realms.public.roles.guest]
              workers[0].realms[1].name -> [realms.admin]
              workers[0].realms[1].roles[0].name -> [realms.admin.roles.operator]
              workers[0].realms[2].name -> [realms.other]
              workers[0].realms[2].roles[0].name -> [realms.other.roles.staff]
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[1].endpoint.{type,port} -> listeners.websocket2.address
              workers[0].transports[1].type -> listeners.websocket2.transports
              workers[0].transports[2].endpoint.{type,port} -> listeners.websocket3.address
              workers[0].transports[2].type -> listeners.websocket3.transports
              workers[0].transports[0].auth.ticket.principals.op -> [realms.admin.principals.op]
              workers[0].transports[0].auth.anonymous -> realms.public.anonymous_role
              workers[0].transports[1].auth.anonymous -> realms.other.anonymous_role

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.{anonymous,ticket}.type, workers[0].transports[1-2].auth.anonymous.type: what stands in the file is looked up there

            changed:
              workers[0].transports[0].auth.ticket.principals.op: the ticket is kept as its digest

            not taken:
              workers[0].transports[2].auth.anonymous: no realm that it leads to has a role nowhere

            in all: taken 18, needs no setting 6, changed 1, not taken 1
        "#]],
    );
}

/// What ours cannot be called is left out; the rest is there.
#[test]
fn names_that_cannot_be_here() {
    check_router(
        r#""realms": [{"name": "app", "roles": [
            {"name": "user", "permissions": [{"uri": "com.x*", "match": "exact", "allow": {"call": true}}]},
            {"name": "other", "authorizer": "com. authorize"}
        ]}], "transports": [
            {"type": "websocket", "endpoint": {"type": "tcp", "port": 8080}, "cookie": {"name": "a b"}, "auth": {
                "ticket": {"type": "dynamic", "authenticator": "com..auth"}}},
            {"type": "rawsocket", "endpoint": {"type": "tcp", "port": 8081}, "cookie": {}}
        ]"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            # 'a b' cannot be a cookie's name here, and it has ours.
            [listeners.websocket.cookie]

            # Its cookie is for browsers, and no WebSocket is spoken here.
            [listeners.rawsocket]
            address = "0.0.0.0:8081"
            transports = ["rawsocket"]

            # Nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add
            # principals.
            [realms.app]
            anonymous_role = "nobody"

            [realms.app.roles.user]

            [realms.app.roles.other]

            [realms.app.roles.nobody]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].realms[0].roles[1].name -> [realms.app.roles.other]
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[1].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[1].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            changed:
              workers[0].transports[0].cookie.name: 'a b' cannot be a cookie's name here, and it has ours

            not taken:
              workers[0].realms[0].roles[0].permissions[0]: the star in 'com.x*' is no wildcard, because of its match
              workers[0].realms[0].roles[1].authorizer: 'com. authorize' cannot be called: a URI must not contain white space, control characters or '#'
              workers[0].transports[1]: its cookie is for browsers, and no WebSocket is spoken here
              workers[0].transports[0].auth.ticket: 'com..auth' cannot be called: a URI must not have empty components

            left to you:
              [realms.app]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals

            in all: taken 9, needs no setting 2, changed 1, not taken 4, left to you 1
        "#]],
    );
}
