"""Fake objects: the port of a bucket, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeObjects:
    """Objects. `contents` by key."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        if key in self.contents:
            return False
        self.contents[key] = body
        return True

    def get(self, key: str) -> bytes | None:
        return self.contents.get(key)

    def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self.contents if key.startswith(prefix))

    def versions(self, prefix: str) -> Iterator[tuple[str, bool, str]]:
        """Nothing is ever altered here."""
        return ((key, True, "") for key in self.list(prefix))

    def upload_url(self, key: str, seconds: int, bytes_max: int) -> dict[str, Any]:
        return {"url": f"http://localhost/{key}", "fields": {"key": key, "bytes_max": str(bytes_max)}}
