"""Visitors: who stands at the door, as far as a request tells?"""

from chalicelib import bootstrap
from chalicelib.domain.visitor import Visitor
from chalicelib.handlers.fields import CaptchaAnswer
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of


def visitor_of(incoming: Incoming, device: str | None, captcha: CaptchaAnswer | None = None) -> Visitor:
    """Whoever sent it, with the device and the answer to a captcha that its body names."""
    return Visitor(
        device=device or "",
        address=incoming.address,
        language=spoken_by(incoming),
        captcha_id=captcha.captcha_id if captcha else "",
        captcha_answer=captcha.answer if captcha else "",
        place=bootstrap.places().place_of(incoming.headers, incoming.address),
    )


def spoken_by(incoming: Incoming) -> str:
    """The language of whoever sent it."""
    return language_of(incoming.headers.get("accept-language", ""))
