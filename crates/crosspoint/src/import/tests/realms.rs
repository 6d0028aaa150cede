//! Workers, realms, roles with their permissions, and what realms keep.

use expect_test::expect;

use super::{check, check_router};

#[track_caller]
fn check_realm(realm: &str, expected: &expect_test::Expect) {
    check_router(
        &format!(
            r#""realms": [{{"name": "app", {realm}}}],
            "transports": [{{"type": "rawsocket", "endpoint": {{"type": "unix", "path": "/run/app.sock"}}}}]"#
        ),
        expected,
    );
}

#[test]
fn workers_that_are_no_routers_do_not_run_here() {
    check(
        r#"{
            "version": 2,
            "$schema": "crossbar.json",
            "controller": {"id": "node1", "options": {"title": "ours"}, "manhole": {}},
            "workers": [
                {"type": "container", "components": [{"type": "class", "classname": "app.Backend"}]},
                {"type": "guest", "executable": "node", "arguments": ["backend.js"]},
                {"type": "proxy", "connections": {}},
                {"type": "hostmonitor"},
                {"type": "router", "id": "router1", "options": {"pythonpath": [".."]}, "components": [
                    {"type": "class", "classname": "app.Backend", "realm": "app", "role": "backend"}
                ]}
            ],
            "plugins": []
        }"#,
        &expect![[r#"

            ---
            needs no setting:
              $schema: ours is printed by: crosspoint config --schema
              version: this version is what is read
              controller.id: a router has no name of its own, and a session cannot ask for one
              controller.options: there is one process, which nothing has to control
              workers[4].type: a router is what this is
              workers[4].id: there is one router, which has no name
              workers[4].options: they are for a process of Python, which does not exist here

            not taken:
              controller.manhole: nobody can look into the process while it runs
              plugins: it is not known what this is
              workers[0]: a container: the router starts no programs; run its components as processes that connect, under systemd or the like
              workers[1]: a guest: the router starts no programs; run this one under systemd or the like
              workers[2]: a proxy: one process uses all cores and needs none in front of it; let clients connect to a listener
              workers[3]: a monitor of the host: use one that is made for it
              workers[4].components[0]: a component: run it as a program that connects to the router; it was in the role backend, by no proof, and needs one now
              workers: there is no transport that speaks WAMP, so the router listens where it does without a file: 127.0.0.1:8080

            in all: needs no setting 7, not taken 8
        "#]],
    );
}

#[test]
fn permissions_in_all_their_forms() {
    check_realm(
        r#""roles": [{"name": "anonymous", "permissions": [
            {"uri": "com.app.add", "match": "exact", "allow": {"call": true, "register": false}, "cache": true},
            {"uri": "com.app.*", "allow": {"publish": true, "subscribe": true}},
            {"uri": "com.*.status", "allow": {"subscribe": true}},
            {"uri": "com..log", "match": "wildcard", "allow": {"publish": true},
                "disclose": {"publisher": true}},
            {"uri": "com.both.", "match": "prefix", "allow": {"call": true, "publish": true},
                "disclose": {"caller": true, "publisher": false}},
            {"uri": "com.app.add", "match": "exact", "allow": {"call": true, "shout": true}},
            {"uri": "", "match": "exact", "allow": {"call": true}},
            {"uri": "com.app.sum", "match": "exact", "allow": {"call": "yes"}, "validate": {"call": "Sum"}}
        ]}]"#,
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            [realms.app]

            [realms.app.roles.anonymous]
            # Callers and publishers are disclosed alike: here neither, unless they or their callees ask for
            # it; see disclose_caller and disclose_publisher of the realm.
            # The last permission for 'com.app.add' counts.
            # There, a wildcard is looked at only if it has two dots in a row, and of several the last of
            # those that have most before them; here each that fits may count, so that this may be done only
            # here: com.x.status (subscribe); where that must not be, leave it out of what the wildcard
            # allows.
            # There, a wildcard that fits counts more than a prefix; here the prefix counts, so that this may
            # be done only here: com.app.log (subscribe), com.both.log (call); where that must not be, say
            # narrower prefixes, which leave out what the wildcard is for.
            # There, a permission that is not for a prefix hides the prefixes for whatever begins with its
            # URI; here they count, so that this may be done only here: com.app.add.x (publish, subscribe),
            # com.app.sum.x (publish, subscribe); where that must not be, say the URI once more, as a prefix
            # that allows nothing.
            permissions = [
                { uri = "com.app.", match = "prefix", allow = ["publish", "subscribe"] },
                { uri = "com..status", match = "wildcard", allow = ["subscribe"] },
                { uri = "com..log", match = "wildcard", allow = ["publish"], disclose = true },
                { uri = "com.both.", match = "prefix", allow = ["call", "publish"] },
                { uri = "com.app.add", allow = ["call"] },
                { uri = "com.app.sum", allow = [] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[1-5,7] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].realms[0].roles[0].permissions[0].cache: a permission is found anew with each request, which costs little

            changed:
              workers[0].realms[0].roles[0].permissions[4].disclose: callers and publishers are disclosed alike: here neither, unless they or their callees ask for it; see disclose_caller and disclose_publisher of the realm
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode

            not taken:
              workers[0].realms[0].roles[0].permissions[5].allow.shout: it is not known what this is
              workers[0].realms[0].roles[0].permissions[0]: the last permission for 'com.app.add' counts
              workers[0].realms[0].roles[0].permissions[6]: '' matches nothing: a URI must not be empty
              workers[0].realms[0].roles[0].permissions[7].allow.call: this is a text, and true or false is expected
              workers[0].realms[0].roles[0].permissions[7].validate: arguments are not held against types

            left to you:
              workers[0].realms[0].roles[0]: there, a wildcard is looked at only if it has two dots in a row, and of several the last of those that have most before them; here each that fits may count, so that this may be done only here: com.x.status (subscribe); where that must not be, leave it out of what the wildcard allows
              workers[0].realms[0].roles[0]: there, a wildcard that fits counts more than a prefix; here the prefix counts, so that this may be done only here: com.app.log (subscribe), com.both.log (call); where that must not be, say narrower prefixes, which leave out what the wildcard is for
              workers[0].realms[0].roles[0]: there, a permission that is not for a prefix hides the prefixes for whatever begins with its URI; here they count, so that this may be done only here: com.app.add.x (publish, subscribe), com.app.sum.x (publish, subscribe); where that must not be, say the URI once more, as a prefix that allows nothing

            in all: taken 10, needs no setting 3, changed 2, not taken 5, left to you 1
        "#]],
    );
}

#[test]
fn roles_that_ask_or_allow_everything() {
    check_realm(
        r#""roles": [
            {"name": "anonymous", "authorizer": "com.app.authorize"},
            {"name": "backend", "allow-by-default": true},
            {"name": "nothing"},
            {"name": "backend", "permissions": []}
        ]"#,
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            [realms.app]

            [realms.app.roles.anonymous]

            # An answer that says cache holds for the session that asked, and for 10 min, not for the role and
            # for ever; publications without subscribers are asked about, too.
            # It is not asked whether somebody may end other sessions (wamp.session.kill and its kin), or take
            # their registrations and subscriptions away: that needs a permission that names the procedures.
            # Whoever registers com.app.authorize needs a role that may do so without being asked about.
            [realms.app.roles.anonymous.authorizer]
            procedure = "com.app.authorize"

            # Another role of this name is there already, and stays as it is.
            [realms.app.roles.backend]
            permissions = [
                { uri = "", match = "prefix", allow = ["call", "register", "publish", "subscribe"] },
            ]

            [realms.app.roles.nothing]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].authorizer -> [realms.app.roles.anonymous.authorizer]
              workers[0].realms[0].roles[1].name -> [realms.app.roles.backend]
              workers[0].realms[0].roles[1].allow-by-default -> realms.app.roles.backend.permissions
              workers[0].realms[0].roles[2].name -> [realms.app.roles.nothing]
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            changed:
              workers[0].realms[0].roles[0].authorizer: an answer that says cache holds for the session that asked, and for 10 min, not for the role and for ever; publications without subscribers are asked about, too
              workers[0].realms[0].roles[0].authorizer: it is not asked whether somebody may end other sessions (wamp.session.kill and its kin), or take their registrations and subscriptions away: that needs a permission that names the procedures
              workers[0].realms[0].roles[1]: to end other sessions (wamp.session.kill and its kin), or to take their registrations and subscriptions away, needs a permission that names the procedures, which this one does not
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode

            not taken:
              workers[0].realms[0].roles[3]: another role of this name is there already, and stays as it is

            left to you:
              workers[0].realms[0].roles[0].authorizer: whoever registers com.app.authorize needs a role that may do so without being asked about

            in all: taken 8, needs no setting 2, changed 3, not taken 1, left to you 1
        "#]],
    );
}

/// Theirs lets nobody into such a realm; in ours everybody could do everything.
#[test]
fn a_realm_without_roles_stays_closed() {
    check_realm(
        r#""roles": []"#,
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            [realms.app]

            # It had no role, and nobody could join; without one, everybody could do everything.
            [realms.app.roles.anonymous]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].realms[0].roles: nothing stands there

            changed:
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode

            left to you:
              [realms.app]: it had no role, and nobody could join; without one, everybody could do everything

            in all: taken 3, needs no setting 3, changed 1, left to you 1
        "#]],
    );
}

#[test]
fn what_a_realm_is_and_keeps() {
    check_realm(
        r#""roles": [{"name": "anonymous"}],
        "options": {"uri_check": "strict", "enable_meta_api": false, "bridge_meta_api": true},
        "rlinks": [], "stats": {}, "id": "realm1",
        "store": {"type": "memory", "limit": 100, "event-history": [
            {"uri": "com.app.news"},
            {"uri": "com.app.log.", "match": "prefix", "limit": 5000},
            {"uri": "com.app..x.", "match": "exact"}
        ], "call-queue": [{"uri": "com.app.slow", "match": "exact", "limit": 10}]}"#,
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            [realms.app]
            uri_rules = "strict"
            # The limit is for all topics that match, together, and an event is kept once, also if nobody
            # subscribes.
            history = [
                { topic = "com.app.news", events = 100 },
                { topic = "com.app.log.", match = "prefix", events = 5000 },
            ]

            [realms.app.roles.anonymous]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].options.uri_check -> realms.app.uri_rules
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].store.{type,limit}, workers[0].realms[0].store.event-history[0-1] -> realms.app.history
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].realms[0].id: a realm has its name only

            changed:
              workers[0].realms[0].options.enable_meta_api: it was false, and here the meta API is always there: who may call or subscribe to what begins with wamp. may use it
              workers[0].realms[0].store: the limit is for all topics that match, together, and an event is kept once, also if nobody subscribes
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode

            not taken:
              workers[0].realms[0].options.bridge_meta_api: the meta API of a realm is in that realm, and in no other
              workers[0].realms[0].store.event-history[2]: 'com.app..x.' cannot be published to: a URI must not have empty components
              workers[0].realms[0].store.call-queue[0]: callees say themselves how many calls may wait for them: x_queue in REGISTER.Options, beside concurrency
              workers[0].realms[0].rlinks: routers are not linked
              workers[0].realms[0].stats: there is no event with a session's figures

            in all: taken 9, needs no setting 3, changed 3, not taken 5
        "#]],
    );
    check_realm(
        r#""roles": [{"name": "anonymous"}],
        "store": {"type": "cfxdb", "path": ".db", "maxsize": 1024, "event-history": [{"uri": "com.app.news"}]}"#,
        &expect![[r#"
            [listeners.rawsocket]
            # Only the router's own user may connect; see unix_mode.
            unix = "/run/app.sock"
            transports = ["rawsocket"]

            [realms.app]
            # The limit is for all topics that match, together, and an event is kept once, also if nobody
            # subscribes.
            history = [
                { topic = "com.app.news", stored = true },
            ]

            [realms.app.roles.anonymous]

            [store]
            # A file of our own: what theirs has kept cannot be read.
            path = "events.store"

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].store.type, workers[0].realms[0].store.event-history[0] -> realms.app.history
              workers[0].transports[0].endpoint.type -> listeners.rawsocket.unix
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is
              workers[0].realms[0].store.{path,maxsize}: the store is one file for all realms, in [store]

            changed:
              workers[0].realms[0].store: the limit is for all topics that match, together, and an event is kept once, also if nobody subscribes
              workers[0].realms[0].store: a file of our own: what theirs has kept cannot be read
              workers[0].transports[0].endpoint.path: only the router's own user may connect; see unix_mode

            in all: taken 6, needs no setting 4, changed 2
        "#]],
    );
}

#[test]
fn realms_that_have_no_name_of_ours() {
    check_router(
        r#""realms": [{"roles": []}, {"name": "{{ realm }}", "roles": []}, 5],
        "transports": [{"type": "rawsocket", "endpoint": {"type": "tcp", "port": 9000}}]"#,
        &expect![[r#"
            [listeners.rawsocket]
            # It was 0.0.0.0:9000, where anybody whom the network lets through may do anything in realm1; if
            # that is meant, say address = "0.0.0.0:9000" and open_to_network = true, else say in
            # [realms.realm1] who may do what.
            address = "127.0.0.1:9001"
            transports = ["rawsocket"]

            ---
            taken:
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            not taken:
              workers[0].realms[2]: this is a number, and a table is expected
              workers[0].realms[0]: a realm without a name
              workers[0].realms[1]: '{{ realm }}' cannot be a realm: a URI must not contain white space, control characters or '#'

            left to you:
              [listeners.rawsocket]: it was 0.0.0.0:9000, where anybody whom the network lets through may do anything in realm1; if that is meant, say address = "0.0.0.0:9000" and open_to_network = true, else say in [realms.realm1] who may do what

            in all: taken 3, needs no setting 2, not taken 3, left to you 1
        "#]],
    );
}
