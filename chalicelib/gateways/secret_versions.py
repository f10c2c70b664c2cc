"""The versions of a secret: which one is current, which one waits, and how do they change places?

In Secrets Manager a version has labels: AWSCURRENT, AWSPENDING, and AWSPREVIOUS for the one that
was current before. A version that is asked for by a rotation carries AWSPENDING before it has a text.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.secret_version import CurrentMoved, Version

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


@dataclass(frozen=True)
class SecretVersions:
    """The port SecretVersions on Secrets Manager, for one secret by its name or ARN."""

    client: Any
    secret_id: str

    def current(self) -> Version:
        return self._labelled(CURRENT)

    def pending(self) -> Version | None:
        try:
            found = self._labelled(PENDING)
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return None if found.version_id == self.current().version_id else found

    def put_pending(self, version_id: str, text: str) -> bool:
        try:
            self.client.put_secret_value(
                SecretId=self.secret_id,
                ClientRequestToken=version_id,
                SecretString=text,
                VersionStages=[PENDING],
            )
        except self.client.exceptions.ResourceExistsException:
            return False
        return True

    def make_current(self, version: Version, instead_of: Version) -> None:
        try:
            self.client.update_secret_version_stage(
                SecretId=self.secret_id,
                VersionStage=CURRENT,
                MoveToVersionId=version.version_id,
                RemoveFromVersionId=instead_of.version_id,
            )
        except self.client.exceptions.InvalidParameterException as refused:
            raise CurrentMoved(str(refused)) from None

    def drop_pending(self, version: Version) -> None:
        with suppress(self.client.exceptions.InvalidParameterException):  # it does not wait any more
            self.client.update_secret_version_stage(
                SecretId=self.secret_id, VersionStage=PENDING, RemoveFromVersionId=version.version_id
            )

    def put_current(self, text: str) -> None:
        self.client.put_secret_value(SecretId=self.secret_id, SecretString=text)

    def _labelled(self, label: str) -> Version:
        """Raises: ResourceNotFoundException where no version of that label has a text."""
        found = self.client.get_secret_value(SecretId=self.secret_id, VersionStage=label)
        return Version(found["VersionId"], found["SecretString"])
