use super::*;

#[tokio::test]
async fn a_refused_session_says_why() {
    let (error, mut router) =
        refused_with(r#"[3,{"message":"none such"},"wamp.error.no_such_realm"]"#).await;
    assert_eq!(
        error.to_string(),
        "the router refused the session: wamp.error.no_such_realm: none such"
    );
    router.expect_end().await;
}

#[tokio::test]
async fn a_challenge_is_declined() {
    let (error, mut router) = refused_with(r#"[4,"wampcra",{"challenge":"x"}]"#).await;
    assert!(matches!(error, ConnectError::Challenged { method } if method == "wampcra"));
    let abort = r#"[3,{"message":"there is nothing to prove that with"},"wamp.error.no_matching_auth_method"]"#;
    router.expect(abort).await;
    router.expect_end().await;
}

#[tokio::test]
async fn only_welcome_opens_a_session() {
    let (error, mut router) = refused_with("[50,1,{}]").await;
    let text = "RESULT came before WELCOME";
    assert!(matches!(error, ConnectError::Closed(CloseReason::Violation(what)) if what == text));
    let abort = format!(r#"[3,{{"message":"{text}"}},"wamp.error.protocol_violation"]"#);
    router.expect(&abort).await;
    router.expect_end().await;
}

#[tokio::test]
async fn a_connection_that_ends_before_welcome_is_lost() {
    let (connecting, router) = connecting(LengthLimit::MAX).await;
    drop(router);
    let error = connecting.await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectError::Closed(CloseReason::Lost(_))), "{error}");
}

#[tokio::test]
async fn leaving_waits_for_the_answer() {
    let (session, mut router) = joined().await;
    let call = spawn_call(&session, ());
    router.expect(r#"[48,1,{},"com.add"]"#).await;
    let play_along = async {
        router.expect(r#"[6,{},"wamp.close.close_realm"]"#).await;
        router.say_all(&["[68,1,7,{}]", r#"[6,{},"wamp.close.goodbye_and_out"]"#]).await;
        router.expect_end().await;
        drop(router);
    };
    tokio::join!(session.leave(), play_along);
    assert_eq!(session.closed().await, CloseReason::Left);
    let disconnected = RequestError::Disconnected(CloseReason::Left);
    assert_eq!(call.await.unwrap(), Err(disconnected.clone()));
    assert_eq!(session.publish("com.news", ()).await, Err(disconnected));
}

#[tokio::test]
async fn a_router_that_does_not_answer_goodbye_is_left_anyway() {
    let (session, mut router) = joined().await;
    let leaving = tokio::spawn(async move {
        session.leave().await;
        session.closed().await
    });
    router.expect(r#"[6,{},"wamp.close.close_realm"]"#).await;
    tokio::time::pause();
    assert_eq!(leaving.await.unwrap(), CloseReason::Left);
}

#[tokio::test]
async fn a_session_that_nobody_holds_is_left() {
    let (session, mut router) = joined().await;
    let subscription = subscribe(&session, &mut router, 1).await;
    drop((session, subscription));
    router.expect("[34,2,7]").await;
    router.expect(r#"[6,{},"wamp.close.close_realm"]"#).await;
}

#[tokio::test]
async fn the_routers_goodbye_is_answered() {
    let (session, mut router) = joined().await;
    router.say(r#"[6,{"message":"see you"},"wamp.close.system_shutdown"]"#).await;
    router.expect(r#"[6,{},"wamp.close.goodbye_and_out"]"#).await;
    router.expect_end().await;
    drop(router);
    let reason = session.closed().await;
    assert_eq!(
        reason.to_string(),
        "the router closed the session: wamp.close.system_shutdown: see you"
    );
}

#[tokio::test]
async fn a_ping_is_answered() {
    let (_session, mut router) = joined().await;
    router.stream.write_all(b"\x01\0\0\x02hi").await.unwrap();
    let mut pong = [0; 6];
    router.stream.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\x02\0\0\x02hi");
}

/// Why a session is over in which the router has said this.
async fn over_after(octets: &[u8]) -> CloseReason {
    let (session, mut router) = joined().await;
    router.stream.write_all(octets).await.unwrap();
    router.stream.shutdown().await.unwrap();
    session.closed().await
}

fn framed(message: &str) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&len, message.as_bytes()].concat()
}

#[tokio::test]
async fn whatever_the_router_says_is_survived() {
    for (message, reason) in [
        (r#"[3,{},"com.error.no"]"#, "the router aborted the session: com.error.no"),
        ("", "the router broke the protocol: ill-formed json: a value is missing at octet 0"),
        ("[]", "the router broke the protocol: a message must not be an empty list"),
        ("[99]", "the router broke the protocol: 99 is not a message type"),
        ("[50,1,{}]", "the router broke the protocol: RESULT answers request 1, never made"),
        (
            r#"[8,68,1,{},"x"]"#,
            "the router broke the protocol: ERROR answers request 1, never made",
        ),
        ("[67,1]", "the router broke the protocol: UNREGISTERED answers request 1, never made"),
        (r#"[1,"realm1",{}]"#, "the router broke the protocol: HELLO is not for a client"),
        ("[2,1,{}]", "the router broke the protocol: WELCOME is not for a client"),
        (r#"[48,1,{},"a"]"#, "the router broke the protocol: CALL is not for a client"),
        // These are no reason to end anything: the connection ended by itself.
        (
            "[36,7,1,{}]",
            "the connection to the router was lost: the connection was closed by the peer",
        ),
        (
            "[68,1,7,{}]",
            "the connection to the router was lost: the connection was closed by the peer",
        ),
        (
            "[69,1,{}]",
            "the connection to the router was lost: the connection was closed by the peer",
        ),
    ] {
        assert_eq!(over_after(&framed(message)).await.to_string(), reason, "{message}");
    }
    let reserved = over_after(b"\xF0\0\0\0").await.to_string();
    assert_eq!(reserved, "the router broke the protocol: a frame has reserved bits set");
    let cut = over_after(b"\0\0\0\x05[1").await;
    assert!(matches!(cut, CloseReason::Lost(_)), "{cut}");
}
