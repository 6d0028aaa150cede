//! Conversations with known clients that do what the specification does not foresee.

use expect_test::expect;

use crate::conversation::check;

/// autobahn-js forgets the call and closes its connection when it is answered, but for mode `kill`.
#[test]
fn cancelling_by_who_forgets_the_call() {
    check(
        r#"
        bob   REGISTER 1 {} com.slow
        js    HELLO realm1 {"roles":{"caller":{"features":{"caller_identification":true,"call_canceling":true,"progressive_call_results":true}},"callee":{"features":{"caller_identification":true,"pattern_based_registration":true,"shared_registration":true,"progressive_call_results":true,"registration_revocation":true}},"publisher":{"features":{"publisher_identification":true,"subscriber_blackwhite_listing":true,"publisher_exclusion":true}},"subscriber":{"features":{"publisher_identification":true,"pattern_based_subscription":true,"subscription_revocation":true}}}}
        js    CALL 1 {} com.slow
        js    CANCEL 1 {"mode":"skip"}
        js    CALL 2 {} com.slow
        js    CANCEL 2 {"mode":"killnowait"}
        js    CALL 3 {} com.slow
        js    CANCEL 3 {"mode":"kill"}
        bob   YIELD i1 {}
        js    CALL 4 {} com.slow
        bob   YIELD i4 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            js < WELCOME #js {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < INVOCATION i1 r1 {}
            bob < INVOCATION i2 r1 {}
            bob < INVOCATION i3 r1 {}
            js < ERROR 48 3 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i4 r1 {}
            js < RESULT 4 {}
        "#]],
    );
}

/// autobahn-js cannot be interrupted, and streams all the same.
#[test]
fn a_stream_of_who_does_not_announce_cancelling() {
    check(
        r#"
        js    HELLO realm1 {"roles":{"caller":{"features":{"caller_identification":true,"call_canceling":true,"progressive_call_results":true}},"callee":{"features":{"caller_identification":true,"pattern_based_registration":true,"shared_registration":true,"progressive_call_results":true,"registration_revocation":true}},"publisher":{"features":{"publisher_identification":true,"subscriber_blackwhite_listing":true,"publisher_exclusion":true}},"subscriber":{"features":{"publisher_identification":true,"pattern_based_subscription":true,"subscription_revocation":true}}}}
        js    REGISTER 1 {} com.count
        alice CALL 1 {"receive_progress":true} com.count
        js    YIELD i1 {"progress":true} [1]
        js    YIELD i1 {} [2]
        alice CALL 2 {"receive_progress":true} com.count
        alice CANCEL 2 {}
        js    YIELD i2 {"progress":true} [1]
        js    YIELD i2 {} [2]
        "#,
        expect![[r#"
            js < WELCOME #js {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            js < REGISTERED 1 r1
            js < INVOCATION i1 r1 {"receive_progress":true}
            alice < RESULT 1 {"progress":true} [1] {}
            alice < RESULT 1 {} [2]
            js < INVOCATION i2 r1 {"receive_progress":true}
            alice < ERROR 48 2 {} wamp.error.canceled ["the caller canceled the call"]
        "#]],
    );
}

/// wampy.js does not say that it sends progressive results.
#[test]
fn a_stream_of_who_does_not_announce_it() {
    check(
        r#"
        wampy HELLO realm1 {"agent":"Wampy.js v8.0.2","roles":{"callee":{"features":{"shared_registration":true}}}}
        wampy REGISTER 1 {} com.count
        alice CALL 1 {"receive_progress":true} com.count
        wampy YIELD i1 {"progress":true} [1]
        wampy YIELD i1 {} [2]
        "#,
        expect![[r#"
            wampy < WELCOME #wampy {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            wampy < REGISTERED 1 r1
            wampy < INVOCATION i1 r1 {"receive_progress":true}
            alice < RESULT 1 {"progress":true} [1] {}
            alice < RESULT 1 {} [2]
        "#]],
    );
}

/// wampy.js does not say that it calls in several pieces.
#[test]
fn a_progressive_call_of_who_does_not_announce_it() {
    check(
        r#"
        bob   knows call_canceling progressive_call_invocations
        bob   REGISTER 1 {} com.add
        wampy HELLO realm1 {"agent":"Wampy.js v8.0.2","roles":{"caller":{"features":{"call_canceling":true}}}}
        wampy CALL 1 {"progress":true} com.add [1]
        wampy CALL 1 {} com.add [2]
        bob   YIELD i1 {} [3]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            wampy < WELCOME #wampy {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < INVOCATION i1 r1 {"progress":true} [1]
            bob < INVOCATION i1 r1 {} [2]
            wampy < RESULT 1 {} [3]
        "#]],
    );
}

/// autobahn-python announces what it does not survive: `[35, 0, {…}]`. autobahn-js does survive it.
#[test]
fn a_revoked_subscription_of_who_does_not_survive_being_told() {
    check(
        r#"
        py    HELLO realm1 {"roles":{"subscriber":{"features":{"publisher_identification":true,"pattern_based_subscription":true,"subscription_revocation":true,"payload_transparency":true,"payload_encryption_cryptobox":true}}}}
        js    HELLO realm1 {"roles":{"caller":{"features":{"caller_identification":true,"call_canceling":true,"progressive_call_results":true}},"callee":{"features":{"caller_identification":true,"pattern_based_registration":true,"shared_registration":true,"progressive_call_results":true,"registration_revocation":true}},"publisher":{"features":{"publisher_identification":true,"subscriber_blackwhite_listing":true,"publisher_exclusion":true}},"subscriber":{"features":{"publisher_identification":true,"pattern_based_subscription":true,"subscription_revocation":true}}}}
        py    SUBSCRIBE 1 {} com.news
        js    SUBSCRIBE 1 {} com.news
        alice CALL 1 {} wamp.subscription.remove_subscriber [1,2147483649]
        alice CALL 2 {} wamp.subscription.remove_subscriber [1,2147483650]
        alice PUBLISH 3 {} com.news
        py    UNSUBSCRIBE 2 s1
        "#,
        expect![[r#"
            py < WELCOME #py {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            js < WELCOME #js {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            py < SUBSCRIBED 1 s1
            js < SUBSCRIBED 1 s1
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            js < UNSUBSCRIBED 0 {"subscription":1}
            py < ERROR 34 2 {} wamp.error.no_such_subscription ["this session has no subscription 1"]
        "#]],
    );
}
