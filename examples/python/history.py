"""The event history: what was published before, page by page, and how to catch up without a gap.

The router has to keep one: crosspoint serve --history prefix:com.example.,events=100
"""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.types import CallOptions, PublishOptions, SubscribeOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session of its own."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


async def get_events(session, subscription, **filters):
    """One page. The results are positional, one for each event; with details the client hands over all of them."""
    options = CallOptions(details=True)
    result = await session.call("wamp.subscription.get_events", subscription.id, **filters, options=options)
    return result.results or []


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    publisher, reader = await join(), await join()

    async def publish(number):
        await publisher.publish("com.example.news", number, options=PublishOptions(acknowledge=True))

    for number in range(1, 6):
        await publish(number)  # nobody is subscribed

    # First subscribe, then ask what was before: so nothing is missing, but something may come twice.
    live, done = {}, asyncio.Event()

    def on_event(number, details):
        live[details.publication] = number
        if number == 7:
            done.set()

    subscription = await reader.subscribe(on_event, "com.example.news", SubscribeOptions(details=True))
    await publish(6)

    known, bounds = {}, {}
    while page := await get_events(reader, subscription, limit=2, **bounds):
        print("a page:", *(event["args"][0] for event in page))
        known.update((event["publication"], event["args"][0]) for event in page)
        bounds = {"after_publication": page[-1]["publication"]}

    await publish(7)
    await done.wait()
    known.update(live)  # what both have has the same publication ID
    print("each once:", *known.values())

    page = await get_events(reader, subscription, limit=3, reverse=True)
    print("the newest first:", *(event["args"][0] for event in page))
    for session in (publisher, reader):
        session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
