//! What contradicts itself, or the router.

use expect_test::expect;

use super::check;

#[test]
fn contradictions_are_told() {
    check(
        r#"
[listeners.main]
address = "0.0.0.0:8080"
[listeners.other]
address = "127.0.0.1:9000"
[listeners.third]
address = "127.0.0.1:9000"
[listeners.any]
address = "127.0.0.1:0"
[listeners.another]
address = "127.0.0.1:0"

[realms.app]
name = "com.example"
history = [{ topic = "com..x" }, { topic = "com.", match = "prefix", stored = true }]
retained = { stored = true }
[realms."com.example"]
[realms."no spaces"]
"#,
        &expect![[r#"
            error: 0.0.0.0:8080 can be reached from other machines, and anybody may do anything in the realm com.example
             --> crosspoint.toml:3:11
              |
            3 | address = "0.0.0.0:8080"
              |           ^^^^^^^^^^^^^^
            hint: listen on 127.0.0.1, ask for a proof with authmethods in [realms.app], say what is allowed in [realms.app.roles], or say open_to_network = true in [listeners.main] if the network is yours alone

            error: 127.0.0.1:9000 is taken by listeners.other
             --> crosspoint.toml:7:11
              |
            7 | address = "127.0.0.1:9000"
              |           ^^^^^^^^^^^^^^^^
            hint: give each listener a port of its own

            error: 'com..x' cannot be published to: a URI must not have empty components
              --> crosspoint.toml:15:22
               |
            15 | history = [{ topic = "com..x" }, { topic = "com.", match = "prefix", stored = true }]
               |                      ^^^^^^^^

            error: the history of com. has nowhere to be stored
              --> crosspoint.toml:15:79
               |
            15 | history = [{ topic = "com..x" }, { topic = "com.", match = "prefix", stored = true }]
               |                                                                               ^^^^
            hint: say where with path = "events.store" in [store]

            error: the retained events of com.example have nowhere to be stored
              --> crosspoint.toml:16:23
               |
            16 | retained = { stored = true }
               |                       ^^^^
            hint: say where with path = "events.store" in [store]

            error: there are two realms called com.example
              --> crosspoint.toml:17:1
               |
            17 | [realms."com.example"]
               | ^^^^^^^^^^^^^^^^^^^^^^
            hint: give each its own name

            error: 'no spaces' cannot be a realm: a URI must not contain white space, control characters or '#'
              --> crosspoint.toml:18:1
               |
            18 | [realms."no spaces"]
               | ^^^^^^^^^^^^^^^^^^^^
            hint: a realm is named like realm1 or com.example.app
        "#]],
    );
}

#[test]
fn nobody_could_connect_or_join() {
    check(
        "[listeners]\n[realms]\n",
        &expect![[r#"
        error: there is no listener, so nobody could connect
         --> crosspoint.toml:1:1
          |
        1 | [listeners]
          | ^^^^^^^^^^^
        hint: leave [listeners] out to have one, or describe one in [listeners.main]

        error: there is no realm, so nobody could join
         --> crosspoint.toml:2:1
          |
        2 | [realms]
          | ^^^^^^^^
        hint: leave [realms] out to have one, or describe one in [realms.realm1]
    "#]],
    );
}

#[test]
fn roles_that_make_no_sense() {
    check(
        r#"
[realms.app.roles.backend]
permissions = [
    { uri = "com.a.", match = "prefix", allow = ["call"] },
    { uri = "com.a.", match = "prefix", allow = [] },
]
[realms.app.roles.frontend]
permissions = [{ uri = "com.a.", allow = ["call"] }]
authorizer = { procedure = "com..authorize" }
[realms.app.roles.other]
permissions = [{ uri = "com.a", allow = ["cal"] }]
"#,
        &expect![[r#"
            error: role backend makes no sense: it has two permissions for the same URI or pattern
             --> crosspoint.toml:3:15
              |
            3 | permissions = [
              |               ^

            error: 'com.a.' matches nothing: a URI must not have empty components
             --> crosspoint.toml:8:24
              |
            8 | permissions = [{ uri = "com.a.", allow = ["call"] }]
              |                        ^^^^^^^^

            error: 'com..authorize' cannot be called: a URI must not have empty components
             --> crosspoint.toml:9:28
              |
            9 | authorizer = { procedure = "com..authorize" }
              |                            ^^^^^^^^^^^^^^^^

            error: realms.app.roles.other.permissions[0].allow[0] cannot be "cal"
              --> crosspoint.toml:11:42
               |
            11 | permissions = [{ uri = "com.a", allow = ["cal"] }]
               |                                          ^^^^^ did you mean "call"?
        "#]],
    );
}

#[test]
fn authenticators_that_nobody_is_asked() {
    check(
        r#"
[realms.app]
authmethods = ["ticket"]
[realms.app.authenticators.ticket]
procedure = "com.example.authenticate"
realm = "accounts"
[realms.app.authenticators.wampcra]
procedure = "com.example.authenticate"
[realms.app.authenticators.tickets]
procedure = "com..authenticate"
"#,
        &expect![[r#"
            error: there is no realm accounts
             --> crosspoint.toml:6:9
              |
            6 | realm = "accounts"
              |         ^^^^^^^^^^

            error: nobody is asked: wampcra is not taken here
             --> crosspoint.toml:7:1
              |
            7 | [realms.app.authenticators.wampcra]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: add it to the realm's authmethods

            error: no authmethod is called tickets
             --> crosspoint.toml:9:1
              |
            9 | [realms.app.authenticators.tickets]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ anonymous, ticket, wampcra, scram, cryptosign or tls is expected
        "#]],
    );
}

#[test]
fn proxies_come_by_the_way_that_there_is() {
    check(
        r#"
[listeners.web]
proxy_protocol = true
[listeners.local]
unix = "crosspoint.sock"
proxies = ["10.0.0.0/8"]
[listeners.other]
address = "127.0.0.1:9000"
proxies = ["::1", "unix"]
proxy_protocol = true
"#,
        &expect![[r#"
            error: nobody may speak the PROXY protocol here, so nobody could connect
             --> crosspoint.toml:3:18
              |
            3 | proxy_protocol = true
              |                  ^^^^
            hint: say who the proxies are: proxies = ["10.0.0.1"]

            error: whoever gets to its proxies can connect here, and anybody may do anything in the realm realm1
             --> crosspoint.toml:6:11
              |
            6 | proxies = ["10.0.0.0/8"]
              |           ^^^^^^^^^^^^^^
            hint: leave the proxies out, ask for a proof with authmethods in [realms.realm1], say what is allowed in [realms.realm1.roles], or say open_to_network = true in [listeners.local] if the network is yours alone

            error: none of these connects through a Unix socket
             --> crosspoint.toml:6:11
              |
            6 | proxies = ["10.0.0.0/8"]
              |           ^^^^^^^^^^^^^^
            hint: add "unix", which is whoever may connect there

            error: whoever gets to its proxies can connect here, and anybody may do anything in the realm realm1
             --> crosspoint.toml:9:11
              |
            9 | proxies = ["::1", "unix"]
              |           ^^^^^^^^^^^^^^^
            hint: leave the proxies out, ask for a proof with authmethods in [realms.realm1], say what is allowed in [realms.realm1.roles], or say open_to_network = true in [listeners.other] if the network is yours alone

            error: nobody connects through a Unix socket here
             --> crosspoint.toml:9:19
              |
            9 | proxies = ["::1", "unix"]
              |                   ^^^^^^
            hint: write the address of the proxy, or its network
        "#]],
    );
}

#[test]
fn a_burst_is_one_of_messages_that_are_limited() {
    check(
        "listeners.main.messages_burst = 5\nlisteners.other.messages_per_second = 0\n",
        &expect![[r#"
            error: any number of messages may come at once, at any time
             --> crosspoint.toml:1:33
              |
            1 | listeners.main.messages_burst = 5
              |                                 ^
            hint: say messages_per_second, too, or leave this out

            error: listeners.other.messages_per_second cannot be 0
             --> crosspoint.toml:2:39
              |
            2 | listeners.other.messages_per_second = 0
              |                                       ^ a whole number from 1 to 4294967295 is expected
        "#]],
    );
}

#[test]
fn cookies_have_a_name_and_a_time() {
    check(
        r#"
[listeners.main]
transports = ["rawsocket"]
[listeners.main.cookie]
name = "a b"
lifetime = "401 d"
[listeners.other]
address = "127.0.0.1:9000"
cookie = {}

[realms.realm1]
authmethods = ["cookie", "anonymous"]
"#,
        &expect![[r#"
            error: no browser can connect here: websocket is not spoken
             --> crosspoint.toml:4:1
              |
            4 | [listeners.main.cookie]
              | ^^^^^^^^^^^^^^^^^^^^^^^
            hint: add it to the transports, or leave this out

            error: 'a b' cannot be the name of a cookie
             --> crosspoint.toml:5:8
              |
            5 | name = "a b"
              |        ^^^^^
            hint: use letters, digits, '_', '.' and '-'

            error: a cookie cannot be for 401 d
             --> crosspoint.toml:6:12
              |
            6 | lifetime = "401 d"
              |            ^^^^^^^ 1 s to 400 d is expected

            error: nobody can join realm1 by cookie: nobody proves anything that is remembered
              --> crosspoint.toml:12:16
               |
            12 | authmethods = ["cookie", "anonymous"]
               |                ^^^^^^^^
            hint: add another method than tls, by which somebody is known first
        "#]],
    );
    check(
        r#"
[realms.realm1]
authmethods = ["cookie", "ticket"]
[realms.realm1.principals.alice]
role = "user"
ticket = "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
[realms.realm1.authenticators.cookie]
procedure = "com.example.who"
"#,
        &expect![[r#"
            error: nobody can join realm1 by cookie: no listener gives cookies to browsers
             --> crosspoint.toml:3:16
              |
            3 | authmethods = ["cookie", "ticket"]
              |                ^^^^^^^^
            hint: describe [listeners.NAME.cookie], or leave it out

            error: no authmethod is called cookie
             --> crosspoint.toml:7:1
              |
            7 | [realms.realm1.authenticators.cookie]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ anonymous, ticket, wampcra, scram, cryptosign or tls is expected
        "#]],
    );
}

/// Who has it would be locked out without a word.
#[test]
fn roles_that_are_named_are_there() {
    check(
        r#"
[realms.app]
authmethods = ["anonymous", "ticket", "jwt"]
anonymous_role = "visitr"
[realms.app.principals.alice]
role = "backed"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
[realms.app.tokens.accounts]
algorithm = "HS256"
key = "plain:a secret of thirty-two octets and more"
role_claim = "role"
roles = ["backend", "admin"]
[realms.app.roles.backend]
permissions = [{ uri = "com.example.*", allow = ["call"] }]
[realms.app.roles.visitor]
"#,
        &expect![[r#"
            error: there is no role visitr here, and who has it may do nothing
             --> crosspoint.toml:4:18
              |
            4 | anonymous_role = "visitr"
              |                  ^^^^^^^^ did you mean "visitor"?

            error: there is no role backed here, and who has it may do nothing
             --> crosspoint.toml:6:8
              |
            6 | role = "backed"
              |        ^^^^^^^^ did you mean "backend"?

            error: there is no role admin here, and who has it may do nothing
              --> crosspoint.toml:12:21
               |
            12 | roles = ["backend", "admin"]
               |                     ^^^^^^^
            hint: say what it may do in [realms.app.roles.admin]

            error: the star in 'com.example.*' is no wildcard
              --> crosspoint.toml:14:24
               |
            14 | permissions = [{ uri = "com.example.*", allow = ["call"] }]
               |                        ^^^^^^^^^^^^^^^
            hint: say uri = "com.example.", match = "prefix"
        "#]],
    );
}

#[test]
fn who_asks_somebody_does_not_look_himself() {
    check(
        r#"
[realms.app]
authmethods = ["ticket"]
[realms.app.principals.alice]
role = "backend"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
[realms.app.authenticators.ticket]
procedure = "com.example.authenticate"
timeout = "20 s"
"#,
        &expect![[r#"
            error: the ticket of alice is never looked at: an authenticator is asked
             --> crosspoint.toml:7:1
              |
            7 | [realms.app.authenticators.ticket]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: leave out one of the two

            error: a client has 10 s until its WELCOME
             --> crosspoint.toml:9:11
              |
            9 | timeout = "20 s"
              |           ^^^^^^ up to "10 s" is expected
        "#]],
    );
}

#[test]
fn stars_are_no_wildcards() {
    check(
        r#"
[realms.app.roles.backend]
permissions = [
    { uri = "com.example.*", match = "prefix", allow = ["call"] },
    { uri = "com.*.get", match = "prefix", allow = ["call"] },
    { uri = "*", match = "wildcard", allow = ["call"] },
    { uri = "com.*.*", allow = ["call"] },
    { uri = "com.*x", allow = ["call"] },
]
"#,
        &expect![[r#"
            error: the star in 'com.example.*' is no wildcard
             --> crosspoint.toml:4:13
              |
            4 |     { uri = "com.example.*", match = "prefix", allow = ["call"] },
              |             ^^^^^^^^^^^^^^^
            hint: say uri = "com.example.", match = "prefix"

            error: the star in 'com.*.get' is no wildcard
             --> crosspoint.toml:5:13
              |
            5 |     { uri = "com.*.get", match = "prefix", allow = ["call"] },
              |             ^^^^^^^^^^^
            hint: say uri = "com..get", match = "wildcard"

            error: the star in '*' is no wildcard
             --> crosspoint.toml:6:13
              |
            6 |     { uri = "*", match = "wildcard", allow = ["call"] },
              |             ^^^
            hint: say uri = "", match = "wildcard"

            error: the star in 'com.*.*' is no wildcard
             --> crosspoint.toml:7:13
              |
            7 |     { uri = "com.*.*", allow = ["call"] },
              |             ^^^^^^^^^
            hint: say uri = "com..", match = "wildcard"
        "#]],
    );
}

#[test]
fn names_with_dots_are_in_quotes() {
    check(
        r#"
[realms.com.example.app]
authmethods = ["ticket"]
[realms.app.principals.alice.smith]
role = "user"
[realms.app.rolls.user]
"#,
        &expect![[r#"
            error: there is no example in [realms.com]
             --> crosspoint.toml:2:13
              |
            2 | [realms.com.example.app]
              |             ^^^^^^^
            hint: a name with dots is in quotes: [realms."com.example.app"]

            error: realms.app.principals.alice lacks role
             --> crosspoint.toml:4:24
              |
            4 | [realms.app.principals.alice.smith]
              |                        ^^^^^ a text is expected
            hint: role: The role of the sessions: others are told of it, and trust levels go by it.

            error: there is no smith in [realms.app.principals.alice]
             --> crosspoint.toml:4:30
              |
            4 | [realms.app.principals.alice.smith]
              |                              ^^^^^
            hint: a name with dots is in quotes: [realms.app.principals."alice.smith"]

            error: there is no rolls in [realms.app]
             --> crosspoint.toml:6:13
              |
            6 | [realms.app.rolls.user]
              |             ^^^^^ did you mean roles?
        "#]],
    );
}
