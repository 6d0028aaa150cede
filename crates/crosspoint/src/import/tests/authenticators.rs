//! Procedures that know who clients are.

use expect_test::expect;

use super::check_router;
use super::entrances::{ROLES, check_way};

#[test]
fn procedures_that_know_who_clients_are() {
    check_way(
        r#"{
            "ticket": {"type": "dynamic", "authenticator": "com.app.authenticate",
                "authenticator-realm": "app", "authenticator-role": "backend"},
            "wampcra": {"type": "dynamic", "authenticator": "com.app.authenticate",
                "authenticator-realm": "elsewhere"},
            "cryptosign": {"type": "function", "create": "app.create"},
            "anonymous": {"type": "static", "role": "user"}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [realms.app]
            authmethods = ["ticket", "anonymous"]
            anonymous_role = "user"

            [realms.app.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.app.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            # Whoever registers com.app.authenticate has to join app by another method, in a role that may
            # register it.
            [realms.app.authenticators.ticket]
            procedure = "com.app.authenticate"

            ---
            taken:
              workers[0].realms[0] -> [realms.app]
              workers[0].realms[0].roles[0] -> [realms.app.roles.user]
              workers[0].realms[0].roles[1] -> [realms.app.roles.backend]
              workers[0].transports[0] -> [listeners.websocket]
              workers[0].transports[0].auth.ticket -> [realms.app.authenticators.ticket]

            needs no setting:
              workers[0].transports[0].auth.ticket.authenticator-role: permissions say who may register the procedure

            not taken:
              workers[0].transports[0].auth.wampcra: there is no realm elsewhere
              workers[0].transports[0].auth.cryptosign: no code is loaded into the router: let a program register a procedure that decides, in [realms.NAME.authenticators]

            left to you:
              workers[0].transports[0].auth.ticket: whoever registers com.app.authenticate has to join app by another method, in a role that may register it
        "#]],
    );
}

/// Theirs has a role for those to whom the answer gives none.
#[test]
fn a_procedure_that_gave_no_role() {
    check_way(
        r#"{"wampcra": {"type": "dynamic", "authenticator": "com.app.authenticate", "default-role": "user"}}"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [realms.app]
            authmethods = ["wampcra"]

            [realms.app.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.app.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            # Whoever registers com.app.authenticate has to join app by another method, in a role that may
            # register it.
            # Theirs takes the role user where com.app.authenticate answers with none; here nobody is let in
            # without, so it has to answer with a role.
            [realms.app.authenticators.wampcra]
            procedure = "com.app.authenticate"

            ---
            taken:
              workers[0].realms[0] -> [realms.app]
              workers[0].realms[0].roles[0] -> [realms.app.roles.user]
              workers[0].realms[0].roles[1] -> [realms.app.roles.backend]
              workers[0].transports[0] -> [listeners.websocket]
              workers[0].transports[0].auth.wampcra -> [realms.app.authenticators.wampcra]

            left to you:
              workers[0].transports[0].auth.wampcra: whoever registers com.app.authenticate has to join app by another method, in a role that may register it
              workers[0].transports[0].auth.wampcra.default-role: theirs takes the role user where com.app.authenticate answers with none; here nobody is let in without, so it has to answer with a role
        "#]],
    );
}

/// Who asks for certificates is the listener; what they are worth, a program.
#[test]
fn a_program_knows_whose_certificates_are_good() {
    let transports = r#"[
        {"type": "websocket", "endpoint": {"type": "tcp", "port": 8080, "tls": {
            "key": "server.key", "certificate": "server.crt", "ca_certificates": ["clients.crt"]
        }}, "auth": {"tls": {"type": "dynamic", "authenticator": "com.app.whose"}}}
    ]"#;
    check_router(
        &format!(r#""realms": [{{"name": "app", "roles": {ROLES}}}], "transports": {transports}"#),
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

            [listeners.websocket.tls]
            certificate = "node/.crossbar/server.crt"
            key = "node/.crossbar/server.key"
            client_certificates = "required"
            client_ca = "node/.crossbar/clients.crt"

            [realms.app]
            authmethods = ["tls"]

            [realms.app.roles.user]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["call"] },
            ]

            [realms.app.roles.backend]
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["register"] },
            ]

            # Whoever registers com.app.whose has to join app by another method, in a role that may register
            # it.
            [realms.app.authenticators.tls]
            procedure = "com.app.whose"

            ---
            taken:
              workers[0].realms[0] -> [realms.app]
              workers[0].realms[0].roles[0] -> [realms.app.roles.user]
              workers[0].realms[0].roles[1] -> [realms.app.roles.backend]
              workers[0].transports[0] -> [listeners.websocket]
              workers[0].transports[0].auth.tls -> [realms.app.authenticators.tls]

            left to you:
              workers[0].transports[0].auth.tls: whoever registers com.app.whose has to join app by another method, in a role that may register it

            error: cannot read node/.crossbar/server.crt: No such file or directory (os error 2)
             --> crosspoint.toml:9:15
              |
            9 | certificate = "node/.crossbar/server.crt"
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: a relative path begins where the configuration is
        "#]],
    );
}

#[test]
fn nobody_is_asked_about_certificates_that_are_not_there() {
    check_way(
        r#"{"tls": {"type": "dynamic", "authenticator": "com.app.whose"}}"#,
        &expect![[r#"
            [listeners.websocket]
            address = "0.0.0.0:8080"
            transports = ["websocket"]

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
              workers[0].realms[0] -> [realms.app]
              workers[0].realms[0].roles[0] -> [realms.app.roles.user]
              workers[0].realms[0].roles[1] -> [realms.app.roles.backend]
              workers[0].transports[0] -> [listeners.websocket]

            not taken:
              workers[0].transports[0].auth.tls: no transport asks for certificates

            left to you:
              [realms.app]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals
        "#]],
    );
}
