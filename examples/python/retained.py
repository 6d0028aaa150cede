"""Retained events: what was published last is there for those who subscribe later."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.types import PublishOptions, SubscribeOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session of its own."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    publisher, subscriber = await join(), await join()

    async def publish(topic, state, retain=True):
        await publisher.publish(topic, state, options=PublishOptions(acknowledge=True, retain=retain))

    await publish("com.example.pump1.state", "starts")
    await publish("com.example.pump2.state", "is off")
    await publish("com.example.pump1.state", "runs")
    await publish("com.example.pump1.state", "coughs", retain=False)

    done = asyncio.Event()

    def on_event(state, details):
        pump = details.topic.split(".")[2]
        print(pump, state, "(retained)" if details.retained else "(new)")
        if state == "stops":
            done.set()

    options = SubscribeOptions(match="wildcard", get_retained=True, details=True)
    await subscriber.subscribe(on_event, "com.example..state", options)
    await publish("com.example.pump1.state", "stops")

    await done.wait()
    for session in (publisher, subscriber):
        session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
