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
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.user.permissions
              workers[0].realms[0].roles[1].name -> [realms.app.roles.backend]
              workers[0].realms[0].roles[1].permissions[0] -> realms.app.roles.backend.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].auth.ticket -> [realms.app.authenticators.ticket]
              workers[0].transports[0].auth.anonymous -> realms.app.anonymous_role

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].auth.ticket.authenticator-role: permissions say who may register the procedure
              workers[0].transports[0].auth.anonymous.type: what stands in the file is looked up there

            not taken:
              workers[0].transports[0].auth.wampcra: there is no realm elsewhere
              workers[0].transports[0].auth.cryptosign: no code is loaded into the router: let a program register a procedure that decides, in [realms.NAME.authenticators]

            left to you:
              workers[0].transports[0].auth.ticket: whoever registers com.app.authenticate has to join app by another method, in a role that may register it

            in all: taken 10, needs no setting 4, not taken 2, left to you 1
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
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.user.permissions
              workers[0].realms[0].roles[1].name -> [realms.app.roles.backend]
              workers[0].realms[0].roles[1].permissions[0] -> realms.app.roles.backend.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].auth.wampcra -> [realms.app.authenticators.wampcra]

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            left to you:
              workers[0].transports[0].auth.wampcra: whoever registers com.app.authenticate has to join app by another method, in a role that may register it
              workers[0].transports[0].auth.wampcra.default-role: theirs takes the role user where com.app.authenticate answers with none; here nobody is let in without, so it has to answer with a role

            in all: taken 9, needs no setting 2, left to you 2
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
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.user]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.user.permissions
              workers[0].realms[0].roles[1].name -> [realms.app.roles.backend]
              workers[0].realms[0].roles[1].permissions[0] -> realms.app.roles.backend.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].endpoint.tls.certificate -> listeners.websocket.tls.certificate
              workers[0].transports[0].endpoint.tls.key -> listeners.websocket.tls.key
              workers[0].transports[0].endpoint.tls.ca_certificates -> listeners.websocket.tls.client_ca
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].auth.tls -> [realms.app.authenticators.tls]

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            left to you:
              workers[0].transports[0].auth.tls: whoever registers com.app.whose has to join app by another method, in a role that may register it

            in all: taken 12, needs no setting 2, left to you 1

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

            not taken:
              workers[0].transports[0].auth.tls: no transport asks for certificates

            left to you:
              [realms.app]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals

            in all: taken 8, needs no setting 2, not taken 1, left to you 1
        "#]],
    );
}
