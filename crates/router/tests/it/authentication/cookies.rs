//! Cookies as proofs: who has proved who he is over a connection with one is known again by it.
//!
//! Alice has a ticket, bob and carol have passwords. Each connection is a browser's, or nobody's.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_router::authentication::{Authentication, Credentials, Principal, Principals};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;
use expect_test::{Expect, expect};

use super::realm;
use crate::conversation::Conversation;

const METHODS: [AuthMethod; 3] = [AuthMethod::Cookie, AuthMethod::Ticket, AuthMethod::Anonymous];

fn conversation() -> Conversation {
    let other = RealmSettings { name: "realm2".to_owned(), ..realm(&METHODS) };
    Conversation::in_realms(vec![realm(&METHODS), other], Limits::default())
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check(script: &str, expected: Expect) {
    let mut conversation = conversation();
    conversation.play(script);
    expected.assert_eq(&conversation.transcript());
}

/// Alice proves who she is, over a connection with the cookie 1.
const ALICE: &str = r#"
    one   opens cookie 1
    one   HELLO realm1 {"authmethods":["cookie","ticket"],"authid":"alice"}
    one   AUTHENTICATE sesame {}
"#;

fn alice() -> Conversation {
    let mut conversation = conversation();
    conversation.play(ALICE);
    conversation
}

/// What somebody gets who comes with the cookie 1 after that, in a realm whose people are others now.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check_after(change: impl FnOnce(&mut Authentication), expected: Expect) {
    let mut conversation = alice();
    let mut authentication = realm(&METHODS).authentication;
    change(&mut authentication);
    assert!(conversation.router.set_authentication("realm1", authentication).is_some());
    let before = conversation.transcript_so_far().len();
    conversation.play("two opens cookie 1\ntwo HELLO realm1 {\"authmethods\":[\"cookie\"]}");
    expected.assert_eq(&conversation.transcript_so_far()[before..]);
}

fn principals(role: &str, ticket: &str) -> Principals {
    let credentials = Credentials { ticket: Some(Ticket::new(ticket)), ..Credentials::default() };
    let (authid, role) = ("alice".to_owned(), role.to_owned());
    let mut principals = Principals::default();
    principals.add(Principal { authid, role, credentials }).unwrap();
    principals
}

#[test]
fn who_has_proved_who_he_is_is_known_by_his_cookie() {
    check(
        &format!(
            r#"{ALICE}
            two   opens cookie 1
            two   HELLO realm1 {{"authmethods":["cookie","ticket"]}}
            three opens cookie 1
            three HELLO realm1 {{"authmethods":["cookie","ticket"],"authid":"alice"}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            two < WELCOME #two {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
            three < WELCOME #three {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
}

/// Then the next method of the client's list counts.
#[test]
fn a_cookie_that_is_not_known_is_none() {
    check(
        &format!(
            r#"{ALICE}
            two   opens cookie 2
            two   HELLO realm1 {{"authmethods":["cookie","ticket"],"authid":"alice"}}
            three HELLO realm1 {{"authmethods":["cookie","anonymous"]}}
            four  opens cookie 1
            four  HELLO realm2 {{"authmethods":["cookie","anonymous"]}}
            five  opens cookie 1
            five  HELLO realm1 {{"authmethods":["cookie","anonymous"],"authid":"bob"}}
            six   opens cookie 2
            six   HELLO realm1 {{"authmethods":["cookie"]}}
            seven opens cookie 2
            seven HELLO realm1 {{"authmethods":["cookie","ticket"]}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            two < CHALLENGE ticket {}
            three < WELCOME #three {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            four < WELCOME #four {"realm":"realm2","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            five < WELCOME #five {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            six < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            six is over
            seven < ABORT {"message":"for authmethod 'ticket' HELLO needs an authid"} wamp.error.authentication_required
            seven is over
        "#]],
    );
}

/// Nor does one count that is not offered; and who has no list does not offer it.
#[test]
fn a_cookie_counts_where_the_client_wants_it_to() {
    check(
        &format!(
            r#"{ALICE}
            two   opens cookie 1
            two   HELLO realm1
            three opens cookie 1
            three HELLO realm1 {{"authmethods":["ticket"],"authid":"alice"}}
            four  opens cookie 1
            four  HELLO realm1 {{"authmethods":["anonymous","cookie"]}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            two < WELCOME #two {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            three < CHALLENGE ticket {}
            four < WELCOME #four {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
}

#[test]
fn nothing_is_remembered_of_who_has_proved_nothing() {
    check(
        r#"
        one   opens cookie 1
        one   HELLO realm1 {"authmethods":["cookie","anonymous"]}
        two   opens cookie 1
        two   HELLO realm1 {"authmethods":["cookie"]}
        three opens cookie 3
        three HELLO realm1 {"authmethods":["cookie","ticket"],"authid":"alice"}
        three AUTHENTICATE tahini {}
        four  opens cookie 3
        four  HELLO realm1 {"authmethods":["cookie"]}
        "#,
        expect![[r#"
            one < WELCOME #one {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            two < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            two is over
            three < CHALLENGE ticket {}
            three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            three is over
            four < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            four is over
        "#]],
    );
}

/// Alice's cookie is in the browser of frank, who has two connections, and joins another realm, too; and she logs out
/// while he proves who he is.
#[test]
fn nobody_is_known_by_a_cookie_that_was_planted() {
    check(
        &format!(
            r#"{ALICE}
            two   opens cookie 1
            three opens cookie 1
            four  opens cookie 1
            five  opens cookie 1
            four  HELLO realm1 {{"authmethods":["cookie","ticket"],"authid":"frank"}}
            two   HELLO realm1 {{"authmethods":["ticket"],"authid":"frank"}}
            two   AUTHENTICATE sesame {{}}
            three HELLO realm1 {{"authmethods":["ticket"],"authid":"frank"}}
            three AUTHENTICATE sesame {{}}
            one   GOODBYE {{}} wamp.close.logout
            four  AUTHENTICATE sesame {{}}
            five  HELLO realm2 {{"authmethods":["ticket"],"authid":"frank"}}
            five  AUTHENTICATE sesame {{}}
            six   opens cookie 1
            six   HELLO realm1 {{"authmethods":["cookie"]}}
            seven opens cookie 1
            seven HELLO realm2 {{"authmethods":["cookie"]}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            four < CHALLENGE ticket {}
            two < CHALLENGE ticket {}
            two < WELCOME #two {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            three < CHALLENGE ticket {}
            three < WELCOME #three {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            one < GOODBYE {} wamp.close.goodbye_and_out
            one is over
            four < WELCOME #four {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            five < CHALLENGE ticket {}
            five < WELCOME #five {"realm":"realm2","authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            six < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            six is over
            seven < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            seven is over
        "#]],
    );
}

#[test]
fn who_logs_out_is_forgotten() {
    check(
        &format!(
            r#"{ALICE}
            one   GOODBYE {{}} wamp.close.close_realm
            two   opens cookie 1
            two   HELLO realm1 {{"authmethods":["cookie"]}}
            two   GOODBYE {{}} wamp.close.logout
            three opens cookie 1
            three HELLO realm1 {{"authmethods":["cookie"]}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            one < GOODBYE {} wamp.close.goodbye_and_out
            one is over
            two < WELCOME #two {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
            two < GOODBYE {} wamp.close.goodbye_and_out
            two is over
            three < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            three is over
        "#]],
    );
}

/// Frank ends alice's sessions, in one way or another, and then her browser comes again, and his own.
#[test]
fn who_is_killed_is_forgotten() {
    for kill in [
        "wamp.session.kill [2147483649]",
        r#"wamp.session.kill_by_authid ["alice"]"#,
        r#"wamp.session.kill_by_authrole ["role-of-alice"]"#,
        "wamp.session.kill_all []",
    ] {
        let mut conversation = alice();
        conversation.play(&format!(
            r#"
            frank opens cookie 2
            frank HELLO realm1 {{"authmethods":["ticket"],"authid":"frank"}}
            frank AUTHENTICATE sesame {{}}
            frank CALL 1 {{}} {kill}
            "#
        ));
        let before = conversation.transcript_so_far().len();
        conversation.play(
            r#"
            two   opens cookie 1
            two   HELLO realm1 {"authmethods":["cookie"]}
            three opens cookie 2
            three HELLO realm1 {"authmethods":["cookie"]}
            "#,
        );
        expect![[r#"
            two < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            two is over
            three < WELCOME #three {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
        "#]]
        .assert_eq(&conversation.transcript_so_far()[before..]);
    }
}

/// Also by the cookies of browsers that are not there, but for that of the one who kills: so somebody logs out
/// everywhere else.
#[test]
fn who_is_killed_by_name_is_forgotten_everywhere_else() {
    let mut conversation = alice();
    conversation.play(
        r#"
        one   is gone
        two   opens cookie 2
        two   HELLO realm1 {"authmethods":["ticket"],"authid":"alice"}
        two   AUTHENTICATE sesame {}
        two   CALL 1 {} wamp.session.kill_by_authid ["alice"]
        "#,
    );
    let before = conversation.transcript_so_far().len();
    conversation.play(
        r#"
        three opens cookie 1
        three HELLO realm1 {"authmethods":["cookie"]}
        four  opens cookie 2
        four  HELLO realm1 {"authmethods":["cookie"]}
        "#,
    );
    expect![[r#"
        three < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
        three is over
        four < WELCOME #four {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
    "#]].assert_eq(&conversation.transcript_so_far()[before..]);
}

/// It counts from the proof on: who comes by his cookie does not stay for ever.
#[test]
fn a_cookie_has_its_time() {
    check(
        &format!(
            r#"{ALICE}
            TIME  passes 3599999
            two   opens cookie 1
            two   HELLO realm1 {{"authmethods":["cookie"]}}
            TIME  passes 1
            three opens cookie 1
            three HELLO realm1 {{"authmethods":["cookie"]}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            two < WELCOME #two {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
            three < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            three is over
        "#]],
    );
}

/// Who can plant his own cookie in another's browser does not become him.
#[test]
fn a_cookie_does_not_change_its_owner() {
    check(
        &format!(
            r#"{ALICE}
            two   opens cookie 1
            two   HELLO realm1 {{"authmethods":["ticket"],"authid":"frank"}}
            two   AUTHENTICATE sesame {{}}
            three opens cookie 1
            three HELLO realm1 {{"authmethods":["cookie"]}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            two < CHALLENGE ticket {}
            two < WELCOME #two {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            three < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
            three is over
        "#]],
    );
}

#[test]
fn who_is_not_known_as_he_was_is_not_known_by_his_cookie() {
    check_after(
        |_| {},
        expect![[r#"
        two < WELCOME #two {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
    "#]],
    );
    check_after(
        |it| it.principals = principals("role-of-alice", "sesame"),
        expect![[r#"
        two < WELCOME #two {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"cookie","authprovider":"static","agent":"Crosspoint"}
    "#]],
    );
    check_after(
        |it| it.principals = principals("admin", "sesame"),
        expect![[r#"
        two < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
        two is over
    "#]],
    );
    check_after(
        |it| it.principals = principals("role-of-alice", "tahini"),
        expect![[r#"
        two < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
        two is over
    "#]],
    );
    check_after(
        |it| it.principals = Principals::default(),
        expect![[r#"
        two < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
        two is over
    "#]],
    );
    check_after(
        |it| it.methods.retain(|method| *method != AuthMethod::Ticket),
        expect![[r#"
        two < ABORT {"message":"for authmethod 'cookie' the connection needs a cookie of somebody who has joined"} wamp.error.authentication_required
        two is over
    "#]],
    );
}

#[test]
fn the_router_says_whose_cookie_it_knows() {
    let conversation = alice();
    let [known, other] = ["1", "2"].map(crate::link::fingerprint);
    let now = conversation.now();
    assert!(conversation.router.knows_cookie(&known, now));
    assert!(!conversation.router.knows_cookie(&other, now));
    assert!(!conversation.router.knows_cookie(&known, now.after_ms(60 * 60 * 1000)));
}
