//! Transports: ports, sockets, paths, TLS and options.

use expect_test::expect;

use super::check_router;

/// One realm, in which whoever is anonymous may listen only.
pub(super) const REALM: &str = r#"
    "realms": [{"name": "app", "roles": [
        {"name": "anonymous", "permissions": [
            {"uri": "com.app.news", "match": "exact", "allow": {"subscribe": true}}
        ]}
    ]}]
"#;

#[track_caller]
pub(super) fn check_transports(transports: &str, expected: &expect_test::Expect) {
    check_router(&format!(r#"{REALM}, "transports": [{transports}]"#), expected);
}

#[test]
fn a_web_transport_is_a_listener_with_the_paths_of_websocket() {
    check_transports(
        r#"{
            "type": "web", "id": "front",
            "endpoint": {"type": "tcp", "port": 8080, "interface": "192.0.2.1", "backlog": 100},
            "paths": {
                "ws": {"type": "websocket", "serializers": ["json", "cbor.batched", "ubjson"], "debug": false},
                "apps": {"type": "path", "paths": {
                    "one": {"type": "websocket"},
                    "files": {"type": "static", "directory": "web"}
                }},
                "/": {"type": "static", "directory": "web"},
                "call": {"type": "caller", "realm": "app", "role": "anonymous"},
                "a path": {"type": "websocket"}
            },
            "options": {"access_log": true}
        }"#,
        &expect![[r#"
            [listeners.front]
            address = "192.0.2.1:8080"
            transports = ["websocket"]
            # A listener takes the same from all of its clients, so it takes what any did.
            serializers = ["json", "msgpack", "cbor"]
            paths = ["/ws", "/apps/one"]

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
              workers[0].transports[0].endpoint.{type,interface,port} -> listeners.front.address
              workers[0].transports[0].id -> [listeners.front]
              workers[0].transports[0].type -> listeners.front.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].paths.{ws,apps}.type, workers[0].transports[0].paths.apps.paths.one.type, workers[0].transports[0].paths["a path"].type: its place says what it is
              workers[0].transports[0].endpoint.backlog: how many connections wait to be accepted is settled
              workers[0].transports[0].paths.ws.debug: see level in [log]

            changed:
              workers[0].transports[0].paths.ws.serializers: a listener takes the same from all of its clients, so it takes what any did

            not taken:
              workers[0].transports[0].paths.apps.paths.files, workers[0].transports[0].paths["/"]: there is no web service static: let a web server do it, such as nginx or Caddy, which can pass WebSocket on to the router
              workers[0].transports[0].paths.call: there is no web service caller: publish and call by HTTP with a program that connects
              workers[0].transports[0].options: these are of a web server, which the router is only for its own page
              workers[0].transports[0].paths.ws.serializers: there is no serializer ubjson
              workers[0].transports[0].paths["a path"]: its path makes none: the path of a URL such as "/ws" is expected

            in all: taken 8, needs no setting 8, changed 1, not taken 6
        "#]],
    );
}

#[test]
fn one_port_for_everything_is_what_a_listener_is() {
    check_transports(
        r#"{
            "type": "universal",
            "endpoint": {"type": "tcp", "port": 9000, "interface": "127.0.0.1"},
            "rawsocket": {"serializers": ["msgpack"], "options": {"max_message_size": 65536}},
            "websocket": {"ws": {"type": "websocket", "options": {"max_message_size": 1048576}}},
            "mqtt": {},
            "web": {"paths": {"live": {"type": "websocket"}}}
        }"#,
        &expect![[r#"
            [listeners.universal]
            address = "127.0.0.1:9000"
            # A listener takes the same from all of its clients, so it takes what any did.
            serializers = ["json", "msgpack", "cbor"]
            paths = ["/ws", "/live"]
            # A listener has one length, which is the greatest of all.
            message_octets_max = "16 MiB"

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
              workers[0].transports[0].endpoint.{type,interface,port} -> listeners.universal.address
              workers[0].transports[0].type -> listeners.universal.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].web.paths.live.type, workers[0].transports[0].websocket.ws.type: its place says what it is

            changed:
              workers[0].transports[0].websocket.ws.options.max_message_size, workers[0].transports[0].rawsocket.options.max_message_size: a listener has one length, which is the greatest of all
              workers[0].transports[0].rawsocket.serializers: a listener takes the same from all of its clients, so it takes what any did

            not taken:
              workers[0].transports[0].mqtt: MQTT is not spoken

            in all: taken 7, needs no setting 4, changed 3, not taken 1
        "#]],
    );
}

/// What is said of several of theirs is one comment.
#[test]
fn a_comment_stands_once() {
    check_transports(
        r#"{
            "type": "universal",
            "endpoint": {"type": "tcp", "port": 9000},
            "rawsocket": {"options": {"max_message_size": 67108864}},
            "websocket": {
                "ws": {"options": {"max_message_size": 67108864}, "auth": {"ticket": {"type": "dynamic"}}}
            }
        }"#,
        &expect![[r#"
            [listeners.universal]
            address = "0.0.0.0:9000"
            paths = ["/ws"]
            # It was 67108864, and is 16 MiB here.
            message_octets_max = "16 MiB"

            # Anonymous sessions are not taken in this realm: not all ways that lead to it take them in the
            # same role; give those who came so a proof, such as a ticket, in its principals.
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
              workers[0].transports[0].endpoint.{type,port} -> listeners.universal.address
              workers[0].transports[0].type -> listeners.universal.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            changed:
              workers[0].transports[0].websocket.ws.options.max_message_size, workers[0].transports[0].rawsocket.options.max_message_size: it was 67108864, and is 16 MiB here

            not taken:
              workers[0].transports[0].websocket.ws.auth.ticket: it is not said which procedure decides
              workers[0].transports[0].rawsocket: anonymous sessions are not taken in this realm: not all ways that lead to it take them in the same role; give those who came so a proof, such as a ticket, in its principals

            left to you:
              [realms.app]: nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: add principals

            in all: taken 6, needs no setting 2, changed 2, not taken 2, left to you 1
        "#]],
    );
}

#[test]
fn options_of_websocket() {
    check_transports(
        r#"{
            "type": "websocket",
            "url": "wss://router.example.com/live",
            "endpoint": {"type": "tcp", "port": 9000, "interface": "localhost", "user_timeout": 20000,
                         "max_connections": 50},
            "options": {
                "enable_webstatus": false, "auto_ping_interval": 2500, "auto_ping_timeout": 5000,
                "max_message_size": 67108864, "compression": {"deflate": {}},
                "allowed_origins": ["https://app.example.com", "https://*x.example"], "allow_null_origin": false, "colour": "blue"
            },
            "cookie": {"store": {"type": "memory"}}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "127.0.0.1:9000"
            transports = ["websocket"]
            paths = ["/live"]
            # An origin that cannot be said here is left out: https://*x.example.
            origins = ["https://app.example.com"]
            # It was 67108864, and is 16 MiB here.
            message_octets_max = "16 MiB"
            connections_max = 50
            # It was 2500 ms, and is whole seconds here.
            # A ping is waited for as long as ping_interval.
            ping_interval = "3 s"
            dead_peer_timeout = "20 s"

            [listeners.websocket.cookie]

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
              workers[0].transports[0].endpoint.{type,interface,port} -> listeners.websocket.address
              workers[0].transports[0].endpoint.user_timeout -> listeners.websocket.dead_peer_timeout
              workers[0].transports[0].endpoint.max_connections -> listeners.websocket.connections_max
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].options.{allowed_origins,allow_null_origin} -> listeners.websocket.origins

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[0].url: its path is among the listener's, and clients may call this machine what they like
              workers[0].transports[0].options.compression: permessage-deflate is used if the client offers it
              workers[0].transports[0].cookie.store.type: cookies are kept in memory

            changed:
              workers[0].transports[0].options.auto_ping_interval: it was 2500 ms, and is whole seconds here
              workers[0].transports[0].options.auto_ping_timeout: a ping is waited for as long as ping_interval
              workers[0].transports[0].options.enable_webstatus: it was false, and here a browser gets a page at /
              workers[0].transports[0].options.max_message_size: it was 67108864, and is 16 MiB here

            not taken:
              workers[0].transports[0].options.allowed_origins: an origin that cannot be said here is left out: https://*x.example
              workers[0].transports[0].options.colour: it is not known what this is

            in all: taken 11, needs no setting 5, changed 4, not taken 2
        "#]],
    );
    check_transports(
        r#"{
            "type": "websocket",
            "endpoint": {"type": "tcp", "port": 9000, "interface": "::1"},
            "options": {"auto_ping_interval": 0, "max_message_size": 100}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "[::1]:9000"
            transports = ["websocket"]
            # It was 100, and is 512 B here.
            message_octets_max = "512 B"
            ping_interval = "off"

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
              workers[0].transports[0].endpoint.{type,interface,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].options.auto_ping_interval -> listeners.websocket.ping_interval

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            changed:
              workers[0].transports[0].options.max_message_size: it was 100, and is 512 B here

            in all: taken 8, needs no setting 2, changed 1
        "#]],
    );
}

/// What needs no setting is what is said as it is here.
#[test]
fn options_that_are_otherwise_here() {
    check_transports(
        r#"{
            "type": "websocket",
            "endpoint": {"type": "tcp", "port": 9000, "interface": "::1"},
            "options": {"open_handshake_timeout": 0, "close_handshake_timeout": 1000, "validate_utf8": false,
                "require_websocket_subprotocol": false, "enable_webstatus": false, "show_server_version": true,
                "max_frame_size": 65536, "fail_by_drop": true}
        },
        {
            "type": "websocket",
            "endpoint": {"type": "tcp", "port": 9001, "interface": "::1"},
            "options": {"open_handshake_timeout": 10000, "close_handshake_timeout": 5000, "validate_utf8": true,
                "require_websocket_subprotocol": true, "enable_webstatus": true, "show_server_version": false,
                "max_frame_size": 0, "fail_by_drop": false}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "[::1]:9000"
            transports = ["websocket"]

            [listeners.websocket2]
            address = "[::1]:9001"
            transports = ["websocket"]

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
              workers[0].transports[0].endpoint.{type,interface,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[1].endpoint.{type,interface,port} -> listeners.websocket2.address
              workers[0].transports[1].type -> listeners.websocket2.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].transports[1].options.enable_webstatus: a browser gets a page at /
              workers[0].transports[1].options.open_handshake_timeout: a client has 10 s from its connection to its session
              workers[0].transports[1].options.close_handshake_timeout: a client has 5 s for closing
              workers[0].transports[1].options.validate_utf8: texts are checked, as the protocol demands
              workers[0].transports[1].options.fail_by_drop: who breaks the protocol is told so, and then the connection ends
              workers[0].transports[1].options.require_websocket_subprotocol: a client has to name a subprotocol, as WAMP demands
              workers[0].transports[1].options.show_server_version: no version is told
              workers[0].transports[1].options.max_frame_size: the length of a message counts, in however many frames it comes

            changed:
              workers[0].transports[0].options.enable_webstatus: it was false, and here a browser gets a page at /
              workers[0].transports[0].options.open_handshake_timeout: it was 0, and here a client has 10 s from its connection to its session
              workers[0].transports[0].options.close_handshake_timeout: it was 1000, and here a client has 5 s for closing
              workers[0].transports[0].options.validate_utf8: it was false, and here texts are checked, as the protocol demands
              workers[0].transports[0].options.fail_by_drop: it was true, and here who breaks the protocol is told so, and then the connection ends
              workers[0].transports[0].options.require_websocket_subprotocol: it was false, and here a client has to name a subprotocol, as WAMP demands
              workers[0].transports[0].options.show_server_version: it was true, and here no version is told
              workers[0].transports[0].options.max_frame_size: it was 65536, and here the length of a message counts, in however many frames it comes

            in all: taken 11, needs no setting 10, changed 8
        "#]],
    );
}

#[test]
fn what_messages_are_written_in() {
    check_transports(
        r#"{
            "type": "websocket", "serializers": ["cbor", "cbor.batched", "msgpack"],
            "endpoint": {"type": "tcp", "port": 9000, "interface": "127.0.0.1"}
        }, {
            "type": "rawsocket", "serializers": ["ubjson"],
            "endpoint": {"type": "tcp", "port": 9001, "interface": "127.0.0.1"}
        }"#,
        &expect![[r#"
            [listeners.websocket]
            address = "127.0.0.1:9000"
            transports = ["websocket"]
            serializers = ["msgpack", "cbor"]

            [listeners.rawsocket]
            address = "127.0.0.1:9001"
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
              workers[0].transports[0].endpoint.{type,interface,port} -> listeners.websocket.address
              workers[0].transports[0].type -> listeners.websocket.transports
              workers[0].transports[0].serializers -> listeners.websocket.serializers
              workers[0].transports[1].endpoint.{type,interface,port} -> listeners.rawsocket.address
              workers[0].transports[1].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            not taken:
              workers[0].transports[1].serializers: there is no serializer ubjson

            in all: taken 12, needs no setting 2, not taken 1
        "#]],
    );
}
