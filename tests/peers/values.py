"""What the suite sends: payloads of every arity, and values that some serializer or client finds hard."""

from dataclasses import dataclass
from typing import Optional

SAFE_INTEGER_MAX = 2**53 - 1  # beyond it a JavaScript number is not exact

# What a client must be able to do before it is sent the value. See speakers.py for who can.
INT64 = "keeps 64-bit integers exact"
FLOATS = "tells 1.0 from 1"


@dataclass
class Payload:
    """The arguments of a message; None is an element that the message does not have."""

    args: Optional[list] = None
    kwargs: Optional[dict] = None

    def received(self):
        """As a client hands it over: absent and empty look alike to an application."""
        return Payload(self.args or [], self.kwargs or {})


ARITIES = [
    Payload(),
    Payload(args=["alone", 2]),
    Payload(kwargs={"only": "keywords", "count": 1}),
    Payload(args=["both", 2], kwargs={"and": "keywords"}),
]

# Sent group by group, so that a failure names a handful and the cross product of all speakers stays quick.
VALUES = {
    "constants": [None, True, False],
    "integers": [0, -1, 23, 24, -24, -25, 127, 128, 255, 256, -128, -129, 65_535, 65_536, -32_769],
    "large integers": [2**31, -(2**31) - 1, 2**32, -(2**32) - 1, SAFE_INTEGER_MAX, -SAFE_INTEGER_MAX],
    "fractions": [1.5, -0.1, 1e300, 5e-324],
    "text": ["", "text", 'escaped: " \\ / \b \f \n \r \t \x01 \x7f', "Grüße, 世界 🚀 \u2028 e\u0301", "x" * 300],
    "bytes": [b"", b"\x00\xff\xfe not UTF-8 \x80", bytes(range(256)) * 2],
    "nested": [
        [],
        {},
        [[], {}, [None, {"": []}]],
        {"list": [1, [2, [3, [4]]]], "dict": {"a": {"b": {"c": None}}}, "Schlüssel": {"": 0}, "bytes": [b"inside"]},
    ],
}

DEMANDING_VALUES = {
    INT64: [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**64 - 1],
    FLOATS: [1.0, -0.0, 2.0**53, 1e22],
}


def payloads_for(*speakers):
    """Every arity, and every value that survives in all of the speakers, as argument and as keyword argument."""
    common = set.intersection(*(set(speaker.abilities) for speaker in speakers))
    groups = [*VALUES.values(), *(values for ability, values in DEMANDING_VALUES.items() if ability in common)]
    return ARITIES + [Payload(group, {f"value{n}": value for n, value in enumerate(group)}) for group in groups]


def difference(sent, got, exact, where=""):
    """Where and how the two differ, or None. Keeps integers from floats if `exact`, and all other types apart."""
    if is_number(sent) and is_number(got):
        equal = sent == got and (not exact or type(sent) is type(got))
    elif type(sent) is not type(got):
        equal = False
    elif isinstance(sent, list) and len(sent) == len(got):
        return next(filter(None, (difference(*pair, exact, f"{where}[{n}]") for n, pair in enumerate(zip(sent, got)))), None)
    elif isinstance(sent, dict) and list(sent) == list(got):
        return next(filter(None, (difference(sent[key], got[key], exact, f"{where}[{key!r}]") for key in sent)), None)
    else:
        equal = sent == got
    return None if equal else f"{where}: sent {sent!r}, got {got!r}"


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
