"""Contact: where a customer finds a human."""

from datetime import datetime

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.contact import HOURS, PHONE, WEEKDAYS, contact_of
from chalicelib.handlers.fields import Query, Region, View
from chalicelib.handlers.http import Routes

routes = Routes(__name__)


class ContactQuery(Query):
    region: Region | None = Field(default=None, description="Of an order, where there is one")


class ContactView(View):
    """A number to call, by the time of Shanghai. Monday is 1."""

    service_phone: str = Field(description="Empty: none is set yet")
    opens: str
    closes: str
    first_weekday: int
    last_weekday: int
    is_open: bool


@routes.get(
    "/v1/contact", public=True, query=ContactQuery, answers=ContactView, summary="Where I find a human"
)
def contact(query: ContactQuery, now: datetime) -> ContactView:
    catalog, region = bootstrap.catalog(), query.region or ""
    phone, hours, weekdays = (str(catalog.parameter(name, now, region)) for name in (PHONE, HOURS, WEEKDAYS))
    told = contact_of(phone, hours, weekdays, now)
    return ContactView(
        service_phone=told.phone,
        opens=told.opens,
        closes=told.closes,
        first_weekday=told.first_weekday,
        last_weekday=told.last_weekday,
        is_open=told.is_open,
    )
