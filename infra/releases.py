"""Releases: what a stage was ever asked to be, kept whole so that it can be deployed again.

    code/<sha-256>.zip                    a deployment package; the same code lies there once
    web/<sha-256>.zip                     the files of the app
    releases/<release id>/template.json   the template that goes with it
    releases/<release id>/release.json    from which commit, with which parameters
    releases/<release id>/deployed        the stage was this release; a change that was refused leaves none

They lie in the stage's code bucket. An id is a moment and a commit, so that ids sort by age.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

PREFIX = "releases/"
DEPLOYED = "deployed"
ABSENT = ("404", "NoSuchBucket", "NoSuchKey", "NotFound")


class ReleaseUnknown(Exception):
    """There is no such release of this stage; the text names it."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release. `parameters`: what the template was told, the places of its code included.

    `given`: what of that somebody chose, for this release or one before; the rest follows the template.
    """

    release_id: str
    commit: str
    parameters: Mapping[str, str]
    given: Mapping[str, str]
    web_key: str = ""  # "": without an app

    @property
    def template_key(self) -> str:
        return f"{PREFIX}{self.release_id}/template.json"


def new_release_id(now: datetime, commit: str) -> str:
    """The id of a release made now from a commit."""
    return f"{now:%Y%m%dT%H%M%SZ}-{commit[:8]}"


def code_bucket(stage: str, account: str, region: str) -> str:
    """The bucket of a stage in one region: no two of all buckets of AWS have one name, and a function takes
    its code from its own region."""
    return f"forecourt-{stage}-code-{account}-{region}"


def code_key(package: Path) -> str:
    """Where a package lies. Named by its content: code that did not change updates no function."""
    return f"code/{hashlib.sha256(package.read_bytes()).hexdigest()}.zip"


@dataclass(frozen=True)
class Releases:
    """The code bucket of one stage."""

    s3: Any
    bucket: str

    def prepare(self) -> bool:
        """Make the bucket, closed to the public and with its versions. False: it was there."""
        try:
            self.s3.head_bucket(Bucket=self.bucket)
            return False
        except ClientError as error:
            if error.response["Error"]["Code"] not in ABSENT:
                raise
        region = self.s3.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=self.bucket, **where)
        closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        self.s3.put_public_access_block(
            Bucket=self.bucket, PublicAccessBlockConfiguration=dict.fromkeys(closed, True)
        )
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        return True

    def keep(self, release: Release, package: Path, template_text: str, app: bytes = b"") -> None:
        """Put all of a release there; its description comes last, so that what is listed is whole."""
        self.s3.upload_file(str(package), self.bucket, code_key(package))
        if release.web_key:
            self.s3.put_object(Bucket=self.bucket, Key=release.web_key, Body=app)
        self.s3.put_object(Bucket=self.bucket, Key=release.template_key, Body=template_text.encode())
        self.describe(release)

    def describe(self, release: Release) -> None:
        """Put down what a release is, once more where its parameters became known later."""
        body = json.dumps(asdict(release), indent=1).encode()
        self.s3.put_object(Bucket=self.bucket, Key=self._key(release.release_id), Body=body)

    def kept(self, release_id: str) -> Release:
        """Raises: ReleaseUnknown."""
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=self._key(release_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                raise ReleaseUnknown(f"there is no release {release_id} in {self.bucket}") from None
            raise
        return Release(**json.loads(found["Body"].read()))

    def app_of(self, release: Release) -> bytes:
        """The packed app of a release that has one."""
        app: bytes = self.s3.get_object(Bucket=self.bucket, Key=release.web_key)["Body"].read()
        return app

    def note_deployed(self, release_id: str) -> None:
        """The stage is this release. Doing it again changes nothing."""
        self.s3.put_object(Bucket=self.bucket, Key=f"{PREFIX}{release_id}/{DEPLOYED}", Body=b"")

    def deployed(self) -> list[str]:
        """The ids of those that the stage ever was, the oldest first."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=PREFIX)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return sorted(key.split("/")[1] for key in keys if key.endswith(f"/{DEPLOYED}"))

    def template_url(self, release: Release) -> str:
        """Where CloudFormation reads the template, which is too long to be sent along."""
        return f"{self.s3.meta.endpoint_url}/{self.bucket}/{release.template_key}"

    def _key(self, release_id: str) -> str:
        return f"{PREFIX}{release_id}/release.json"
