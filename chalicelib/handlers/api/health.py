"""Health: is the API up, and which version of it?"""

from pydantic import Field

from chalicelib import VERSION
from chalicelib.handlers.fields import View
from chalicelib.handlers.http import Routes

routes = Routes(__name__)


class Health(View):
    status: str = "ok"
    version: str = Field(default=VERSION, description="Of what runs here, by semver.org")


@routes.get("/v1/health", public=True, answers=Health, summary="Whether the API serves requests")
def health() -> Health:
    return Health()
