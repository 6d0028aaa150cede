//! Progressive results, from both sides.

use super::*;

/// A call with progressive results, and the CALL that it sends.
async fn call(session: &Session, router: &mut Router) -> crate::ProgressiveCall {
    let calling = session.call_progressive(CallOptions::new(), "com.add", ());
    let expected = router.expect(r#"[48,1,{"receive_progress":true},"com.add"]"#);
    tokio::join!(calling, expected).0.unwrap()
}

#[tokio::test]
async fn results_come_one_after_the_other() {
    let (session, mut router) = joined().await;
    let mut call = call(&session, &mut router).await;
    router.say_all(&[r#"[50,1,{"progress":true},[1],{}]"#, r#"[50,1,{"progress":true}]"#]).await;
    assert_eq!(call.next().await.unwrap().args, [1.into()]);
    assert_eq!(call.next().await.unwrap().args, []);
    router.say_all(&[r#"[50,1,{"progress":true},[],{"a":2}]"#, "[50,1,{},[3]]"]).await;
    assert_eq!(call.next().await.unwrap().kwargs.to_string(), r#"{"a":2}"#);
    assert_eq!(call.next().await, None);
    assert_eq!(call.next().await, None);
    assert_eq!(call.result().await.unwrap().args, [3.into()]);
}

#[tokio::test]
async fn who_wants_the_last_result_need_not_take_the_others() {
    let (session, mut router) = joined().await;
    let call = call(&session, &mut router).await;
    let waiting = tokio::spawn(call.result());
    let mut results = vec![r#"[50,1,{"progress":true},[1]]"#; 2 * CHUNKS_WAITING_MAX];
    results.push(r#"[8,48,1,{},"com.error.no"]"#);
    for some in results.chunks(CHUNKS_WAITING_MAX / 2) {
        router.say_all(some).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(waiting.await.unwrap().unwrap_err().to_string(), "com.error.no");
}

#[tokio::test]
async fn a_dropped_progressive_call_is_cancelled() {
    let (session, mut router) = joined().await;
    let mut call = call(&session, &mut router).await;
    router.say(r#"[50,1,{"progress":true},[1]]"#).await;
    call.next().await.unwrap();
    drop(call);
    router.expect(r#"[49,1,{"mode":"killnowait"}]"#).await;
    router
        .say_all(&[r#"[50,1,{"progress":true},[2]]"#, r#"[8,48,1,{},"wamp.error.canceled"]"#])
        .await;
}

#[tokio::test]
async fn cancelling_waits_for_the_answer() {
    for mode in [CancelMode::Skip, CancelMode::Kill, CancelMode::KillNoWait] {
        let (session, mut router) = joined().await;
        let call = call(&session, &mut router).await;
        let cancelling = tokio::spawn(call.cancel(mode));
        router.expect(&format!(r#"[49,1,{{"mode":"{}"}}]"#, mode.name())).await;
        router.say(r#"[8,48,1,{},"wamp.error.canceled"]"#).await;
        let answer = cancelling.await.unwrap().unwrap_err();
        assert_eq!(answer.to_string(), "wamp.error.canceled");
    }
}

#[tokio::test]
async fn a_result_may_be_faster_than_its_cancelling() {
    let (session, mut router) = joined().await;
    let call = call(&session, &mut router).await;
    let cancelling = tokio::spawn(call.cancel(CancelMode::Kill));
    router.expect(r#"[49,1,{"mode":"kill"}]"#).await;
    router.say_all(&[r#"[50,1,{"progress":true},[1]]"#, "[50,1,{},[2]]"]).await;
    assert_eq!(cancelling.await.unwrap().unwrap().args, [2.into()]);
}

#[tokio::test]
async fn a_router_that_cannot_cancel_is_not_asked_to() {
    let (connecting, mut router) = connecting(LengthLimit::MAX).await;
    router.say(PLAIN_WELCOME).await;
    let session = connecting.await.unwrap().unwrap();
    let call = call(&session, &mut router).await;
    let error = call.cancel(CancelMode::Kill).await.unwrap_err();
    assert_eq!(error.to_string(), "the router does not announce call_canceling");
}

#[tokio::test]
async fn results_that_nobody_takes_end_the_call() {
    let (session, mut router) = joined().await;
    let mut call = call(&session, &mut router).await;
    let results: Vec<_> = (0..=CHUNKS_WAITING_MAX)
        .map(|number| format!(r#"[50,1,{{"progress":true}},[{number}]]"#))
        .collect();
    router.say_all(&results).await;
    router.expect(r#"[49,1,{"mode":"killnowait"}]"#).await;
    // Nothing is missing among those that came before.
    for number in 0..CHUNKS_WAITING_MAX {
        let number = i64::try_from(number).unwrap();
        assert_eq!(call.next().await.unwrap().args, [number.into()]);
    }
    assert_eq!(call.next().await, None);
    router
        .say_all(&[r#"[50,1,{"progress":true},[2]]"#, r#"[8,48,1,{},"wamp.error.canceled"]"#])
        .await;
    assert_eq!(call.result().await, Err(RequestError::TooSlow));
}

#[tokio::test]
async fn a_progressive_call_that_cannot_be_sent_says_so_at_once() {
    let (session, _router) = joined_within(narrow()).await;
    let long = "a".repeat(1100);
    let error = session.call_progressive(CallOptions::new(), "com.add", (long,)).await.unwrap_err();
    assert!(matches!(error, RequestError::TooLong(_)), "{error}");
}

#[tokio::test]
async fn a_handler_sends_progressive_results() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        if invocation.takes_progress() {
            invocation.progress((1,)).await?;
            invocation.progress(Arguments::default().kwarg("a", 2)).await?;
        }
        Ok((3,).into())
    };
    register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"receive_progress":true}]"#).await;
    router.expect(r#"[70,1,{"progress":true},[1]]"#).await;
    router.expect(r#"[70,1,{"progress":true},[],{"a":2}]"#).await;
    router.expect("[70,1,{},[3]]").await;
    router.say("[68,2,7,{}]").await;
    router.expect("[70,2,{},[3]]").await;
}

#[tokio::test]
async fn a_progressive_result_that_is_not_wanted_is_an_error() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        invocation.progress((1,)).await?;
        Ok(().into())
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    let text = "the caller does not take progressive results";
    router.expect(&format!(r#"[8,68,1,{{}},"wamp.error.feature_not_supported",["{text}"]]"#)).await;
}

/// A handler that gives its invocation away and answers at once, and where it gives it to.
fn giving_away() -> (
    impl Fn(Invocation) -> std::future::Ready<Result<Arguments, ApplicationError>> + Send + Sync,
    mpsc::UnboundedReceiver<Invocation>,
) {
    let (given, taken) = mpsc::unbounded_channel();
    let handler = move |invocation| {
        given.send(invocation).unwrap();
        std::future::ready(Ok(().into()))
    };
    (handler, taken)
}

#[tokio::test]
async fn a_progressive_result_for_nobody_is_an_error() {
    let (session, mut router) = joined().await;
    let (handler, mut invocations) = giving_away();
    register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"receive_progress":true}]"#).await;
    router.expect("[70,1,{}]").await;
    let invocation = invocations.recv().await.unwrap();
    assert_eq!(invocation.progress((1,)).await, Err(ProgressError::CallEnded));
    drop(router);
    session.closed().await;
    assert_eq!(invocation.progress((1,)).await, Err(ProgressError::CallEnded));
}

#[tokio::test]
async fn a_progressive_result_that_is_too_long_leaves_the_call_as_it_is() {
    let (session, mut router) = joined_within(narrow()).await;
    let handler = |invocation: Invocation| async move {
        let long = "a".repeat(1100);
        let error = invocation.progress((long,)).await.unwrap_err();
        assert!(matches!(error, ProgressError::TooLong(_)), "{error}");
        invocation.progress(("short",)).await?;
        Ok(().into())
    };
    register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"receive_progress":true}]"#).await;
    router.expect(r#"[70,1,{"progress":true},["short"]]"#).await;
    router.expect("[70,1,{}]").await;
}

#[tokio::test]
async fn a_handler_waits_while_the_router_does_not_read() {
    let (session, mut router) = joined().await;
    let sent = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let handler = {
        let sent = Arc::clone(&sent);
        move |invocation: Invocation| {
            let sent = Arc::clone(&sent);
            async move {
                loop {
                    invocation.progress(("a".repeat(64 << 10),)).await?;
                    sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            }
        }
    };
    register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"receive_progress":true}]"#).await;
    // The buffers of the connection are full when nothing more is sent for a while.
    let (mut before, mut unchanged) = (0, 0);
    while unchanged < 10_000 {
        tokio::task::yield_now().await;
        let now = sent.load(std::sync::atomic::Ordering::Relaxed);
        unchanged = if now == before { unchanged + 1 } else { 0 };
        before = now;
    }
    router.say(r#"[69,1,{"mode":"kill"}]"#).await;
    while router.hear().await.unwrap().starts_with("[70,1,") {
        assert!(before > 0);
    }
}
