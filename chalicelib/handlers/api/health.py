"""Health: is the API up, which version of it, and at which stage?"""

from pydantic import Field

from chalicelib import VERSION, bootstrap
from chalicelib.handlers.fields import View
from chalicelib.handlers.http import Routes

routes = Routes(__name__)


class Health(View):
    status: str = "ok"
    version: str = Field(default=VERSION, description="Of what runs here, by semver.org")
    stage: str = Field(description="Which of our surroundings this is: local, dev, prod")


@routes.get("/v1/health", public=True, answers=Health, summary="Whether the API serves requests")
def health() -> Health:
    return Health(stage=bootstrap.settings().forecourt_stage)
