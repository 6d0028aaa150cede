//! What commands say of themselves.

use expect_test::expect;

use crate::process::check;

#[test]
fn help_says_how_arguments_are_typed() {
    check(
        &["call", "--help"],
        &expect![[r#"
            Call a procedure and print its result

            A single value is printed as itself: a text as it is, anything else as JSON. Several values are printed as a JSON list, keyword values as a JSON object on a line of its own. An error of the procedure or the router is told on standard error, with exit code 1. Ctrl-C cancels the call.

            Usage: crosspoint call [OPTIONS] <URI> [ARG]...

            Arguments:
              <URI>
                      The procedure, like com.example.hello

              [ARG]...
                      Arguments: 5 is an integer, 1.5 a float; true, false and null are themselves; what begins with [, { or " is JSON; anything else is text. So "5" with its quotes is a text, which a shell passes on as '"5"'

            Options:
              -k, --kwarg <KEY=VALUE>
                      An argument by keyword, its value typed in the same way; may be given several times

                  --timeout <DURATION>
                      How long the call may take, like 500ms, 2s or 1m; with --progress, how long each of its results may take

                  --progress
                      Ask for progressive results: each is printed as it comes, and the final one last

                  --disclose-me
                      Let the callee know who calls

                  --rkey <KEY>
                      Where several callees share the procedure: calls with the same key go to the same one

                  --cancel-mode <MODE>
                      What becomes of the callee's work if the call is interrupted: it may go on (skip), or is told to stop (kill, killnowait)

                      [default: killnowait]
                      [possible values: skip, kill, killnowait]

                  --url <URL>
                      The router: ws://HOST:PORT/PATH, or rs://HOST:PORT for RawSocket; wss: and rss: over TLS; rs://unix:/PATH at a Unix socket

                      [env: CROSSPOINT_URL=]
                      [default: ws://127.0.0.1:8080/ws]

                  --realm <REALM>
                      The realm to join

                      [env: CROSSPOINT_REALM=]
                      [default: realm1]

                  --serializer <SERIALIZER>
                      How messages are written; without it whatever the router has, CBOR first

                      [possible values: json, msgpack, cbor]

                  --ca <FILE>
                      The certificates of those who may sign the router's, in PEM; without it those whom the system trusts

                      [env: CROSSPOINT_CA=]

                  --insecure
                      Believe every certificate, whoever made it: somebody in between can read and change everything

                  --authid <NAME>
                      Who to be; without it nobody in particular

                      [env: CROSSPOINT_AUTHID=]

                  --password-file <FILE>
                      The file with the password, for SCRAM and WAMP-CRA, which do not say it

                      [env: CROSSPOINT_PASSWORD_FILE=]

                  --ticket-file <FILE>
                      The file with the ticket, which the router is told

                      [env: CROSSPOINT_TICKET_FILE=]

                  --key-file <FILE>
                      The file with the private key, in hexadecimal digits, for cryptosign

                      [env: CROSSPOINT_KEY_FILE=]

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

#[test]
fn help_says_what_a_registered_command_gets() {
    check(
        &["register", "--help"],
        &expect![[r#"
            Register a procedure that a command answers

            Each call runs the command once, several at a time. It gets the call's arguments behind its own, texts as they are and other values as JSON, and on standard input {"args":[...],"kwargs":{...}}. What it writes to standard output is the result: JSON if it is that, else text. If it fails, the caller gets the error crosspoint.error.command_failed, with what it wrote to standard error. If the caller cancels, it is killed.

            Its environment has the called procedure in CROSSPOINT_PROCEDURE and, if the router discloses who calls, CROSSPOINT_CALLER (the session), CROSSPOINT_CALLER_AUTHID and CROSSPOINT_CALLER_AUTHROLE. If a caller sends its arguments in chunks, each is a line of standard input, and only those of the first stand behind the command.

            Whoever can call the procedure chooses these arguments: take care which command you give.

            Usage: crosspoint register [OPTIONS] <URI> -- <COMMAND>...

            Arguments:
              <URI>
                      The procedure, like com.example.hello

              <COMMAND>...
                      The command, and the first of its arguments

            Options:
                  --progress
                      Each line that the command writes is a progressive result, sent at once, and the final result is empty. For callers that do not take progressive results all lines are the result

                  --match <POLICY>
                      Which procedures are meant: exactly this one, all that begin with it (prefix), or all that fit, an empty component standing for any, like com..hello (wildcard)

                      [default: exact]
                      [possible values: exact, prefix, wildcard]

                  --invoke <POLICY>
                      Share the procedure with other callees that say the same, and who of them is invoked; single shares it with nobody

                      [default: single]
                      [possible values: single, roundrobin, random, first, last, least_pending]

                  --concurrency <N>
                      Take at most so many calls at a time

                  --queue <N>
                      Let so many calls wait in the router while all callees have as many as they take

                  --force
                      Take the procedure away from whoever has registered it

                  --disclose-caller
                      Ask the router to say who calls

                  --url <URL>
                      The router: ws://HOST:PORT/PATH, or rs://HOST:PORT for RawSocket; wss: and rss: over TLS; rs://unix:/PATH at a Unix socket

                      [env: CROSSPOINT_URL=]
                      [default: ws://127.0.0.1:8080/ws]

                  --realm <REALM>
                      The realm to join

                      [env: CROSSPOINT_REALM=]
                      [default: realm1]

                  --serializer <SERIALIZER>
                      How messages are written; without it whatever the router has, CBOR first

                      [possible values: json, msgpack, cbor]

                  --ca <FILE>
                      The certificates of those who may sign the router's, in PEM; without it those whom the system trusts

                      [env: CROSSPOINT_CA=]

                  --insecure
                      Believe every certificate, whoever made it: somebody in between can read and change everything

                  --authid <NAME>
                      Who to be; without it nobody in particular

                      [env: CROSSPOINT_AUTHID=]

                  --password-file <FILE>
                      The file with the password, for SCRAM and WAMP-CRA, which do not say it

                      [env: CROSSPOINT_PASSWORD_FILE=]

                  --ticket-file <FILE>
                      The file with the ticket, which the router is told

                      [env: CROSSPOINT_TICKET_FILE=]

                  --key-file <FILE>
                      The file with the private key, in hexadecimal digits, for cryptosign

                      [env: CROSSPOINT_KEY_FILE=]

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

#[test]
fn help_says_who_may_receive_an_event() {
    check(
        &["publish", "--help"],
        &expect![[r#"
            Publish an event

            Who may receive it can be restricted by session, authid and role, by each as often as you like: a subscriber has to be eligible in every way that you use, and excluded in none.

            It ends when the router has said that it has the event, or why it refuses it.

            Usage: crosspoint publish [OPTIONS] <URI> [ARG]...

            Arguments:
              <URI>
                      The topic, like com.example.news

              [ARG]...
                      Arguments: 5 is an integer, 1.5 a float; true, false and null are themselves; what begins with [, { or " is JSON; anything else is text. So "5" with its quotes is a text, which a shell passes on as '"5"'

            Options:
              -k, --kwarg <KEY=VALUE>
                      An argument by keyword, its value typed in the same way; may be given several times

                  --acknowledge
                      Print the publication's ID

                  --retain
                      Let the router keep the event for those who subscribe later with --retained, until another one takes its place

                  --disclose-me
                      Let subscribers know who publishes

                  --rkey <KEY>
                      Where subscribers share the events with --nkey: those with the same key go to the same node

                  --eligible <ID>
                      Only for this session

                  --eligible-authid <AUTHID>
                      Only for sessions with this authid

                  --eligible-authrole <ROLE>
                      Only for sessions in this role

                  --exclude <ID>
                      Not for this session

                  --exclude-authid <AUTHID>
                      Not for sessions with this authid

                  --exclude-authrole <ROLE>
                      Not for sessions in this role

                  --url <URL>
                      The router: ws://HOST:PORT/PATH, or rs://HOST:PORT for RawSocket; wss: and rss: over TLS; rs://unix:/PATH at a Unix socket

                      [env: CROSSPOINT_URL=]
                      [default: ws://127.0.0.1:8080/ws]

                  --realm <REALM>
                      The realm to join

                      [env: CROSSPOINT_REALM=]
                      [default: realm1]

                  --serializer <SERIALIZER>
                      How messages are written; without it whatever the router has, CBOR first

                      [possible values: json, msgpack, cbor]

                  --ca <FILE>
                      The certificates of those who may sign the router's, in PEM; without it those whom the system trusts

                      [env: CROSSPOINT_CA=]

                  --insecure
                      Believe every certificate, whoever made it: somebody in between can read and change everything

                  --authid <NAME>
                      Who to be; without it nobody in particular

                      [env: CROSSPOINT_AUTHID=]

                  --password-file <FILE>
                      The file with the password, for SCRAM and WAMP-CRA, which do not say it

                      [env: CROSSPOINT_PASSWORD_FILE=]

                  --ticket-file <FILE>
                      The file with the ticket, which the router is told

                      [env: CROSSPOINT_TICKET_FILE=]

                  --key-file <FILE>
                      The file with the private key, in hexadecimal digits, for cryptosign

                      [env: CROSSPOINT_KEY_FILE=]

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

#[test]
fn help_says_how_events_are_printed() {
    check(
        &["subscribe", "--help"],
        &expect![[r#"
            Subscribe to a topic and print its events

            Each event is a line of JSON: {"args":[...],"kwargs":{...}}. With --match prefix or wildcard it says which topic it is of: {"topic":"...","args":[...],"kwargs":{...}}. What else the router tells of an event stands before its arguments, too: publisher (the session), publisher_authid, publisher_authrole, trustlevel, and retained if it is not new. Ctrl-C ends it.

            Usage: crosspoint subscribe [OPTIONS] <URI>

            Arguments:
              <URI>
                      The topic, like com.example.news

            Options:
                  --match <POLICY>
                      Which topics are meant: exactly this one, all that begin with it (prefix), or all that fit, an empty component standing for any, like com..news (wildcard)

                      [default: exact]
                      [possible values: exact, prefix, wildcard]

                  --retained
                      Begin with what is retained of the topic, if anything is

                  --nkey <NODE>
                      Take a share of the events that are published with --rkey: each goes to one node, and subscribers that give the same name are one node

                  --count <N>
                      End after so many events

                  --url <URL>
                      The router: ws://HOST:PORT/PATH, or rs://HOST:PORT for RawSocket; wss: and rss: over TLS; rs://unix:/PATH at a Unix socket

                      [env: CROSSPOINT_URL=]
                      [default: ws://127.0.0.1:8080/ws]

                  --realm <REALM>
                      The realm to join

                      [env: CROSSPOINT_REALM=]
                      [default: realm1]

                  --serializer <SERIALIZER>
                      How messages are written; without it whatever the router has, CBOR first

                      [possible values: json, msgpack, cbor]

                  --ca <FILE>
                      The certificates of those who may sign the router's, in PEM; without it those whom the system trusts

                      [env: CROSSPOINT_CA=]

                  --insecure
                      Believe every certificate, whoever made it: somebody in between can read and change everything

                  --authid <NAME>
                      Who to be; without it nobody in particular

                      [env: CROSSPOINT_AUTHID=]

                  --password-file <FILE>
                      The file with the password, for SCRAM and WAMP-CRA, which do not say it

                      [env: CROSSPOINT_PASSWORD_FILE=]

                  --ticket-file <FILE>
                      The file with the ticket, which the router is told

                      [env: CROSSPOINT_TICKET_FILE=]

                  --key-file <FILE>
                      The file with the private key, in hexadecimal digits, for cryptosign

                      [env: CROSSPOINT_KEY_FILE=]

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

#[test]
fn help_lists_the_commands() {
    check(
        &["--help"],
        &expect![[r#"
            A WAMP v2 router, and the commands to work with one.

            Without a command it is 'serve': on 127.0.0.1:8080, the realm 'realm1', to whoever is on this machine.

            Usage: crosspoint [OPTIONS]
                   crosspoint <COMMAND>

            Commands:
              serve      Start the router
              check      Say what is wrong with a configuration file
              config     Print a configuration file with everything that can be set
              import     Make a configuration file out of one of Crossbar.io
              reload     Have a router read its configuration file again
              secret     Make of a password what stands in the configuration instead
              call       Call a procedure and print its result
              register   Register a procedure that a command answers
              publish    Publish an event
              subscribe  Subscribe to a topic and print its events
              bench      Measure what routing costs
              help       Print this message or the help of the given subcommand(s)

            Options:
              -c, --config <FILE>
                      The configuration file

                      [env: CROSSPOINT_CONFIG=]

                  --check
                      Say what is wrong with file, environment and options together, if anything is, and do not start

                  --trace-session <AUTHID>
                      Print what sessions say and are told, while they do: those with this authid, or 'all'; may be given several times. What goes by a name like ticket, secret or password is left out, other arguments are not

                  --listen <ADDRESS:PORT>
                      Where to listen; port 0 lets the system choose [default: 127.0.0.1:8080]

                      [env: CROSSPOINT_LISTEN=]

                  --realm <REALM>
                      A realm that clients can join; may be given several times [default: realm1]

                      [env: CROSSPOINT_REALM=]

                  --strict-uris
                      Hold procedures and topics to lower-case letters, digits and '_' between their dots

                  --disclose-caller <WHEN>
                      Whether callees get to know who calls: when caller or callee asks for it (which is the default), always, or never

                      [possible values: asked, always, never]

                  --disclose-publisher <WHEN>
                      Whether subscribers get to know who publishes: when the publisher asks for it (which is the default), always, or never

                      [possible values: asked, always, never]

                  --slow-subscribers <WHAT>
                      What happens to a subscriber whose queue is full: it loses events (which is the default), or its session

                      [possible values: drop, close]

                  --history <[MATCH:]TOPIC[,events=N][,octets=N][,age=N][,stored]>
                      Of which topics a history is kept, which clients can ask for, and how much: the last 1000 events and 16M octets, unless it says something else. With 'stored' it is in the store, too. May be given several times, and the most specific one counts

                  --store <FILE>
                      The file where events are kept that outlive the router; it is made if it is not there

                      [env: CROSSPOINT_STORE=]

                  --store-retained
                      Keep retained events in the store, too

                  --trust-level <[ROLE@]PREFIX=LEVEL>
                      How far calls of procedures, and publications to topics, that begin with PREFIX are trusted (of sessions in ROLE, where that is given); may be given several times, and the first that fits counts

                  --ping-interval <SECONDS>
                      Ping WebSocket clients from which nothing has come for so long, and end their sessions if nothing comes for as long again; 'off' sends no pings [default: 45]

                      [env: CROSSPOINT_PING_INTERVAL=]

                  --dead-peer-timeout <SECONDS>
                      End TCP connections whose peer's system does not answer for so long, or has no room for so long for what is sent to it; 'off' leaves it to this system [default: 90]

                      [env: CROSSPOINT_DEAD_PEER_TIMEOUT=]

                  --open-to-network
                      Listen beyond this machine, although anybody who connects may do anything

                  --refuse-uncounted-requests
                      Refuse clients that do not number their requests 1, 2, 3, ... as WAMP demands

              -h, --help
                      Print help (see a summary with '-h')

              -V, --version
                      Print version
        "#]],
    );
}
