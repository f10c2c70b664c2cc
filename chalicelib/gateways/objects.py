"""Objects: how are files of the archive and of the office kept in a bucket?"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.errors import Unavailable

ATTEMPTS = 3
KEY_TAKEN = "PreconditionFailed"
KEY_CONTENDED = "ConditionalRequestConflict"  # two writers at once: S3 asks both to try again
KEY_FREE = "NoSuchKey"


@dataclass(frozen=True)
class S3Objects:
    """A bucket. An object is never overwritten through this."""

    client: Any
    bucket: str

    def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        """Whether the key was free and the object is now there.

        False may also mean that an earlier attempt of ours, whose answer was lost,
        wrote it: whoever minds reads the object. Raises: Unavailable when two
        writers keep meeting.
        """
        for _ in range(ATTEMPTS):
            try:
                self.client.put_object(
                    Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
                )
            except ClientError as error:
                if _code(error) == KEY_TAKEN:
                    return False
                if _code(error) != KEY_CONTENDED:
                    raise
            else:
                return True
        raise Unavailable(key=key)

    def get(self, key: str) -> bytes | None:
        """The whole object, or None."""
        try:
            content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if _code(error) != KEY_FREE:
                raise
            return None
        return content

    def list(self, prefix: str) -> list[str]:
        """All keys below a prefix, in the order of their bytes, a thousand in one call."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def versions(self, prefix: str) -> Iterator[tuple[str, bool, str]]:
        """Each key in order, whether it can still be read, and what was done to it since it was written."""
        for key, found in groupby(self._entries(prefix), key=lambda entry: str(entry["Key"])):
            versions = list(found)
            newest = next((one for one in versions if one["IsLatest"]), versions[0])
            if "Size" not in newest:  # a delete marker
                yield key, False, "removed"
            else:
                yield key, True, "overwritten" if len(versions) > 1 else ""

    def _entries(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Versions and delete markers in the order of their keys."""
        pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            both = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            yield from sorted(both, key=lambda entry: str(entry["Key"]))

    def upload_url(self, key: str, seconds: int, bytes_max: int) -> dict[str, Any]:
        """`url` and `fields` of a form by which a browser may write this one key.

        Good for so many seconds and for 1 to `bytes_max` bytes; S3 itself refuses more.
        """
        form: dict[str, Any] = self.client.generate_presigned_post(
            Bucket=self.bucket,
            Key=key,
            Conditions=[["content-length-range", 1, bytes_max]],
            ExpiresIn=seconds,
        )
        return form


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
