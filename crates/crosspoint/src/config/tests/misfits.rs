//! What does not fit the shape of the file.

use expect_test::expect;

use super::{check, configuration};

#[test]
fn everything_that_does_not_fit_is_told() {
    check(
        r#"
[listeners.main]
adress = "127.0.0.1:8080"
transports = ["websockets", "tcp"]
connections_max = "many"
ping_interval = 45
dead_peer_timeout = "2 days"
open_to_network = "true"
uri_rules = "strict"
paths = []
"#,
        &expect![[r#"
            error: there is no adress in [listeners.main]
             --> crosspoint.toml:3:1
              |
            3 | adress = "127.0.0.1:8080"
              | ^^^^^^ did you mean address?

            error: listeners.main.transports[0] cannot be "websockets"
             --> crosspoint.toml:4:15
              |
            4 | transports = ["websockets", "tcp"]
              |               ^^^^^^^^^^^^ did you mean "websocket"?

            error: listeners.main.transports[1] cannot be "tcp"
             --> crosspoint.toml:4:29
              |
            4 | transports = ["websockets", "tcp"]
              |                             ^^^^^ "websocket" or "rawsocket" is expected

            error: listeners.main.connections_max is a text
             --> crosspoint.toml:5:19
              |
            5 | connections_max = "many"
              |                   ^^^^^^ a whole number from 1 to 4294967295 is expected

            error: listeners.main.ping_interval is a number
             --> crosspoint.toml:6:17
              |
            6 | ping_interval = 45
              |                 ^^ a time such as "45 s" (up to an hour) or "off" is expected
            hint: with its unit, in quotes: "45 s"

            error: listeners.main.dead_peer_timeout cannot be "2 days"
             --> crosspoint.toml:7:21
              |
            7 | dead_peer_timeout = "2 days"
              |                     ^^^^^^^^ a time such as "45 s" (up to an hour) or "off" is expected
            hint: the units are ms, s, min, h and d

            error: listeners.main.open_to_network is a text
             --> crosspoint.toml:8:19
              |
            8 | open_to_network = "true"
              |                   ^^^^^^ true or false is expected
            hint: without the quotes: true

            error: there is no uri_rules in [listeners.main]
             --> crosspoint.toml:9:1
              |
            9 | uri_rules = "strict"
              | ^^^^^^^^^
            hint: uri_rules stands in [realms.NAME]

            error: listeners.main.paths is empty
              --> crosspoint.toml:10:9
               |
            10 | paths = []
               |         ^^ the path of a URL such as "/ws" is expected
        "#]],
    );
}

#[test]
fn numbers_sizes_and_words_have_their_bounds() {
    check(
        r#"
[listeners.main]
message_octets_max = "1 GiB"
[log]
level = "WARN"
[limits]
outbox_octets_max = "16MB"
calls_in_flight_max = -1
testaments_max = 4294967296
kept_octets_max = 99999999999999999999
[realms.realm1]
failed_attempts_per_address_max = 60001
[stor]
"#,
        &expect![[r#"
            error: listeners.main.message_octets_max cannot be 1 GiB
             --> crosspoint.toml:3:22
              |
            3 | message_octets_max = "1 GiB"
              |                      ^^^^^^^ 512 B to 16 MiB is expected

            error: log.level cannot be "WARN"
             --> crosspoint.toml:5:9
              |
            5 | level = "WARN"
              |         ^^^^^^ did you mean "warn"?

            error: limits.outbox_octets_max cannot be "16MB"
             --> crosspoint.toml:7:21
              |
            7 | outbox_octets_max = "16MB"
              |                     ^^^^^^ a size such as "16 MiB" is expected
            hint: the units are KiB, MiB and GiB; a MiB is 1048576 octets

            error: limits.calls_in_flight_max cannot be -1
             --> crosspoint.toml:8:23
              |
            8 | calls_in_flight_max = -1
              |                       ^^ a whole number from 0 to 4294967295 is expected

            error: limits.testaments_max cannot be 4294967296
             --> crosspoint.toml:9:18
              |
            9 | testaments_max = 4294967296
              |                  ^^^^^^^^^^ a whole number from 0 to 4294967295 is expected

            error: limits.kept_octets_max is a number beyond all bounds
              --> crosspoint.toml:10:19
               |
            10 | kept_octets_max = 99999999999999999999
               |                   ^^^^^^^^^^^^^^^^^^^^ a size such as "16 MiB" is expected

            error: realms.realm1.failed_attempts_per_address_max cannot be 60001
              --> crosspoint.toml:12:35
               |
            12 | failed_attempts_per_address_max = 60001
               |                                   ^^^^^ a whole number from 0 to 60000 is expected

            error: there is no stor in the file
              --> crosspoint.toml:13:2
               |
            13 | [stor]
               |  ^^^^ did you mean store?
        "#]],
    );
}

#[test]
fn what_stands_in_lists_is_told() {
    check(
        r#"
[realms.app]
trust_levels = [{ prefix = "com." }, 3]
history = [
    { topic = "com.example", match = "prefx" },
    { match = "prefix", age = "0 s" },
    { topic = "com.example", limit = 3 },
]
"#,
        &expect![[r#"
            error: realms.app.trust_levels[0] lacks level
             --> crosspoint.toml:3:17
              |
            3 | trust_levels = [{ prefix = "com." }, 3]
              |                 ^^^^^^^^^^^^^^^^^^^ a whole number of at least 0 is expected
            hint: level: The level, 0 being the lowest.

            error: realms.app.trust_levels[1] is a number
             --> crosspoint.toml:3:38
              |
            3 | trust_levels = [{ prefix = "com." }, 3]
              |                                      ^ a table is expected

            error: realms.app.history[0].match cannot be "prefx"
             --> crosspoint.toml:5:38
              |
            5 |     { topic = "com.example", match = "prefx" },
              |                                      ^^^^^^^ did you mean "prefix"?

            error: realms.app.history[1] lacks topic
             --> crosspoint.toml:6:5
              |
            6 |     { match = "prefix", age = "0 s" },
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a text is expected
            hint: topic: The topic, or the pattern.

            error: realms.app.history[1].age cannot be "0 s"
             --> crosspoint.toml:6:31
              |
            6 |     { match = "prefix", age = "0 s" },
              |                               ^^^^^ a time such as "90 s" or "7 d" is expected

            error: there is no limit in [realms.app.history[2]]
             --> crosspoint.toml:7:30
              |
            7 |     { topic = "com.example", limit = 3 },
              |                              ^^^^^
            hint: there is topic, match, events, octets, age and stored
        "#]],
    );
}

#[test]
fn tables_are_tables() {
    check(
        r#"
realms = "realm1"
[[listeners.main]]
[store]
path = 3
"#,
        &expect![[r#"
            error: realms is a text
             --> crosspoint.toml:2:10
              |
            2 | realms = "realm1"
              |          ^^^^^^^^ a table is expected
            hint: its settings stand below [realms]

            error: listeners.main is a list
             --> crosspoint.toml:3:1
              |
            3 | [[listeners.main]]
              | ^^^^^^^^^^^^^^^^^^ a table is expected
            hint: its settings stand below [listeners.main]

            error: store.path is a number
             --> crosspoint.toml:5:8
              |
            5 | path = 3
              |        ^ a text is expected
        "#]],
    );
}

/// Somebody else's file, or one that a program has written: it takes no time to say so.
#[test]
fn of_very_many_mistakes_only_some_are_looked_for() {
    for line in ["setting_{} = 1\n", "setting {}\n", "store.path_{} = 1\n"] {
        let lines = (0..20_000).map(|number| line.replace("{}", &number.to_string()));
        let problems = configuration(&lines.collect::<String>()).unwrap_err();
        assert!(problems.to_string().ends_with("error: and many more"), "{problems}");
    }
}

#[test]
fn origins_are_sites_without_a_path() {
    check(
        r#"
[listeners.main]
origins = ["app.example.com", "https://app.example.com/", "https://*example.com", 1]
"#,
        &expect![[r#"
            error: listeners.main.origins[0] cannot be "app.example.com"
             --> crosspoint.toml:3:12
              |
            3 | origins = ["app.example.com", "https://app.example.com/", "https://*example.com", 1]
              |            ^^^^^^^^^^^^^^^^^ an origin such as "https://app.example.com" or "http://localhost:*" is expected
            hint: write "https://app.example.com"

            error: listeners.main.origins[1] cannot be "https://app.example.com/"
             --> crosspoint.toml:3:31
              |
            3 | origins = ["app.example.com", "https://app.example.com/", "https://*example.com", 1]
              |                               ^^^^^^^^^^^^^^^^^^^^^^^^^^ an origin such as "https://app.example.com" or "http://localhost:*" is expected
            hint: write "https://app.example.com"

            error: listeners.main.origins[2] cannot be "https://*example.com"
             --> crosspoint.toml:3:59
              |
            3 | origins = ["app.example.com", "https://app.example.com/", "https://*example.com", 1]
              |                                                           ^^^^^^^^^^^^^^^^^^^^^^ an origin such as "https://app.example.com" or "http://localhost:*" is expected
            hint: * stands for any port, for any host, and before a domain for all that is below it

            error: listeners.main.origins[3] is a number
             --> crosspoint.toml:3:83
              |
            3 | origins = ["app.example.com", "https://app.example.com/", "https://*example.com", 1]
              |                                                                                   ^ an origin such as "https://app.example.com" or "http://localhost:*" is expected
        "#]],
    );
    let file =
        "listeners.main.origins = ['*', 'null', 'https://*.example.com', 'http://localhost:*']";
    configuration(file).unwrap();
}

#[test]
fn proxies_are_addresses_and_networks() {
    check(
        r#"
[listeners.main]
proxies = ["localhost", "127.0.0.1:80", "10.0.0.0/33", "proxy.example.com", 1]
proxy_protocol = "v2"
"#,
        &expect![[r#"
            error: listeners.main.proxies[0] cannot be "localhost"
             --> crosspoint.toml:3:12
              |
            3 | proxies = ["localhost", "127.0.0.1:80", "10.0.0.0/33", "proxy.example.com", 1]
              |            ^^^^^^^^^^^ an address such as "::1", a network such as "10.0.0.0/8" or "unix" is expected
            hint: write "127.0.0.1", or "::1"

            error: listeners.main.proxies[1] cannot be "127.0.0.1:80"
             --> crosspoint.toml:3:25
              |
            3 | proxies = ["localhost", "127.0.0.1:80", "10.0.0.0/33", "proxy.example.com", 1]
              |                         ^^^^^^^^^^^^^^ an address such as "::1", a network such as "10.0.0.0/8" or "unix" is expected
            hint: without the port: "127.0.0.1"

            error: listeners.main.proxies[2] cannot be "10.0.0.0/33"
             --> crosspoint.toml:3:41
              |
            3 | proxies = ["localhost", "127.0.0.1:80", "10.0.0.0/33", "proxy.example.com", 1]
              |                                         ^^^^^^^^^^^^^ an address such as "::1", a network such as "10.0.0.0/8" or "unix" is expected
            hint: names are not looked up: write the address

            error: listeners.main.proxies[3] cannot be "proxy.example.com"
             --> crosspoint.toml:3:56
              |
            3 | proxies = ["localhost", "127.0.0.1:80", "10.0.0.0/33", "proxy.example.com", 1]
              |                                                        ^^^^^^^^^^^^^^^^^^^ an address such as "::1", a network such as "10.0.0.0/8" or "unix" is expected
            hint: names are not looked up: write the address

            error: listeners.main.proxies[4] is a number
             --> crosspoint.toml:3:77
              |
            3 | proxies = ["localhost", "127.0.0.1:80", "10.0.0.0/33", "proxy.example.com", 1]
              |                                                                             ^ an address such as "::1", a network such as "10.0.0.0/8" or "unix" is expected

            error: listeners.main.proxy_protocol is a text
             --> crosspoint.toml:4:18
              |
            4 | proxy_protocol = "v2"
              |                  ^^^^ true or false is expected
        "#]],
    );
    let file = "listeners.main.open_to_network = true\n\
        listeners.main.proxies = ['::1', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1']";
    configuration(file).unwrap();
}
