use super::*;

#[tokio::test]
async fn what_is_too_long_is_refused_and_leaves_no_gap() {
    let (session, mut router) = joined_within(narrow()).await;
    let long = "a".repeat(1100);
    let too_long = |error| matches!(error, RequestError::TooLong(_));
    assert!(too_long(session.call("com.add", (long.clone(),)).await.unwrap_err()));
    assert!(too_long(session.publish("com.news", (long.clone(),)).await.unwrap_err()));
    let acknowledged = session.publish_acknowledged("com.news", (long.clone(),)).await;
    assert!(too_long(acknowledged.unwrap_err()));
    assert!(too_long(session.subscribe(&long).await.unwrap_err()));
    let result = long.clone();
    let handler = move |_| {
        let result = result.clone();
        async move { Ok((result,).into()) }
    };
    assert!(too_long(session.register(long, handler.clone()).await.unwrap_err()));

    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    let error = router.hear().await.unwrap();
    let begin = r#"[8,68,1,{},"wamp.error.payload_size_exceeded",["the result cannot be sent"#;
    assert!(error.starts_with(begin), "{error}");
}

#[tokio::test]
async fn publications_are_acknowledged_on_request() {
    let (session, mut router) = joined().await;
    session.publish("com.news", (1,)).await.unwrap();
    router.expect(r#"[16,1,{},"com.news",[1]]"#).await;
    let play_along = async {
        router.expect(r#"[16,2,{"acknowledge":true},"com.news",[2]]"#).await;
        router.say("[17,2,21]").await;
    };
    let published = tokio::join!(session.publish_acknowledged("com.news", (2,)), play_along).0;
    assert_eq!(published.unwrap().0, 21);
    let play_along = async {
        router.expect(r#"[16,3,{"acknowledge":true},"wamp.news"]"#).await;
        router.say(r#"[8,16,3,{},"wamp.error.invalid_uri"]"#).await;
    };
    let refused = tokio::join!(session.publish_acknowledged("wamp.news", ()), play_along).0;
    assert_eq!(refused.unwrap_err().to_string(), "wamp.error.invalid_uri");
}

#[tokio::test]
async fn options_are_sent_with_the_event() {
    let (session, mut router) = joined().await;
    let options =
        PublishOptions::new().exclude_me(false).disclose_me(true).retain(true).rkey("sn1");
    session.publish_with(options, "com.news", (1,)).await.unwrap();
    let options = r#"{"exclude_me":false,"disclose_me":true,"retain":true,"rkey":"sn1"}"#;
    router.expect(&format!(r#"[16,1,{options},"com.news",[1]]"#)).await;

    let options = PublishOptions::new()
        .eligible([SessionId(9), SessionId(8)])
        .eligible_authid(["alice", "bob"])
        .eligible_authrole(["admin"])
        .exclude([SessionId(9)])
        .exclude_authid(["carol"])
        .exclude_authrole(Vec::<String>::new());
    let play_along = async {
        let options = concat!(
            r#"{"acknowledge":true,"eligible":[8,9],"eligible_authid":["alice","bob"],"#,
            r#""eligible_authrole":["admin"],"exclude":[9],"exclude_authid":["carol"],"#,
            r#""exclude_authrole":[]}"#
        );
        router.expect(&format!(r#"[16,2,{options},"com.news"]"#)).await;
        router.say("[17,2,21]").await;
    };
    let publishing = session.publish_acknowledged_with(options, "com.news", ());
    assert_eq!(tokio::join!(publishing, play_along).0.unwrap().0, 21);
}

#[tokio::test]
async fn options_count_for_the_length() {
    let (session, mut router) = joined_within(narrow()).await;
    let options = PublishOptions::new().exclude_authid(["a".repeat(1100)]);
    let error = session.publish_with(options, "com.news", (1,)).await.unwrap_err();
    assert!(matches!(error, RequestError::TooLong(_)), "{error}");
    session.publish("com.news", (2,)).await.unwrap();
    router.expect(r#"[16,1,{},"com.news",[2]]"#).await;
}

#[tokio::test]
async fn nobody_gets_what_a_router_cannot_keep_from_others() {
    let (connecting, mut router) = connecting(LengthLimit::MAX).await;
    router.say(PLAIN_WELCOME).await;
    let session = connecting.await.unwrap().unwrap();
    let options = PublishOptions::new().eligible([SessionId(8)]);
    let error = session.publish_with(options.clone(), "com.news", (1,)).await.unwrap_err();
    assert_eq!(error.to_string(), "the router does not announce subscriber_blackwhite_listing");
    let acknowledged = session.publish_acknowledged_with(options, "com.news", (1,)).await;
    assert_eq!(acknowledged.unwrap_err(), error);
    // What a router does not know of is only left out.
    session.publish_with(PublishOptions::new().retain(true), "com.news", (2,)).await.unwrap();
    router.expect(r#"[16,1,{"retain":true},"com.news",[2]]"#).await;
}
