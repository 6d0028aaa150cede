"""Who comes, what they subscribe to, and who goes, as the router tells it; and a session that is ended by another."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join(on_leave=lambda session, details: None):
    """A session of its own, that stays away when it is ended."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports={"type": "websocket", "url": URL, "max_retries": 0}, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.on_leave(on_leave)
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    watcher = await join()
    left = asyncio.Event()

    def on_leave(session_id, authid, authrole):
        print("on_leave:", authrole)
        left.set()

    await watcher.subscribe(lambda session: print("on_join:", session["authrole"]), "wamp.session.on_join")
    await watcher.subscribe(on_leave, "wamp.session.on_leave")
    await watcher.subscribe(lambda *_: print("on_delete"), "wamp.subscription.on_delete")
    await watcher.subscribe(lambda *_: print("on_unsubscribe"), "wamp.subscription.on_unsubscribe")

    told = asyncio.get_running_loop().create_future()
    guest = await join(lambda session, details: told.set_result(details.reason))
    guest_id = guest._session_id
    print("sessions:", await watcher.call("wamp.session.count"))
    details = await watcher.call("wamp.session.get", guest_id)
    print("the guest:", details["authrole"], "by", details["transport"]["type"])

    subscription = await guest.subscribe(lambda: None, "com.example.news")
    print("its subscription:", (await watcher.call("wamp.subscription.get", subscription.id))["uri"])

    await watcher.call("wamp.session.kill", guest_id, reason="com.example.closing_time")
    await left.wait()
    print("the guest was told:", await told)
    try:
        await watcher.call("wamp.session.kill", guest_id)
    except ApplicationError as error:
        print("once more:", error.error)
    watcher.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
