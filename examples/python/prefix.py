"""Procedures that begin with a prefix: one registration for all of them."""

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


def answer(details):
    return f"you called {details.procedure}"


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    session = await join()
    await session.register(answer, "com.example.files", RegisterOptions(match="prefix", details=True))

    print(await session.call("com.example.files"))
    print(await session.call("com.example.files.photos.delete"))
    print(await session.call("com.example.files2"))  # a prefix is text: it may end within a component
    try:
        await session.call("com.example.file")
    except ApplicationError as error:
        print("com.example.file:", error.error)
    session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
