"""What was expected, and what was said."""

import difflib
import re

ANYTHING = "…"  # in an expected line: any text, on that line


def difference(expected, said):
    """The two side by side, or None if they are the same."""
    wanted, got = expected.splitlines(), said.splitlines()
    if len(wanted) == len(got) and all(map(fits, wanted, got)):
        return None
    return "\n".join(difflib.unified_diff(wanted, got, "expected", "said", lineterm="", n=99))


def fits(wanted, got):
    return re.fullmatch(".*".join(map(re.escape, wanted.split(ANYTHING))), got) is not None
