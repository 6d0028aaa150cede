//! Where transports listen: addresses, Unix sockets, TLS.

use expect_test::expect;

use super::listeners::{REALM, check_transports};
use super::{check, check_router};

#[test]
fn unix_sockets_and_certificates_begin_where_our_file_is() {
    check_transports(
        r#"
        {"type": "rawsocket", "endpoint": {"type": "unix", "path": "router.sock"}},
        {"type": "rawsocket", "endpoint": {"type": "tcp", "port": 9001, "tls": {
            "key": "server.key", "certificate": "/etc/server.crt", "chain_certificates": ["between.crt"],
            "ca_certificates": ["clients.crt", "others.crt"], "dhparam": "dh.pem", "ciphers": "AES"
        }}}"#,
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "node/.crossbar/router.sock"
            transports = ["rawsocket"]

            [listeners.rawsocket2]
            address = "0.0.0.0:9001"
            transports = ["rawsocket"]

            # The certificates in between have to be in the file of the router's own, behind it: put
            # chain_certificates there.
            # Those who sign clients' certificates are one file, client_ca: put all of ca_certificates into
            # it.
            # Ciphers cannot be chosen: all that are there are good.
            [listeners.rawsocket2.tls]
            certificate = "/etc/server.crt"
            key = "node/.crossbar/server.key"
            client_certificates = "required"
            client_ca = "node/.crossbar/clients.crt"

            [realms.app]

            [realms.app.roles.anonymous]
            permissions = [
                { uri = "com.app.news", allow = ["subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports
              workers[0].transports[1].endpoint.{type,port} -> listeners.rawsocket2.address
              workers[0].transports[1].endpoint.tls.certificate -> listeners.rawsocket2.tls.certificate
              workers[0].transports[1].endpoint.tls.key -> listeners.rawsocket2.tls.key
              workers[0].transports[1].endpoint.tls.ca_certificates -> listeners.rawsocket2.tls.client_ca
              workers[0].transports[1].type -> listeners.rawsocket2.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[1].endpoint.tls.dhparam: keys are agreed on by elliptic curves, which need no parameters

            changed:
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode
              workers[0].transports[1].endpoint.tls.chain_certificates: the certificates in between have to be in the file of the router's own, behind it: put chain_certificates there
              workers[0].transports[1].endpoint.tls.ca_certificates: those who sign clients' certificates are one file, client_ca: put all of ca_certificates into it

            not taken:
              workers[0].transports[1].endpoint.tls.ciphers: ciphers cannot be chosen: all that are there are good

            in all: taken 11, needs no setting 3, changed 3, not taken 1

            error: cannot read /etc/server.crt: No such file or directory (os error 2)
              --> crosspoint.toml:19:15
               |
            19 | certificate = "/etc/server.crt"
               |               ^^^^^^^^^^^^^^^^^
            hint: a relative path begins where the configuration is
        "#]],
    );
}

#[test]
fn places_that_cannot_be() {
    check_transports(
        r#"
        {"type": "rawsocket", "endpoint": {"type": "tcp", "portrange": [9000, 9010]}},
        {"type": "rawsocket", "endpoint": {"type": "onion", "port": 9000}},
        {"type": "rawsocket", "endpoint": {"type": "tcp", "port": 70000}},
        {"type": "rawsocket"},
        {"type": "mqtt", "endpoint": {"type": "tcp", "port": 1883}},
        {"type": "web", "endpoint": {"type": "tcp", "port": 8080}, "paths": {"/": {"type": "wsgi"}}},
        {"type": "rawsocket", "id": "inside", "endpoint": {"type": "tcp", "port": "$PORT", "interface": "eth0"}}"#,
        &expect![[r#"
            [listeners.inside]
            # The interface eth0 is no IP address, so it is this machine only.
            # The port was in the variable PORT, and is not known here: set
            # CROSSPOINT_LISTENERS__INSIDE__ADDRESS, to the address and the port.
            address = "127.0.0.1:8080"
            transports = ["rawsocket"]

            [realms.app]

            [realms.app.roles.anonymous]
            permissions = [
                { uri = "com.app.news", allow = ["subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.anonymous.permissions
              workers[0].transports[6].endpoint.type -> listeners.inside.address
              workers[0].transports[6].id -> [listeners.inside]
              workers[0].transports[6].type -> listeners.inside.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            changed:
              workers[0].transports[6].endpoint.interface: the interface eth0 is no IP address, so it is this machine only

            not taken:
              workers[0].transports[0].endpoint.portrange: a range of ports: one listener has one port, and needs no more
              workers[0].transports[0-2]: there is no place where it could listen
              workers[0].transports[1].endpoint: there is no endpoint of the type onion
              workers[0].transports[2].endpoint.port: this is no port
              workers[0].transports[3]: it is not said where it listens
              workers[0].transports[4]: MQTT is not spoken
              workers[0].transports[5].paths["/"]: there is no web service wsgi: let a web server do it, such as nginx or Caddy, which can pass WebSocket on to the router
              workers[0].transports[5]: WAMP is not spoken here, so there is nothing to listen for

            left to you:
              workers[0].transports[6].endpoint.port: the port was in the variable PORT, and is not known here: set CROSSPOINT_LISTENERS__INSIDE__ADDRESS, to the address and the port

            in all: taken 6, needs no setting 2, changed 1, not taken 10, left to you 1
        "#]],
    );
}

/// Theirs starts a process for each core, and has them share a port.
#[test]
fn a_port_of_several_workers_is_one_listener() {
    let worker = |path| {
        format!(
            r#"{{"type": "router", {REALM}, "transports": [{{
                "type": "web", "endpoint": {{"type": "tcp", "port": 8080, "shared": true}},
                "paths": {{"{path}": {{"type": "websocket"}}}}
            }}]}}"#
        )
    };
    let workers = [worker("ws"), worker("wamp")].join(",");
    check(
        &format!(r#"{{"version": 2, "workers": [{workers}]}}"#),
        &expect![[r##"
            # Another one has this port, too: here they are one listener, for one process uses all cores.
            [listeners.web]
            address = "0.0.0.0:8080"
            transports = ["websocket"]
            paths = ["/ws", "/wamp"]

            # It is in two workers, where it was two realms; here it is one, and the stricter one.
            [realms.app]

            [realms.app.roles.anonymous]
            permissions = [
                { uri = "com.app.news", allow = ["subscribe"] },
            ]

            ---
            taken:
              workers[0-1].realms[0].name -> [realms.app]
              workers[0-1].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0-1].realms[0].roles[0].permissions[0] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.web.address
              workers[0-1].transports[0].type -> listeners.web.transports
              workers[1].transports[0].endpoint -> [listeners.web]

            needs no setting:
              version: this version is what is read
              workers[0-1].type: a router is what this is
              workers[0].transports[0].paths.ws.type, workers[1].transports[0].paths.wamp.type: its place says what it is
              workers[0-1].transports[0].endpoint.shared: one process uses all cores, and shares its ports with no other

            changed:
              workers[1].realms[0]: it is in two workers, where it was two realms; here it is one, and the stricter one
              workers[1].transports[0]: another one has this port, too: here they are one listener, for one process uses all cores
              workers: they are one router here, on all cores: each listener leads to every realm

            in all: taken 11, needs no setting 7, changed 3
        "##]],
    );
}

/// Where anybody may do anything, ours is for this machine until somebody has said that it is meant.
#[test]
fn an_import_opens_nothing() {
    let all = r#""realms": [{"name": "app", "roles": [{"name": "anonymous", "permissions": [
        {"uri": "*", "allow": {"call": true, "register": true, "publish": true, "subscribe": true}}
    ]}]}]"#;
    check_router(
        &format!(
            r#"{all}, "transports": [
                {{"type": "websocket", "endpoint": {{"type": "tcp", "port": 8080}}}},
                {{"type": "rawsocket", "endpoint": {{"type": "tcp", "port": 8081, "version": 6}}}},
                {{"type": "rawsocket", "endpoint": {{"type": "unix", "path": "a.sock"}}}}
            ]"#
        ),
        &expect![[r#"
            [listeners.websocket]
            # It was 0.0.0.0:8080, where anybody whom the network lets through may do anything in app; if that
            # is meant, say address = "0.0.0.0:8080" and open_to_network = true, else say in [realms.app] who
            # may do what.
            address = "127.0.0.1:8081"
            transports = ["websocket"]

            [listeners.rawsocket]
            # It was [::]:8081, where anybody whom the network lets through may do anything in app; if that is
            # meant, say address = "[::]:8081" and open_to_network = true, else say in [realms.app] who may do
            # what.
            address = "[::1]:8082"
            transports = ["rawsocket"]

            [listeners.rawsocket2]
            # Only the router's own user may connect; see unix_mode.
            unix = "node/.crossbar/a.sock"
            transports = ["rawsocket"]

            [realms.app]

            [realms.app.roles.anonymous]
            permissions = [
                { uri = "", match = "prefix", allow = ["call", "register", "publish", "subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[1].endpoint.{type,version,port} -> listeners.rawsocket.address
              workers[0].transports[1].type -> listeners.rawsocket.transports
              workers[0].transports[2].endpoint.type -> listeners.rawsocket2.unix
              workers[0].transports[2].type -> listeners.rawsocket2.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            changed:
              workers[0].realms[0].roles[0]: to end other sessions (wamp.session.kill and its kin), or to take their registrations and subscriptions away, needs a permission that names the procedures, which this one does not
              workers[0].transports[2].endpoint.path: only the router's own user may connect; see unix_mode

            left to you:
              [listeners.websocket]: it was 0.0.0.0:8080, where anybody whom the network lets through may do anything in app; if that is meant, say address = "0.0.0.0:8080" and open_to_network = true, else say in [realms.app] who may do what
              [listeners.rawsocket]: it was [::]:8081, where anybody whom the network lets through may do anything in app; if that is meant, say address = "[::]:8081" and open_to_network = true, else say in [realms.app] who may do what

            in all: taken 12, needs no setting 2, changed 2, left to you 2
        "#]],
    );
}

/// What was meant for TLS does not become a port without.
#[test]
fn tls_without_a_certificate() {
    check_transports(
        r#"
        {"type": "rawsocket", "endpoint": {"type": "tcp", "port": 9001, "tls": {}}},
        {"type": "rawsocket", "endpoint": {"type": "tcp", "port": 9002, "tls": {"key": "server.key"}}},
        {"type": "rawsocket", "endpoint": {"type": "tcp", "port": 9003, "tls": true}}"#,
        &expect![[r##"
            # Nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add
            # principals.
            [realms.app]
            anonymous_role = "nobody"

            [realms.app.roles.anonymous]
            permissions = [
                { uri = "com.app.news", allow = ["subscribe"] },
            ]

            [realms.app.roles.nobody]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.anonymous.permissions

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            not taken:
              workers[0].transports[0-1].endpoint.tls: TLS needs a certificate and a key, and nobody listens here without
              workers[0].transports[0-2]: there is no place where it could listen
              workers[0].transports[2].endpoint.tls: this is true or false, and a table is expected
              workers: there is no transport that speaks WAMP, so the router listens where it does without a file: 127.0.0.1:8080

            left to you:
              [realms.app]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals

            in all: taken 3, needs no setting 2, not taken 7, left to you 1
        "##]],
    );
}
