"""Procedures that begin with a prefix: one registration for all of them."""

import os

from autobahn.asyncio.component import Component, run
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
component = Component(transports=URL, realm="realm1")


def answer(details):
    return f"you called {details.procedure}"


@component.on_join
async def joined(session, details):
    await session.register(answer, "com.example.files", RegisterOptions(match="prefix", details=True))

    print(await session.call("com.example.files"))
    print(await session.call("com.example.files.photos.delete"))
    print(await session.call("com.example.files2"))  # a prefix is text: it may end within a component
    try:
        await session.call("com.example.file")
    except ApplicationError as error:
        print("com.example.file:", error.error)
    session.leave()


run([component], log_level="error")
