"""A procedure, registered under exactly one URI."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    session = await join()
    registration = await session.register(lambda a, b: a + b, "com.example.add")
    print("2 + 3 =", await session.call("com.example.add", 2, 3))

    try:
        await session.register(lambda a, b: a - b, "com.example.add")
    except ApplicationError as error:
        print("registered again:", error.error)

    await registration.unregister()
    try:
        await session.call("com.example.add", 2, 3)
    except ApplicationError as error:
        print("called after unregistering:", error.error)
    session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
