"""Health: is the API up?"""

from chalicelib.handlers.fields import View
from chalicelib.handlers.http import Routes

routes = Routes(__name__)


class Health(View):
    status: str = "ok"


@routes.get("/v1/health", public=True, answers=Health, summary="Whether the API serves requests")
def health() -> Health:
    return Health()
