//! `crosspoint register` and `crosspoint call`.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;

use expect_test::expect;

use crate::process::Router;

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
    let directory = std::env::temp_dir().join(format!("crosspoint-it-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let fifo = directory.join("interrupted").to_str().unwrap().to_owned();
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _callee = router.register("com.example.shell", &["sh", "-c"]);
    let script = format!("exec tail -f /dev/null > '{fifo}'");
    let caller = router.start_command(&["call", "com.example.shell", &script]);

    // It opens when the command has opened it, and ends when the command is gone.
    let mut output = File::open(&fifo).unwrap();
    caller.terminate();
    assert_eq!(output.read(&mut [0]).unwrap(), 0);
    expect![[r#"
        stderr: error: interrupted; the call was cancelled
        exit status: 1
    "#]]
    .assert_eq(&caller.end());
    std::fs::remove_dir_all(&directory).unwrap();
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
