"""Health: is the API up?"""

from chalice.app import Blueprint

routes = Blueprint(__name__)


@routes.route("/v1/health", methods=["GET"])
def health() -> dict[str, str]:
    """Answer 200 when the process serves requests."""
    return {"status": "ok"}
