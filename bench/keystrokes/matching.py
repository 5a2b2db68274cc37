"""Which published diagnostics answer which version. Pure.

A server that gives the version with its diagnostics is matched by it. For one that does not, the client has sent one
change and waits: the last publication before the server falls quiet is the answer (an earlier one may still be of the
text before). The time counted is that of the publication, not that of the silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

QUIET_S = 0.3


@dataclass(frozen=True)
class Published:
    """One message with diagnostics: when it came (seconds of a monotonic clock), for which version, how many.

    version  None where the server does not tell
    """

    at_s: float
    version: int | None
    n: int


def answer(
    published: Sequence[Published],
    version: int,
    sent_at_s: float,
    now_s: float,
    quiet_s: float = QUIET_S,
) -> Published | None:
    """The answer to the change sent at `sent_at_s`, or None as long as there is none.

    Diagnostics of a later version count as well: a server may pass over a version.
    """
    since = [p for p in published if p.at_s >= sent_at_s]
    for p in since:
        if p.version is not None and p.version >= version:
            return p
    silent = [p for p in since if p.version is None]
    if silent and now_s - silent[-1].at_s >= quiet_s:
        return silent[-1]
    return None


def wait_s(published: Sequence[Published], sent_at_s: float, now_s: float) -> float | None:
    """How long until an answer without a version may be believed; None where nothing has come."""
    silent = [p for p in published if p.at_s >= sent_at_s and p.version is None]
    return max(0.0, silent[-1].at_s + QUIET_S - now_s) if silent else None
