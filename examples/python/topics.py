"""Topics that fit patterns. A session whose subscriptions overlap gets an event for each of them."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.types import SubscribeOptions

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
    subscriber, publisher = await join(), await join()
    received, done = {}, asyncio.Event()

    async def subscribe(topic, match):
        received[match] = []
        await subscriber.subscribe(
            lambda value, details: received[match].append(f"{details.topic}={value}"),
            topic,
            SubscribeOptions(match=match, details=True),
        )

    await subscribe("com.example.hall1.temperature", "exact")
    await subscribe("com.example.hall1", "prefix")
    await subscribe("com.example..temperature", "wildcard")
    await subscriber.subscribe(done.set, "com.example.done")

    publisher.publish("com.example.hall1.temperature", 21)
    publisher.publish("com.example.hall2.temperature", 19)
    publisher.publish("com.example.hall1.humidity", 40)
    publisher.publish("com.example.hall10.door", "open")  # a prefix is text: it may end within a component
    publisher.publish("com.example.done")  # it comes last: what one session publishes keeps its order

    await done.wait()
    for match, events in received.items():
        print(f"{match}:", *events)
    for session in (subscriber, publisher):
        session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
