//! Who may do what, by the permissions of roles.

use std::sync::Arc;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::authentication::{Authentication, Credentials, Principal, Principals};
use crosspoint_router::authorization::{
    Action, Actions, Authorizer, InvalidRole, Permission, Permitted, Role,
};
use crosspoint_router::router::{Disclosure, RealmSettings};
use expect_test::expect;

use crate::conversation::Conversation;

fn permission(policy: MatchPolicy, uri: &str, allow: Actions) -> Permission {
    let mut permission = Permission::new(policy, uri).unwrap();
    permission.allow = allow;
    permission
}

pub(crate) fn prefix(uri: &str, allow: Actions) -> Permission {
    permission(MatchPolicy::Prefix, uri, allow)
}

/// A realm in which everybody has this role.
pub(crate) fn realm(permissions: Vec<Permission>, authorizer: Option<Authorizer>) -> RealmSettings {
    let role = Role::new("anonymous", permissions, authorizer).unwrap();
    RealmSettings {
        permitted: Permitted::ByRole(vec![Arc::new(role)]),
        ..RealmSettings::from("realm1")
    }
}

fn conversation(permissions: Vec<Permission>) -> Conversation {
    Conversation::in_realm(realm(permissions, None))
}

#[test]
fn what_is_not_allowed_is_refused() {
    let mut conversation = conversation(vec![
        prefix("com.free.", Actions::ALL),
        prefix("com.read.", Actions::NONE.with(Action::Call).with(Action::Subscribe)),
    ]);
    conversation.play(
        r#"
        bob   REGISTER 1 {} com.free.add
        alice CALL 1 {} com.free.add
        bob   YIELD 1 {}
        bob   REGISTER 2 {} com.read.add
        bob   SUBSCRIBE 3 {} com.read.news
        bob   PUBLISH 4 {"acknowledge":true} com.read.news
        bob   PUBLISH 5 {} com.read.news
        alice CALL 2 {} com.read.add
        alice CALL 3 {} com.other
        alice CALL 4 {} wamp.session.count
        alice REGISTER 5 {} com.free.add
        "#,
    );
    assert_eq!(conversation.router.counters().requests_refused.get(), 7);
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {}
        alice < RESULT 1 {}
        bob < ERROR 64 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < SUBSCRIBED 3 s1
        bob < ERROR 16 4 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.read.add"]
        alice < ERROR 48 3 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 4 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 64 5 {} wamp.error.procedure_already_exists ["com.free.add is registered already, and not to be shared"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// A refusal is the same for what is there and for what is not.
#[test]
fn a_refusal_does_not_tell_what_there_is() {
    let mut conversation = conversation(vec![prefix("com.free.", Actions::ALL)]);
    conversation.play("bob REGISTER 1 {} com.free.add");
    conversation.router.set_permitted("realm1", &realm(vec![], None).permitted);
    conversation.play(
        r#"
        alice CALL 1 {} com.free.add
        alice CALL 2 {} com.free.none
        alice REGISTER 3 {} com.free.add
        alice REGISTER 4 {} com.free.none
        "#,
    );
    let transcript = conversation.transcript();
    let errors: Vec<_> = transcript.lines().filter_map(|line| line.split_once("{}")).collect();
    assert_eq!(errors.len(), 4, "{transcript}");
    assert!(errors.iter().all(|(_, error)| *error == errors[0].1), "{transcript}");
}

#[test]
fn the_most_specific_permission_counts_alone() {
    let call = Actions::NONE.with(Action::Call);
    let mut conversation = conversation(vec![
        prefix("", call),
        prefix("com.a.", Actions::NONE),
        prefix("com.a.b.", call),
        permission(MatchPolicy::Wildcard, "com..x", Actions::NONE),
        permission(MatchPolicy::Exact, "com.a.c", call),
    ]);
    conversation.play(
        r#"
        alice CALL 1 {} com.z
        alice CALL 2 {} com.a.z
        alice CALL 3 {} com.a.b.z
        alice CALL 4 {} com.a.c
        alice CALL 5 {} com.q.x
        "#,
    );
    expect![[r#"
        alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.z"]
        alice < ERROR 48 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.a.b.z"]
        alice < ERROR 48 4 {} wamp.error.no_such_procedure ["no callee has registered com.a.c"]
        alice < ERROR 48 5 {} wamp.error.no_such_procedure ["no callee has registered com.q.x"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Who subscribes to a pattern subscribes to all that it matches.
#[test]
fn a_pattern_needs_permission_for_all_that_it_matches() {
    let subscribe = Actions::NONE.with(Action::Subscribe);
    let mut conversation = conversation(vec![
        prefix("com.", subscribe),
        prefix("com.secret.", Actions::NONE),
        permission(MatchPolicy::Exact, "com.a.private", Actions::NONE),
        prefix("com.secret.not.", subscribe),
        permission(MatchPolicy::Wildcard, "org..news", subscribe),
    ]);
    conversation.play(
        r#"
        bob SUBSCRIBE 1 {"match":"prefix"} com.free
        bob SUBSCRIBE 2 {"match":"prefix"} com.
        bob SUBSCRIBE 3 {"match":"prefix"} com.sec
        bob SUBSCRIBE 4 {"match":"prefix"} com.secret.not.
        bob SUBSCRIBE 5 {"match":"wildcard"} com..private
        bob SUBSCRIBE 6 {"match":"wildcard"} com.a.
        bob SUBSCRIBE 7 {"match":"wildcard"} com.b.
        bob SUBSCRIBE 8 {"match":"wildcard"} org..news
        bob SUBSCRIBE 9 {"match":"wildcard"} org.a.news
        bob SUBSCRIBE 10 {"match":"wildcard"} org..
        bob SUBSCRIBE 11 {"match":"prefix"} org.
        "#,
    );
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < ERROR 32 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < ERROR 32 3 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < SUBSCRIBED 4 s2
        bob < ERROR 32 5 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < ERROR 32 6 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < SUBSCRIBED 7 s3
        bob < SUBSCRIBED 8 s4
        bob < SUBSCRIBED 9 s5
        bob < ERROR 32 10 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < ERROR 32 11 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// They end what others hold: a permission for everything is none for them.
#[test]
fn privileged_procedures_have_permissions_of_their_own() {
    let call = Actions::NONE.with(Action::Call);
    let mut conversation = conversation(vec![prefix("", call)]);
    conversation.play(
        r#"
        alice CALL 1 {} wamp.session.count
        alice CALL 2 {} wamp.session.kill [1]
        alice CALL 3 {} wamp.session.kill_all
        alice CALL 4 {} wamp.session.kill_by_authid ["x"]
        alice CALL 5 {} wamp.session.kill_by_authrole ["x"]
        alice CALL 6 {} wamp.registration.remove_callee [1,1]
        alice CALL 7 {} wamp.subscription.remove_subscriber [1,1]
        "#,
    );
    // To look on is not to end.
    let all_of_wamp = realm(vec![prefix("", call), prefix("wamp.session.", call)], None);
    conversation.router.set_permitted("realm1", &all_of_wamp.permitted);
    conversation.play("alice CALL 8 {} wamp.session.kill_all");
    let with_more = realm(vec![prefix("", call), prefix("wamp.session.kill", call)], None);
    conversation.router.set_permitted("realm1", &with_more.permitted);
    conversation.play("alice CALL 9 {} wamp.session.kill_all");
    expect![[r#"
        alice < RESULT 1 {} [1]
        alice < ERROR 48 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 3 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 4 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 5 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 6 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 7 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 8 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < RESULT 9 {} [0]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn everything_may_be_permitted_but_what_goes_against_others() {
    let permitted = Permitted::NothingAgainstOthers;
    let settings = RealmSettings { permitted, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(settings);
    conversation.play(
        r#"
        alice HELLO realm1 {}
        alice REGISTER 1 {"match":"prefix"} com.
        alice SUBSCRIBE 2 {"match":"wildcard"} com..news
        alice PUBLISH 3 {"acknowledge":true,"exclude_me":false} com.y.news
        alice CALL 4 {} wamp.session.count
        alice CALL 5 {} wamp.session.kill_all
        alice CALL 6 {} wamp.registration.remove_callee [1,1]
        "#,
    );
    conversation.router.set_permitted("realm1", &Permitted::Everything);
    conversation.play("alice CALL 7 {} wamp.session.kill_all");
    expect![[r#"
        alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        alice < REGISTERED 1 r1
        alice < SUBSCRIBED 2 s1
        alice < EVENT s1 p1 {"topic":"com.y.news"}
        alice < PUBLISHED 3 p1
        alice < RESULT 4 {} [1]
        alice < ERROR 48 5 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 6 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < RESULT 7 {} [0]
    "#]].assert_eq(&conversation.transcript());
}

/// What a session may not do itself it cannot have done by the router.
#[test]
fn testaments_and_history_need_the_permissions_of_what_they_do() {
    let call = Actions::NONE.with(Action::Call);
    let mut conversation = conversation(vec![
        prefix("wamp.", call),
        prefix("com.a.", Actions::NONE.with(Action::Publish).with(Action::Subscribe)),
    ]);
    conversation.play(
        r#"
        bob CALL 1 {} wamp.session.add_testament ["com.a.x",[],{}]
        bob CALL 2 {} wamp.session.add_testament ["com.b.x",[],{}]
        bob SUBSCRIBE 3 {} com.a.x
        "#,
    );
    let less = realm(vec![prefix("wamp.", call)], None);
    conversation.router.set_permitted("realm1", &less.permitted);
    conversation.play("bob CALL 4 {} wamp.subscription.get_events [1]");
    expect![[r#"
        bob < RESULT 1 {}
        bob < ERROR 48 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < SUBSCRIBED 3 s1
        bob < ERROR 48 4 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn permissions_may_disclose_who_it_is() {
    let mut disclosing = prefix("com.open.", Actions::ALL);
    disclosing.disclose = true;
    let roles = realm(vec![prefix("com.", Actions::ALL), disclosing], None);
    let mut conversation =
        Conversation::in_realm(RealmSettings { disclosure: Disclosure::Never, ..roles });
    conversation.play(
        r#"
        bob   REGISTER 1 {} com.open.add
        bob   REGISTER 2 {} com.add
        bob   SUBSCRIBE 3 {"match":"prefix"} com.
        alice CALL 1 {} com.open.add
        alice CALL 2 {} com.add
        alice PUBLISH 3 {} com.open.news
        alice PUBLISH 4 {} com.news
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < REGISTERED 2 r2
        bob < SUBSCRIBED 3 s1
        bob < INVOCATION i1 r1 {"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"}
        bob < INVOCATION i2 r2 {}
        bob < EVENT s1 p1 {"topic":"com.open.news","publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"}
        bob < EVENT s1 p2 {"topic":"com.news"}
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn a_role_says_one_thing_only() {
    let twice = vec![prefix("com.", Actions::ALL), prefix("com.", Actions::NONE)];
    assert_eq!(Role::new("a", twice, None).unwrap_err(), InvalidRole::Ambiguous);
}

/// What a session holds follows what it may hold, and others are told; what an authorizer has granted stays.
#[test]
fn what_may_not_be_held_any_more_is_revoked() {
    let mut conversation = conversation(vec![prefix("", Actions::ALL)]);
    conversation.play(
        r#"
        alice REGISTER 1 {"match":"prefix"} com.a.
        alice REGISTER 2 {} com.b.add
        alice SUBSCRIBE 3 {} com.a.news
        alice SUBSCRIBE 4 {"match":"wildcard"} com..news
        alice SUBSCRIBE 5 {} com.b.news
        bob   SUBSCRIBE 1 {} wamp.subscription.on_unsubscribe
        bob   SUBSCRIBE 2 {} wamp.registration.on_unregister
        "#,
    );
    let less = vec![prefix("com.b.", Actions::ALL), prefix("wamp.", Actions::ALL)];
    conversation.router.set_permitted("realm1", &realm(less.clone(), None).permitted);
    conversation.play(
        r#"
        bob CALL 3 {} com.b.add
        bob PUBLISH 4 {} com.b.news ["seen"]
        "#,
    );
    expect![[r#"
        alice < REGISTERED 1 r1
        alice < REGISTERED 2 r2
        alice < SUBSCRIBED 3 s1
        alice < SUBSCRIBED 4 s2
        alice < SUBSCRIBED 5 s3
        bob < SUBSCRIBED 1 s4
        bob < SUBSCRIBED 2 s5
        alice < INVOCATION i1 r2 {}
        bob < EVENT s5 p1 {} [2147483649,1]
        bob < EVENT s4 p2 {} [2147483649,1]
        bob < EVENT s4 p3 {} [2147483649,2]
        alice < EVENT s3 p4 {} ["seen"]
    "#]]
    .assert_eq(conversation.transcript_so_far());
    conversation.forget_transcript();
    let authorizer =
        Authorizer { procedure: "com.auth".into(), timeout_ms: 1000, cache_ms: 60_000 };
    let asked = realm(vec![prefix("wamp.", Actions::ALL)], Some(authorizer));
    conversation.router.set_permitted("realm1", &asked.permitted);
    conversation.play("bob CALL 5 {} wamp.session.count");
    expect![[r#"
        bob < RESULT 5 {} [2]
        bob < EVENT s5 p5 {} [2147483649,2]
        bob < EVENT s4 p6 {} [2147483649,3]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// As much as it may be: in portions.
#[test]
fn much_may_be_revoked() {
    let mut conversation = conversation(vec![prefix("", Actions::ALL)]);
    for request in 1..=600 {
        conversation.play(&format!("alice SUBSCRIBE {request} {{}} com.a{request}"));
    }
    assert_eq!(conversation.router.census().subscriptions, 600);
    conversation.router.set_permitted("realm1", &realm(vec![], None).permitted);
    conversation.play("bob HELLO realm1 {}");
    assert_eq!(conversation.router.census().subscriptions, 0);
}

/// What a testament says is permitted when it is added, and again when it is published.
#[test]
fn testaments_are_published_as_the_session_may_then() {
    let call = Actions::NONE.with(Action::Call);
    let mut disclosing = prefix("com.", Actions::ALL);
    disclosing.disclose = true;
    let permissions = vec![prefix("wamp.", call), disclosing.clone()];
    let mut conversation = conversation(permissions);
    conversation.play(
        r#"
        eve SUBSCRIBE 1 {"match":"prefix"} com.
        bob CALL 1 {} wamp.session.add_testament ["com.last",["bob"],{}]
        ann CALL 1 {} wamp.session.add_testament ["com.last",["ann"],{}]
        bob is gone
        "#,
    );
    let less = realm(vec![prefix("wamp.", call)], None);
    conversation.router.set_permitted("realm1", &less.permitted);
    conversation.play("ann is gone");
    expect![[r#"
        eve < SUBSCRIBED 1 s1
        bob < RESULT 1 {}
        ann < RESULT 1 {}
        eve < EVENT s1 p1 {"topic":"com.last","publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} ["bob"] {}
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Those who are there and those who come find the same realm: all of what has changed in it.
#[test]
fn a_realm_changes_in_one_step() {
    let before = RealmSettings {
        sessions_max: Some(1),
        ..realm(vec![prefix("com.old.", Actions::ALL)], None)
    };
    let mut conversation = Conversation::in_realm(before);
    conversation.play("bob REGISTER 1 {} com.old.add");
    let newcomer = Role::new("newcomer", vec![prefix("com.new.", Actions::ALL)], None).unwrap();
    let nobody = Role::new("anonymous", vec![], None).unwrap();
    let mut after = RealmSettings {
        permitted: Permitted::ByRole(vec![Arc::new(newcomer), Arc::new(nobody)]),
        sessions_max: Some(2),
        ..RealmSettings::from("realm1")
    };
    after.authentication.anonymous_role = "newcomer".to_owned();
    assert_eq!(conversation.router.change_realm(&after), Some(Vec::new()));
    conversation.play(
        r#"
        bob   REGISTER 2 {} com.old.sum
        carol REGISTER 1 {} com.old.sum
        carol REGISTER 2 {} com.new.sum
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < ERROR 64 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        carol < ERROR 64 1 {} wamp.error.not_authorized ["role 'newcomer' has no permission for this"]
        carol < REGISTERED 2 r2
    "#]].assert_eq(&conversation.transcript());
    let elsewhere = RealmSettings::from("realm2");
    let router = Conversation::in_realm(RealmSettings::from("realm1")).router;
    assert_eq!(router.change_realm(&elsewhere), None);
}

/// From his own other sessions somebody takes a registration back; from others he needs the permission to remove them.
/// Who is anonymous has no other sessions.
#[test]
fn nobody_is_forced_out_of_a_registration_without_permission() {
    let ticket = |authid: &str, role: &str| {
        let credentials =
            Credentials { ticket: Some(Ticket::new(authid)), ..Credentials::default() };
        Principal { authid: authid.to_owned(), role: role.to_owned(), credentials }
    };
    let mut principals = Principals::default();
    for (authid, role) in [("bob", "user"), ("eve", "user"), ("root", "admin")] {
        principals.add(ticket(authid, role)).unwrap();
    }
    let authentication = Authentication {
        methods: vec![AuthMethod::Anonymous, AuthMethod::Ticket],
        principals,
        ..Authentication::default()
    };
    let by_role = |extra: Vec<Permission>| {
        let role = |name: &str, more: Vec<Permission>| {
            let permissions = [vec![prefix("", Actions::ALL)], more].concat();
            Arc::new(Role::new(name, permissions, None).unwrap())
        };
        Permitted::ByRole(vec![
            role("anonymous", vec![]),
            role("user", vec![]),
            role("admin", extra),
        ])
    };
    let call = Actions::NONE.with(Action::Call);
    let named = permission(MatchPolicy::Exact, "wamp.registration.remove_callee", call);
    for (permitted, may_admin) in
        [(Permitted::NothingAgainstOthers, false), (by_role(vec![named]), true)]
    {
        let mut conversation = Conversation::in_realm(RealmSettings {
            permitted,
            authentication: authentication.clone(),
            ..RealmSettings::from("realm1")
        });
        let mut join = |name: &str, authid: &str| {
            let details = format!(
                r#"{{"authid":"{authid}","authmethods":["ticket"],"roles":{{"callee":{{}}}}}}"#
            );
            conversation
                .play(&format!("{name} HELLO realm1 {details}\n{name} AUTHENTICATE {authid} {{}}"));
        };
        for (name, authid) in [("bob", "bob"), ("bobby", "bob"), ("eve", "eve"), ("root", "root")] {
            join(name, authid);
        }
        conversation.forget_transcript();
        let force = r#"{"force_reregister":true}"#;
        conversation.play(&format!(
            "
            bob   REGISTER 1 {{}} com.auth
            eve   REGISTER 1 {force} com.auth
            bobby REGISTER 1 {force} com.auth
            alice REGISTER 1 {force} com.auth
            alice REGISTER 2 {{}} com.open
            carol REGISTER 1 {force} com.open
            alice REGISTER 3 {force} com.open
            root  REGISTER 1 {force} com.auth
            "
        ));
        let transcript = conversation.transcript();
        let root = if may_admin { "REGISTERED" } else { "ERROR" };
        let outcomes: Vec<_> = transcript
            .lines()
            .filter(|line| line.contains("REGISTERED") || line.contains("ERROR"))
            .map(|line| line.split(' ').step_by(2).take(2).collect::<Vec<_>>().join(" "))
            .collect();
        let expected = [
            "bob REGISTERED",
            "eve ERROR",
            "bobby REGISTERED",
            "alice ERROR",
            "alice REGISTERED",
            "carol ERROR",
            "alice REGISTERED",
            &format!("root {root}"),
        ];
        assert_eq!(outcomes, expected, "{transcript}");
        assert!(transcript.contains("eve < ERROR 64 1 {} wamp.error.not_authorized"));
    }
}

/// What a permission had granted is not an authorizer's word.
#[test]
fn what_an_authorizer_decides_about_from_now_on_is_revoked() {
    let mut conversation = conversation(vec![prefix("", Actions::ALL)]);
    conversation.play(
        r#"
        alice HELLO realm1 {"roles":{"callee":{"features":{"registration_revocation":true}},"subscriber":{"features":{"subscription_revocation":true}}}}
        alice REGISTER 1 {} com.add
        alice SUBSCRIBE 2 {} com.news
        alice CALL 3 {} wamp.session.add_testament ["com.last",["alice"],{}]
        eve SUBSCRIBE 1 {} com.last
        "#,
    );
    conversation.forget_transcript();
    let authorizer = Authorizer { procedure: "com.auth".into(), timeout_ms: 1000, cache_ms: 0 };
    let asked = realm(vec![prefix("com.auth", Actions::ALL)], Some(authorizer));
    conversation.router.set_permitted("realm1", &asked.permitted);
    conversation.play("bob REGISTER 1 {} com.auth\nalice is gone\neve SUBSCRIBE 2 {} com.auth");
    expect![[r#"
        alice < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.not_authorized"}
        alice < UNSUBSCRIBED 0 {"subscription":1,"reason":"wamp.error.not_authorized"}
        bob < REGISTERED 1 r2
        eve < SUBSCRIBED 2 s3
    "#]]
    .assert_eq(&conversation.transcript());
}

/// More of a call in flight is forbidden as it is to call; it has an end then.
#[test]
fn a_call_in_pieces_ends_when_it_is_forbidden() {
    let mut conversation = conversation(vec![prefix("", Actions::ALL)]);
    conversation.play(
        r#"
        bob HELLO realm1 {"roles":{"callee":{"features":{"progressive_call_invocations":true,"progressive_call_results":true,"call_canceling":true}}}}
        bob REGISTER 1 {} com.upload
        alice HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true,"progressive_call_results":true,"call_canceling":true}}}}
        alice CALL 1 {"progress":true} com.upload [1]
        alice CALL 1 {"progress":true} com.upload [2]
        "#,
    );
    conversation.forget_transcript();
    let less = realm(vec![prefix("", Actions::NONE.with(Action::Register))], None);
    conversation.router.set_permitted("realm1", &less.permitted);
    conversation.play(
        r#"
        alice CALL 1 {"progress":true} com.upload [3]
        alice CALL 1 {"progress":true} com.upload [4]
        bob YIELD 1 {}
        "#,
    );
    assert_eq!(conversation.router.census().calls, 0);
    expect![[r#"
        alice < ERROR 48 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < INTERRUPT i1 {"mode":"killnowait"}
    "#]].assert_eq(&conversation.transcript());
}
