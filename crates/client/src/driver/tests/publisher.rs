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
