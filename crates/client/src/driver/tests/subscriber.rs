use super::*;

#[tokio::test]
async fn events_come_in_order_and_end_with_the_session() {
    let (session, mut router) = joined().await;
    let mut subscription = subscribe(&session, &mut router, 1).await;
    router.say_all(&["[36,7,21,{},[1]]", r#"[36,7,22,{},[2],{"a":3}]"#]).await;
    let first = subscription.next().await.unwrap().unwrap();
    assert_eq!((first.publication.0, first.args), (21, vec![1.into()]));
    let second = subscription.next().await.unwrap().unwrap();
    assert_eq!(second.kwargs.get("a").and_then(Value::as_i64), Some(3));
    router.say_all(&["[36,7,23,{}]", r#"[6,{},"wamp.close.system_shutdown"]"#]).await;
    assert_eq!(subscription.next().await.unwrap().unwrap().publication.0, 23);
    assert_eq!(subscription.next().await, None);
}

#[tokio::test]
async fn a_slow_subscriber_is_told_what_it_has_lost() {
    let (session, mut router) = joined().await;
    let mut subscription = subscribe(&session, &mut router, 1).await;
    let mut events: VecDeque<_> =
        (0..EVENTS_WAITING_MAX + 3).map(|n| format!("[36,7,1,{{}},[{n}]]")).collect();
    events.push_back("[50,2,{}]".to_owned());
    let call = spawn_call(&session, ());
    router.expect(r#"[48,2,{},"com.add"]"#).await;
    router.say_all(events.make_contiguous()).await;
    call.await.unwrap().unwrap();

    assert_eq!(subscription.next().await.unwrap(), Err(Lagged(3)));
    let oldest = subscription.next().await.unwrap().unwrap();
    assert_eq!(oldest.args, [3.into()]);
}

#[tokio::test]
async fn two_subscriptions_to_a_topic_end_with_the_last() {
    let (session, mut router) = joined().await;
    let mut first = subscribe(&session, &mut router, 1).await;
    let mut second = subscribe(&session, &mut router, 2).await;
    router.say("[36,7,21,{}]").await;
    assert_eq!(first.next().await.unwrap().unwrap().publication.0, 21);
    assert_eq!(second.next().await.unwrap().unwrap().publication.0, 21);

    first.unsubscribe().await.unwrap();
    router.say("[36,7,22,{}]").await;
    assert_eq!(second.next().await.unwrap().unwrap().publication.0, 22);
    let play_along = async {
        router.expect("[34,3,7]").await;
        // This one was on its way already.
        router.say_all(&["[36,7,23,{}]", "[35,3]"]).await;
    };
    tokio::join!(second.unsubscribe(), play_along).0.unwrap();
}

#[tokio::test]
async fn a_dropped_subscription_waits_for_one_that_will_join_it() {
    let (session, mut router) = joined().await;
    let first = subscribe(&session, &mut router, 1).await;
    let joining = {
        let session = session.clone();
        tokio::spawn(async move { session.subscribe("com.news").await })
    };
    router.expect(r#"[32,2,{},"com.news"]"#).await;
    first.unsubscribe().await.unwrap();
    router.say_all(&["[33,2,7]", "[36,7,21,{}]"]).await;
    let mut second = joining.await.unwrap().unwrap();
    assert_eq!(second.next().await.unwrap().unwrap().publication.0, 21);
    drop(second);
    router.expect("[34,3,7]").await;
}

#[tokio::test]
async fn a_dropped_subscription_ends_if_the_one_to_join_it_is_refused() {
    let (session, mut router) = joined().await;
    let first = subscribe(&session, &mut router, 1).await;
    let joining = {
        let session = session.clone();
        tokio::spawn(async move { session.subscribe("com.news").await })
    };
    router.expect(r#"[32,2,{},"com.news"]"#).await;
    first.unsubscribe().await.unwrap();
    router.say(r#"[8,32,2,{},"wamp.error.not_authorized"]"#).await;
    router.expect("[34,3,7]").await;
    let error = joining.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "wamp.error.not_authorized");
}

#[tokio::test]
async fn a_pattern_is_a_subscription_of_its_own() {
    let (session, mut router) = joined().await;
    let exact = subscribe(&session, &mut router, 1).await;
    let play_along = async {
        router.expect(r#"[32,2,{"match":"prefix"},"com.news"]"#).await;
        router.say("[33,2,8]").await;
    };
    let subscribing = session.subscribe_with(MatchPolicy::Prefix, "com.news");
    let mut pattern = tokio::join!(subscribing, play_along).0.unwrap();
    let joining = {
        let session = session.clone();
        tokio::spawn(async move { session.subscribe_with(MatchPolicy::Prefix, "com.news").await })
    };
    router.expect(r#"[32,3,{"match":"prefix"},"com.news"]"#).await;
    // This one does not wait for that to join it.
    drop(exact);
    router.expect("[34,4,7]").await;
    router.say_all(&["[33,3,8]", r#"[36,8,21,{"topic":"com.news.sport"}]"#, "[36,8,22,{}]"]).await;
    assert_eq!(pattern.next().await.unwrap().unwrap().topic, "com.news.sport");
    assert_eq!(pattern.next().await.unwrap().unwrap().topic, "com.news");
    joining.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_event_says_who_publishes_and_how_far_that_is_trusted() {
    let (session, mut router) = joined().await;
    let mut subscription = subscribe(&session, &mut router, 1).await;
    let details = concat!(
        r#"{"publisher":3335656,"publisher_authid":"alice","publisher_authrole":"user","#,
        r#""trustlevel":2,"x_unknown":1}"#
    );
    router.say_all(&[&format!("[36,7,21,{details},[1]]"), "[36,7,22,{}]"]).await;
    let event = subscription.next().await.unwrap().unwrap();
    let publisher = event.publisher.unwrap();
    assert_eq!(publisher.session, SessionId(3_335_656));
    assert_eq!(publisher.authid.as_deref(), Some("alice"));
    assert_eq!(publisher.authrole.as_deref(), Some("user"));
    assert_eq!((event.trust_level, event.retained), (Some(2), false));
    let event = subscription.next().await.unwrap().unwrap();
    assert_eq!((event.publisher, event.trust_level, event.retained), (None, None, false));
}

#[tokio::test]
async fn what_is_retained_is_for_whoever_asks_for_it() {
    let (session, mut router) = joined().await;
    let mut first = subscribe(&session, &mut router, 1).await;
    let options = SubscribeOptions::new().get_retained(true).nkey("node23");
    let play_along = async {
        router.expect(r#"[32,2,{"get_retained":true,"nkey":"node23"},"com.news"]"#).await;
        router.say_all(&["[33,2,7]", r#"[36,7,21,{"retained":true}]"#]).await;
    };
    let subscribing = session.subscribe_with(options.clone(), "com.news");
    let mut second = tokio::join!(subscribing, play_along).0.unwrap();
    let event = second.next().await.unwrap().unwrap();
    assert_eq!((event.publication.0, event.retained), (21, true));

    let play_along = async {
        router.hear().await;
        router.say_all(&["[33,3,7]", r#"[36,7,21,{"retained":true}]"#, "[36,7,22,{}]"]).await;
    };
    let subscribing = session.subscribe_with(options, "com.news");
    let mut third = tokio::join!(subscribing, play_along).0.unwrap();
    assert_eq!(third.next().await.unwrap().unwrap().publication.0, 21);
    // It comes to nobody a second time, or unasked.
    for subscription in [&mut first, &mut second, &mut third] {
        assert_eq!(subscription.next().await.unwrap().unwrap().publication.0, 22);
    }
}

#[tokio::test]
async fn options_make_no_other_subscription() {
    let (session, mut router) = joined().await;
    let first = subscribe(&session, &mut router, 1).await;
    let joining = {
        let session = session.clone();
        let options = SubscribeOptions::new().get_retained(true);
        tokio::spawn(async move { session.subscribe_with(options, "com.news").await })
    };
    router.expect(r#"[32,2,{"get_retained":true},"com.news"]"#).await;
    first.unsubscribe().await.unwrap();
    router.say_all(&["[33,2,7]", "[36,7,21,{}]"]).await;
    let mut second = joining.await.unwrap().unwrap();
    assert_eq!(second.next().await.unwrap().unwrap().publication.0, 21);
}

#[tokio::test]
async fn a_revoked_subscription_says_so() {
    let (session, mut router) = joined().await;
    let mut first = subscribe(&session, &mut router, 1).await;
    let mut second = subscribe(&session, &mut router, 2).await;
    router.say_all(&[r#"[35,0,{"subscription":8}]"#, "[35,0,{}]", "[36,7,21,{}]"]).await;
    let revocation = r#"[35,0,{"subscription":7,"reason":"no longer authorized"}]"#;
    router.say_all(&[revocation, "[36,7,22,{}]"]).await;
    for subscription in [&mut first, &mut second] {
        assert_eq!(subscription.next().await.unwrap().unwrap().publication.0, 21);
        assert_eq!(subscription.next().await, None);
        let end = subscription.ended().await;
        assert_eq!(
            end.to_string(),
            "the router has revoked the subscription: no longer authorized"
        );
        assert_eq!(subscription.ended().await, end);
    }
    // Nobody unsubscribes from it, and it can be subscribed to anew, under the same ID.
    first.unsubscribe().await.unwrap();
    let mut third = subscribe(&session, &mut router, 3).await;
    drop(second);
    router.say("[36,7,23,{}]").await;
    assert_eq!(third.next().await.unwrap().unwrap().publication.0, 23);
    drop(third);
    router.expect("[34,4,7]").await;
}

#[tokio::test]
async fn what_is_revoked_while_it_ends_has_ended() {
    let (session, mut router) = joined().await;
    let subscription = subscribe(&session, &mut router, 1).await;
    let play_along = async {
        router.expect("[34,2,7]").await;
        let refusal = r#"[8,34,2,{},"wamp.error.no_such_subscription"]"#;
        router.say_all(&[r#"[35,0,{"subscription":7}]"#, refusal]).await;
    };
    tokio::join!(subscription.unsubscribe(), play_along).0.unwrap();
}

#[tokio::test]
async fn a_revoked_subscription_does_not_end_one_that_is_on_its_way() {
    let (session, mut router) = joined().await;
    let first = subscribe(&session, &mut router, 1).await;
    let joining = {
        let session = session.clone();
        tokio::spawn(async move { session.subscribe("com.news").await })
    };
    router.expect(r#"[32,2,{},"com.news"]"#).await;
    first.unsubscribe().await.unwrap();
    router.say_all(&[r#"[35,0,{"subscription":7}]"#, "[33,2,7]", "[36,7,21,{}]"]).await;
    let mut second = joining.await.unwrap().unwrap();
    assert_eq!(second.next().await.unwrap().unwrap().publication.0, 21);
}

#[tokio::test]
async fn a_subscription_ends_with_its_session() {
    let (session, mut router) = joined().await;
    let mut subscription = subscribe(&session, &mut router, 1).await;
    router.say(r#"[6,{},"wamp.close.system_shutdown"]"#).await;
    router.expect(r#"[6,{},"wamp.close.goodbye_and_out"]"#).await;
    router.expect_end().await;
    drop(router);
    assert_eq!(subscription.next().await, None);
    let end = subscription.ended().await;
    let SubscriptionEnd::SessionClosed(CloseReason::Goodbye { .. }) = end else {
        panic!("{end}");
    };
}
