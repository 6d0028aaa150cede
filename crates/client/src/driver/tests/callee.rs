use super::*;
use crate::request::{Handler, Request};

#[tokio::test]
async fn invocations_are_handled_at_the_same_time() {
    let (session, mut router) = joined().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = move |invocation: Invocation| {
        let started = started.clone();
        async move {
            let (go_on, may_go_on) = oneshot::channel();
            started.send(go_on).unwrap();
            may_go_on.await.unwrap();
            Ok(Arguments { args: invocation.args, kwargs: invocation.kwargs })
        }
    };
    register(&session, &mut router, handler).await;
    router.say_all(&["[68,1,7,{},[1]]", r#"[68,2,7,{},[2],{"a":null}]"#]).await;
    let (first, second) = (starts.recv().await.unwrap(), starts.recv().await.unwrap());
    second.send(()).unwrap();
    router.expect(r#"[70,2,{},[2],{"a":null}]"#).await;
    first.send(()).unwrap();
    router.expect("[70,1,{},[1]]").await;
}

#[tokio::test]
async fn an_invocation_may_come_right_behind_registered() {
    let (session, mut router) = joined().await;
    let play_along = async {
        router.expect(r#"[64,1,{},"com.add"]"#).await;
        router.say_all(&["[65,1,7]", "[68,1,7,{}]"]).await;
        router.expect(r#"[8,68,1,{},"com.error.no",["not today"]]"#).await;
    };
    let handler = |_| async { Err(ApplicationError::new("com.error.no", "not today")) };
    tokio::join!(session.register("com.add", handler), play_along).0.unwrap();
}

#[tokio::test]
async fn unregistering_keeps_the_handler_until_it_is_acknowledged() {
    let (session, mut router) = joined().await;
    let play_along = async {
        router.expect(r#"[64,1,{},"com.add"]"#).await;
        router.say("[65,1,7]").await;
    };
    let handler = |_| async { Ok((5,).into()) };
    let registration = tokio::join!(session.register("com.add", handler), play_along).0.unwrap();
    let play_along = async {
        router.expect("[66,2,7]").await;
        router.say("[68,1,7,{}]").await;
        router.expect("[70,1,{},[5]]").await;
        router.say_all(&["[67,2]", "[68,2,7,{}]"]).await;
        let refusal =
            r#"[8,68,2,{},"wamp.error.no_such_procedure",["the registration has ended"]]"#;
        router.expect(refusal).await;
    };
    tokio::join!(registration.unregister(), play_along).0.unwrap();
}

/// Tells when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.take().unwrap().send(()).unwrap();
    }
}

#[tokio::test]
async fn an_interrupted_handler_is_dropped() {
    let (session, mut router) = joined().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = move |_| {
        let (dropped, is_dropped) = oneshot::channel();
        let dropped = Dropped(Some(dropped));
        started.send(is_dropped).unwrap();
        async move {
            let _dropped = dropped;
            pending().await
        }
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    let is_dropped = starts.recv().await.unwrap();
    router.say(r#"[69,1,{"mode":"kill"}]"#).await;
    router.expect(r#"[8,68,1,{},"wamp.error.canceled",["the call was cancelled"]]"#).await;
    is_dropped.await.unwrap();
    // An INTERRUPT that comes too late is no reason to say anything.
    router.say_all(&[r#"[69,1,{"mode":"kill"}]"#, "[68,2,8,{}]"]).await;
    let next = router.hear().await.unwrap();
    assert!(next.starts_with("[8,68,2,"), "{next}");
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_for() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        assert!(invocation.args.is_empty(), "on purpose");
        Ok(().into())
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{},[1]]").await;
    let failed = r#"[8,68,1,{},"crosspoint.error.handler_failed",["the handler has panicked"]]"#;
    router.expect(failed).await;
    router.say("[68,2,7,{}]").await;
    router.expect("[70,2,{}]").await;
}

#[tokio::test]
async fn invocations_beyond_the_limit_are_refused() {
    let (session, mut router) = joined().await;
    register(&session, &mut router, |_| pending()).await;
    let invocations: Vec<_> =
        (1..=INVOCATIONS_MAX + 1).map(|id| format!("[68,{id},7,{{}}]")).collect();
    router.say_all(&invocations).await;
    let refusal = format!(
        r#"[8,68,{},{{}},"crosspoint.error.queue_full",["{INVOCATIONS_MAX} invocations are being handled; try again later"]]"#,
        INVOCATIONS_MAX + 1
    );
    router.expect(&refusal).await;
}

#[tokio::test]
async fn interrupted_handlers_count_until_they_have_stopped() {
    let mut conversation = joined_conversation();
    let handler: Handler = Arc::new(|_| Box::pin(pending()));
    let (reply, _registered) = oneshot::channel();
    let procedure = "com.add".to_owned();
    conversation.on_request(Some(Request::Register { procedure, handler, reply }));
    hear(&mut conversation, "[65,1,7]");
    // The test does not await anything, so none of the handlers gets to stop.
    for id in 1..=INVOCATIONS_MAX {
        hear(&mut conversation, &format!("[68,{id},7,{{}}]"));
        hear(&mut conversation, &format!("[69,{id},{{}}]"));
    }
    written(&mut conversation);
    hear(&mut conversation, &format!("[68,{},7,{{}}]", INVOCATIONS_MAX + 1));
    let refusal = written(&mut conversation);
    assert!(refusal.contains("crosspoint.error.queue_full"), "{refusal}");
}

#[tokio::test]
async fn a_handler_may_call() {
    let (session, mut router) = joined().await;
    let caller = Arc::new(session.clone());
    let handler = move |_| {
        let caller = Arc::clone(&caller);
        async move {
            match caller.call("com.inner", ()).await {
                Ok(result) => Ok(Arguments { args: result.args, kwargs: result.kwargs }),
                Err(error) => Err(ApplicationError::new("com.error.inner", error.to_string())),
            }
        }
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    router.expect(r#"[48,2,{},"com.inner"]"#).await;
    router.say("[50,2,{},[5]]").await;
    router.expect("[70,1,{},[5]]").await;
}
