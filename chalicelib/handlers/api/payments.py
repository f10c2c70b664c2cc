"""Payments: the signed words of payment channels."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.order import OrderUnknown
from chalicelib.domain.payment import AmountDiffers, ChannelUnknown
from chalicelib.gateways.signatures import CallbackRefused
from chalicelib.handlers.fields import Path, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming

routes = Routes(__name__)


class ChannelPath(Path):
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")]


class Heard(View):
    """The channel need not say it again."""

    code: str = "SUCCESS"


@routes.post(
    "/v1/payments/{channel}/callbacks",
    public=True,
    keyless=True,
    raw_body=True,
    path=ChannelPath,
    answers=Heard,
    records=("SALE_ISSUER", "SALE_AGENT", "TOPUP_ISSUER", "TOPUP_AGENT", "PAYMENT_TO_RETURN"),
    refusals=(CallbackRefused, ChannelUnknown, OrderUnknown, AmountDiffers),
    summary="A payment channel's signed notice",
)
def payment_callback(path: ChannelPath, incoming: Incoming, now: datetime) -> Heard:
    notice = bootstrap.channel(path.channel).verify(incoming.headers, incoming.body)
    if notice.state == "SUCCEEDED":
        bootstrap.settle_payment()(replace(notice, trace=incoming.request_id), now)
    return Heard()
