"""Procedures that fit a pattern with a gap: an empty component stands for any."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


def status(details):
    machine = details.procedure.split(".")[2]
    return f"{machine} is running"


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    session = await join()
    await session.register(status, "com.example..status", RegisterOptions(match="wildcard", details=True))

    print(await session.call("com.example.pump1.status"))
    print(await session.call("com.example.pump2.status"))
    try:
        await session.call("com.example.hall3.pump1.status")
    except ApplicationError as error:
        print("a component too many:", error.error)
    session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
