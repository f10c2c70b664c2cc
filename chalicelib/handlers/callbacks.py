"""Callbacks: who hears a payment channel's signed word while everything else is busy?

A function of its own, with functions that are kept for it: API Gateway leads the path
of callbacks here, and all others to the one function of the HTTP routes. The route is
the same (handlers/api/payments.py), and so is what frames it.
"""

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, Request

from chalicelib.handlers.answers import answered
from chalicelib.handlers.http import incoming_of, response_of
from chalicelib.handlers.surroundings import real_surroundings

blueprint = Blueprint(__name__)


@blueprint.lambda_function()
def receive_callback(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one callback as API Gateway hands it over."""
    from chalicelib.handlers.api import payments  # app.py imports this module, and seldom needs that one

    (route,) = payments.routes.declared
    request = Request(dict(event), context)
    incoming = incoming_of(request, request.uri_params or {})
    answer: dict[str, Any] = response_of(answered(route, incoming, real_surroundings())).to_dict()
    return answer
