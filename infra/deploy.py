"""Deploy: how does a release get to AWS, and how does an earlier one come back?

    make deploy STAGE=dev                     package, show what would change, ask, change, smoke test
    make deploy STAGE=prod YES=1 PARAMETERS="WebOrigins=https://shop.example"
    make releases STAGE=dev                   what was ever deployed
    make rollback STAGE=dev                   the release before; RELEASE=… another one

Nothing but plain AWS credentials is needed. Exit code 0: it is deployed, or there was
nothing to change; 1: refused, or taken back by CloudFormation; 2: deployed, but the
smoke test or the seeding fails; 3: not wanted after the question. An empty catalogue is
given the seed of its stage at the end (infra/seed.py).
"""

import argparse
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.build import ROOT, minified, template_errors, transformed_template
from infra.edge_secret import with_edge_secret
from infra.package import PackageRefused, built, stage_architecture
from infra.publish import packed, publish, web_key
from infra.releases import Release, Releases, ReleaseUnknown, code_bucket, code_key, new_release_id
from infra.seed import Operations, Seeding, SeedingFailed, kept_seed
from infra.smoke import failures, web_failures
from infra.stack import RELEASE, Change, ChangeFailed, NothingToChange, Stack, StackRefused
from infra.web import DIST, FileUnknown
from infra.wheels import WheelsRefused

Template = dict[str, Any]

STAGES = ("dev", "prod")
PATIENCE = Config(connect_timeout=5, read_timeout=60)
# The API's own address is known only after its creation, and its functions are told it before.
ADDRESS_UNKNOWN = "https://address-not-known-yet.invalid"
DEPLOYED, REFUSED, UNSOUND, UNWANTED = range(4)
REFUSALS = (
    StackRefused,
    ChangeFailed,
    ReleaseUnknown,
    PackageRefused,
    WheelsRefused,
    FileUnknown,
    SeedingFailed,
    BotoCoreError,
    ClientError,
)


@dataclass
class Deployment:
    """One stage, and whom to ask and tell. `confirmed` is asked once, after the changes were shown."""

    stage: str
    stack: Stack
    releases: Releases
    confirmed: Callable[[], bool]
    told: Callable[[str], None]
    smoke: Callable[[str], list[str]] = failures
    smoke_web: Callable[[str], list[str]] = web_failures
    key: Callable[[], str] = lambda: secrets.token_hex(4)  # makes the name of a change set its own

    def deploy(self, release: Release) -> int:
        """Bring the stage to a release that is kept in its bucket, and try it. The exit code.

        Raises: StackRefused, ChangeFailed.
        """
        self._note_deployed()  # who was interrupted after a change has not noted it
        # A page may ask for what only its own release answers: it comes after the API, and goes before it.
        goes_back = release.release_id < self.stack.release_id
        agreed = (lambda: self.confirmed() and self._published(release)) if goes_back else self.confirmed
        if not self._changed(release, agreed):
            return UNWANTED
        if not goes_back:
            self._published(release)
        address = self.address.rstrip("/")
        if release.parameters["PublicUrl"] == ADDRESS_UNKNOWN and address:
            self.told(f"the API came up at {address}: its functions are told so")
            release = replace(release, parameters={**release.parameters, "PublicUrl": address})
            self.releases.describe(release)
            self._changed(release, lambda: True)
        return self.checked()

    @property
    def address(self) -> str:
        """Where it is reached: by CloudFront, where there is one; else the API alone. Empty before all."""
        told = self.stack.outputs
        return told.get("WebURL") or told.get("EndpointURL", "")

    def _published(self, release: Release) -> bool:
        """The app of a release is where browsers find it; true also where there is none."""
        bucket = self.stack.outputs.get("WebBucket", "")
        if bucket and release.web_key:
            publish(self.releases.s3, bucket, self.releases.app_of(release), self.told)
        elif bucket:
            self.told("this release has no app: the files of the web are left as they are")
        return True

    def _changed(self, release: Release, confirmed: Callable[[], bool]) -> bool:
        """Whether the stack is now what the release asks for, or was before."""
        change_set = f"release-{release.release_id}-{self.key()}"
        url = self.releases.template_url(release)
        try:
            changes = self.stack.proposed(change_set, url, release.parameters)
        except NothingToChange:
            self.told(f"{self.stack.name} is what this release asks for: nothing to change")
            return True
        self._show(changes)
        lost = [change.logical_id for change in changes if change.loses_data]
        if lost:
            self.stack.give_up(change_set)
            raise StackRefused(f"this would replace or remove what holds data: {', '.join(lost)}")
        if not confirmed():
            self.stack.give_up(change_set)
            self.told("nothing was changed")
            return False
        self.stack.execute(change_set)
        self._note_deployed()
        self.told(f"{self.stack.name} is release {release.release_id}")
        return True

    def _note_deployed(self) -> None:
        if self.stack.release_id:
            self.releases.note_deployed(self.stack.release_id)

    def _show(self, changes: Sequence[Change]) -> None:
        self.told(f"{len(changes)} changes to {self.stack.name}:")
        for change in sorted(changes, key=lambda change: (change.action, change.kind, change.logical_id)):
            self.told(f"  {change}")

    def checked(self) -> int:
        """The smoke test of what is deployed. The exit code."""
        address = self.address
        wrong = self.smoke(address) if address else ["the stack tells no address"]
        if "WebURL" in self.stack.outputs and self._current_has_app():
            wrong += self.smoke_web(address)
        for sentence in wrong:
            self.told(f"NOT SOUND: {sentence}")
        if wrong:
            self.told(f"`make rollback STAGE={self.stage}` brings the release before back")
            return UNSOUND
        self.told(f"the smoke test passed: {address}")
        return DEPLOYED

    def _current_has_app(self) -> bool:
        try:
            return self.releases.kept(self.stack.release_id).web_key != ""
        except ReleaseUnknown:
            return False

    def given_before(self) -> Mapping[str, str]:
        """What was ever given to the stage. Of a release that is lost, all that the stack tells: none of it
        may vanish unseen."""
        try:
            return self.releases.kept(self.stack.release_id).given
        except ReleaseUnknown:
            return self.stack.parameters

    def ever_deployed(self) -> list[str]:
        """The ids of all releases that the stage ever was, the oldest first."""
        return sorted({*self.releases.deployed(), self.stack.release_id} - {""})

    def roll_back(self, release_id: str = "") -> int:
        """Bring a release back that the stage was once; else the one before. The exit code.

        Raises: ReleaseUnknown, StackRefused, ChangeFailed.
        """
        wanted = release_id or self.before()
        if wanted not in self.ever_deployed():
            raise ReleaseUnknown(f"{wanted} was never deployed to {self.stage}")
        return self.deploy(self.releases.kept(wanted))

    def before(self) -> str:
        """The id of the release before the deployed one. Raises: ReleaseUnknown."""
        current = self.stack.release_id
        earlier = [release_id for release_id in self.releases.deployed() if release_id < current]
        if not earlier:
            raise ReleaseUnknown(f"there is no release before {current or 'the first'}")
        return earlier[-1]


def parameters_of(
    template: Mapping[str, Any], known: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """What the template is told beside its defaults: what was given, and what it has no default for.

    What the stack tells (`known`) has the defaults of an earlier template in it: they would stand for ever.
    """
    asked = template.get("Parameters", {})
    without_default = {name for name, parameter in asked.items() if "Default" not in parameter}
    told = {name: value for name, value in known.items() if name in without_default}
    told.setdefault("PublicUrl", ADDRESS_UNKNOWN)
    return told | {name: value for name, value in given.items() if name in asked}


def known_parameters(template: Mapping[str, Any], given: Mapping[str, str]) -> Mapping[str, str]:
    """What was given, if the template has it all. Raises: StackRefused naming what it does not have."""
    strange = sorted(given.keys() - template.get("Parameters", {}).keys())
    if strange:
        raise StackRefused(f"the template has no parameter {', '.join(strange)}")
    return given


def sound_template(stage: str) -> Template:
    """What AWS gets. Raises: StackRefused where the linter finds an error in it."""
    template = transformed_template(stage)
    errors = template_errors(template)
    if errors:
        raise StackRefused("the template is not sound:\n" + "\n".join(errors))
    return template


def deploy_and_seed(
    deployment: Deployment,
    template: Template,
    package: Path,
    given: Mapping[str, str],
    seeding: Seeding,
    dist: Path = DIST,
) -> int:
    """Bring the stage to this template, package and app, and an empty catalogue to its seed. The exit code.

    Raises: StackRefused, ChangeFailed, FileUnknown.
    """
    if deployment.releases.prepare():
        deployment.told(f"made the bucket {deployment.releases.bucket} for releases")
    code = deployment.deploy(new_release(deployment, template, package, given, dist))
    if code != DEPLOYED:
        return code
    try:
        seeding.seeded()
    except SeedingFailed as failure:
        deployment.told(f"NOT SEEDED: {failure}")
        return UNSOUND
    return DEPLOYED


def new_release(
    deployment: Deployment, template: Template, package: Path, given: Mapping[str, str], dist: Path = DIST
) -> Release:
    """Keep a template, a package and the built app as a release. Raises: StackRefused, FileUnknown."""
    commit, releases = _commit(), deployment.releases
    release_id = new_release_id(datetime.now(UTC), commit)
    places = {"CodeBucket": releases.bucket, "CodeKey": code_key(package), RELEASE: release_id}
    chosen = with_edge_secret(template, {**deployment.given_before(), **known_parameters(template, given)})
    told = parameters_of(template, deployment.stack.parameters, chosen)
    app = packed(dist)
    release = Release(release_id, commit, {**told, **places}, chosen, web_key(app))
    releases.keep(release, package, minified(template), app)
    return release


def _commit() -> str:
    """The commit of the working tree; `dirty` stands for changes that are in none."""
    if _git("status", "--porcelain"):
        return "dirty"
    return _git("rev-parse", "--short=8", "HEAD") or "unknown"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def deployment_of(stage: str, session: Any, is_agreed: bool) -> Deployment:
    """The stage in the account and region of a session. Raises: StackRefused without a region."""
    if not session.region_name:
        raise StackRefused("no region is set: AWS_DEFAULT_REGION or a profile says where to deploy")
    account = session.client("sts", config=PATIENCE).get_caller_identity()["Account"]
    told = print_now
    stack = Stack(session.client("cloudformation", config=PATIENCE), f"forecourt-{stage}", told)
    releases = Releases(
        session.client("s3", config=PATIENCE), code_bucket(stage, account, session.region_name)
    )
    told(f"account {account}, region {session.region_name}, stack {stack.name}")
    return Deployment(stage, stack, releases, lambda: is_agreed or agreed(), told)


def print_now(text: str) -> None:
    print(text, flush=True)


def agreed() -> bool:
    """Ask whoever sits there; nobody there is a no."""
    try:
        return input("Make these changes? Type yes: ").strip().lower() == "yes"
    except EOFError:
        return False


def given_parameters(words: Sequence[str]) -> dict[str, str]:
    """`Name=value` words. Raises: StackRefused for anything else."""
    found = {}
    for word in words:
        name, is_given, value = word.partition("=")
        if not is_given:
            raise StackRefused(f"{word!r} is not Name=value")
        found[name] = value
    return found


def run(options: argparse.Namespace) -> int:
    """What was asked for. The exit code. Raises: one of REFUSALS."""
    session = boto3.Session()
    deployment = deployment_of(options.stage, session, options.yes)
    if options.what == "releases":
        for release_id in deployment.ever_deployed():
            is_current = release_id == deployment.stack.release_id
            deployment.told(f"{'* ' if is_current else '  '}{release_id}")
        return DEPLOYED
    if options.what == "rollback":
        return deployment.roll_back(options.release)
    given = given_parameters(options.parameters)
    template = sound_template(options.stage)
    package = built(stage_architecture(options.stage)).path
    call = Operations(session.client("lambda", config=PATIENCE), options.stage).call
    seeding = Seeding(call, kept_seed(options.stage), deployment.told)
    return deploy_and_seed(deployment, template, package, given, seeding)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("deploy", "rollback", "releases"))
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--release", default="", help="roll back to this one; else to the one before")
    parser.add_argument("parameters", nargs="*", help="parameters of the template, Name=value")
    try:
        return run(parser.parse_args(arguments))
    except REFUSALS as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
