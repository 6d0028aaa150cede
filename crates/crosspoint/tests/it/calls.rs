//! `crosspoint register` and `crosspoint call`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use crosspoint_client::{CallOptions, Client};
use expect_test::expect;

use crate::process::{Router, Running};

/// A procedure that a command answers, once it is registered with these options.
#[track_caller]
fn register_with(router: &Router, options: &[&str], procedure: &str, command: &[&str]) -> Running {
    let arguments = [&["register"], options, &[procedure, "--"], command].concat();
    let mut running = router.start_command(&arguments);
    assert_eq!(running.notice(), format!("registered {procedure}; Ctrl-C ends it"));
    running
}

/// A named pipe: whoever opens it waits until it is open at the other end, too.
struct Fifo(PathBuf);

impl Fifo {
    fn new(name: &str) -> Fifo {
        let name = format!("crosspoint-it-{}-{name}", std::process::id());
        let fifo = Fifo(std::env::temp_dir().join(name));
        assert!(Command::new("mkfifo").arg(&fifo.0).status().unwrap().success());
        fifo
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// All that is written by those who have it open, when they have closed it.
    fn read(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn the_first_call() {
    let router = Router::start();
    let _callee = router.register("com.example.hello", &["echo", "Hello,"]);
    router.check(
        &["call", "com.example.hello", "world"],
        &expect![[r#"
            Hello, world
        "#]],
    );
}

#[test]
fn arguments_reach_the_command() {
    let router = Router::start();
    let _callee = router.register("com.example.stdin", &["sh", "-c", "cat"]);
    router.check(
        &["call", "com.example.stdin", "-1", "1.0", "true", "null", "[1,{}]", "\"1\"", "two words"],
        &expect![[r#"
            {"args":[-1,1.0,true,null,[1,{}],"1","two words"],"kwargs":{}}
        "#]],
    );
    router.check(
        &["call", "com.example.stdin", "-k", "a=1", "-k", "b=x=y"],
        &expect![[r#"
            {"args":[],"kwargs":{"a":1,"b":"x=y"}}
        "#]],
    );
    let _callee = router.register("com.example.argv", &["printf", "<%s>"]);
    router.check(
        &["call", "com.example.argv", "1", "two words", "[1, \"a\"]", "--", "-n"],
        &expect![[r#"
            <1><two words><[1,"a"]><-n>
        "#]],
    );
}

#[test]
fn results_are_readable() {
    let router = Router::start();
    let _callee = router.register("com.example.shell", &["sh", "-c"]);
    router.check(
        &["call", "com.example.shell", "echo 5"],
        &expect![[r#"
            5
        "#]],
    );
    router.check(
        &["call", "com.example.shell", "echo '\"5\"'"],
        &expect![[r#"
            5
        "#]],
    );
    router.check(
        &["call", "com.example.shell", "printf 'one\\ntwo\\n'"],
        &expect![[r#"
            one
            two
        "#]],
    );
    router.check(
        &["call", "com.example.shell", "printf '\\033[2J'"],
        &expect![[r#"
            "\u001b[2J"
        "#]],
    );
    router.check(&["call", "com.example.shell", "true"], &expect![[""]]);
}

#[test]
fn every_serializer_over_every_transport() {
    let router = Router::start();
    let _callee = router.register("com.example.stdin", &["sh", "-c", "cat"]);
    let rawsocket = router.rawsocket_url();
    for serializer in ["json", "msgpack", "cbor"] {
        for url in [&[][..], &["--url", &rawsocket]] {
            let call = ["call", "com.example.stdin", "1.0", "ü", "-k", "a=[null]", "--serializer"];
            router.check(
                &[&call[..], &[serializer], url].concat(),
                &expect![[r#"
                    {"args":[1.0,"ü"],"kwargs":{"a":[null]}}
                "#]],
            );
        }
    }
}

#[test]
fn a_command_that_fails_is_told_to_the_caller() {
    let router = Router::start();
    let _callee = router.register("com.example.shell", &["sh", "-c"]);
    router.check(&["call", "com.example.shell", "echo no such file >&2; exit 3"], &expect![[r#"
        stderr: error: crosspoint.error.command_failed: the command failed (exit status: 3) {"stderr":"no such file","code":3}
        exit status: 1
    "#]]);
    router.check(&["call", "com.example.shell", "kill -KILL $$"], &expect![[r#"
        stderr: error: crosspoint.error.command_failed: the command failed (signal: 9 (SIGKILL)) {"stderr":""}
        exit status: 1
    "#]]);
    let _callee = router.register("com.example.missing", &["/nonexistent/command"]);
    router.check(&["call", "com.example.missing"], &expect![[r#"
        stderr: error: crosspoint.error.command_failed: the command cannot run: No such file or directory (os error 2)
        exit status: 1
    "#]]);
}

#[test]
fn an_interrupted_call_kills_the_command() {
    let router = Router::start();
    let fifo = Fifo::new("killed");
    let _callee = router.register("com.example.shell", &["sh", "-c"]);
    let script = format!("exec tail -f /dev/null > '{}'", fifo.path());
    let caller = router.start_command(&["call", "com.example.shell", &script]);

    // It opens when the command has opened it, and ends when the command is gone.
    let output = File::open(fifo.path()).unwrap();
    caller.terminate();
    assert_eq!(std::io::read_to_string(output).unwrap(), "");
    expect![[r#"
        stderr: error: interrupted; the call was cancelled
        exit status: 1
    "#]]
    .assert_eq(&caller.end());
}

#[test]
fn an_interrupted_call_may_let_the_command_go_on() {
    let router = Router::start();
    let (started, go_on, result) = (Fifo::new("skip1"), Fifo::new("skip2"), Fifo::new("skip3"));
    let _callee = router.register("com.example.shell", &["sh", "-c"]);
    let script = format!(
        ": > '{}'; read word < '{}'; echo $word > '{}'",
        started.path(),
        go_on.path(),
        result.path()
    );
    let call = ["call", "--cancel-mode", "skip", "com.example.shell", &script];
    let caller = router.start_command(&call);
    assert_eq!(started.read(), "");
    caller.terminate();
    expect![[r#"
        stderr: error: interrupted; the call was cancelled
        exit status: 1
    "#]]
    .assert_eq(&caller.end());
    go_on.write("done\n");
    assert_eq!(result.read(), "done\n");
}

#[test]
fn a_terminated_callee_takes_its_procedure_along() {
    let router = Router::start();
    let callee = router.register("com.example.hello", &["echo", "Hello"]);
    callee.terminate();
    expect![[""]].assert_eq(&callee.end());
    router.check(
        &["call", "com.example.hello"],
        &expect![[r#"
            stderr: error: wamp.error.no_such_procedure: no callee has registered com.example.hello
            stderr: hint: register it with: crosspoint register com.example.hello -- COMMAND
            exit status: 1
        "#]],
    );
}

#[test]
fn lines_are_progressive_results() {
    let router = Router::start();
    let script = r#"echo '"one"'; echo '{"two":2}'; echo three"#;
    let command = ["sh", "-c", script];
    let _callee = register_with(&router, &["--progress"], "com.example.count", &command);
    // As JSON each of them is itself, and all together are a text.
    router.check(
        &["call", "--progress", "com.example.count"],
        &expect![[r#"
            one
            {"two":2}
            three
        "#]],
    );
    router.check(
        &["call", "com.example.count"],
        &expect![[r#"
            "one"
            {"two":2}
            three
        "#]],
    );
    // One that gives no progressive results has its final one.
    let _callee = router.register("com.example.hello", &["echo", "Hello"]);
    router.check(
        &["call", "--progress", "com.example.hello"],
        &expect![[r#"
            Hello
        "#]],
    );
}

#[test]
fn progressive_results_come_as_they_are_written() {
    let router = Router::start();
    let fifo = Fifo::new("progress");
    let script = format!("echo first; cat '{}'; echo no more >&2; exit 1", fifo.path());
    let command = ["sh", "-c", &script];
    let _callee = register_with(&router, &["--progress"], "com.example.count", &command);
    let mut caller = router.start_command(&["call", "--progress", "com.example.count"]);
    assert_eq!(caller.line(), "first");
    fifo.write("second\n");
    assert_eq!(caller.line(), "second");
    expect![[r#"
        stderr: error: crosspoint.error.command_failed: the command failed (exit status: 1) {"stderr":"no more","code":1}
        exit status: 1
    "#]]
    .assert_eq(&caller.end());
}

#[test]
fn progressive_results_that_nobody_reads_end_the_call() {
    let router = Router::start();
    let (first, ended) = (Fifo::new("unread1"), Fifo::new("unread2"));
    let script = format!("exec 3> '{}'; cat '{}'; exec yes", ended.path(), first.path());
    let command = ["sh", "-c", &script];
    let _callee = register_with(&router, &["--progress"], "com.example.yes", &command);
    let mut caller = router.start_command(&["call", "--progress", "com.example.yes"]);
    let output = File::open(ended.path()).unwrap();
    first.write("y\n");
    assert_eq!(caller.line(), "y");
    caller.close_output();
    expect![[""]].assert_eq(&caller.end());
    // It ends when the command is gone.
    assert_eq!(std::io::read_to_string(output).unwrap(), "");
}

#[test]
fn a_command_knows_what_is_called_and_by_whom() {
    let router = Router::start();
    let script = "echo \"$CROSSPOINT_PROCEDURE ${CROSSPOINT_CALLER:+by a session} \
                  ${CROSSPOINT_CALLER_AUTHID-} ${CROSSPOINT_CALLER_AUTHROLE-}\"";
    let command = ["sh", "-c", script];
    let options = ["--disclose-caller"];
    let _callee = register_with(&router, &options, "com.example.who", &command);
    router.check(
        &["call", "com.example.who"],
        &expect![[r#"
            com.example.who by a session anonymous anonymous
        "#]],
    );
    let options = ["--match", "prefix"];
    let _callee = register_with(&router, &options, "com.example.any", &command);
    router.check(
        &["call", "com.example.any.thing"],
        &expect![[r#"
            com.example.any.thing
        "#]],
    );
    router.check(
        &["call", "--disclose-me", "com.example.anything"],
        &expect![[r#"
            com.example.anything by a session anonymous anonymous
        "#]],
    );
    let options = ["--match", "wildcard"];
    let _callee = register_with(&router, &options, "com..who", &command);
    router.check(
        &["call", "com.elsewhere.who"],
        &expect![[r#"
            com.elsewhere.who
        "#]],
    );
}

#[test]
fn a_call_that_takes_too_long_ends() {
    let router = Router::start();
    let _callee = router.register("com.example.never", &["tail", "-f", "/dev/null"]);
    router.check(
        &["call", "--timeout", "100ms", "com.example.never"],
        &expect![[r#"
            stderr: error: wamp.error.timeout: there was no result within 100 ms
            stderr: hint: give the callee more time with --timeout
            exit status: 1
        "#]],
    );
}

#[test]
fn callees_share_a_procedure() {
    let router = Router::start();
    let options = ["--invoke", "roundrobin"];
    let _first = register_with(&router, &options, "com.example.shared", &["echo", "first"]);
    let _second = register_with(&router, &options, "com.example.shared", &["echo", "second"]);
    for _ in 0..2 {
        router.check(
            &["call", "com.example.shared"],
            &expect![[r#"
                first
            "#]],
        );
        router.check(
            &["call", "com.example.shared"],
            &expect![[r#"
                second
            "#]],
        );
    }
    router.check(&["register", "--invoke", "last", "com.example.shared", "--", "echo"], &expect![[r#"
        stderr: error: wamp.error.procedure_exists_with_different_invocation_policy: com.example.shared is registered with invoke 'roundrobin', not 'last'
        stderr: hint: other sessions share the procedure: say the same as they with --invoke
        exit status: 1
    "#]]);
}

#[test]
fn calls_with_the_same_key_go_to_the_same_callee() {
    let router = Router::start();
    let options = ["--invoke", "roundrobin"];
    // Whichever it is.
    let _first = register_with(&router, &options, "com.example.shard", &["sh", "-c", "echo $PPID"]);
    let _second =
        register_with(&router, &options, "com.example.shard", &["sh", "-c", "echo $PPID"]);
    let call = || {
        let arguments = ["call", "--rkey", "customer 17", "com.example.shard"];
        router.start_command(&arguments).line()
    };
    let callee = call();
    for _ in 0..3 {
        assert_eq!(call(), callee);
    }
}

#[test]
fn a_callee_takes_as_many_calls_as_it_says() {
    let router = Router::start();
    let (started, go_on) = (Fifo::new("one1"), Fifo::new("one2"));
    let script = format!(": > '{}'; cat '{}'", started.path(), go_on.path());
    let options = ["--concurrency", "1"];
    let _callee = register_with(&router, &options, "com.example.one", &["sh", "-c", &script]);
    let mut caller = router.start_command(&["call", "com.example.one"]);
    started.read();
    router.check(&["call", "com.example.one"], &expect![[r#"
        stderr: error: crossbar.error.max_concurrency_reached: every callee has as many calls as it takes at a time
        stderr: hint: try again later, or let calls wait by registering with --queue
        exit status: 1
    "#]]);
    go_on.write("done\n");
    assert_eq!(caller.line(), "done");
}

#[test]
fn calls_wait_for_a_callee_that_says_so() {
    let router = Router::start();
    let (started, go_on) = (Fifo::new("queue1"), Fifo::new("queue2"));
    let script = format!("echo \"$0\" > '{}'; cat '{}'", started.path(), go_on.path());
    let options = ["--concurrency", "1", "--queue", "1"];
    let _callee = register_with(&router, &options, "com.example.one", &["sh", "-c", &script]);
    let mut first = router.start_command(&["call", "com.example.one", "first"]);
    assert_eq!(started.read(), "first\n");
    let mut second = router.start_command(&["call", "com.example.one", "second"]);
    go_on.write("done\n");
    assert_eq!(first.line(), "done");
    assert_eq!(started.read(), "second\n");
    go_on.write("done, too\n");
    assert_eq!(second.line(), "done, too");
}

#[test]
fn a_procedure_can_be_taken_over() {
    let router = Router::start();
    let first = router.register("com.example.hello", &["echo", "first"]);
    let options = ["--force"];
    let _second = register_with(&router, &options, "com.example.hello", &["echo", "second"]);
    expect![[r#"
        stderr: error: the router has revoked the registration: wamp.error.unregistered
        stderr: hint: another session may have registered with --force, or have called wamp.registration.remove_callee
        exit status: 1
    "#]]
    .assert_eq(&first.end());
    router.check(
        &["call", "com.example.hello"],
        &expect![[r#"
            second
        "#]],
    );
}

#[tokio::test]
async fn arguments_in_chunks_are_lines_for_the_command() {
    let router = Router::start();
    let _callee = router.register("com.example.count", &["sh", "-c", "cat; echo $1", "sh"]);
    let session = Client::builder(router.rawsocket_url()).connect().await.unwrap();
    let options = CallOptions::new();
    let (mut chunks, call) =
        session.call_chunked(options, "com.example.count", ("a",)).await.unwrap();
    chunks.send(("b",)).await.unwrap();
    chunks.finish(("c",)).await.unwrap();
    let lines = [
        r#"{"args":["a"],"kwargs":{}}"#,
        r#"{"args":["b"],"kwargs":{}}"#,
        r#"{"args":["c"],"kwargs":{}}"#,
        "a",
    ];
    assert_eq!(call.result().await.unwrap().args, [lines.join("\n").into()]);
    session.leave().await;
}
