//! Permissions: how they are written, and which of them counts.

use expect_test::expect;

use super::check_role;

/// As in version 1.
#[test]
fn actions_beside_the_uri() {
    check_role(
        r#"{"uri": "*", "publish": true, "subscribe": true, "call": true, "register": false},
        {"uri": "com.app.*", "call": true},
        {"uri": "com.app.log", "match": "exact", "publish": "yes"},
        {"uri": "com.app.add", "call": true, "allow": {"register": true}}"#,
        &expect![[r#"
            [realms.app.roles.anonymous]
            # There, a permission that is not for a prefix hides the prefixes for whatever begins with its
            # URI; here they count, so that this may be done only here: com.app.log.x (call), com.app.add.x
            # (call); where that must not be, say the URI once more, as a prefix that allows nothing.
            permissions = [
                { uri = "", match = "prefix", allow = ["call", "publish", "subscribe"] },
                { uri = "com.app.", match = "prefix", allow = ["call"] },
                { uri = "com.app.log", allow = [] },
                { uri = "com.app.add", allow = ["register"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0-3] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              workers[0].type: a router is what this is

            changed:
              workers[0].realms[0].roles[0].permissions[0-2]: what is allowed stands beside the URI, as in version 1, and is taken up so
              workers[0].realms[0].roles[0]: to end other sessions (wamp.session.kill and its kin), or to take their registrations and subscriptions away, needs a permission that names the procedures, which this one does not

            not taken:
              workers[0].realms[0].roles[0].permissions[2].publish: this is a text, and true or false is expected
              workers[0].realms[0].roles[0].permissions[3].call: it is not known what this is

            left to you:
              workers[0].realms[0].roles[0]: there, a permission that is not for a prefix hides the prefixes for whatever begins with its URI; here they count, so that this may be done only here: com.app.log.x (call), com.app.add.x (call); where that must not be, say the URI once more, as a prefix that allows nothing

            in all: taken 9, needs no setting 1, changed 4, not taken 2, left to you 1
        "#]],
    );
}

/// Theirs refuses com.x.secret and com.log.x, for other permissions count there.
#[test]
fn what_may_be_done_only_here() {
    check_role(
        r#"{"uri": "com.", "match": "prefix", "allow": {"publish": true}},
        {"uri": "com..secret", "match": "wildcard", "allow": {"publish": false}},
        {"uri": "com.log", "match": "exact", "allow": {"subscribe": true}}"#,
        &expect![[r#"
            [realms.app.roles.anonymous]
            # There, a wildcard that fits counts more than a prefix; here the prefix counts, so that this may
            # be done only here: com.x.secret (publish), com.log.secret (publish); where that must not be, say
            # narrower prefixes, which leave out what the wildcard is for.
            # There, a permission that is not for a prefix hides the prefixes for whatever begins with its
            # URI; here they count, so that this may be done only here: com.log.x (publish); where that must
            # not be, say the URI once more, as a prefix that allows nothing.
            permissions = [
                { uri = "com.", match = "prefix", allow = ["publish"] },
                { uri = "com..secret", match = "wildcard", allow = [] },
                { uri = "com.log", allow = ["subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0-2] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              workers[0].type: a router is what this is

            left to you:
              workers[0].realms[0].roles[0]: there, a wildcard that fits counts more than a prefix; here the prefix counts, so that this may be done only here: com.x.secret (publish), com.log.secret (publish); where that must not be, say narrower prefixes, which leave out what the wildcard is for
              workers[0].realms[0].roles[0]: there, a permission that is not for a prefix hides the prefixes for whatever begins with its URI; here they count, so that this may be done only here: com.log.x (publish); where that must not be, say the URI once more, as a prefix that allows nothing

            in all: taken 8, needs no setting 1, left to you 1
        "#]],
    );
}

#[test]
fn what_may_be_done_only_there() {
    check_role(
        r#"{"uri": "com.", "match": "prefix", "allow": {"publish": true}},
        {"uri": "com..status", "match": "wildcard", "allow": {"subscribe": true, "publish": true}}"#,
        &expect![[r#"
            [realms.app.roles.anonymous]
            # There, a wildcard that fits counts more than a prefix; here the prefix counts, so that this may
            # be done only there: com.x.status (subscribe).
            permissions = [
                { uri = "com.", match = "prefix", allow = ["publish"] },
                { uri = "com..status", match = "wildcard", allow = ["publish", "subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0-1] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              workers[0].type: a router is what this is

            changed:
              workers[0].realms[0].roles[0]: there, a wildcard that fits counts more than a prefix; here the prefix counts, so that this may be done only there: com.x.status (subscribe)

            in all: taken 7, needs no setting 1, changed 1
        "#]],
    );
}

/// Of wildcards that begin alike theirs has the last only.
#[test]
fn wildcards_that_are_not_looked_at_there() {
    check_role(
        r#"{"uri": "com..a", "match": "wildcard", "allow": {"call": true}},
        {"uri": "com..b", "match": "wildcard", "allow": {"call": true}},
        {"uri": "org.", "match": "wildcard", "allow": {"register": true}}"#,
        &expect![[r#"
            [realms.app.roles.anonymous]
            # There, a wildcard is looked at only if it has two dots in a row, and of several the last of
            # those that have most before them; here each that fits may count, so that this may be done only
            # here: com.x.a (call), org.x (register); where that must not be, leave it out of what the
            # wildcard allows.
            permissions = [
                { uri = "com..a", match = "wildcard", allow = ["call"] },
                { uri = "com..b", match = "wildcard", allow = ["call"] },
                { uri = "org.", match = "wildcard", allow = ["register"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0-2] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              workers[0].type: a router is what this is

            left to you:
              workers[0].realms[0].roles[0]: there, a wildcard is looked at only if it has two dots in a row, and of several the last of those that have most before them; here each that fits may count, so that this may be done only here: com.x.a (call), org.x (register); where that must not be, leave it out of what the wildcard allows

            in all: taken 8, needs no setting 1, left to you 1
        "#]],
    );
}

/// Where the same counts, nothing is said.
#[test]
fn what_is_no_different() {
    check_role(
        r#"{"uri": "com.", "match": "prefix", "allow": {"call": true}},
        {"uri": "com.app.", "match": "prefix", "allow": {"publish": true}},
        {"uri": "org..status", "match": "wildcard", "allow": {"publish": true}},
        {"uri": "net.log", "match": "exact", "allow": {"subscribe": true}}"#,
        &expect![[r#"
            [realms.app.roles.anonymous]
            permissions = [
                { uri = "com.", match = "prefix", allow = ["call"] },
                { uri = "com.app.", match = "prefix", allow = ["publish"] },
                { uri = "org..status", match = "wildcard", allow = ["publish"] },
                { uri = "net.log", allow = ["subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0-3] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              workers[0].type: a router is what this is

            in all: taken 9, needs no setting 1
        "#]],
    );
}

/// Of very many only what might be is said.
#[test]
fn too_many_to_compare() {
    let one = |number| format!(r#"{{"uri": "com..a{number}", "allow": {{"call": true}}}}"#);
    let permissions: Vec<String> = (0..300).map(one).collect();
    let report = super::report_of_role(&permissions.join(", "));
    expect![[r#"
        taken:
          workers[0].realms[0].name -> [realms.app]
          workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
          workers[0].realms[0].roles[0].permissions[0-299] -> realms.app.roles.anonymous.permissions
          workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
          workers[0].transports[0].type -> listeners.rawsocket.transports

        needs no setting:
          workers[0].type: a router is what this is

        left to you:
          workers[0].realms[0].roles[0]: it has too many permissions for seeing where others of them count here than there: there, a wildcard that fits counts more than a prefix, and a permission that is not for a prefix hides the prefixes for whatever begins with its URI

        in all: taken 305, needs no setting 1, left to you 1
    "#]].assert_eq(&report);
}

/// Beside permissions theirs asks nobody.
#[test]
fn an_authorizer_that_is_not_asked() {
    super::check_roles(
        r#"{"name": "anonymous", "permissions": [], "authorizer": "com.app.authorize"}"#,
        &expect![[r#"
            [realms.app.roles.anonymous]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              workers[0].type: a router is what this is
              workers[0].realms[0].roles[0].permissions: nothing stands there

            not taken:
              workers[0].realms[0].roles[0].authorizer: beside permissions it is not asked there, and would be here

            in all: taken 5, needs no setting 2, not taken 1
        "#]],
    );
}
