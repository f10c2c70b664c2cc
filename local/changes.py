"""The changes: has any stream grown since I looked? Asked by pumps, so that they need not poll."""

import asyncio
import contextlib


class Changes:
    """A number that grows with every change of a stream that is on disk."""

    def __init__(self) -> None:
        self.number = 0
        self._grown = asyncio.Event()

    def announce(self) -> None:
        """A stream has grown."""
        self.number += 1
        self._grown.set()
        self._grown = asyncio.Event()

    async def wait(self, since: int, seconds: float) -> int:
        """Return the number as soon as it differs from `since`, or after so many seconds."""
        if self.number == since:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._grown.wait(), seconds)
        return self.number
