"""Fields: what may stand in a request or an answer, and within which bounds?

Requests are strict: no unknown field, no number in quotes, no fraction, no text
without a bound. Money is whole fen. Answers are read from domain values.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH
from chalicelib.domain.money import AMOUNT_FEN_MAX
from chalicelib.domain.personal_data import personal_data_in

_KEY = f"[{KEY_ALPHABET}]{{{KEY_LENGTH}}}"
_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"

# Requests

AmountFen = Annotated[int, Field(strict=True, ge=1, le=AMOUNT_FEN_MAX, description="Whole fen, at least 1.")]
Quantity = Annotated[int, Field(strict=True, ge=1, le=1000)]
RateBps = Annotated[int, Field(strict=True, ge=0, le=10_000, description="In 1/10 000.")]

CaptchaId = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{13}-[0-9a-f]{16}-[0-9A-Z]{12}$",
        examples=["1893456000000-0123456789abcdef-7K3M9PQRS2TV"],
    ),
]

# What forges lines in logs and exports, is not seen, or turns around what somebody else reads and agrees to.
_FORGING = r"\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
PLAIN = f"^[^{_FORGING}]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN)]


def _free_of_personal_data(text: str) -> str:
    """Reasons are archived for ever: nobody's number or address may stand in one."""
    found = personal_data_in(text)
    if found:
        raise PydanticCustomError(
            "personal_data", "Say it without personal data: {kinds}.", {"kinds": ", ".join(found)}
        )
    return text


Reason = Annotated[
    str,
    Field(min_length=2, max_length=200, pattern=PLAIN),
    AfterValidator(_free_of_personal_data),
]
Ticket = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{2,39}$", examples=["TCK-2026-0117"]),
    AfterValidator(_free_of_personal_data),
]
Name = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", examples=["sandbox"])
]
Region = Annotated[
    str, Field(pattern=r"^[0-9]{2}([0-9]{2}([0-9]{2})?)?$", description="行政区划代码", examples=["530102"])
]

Phone = Annotated[str, Field(min_length=11, max_length=20, examples=["13800138000"])]
Device = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{16,64}$",
        description="A secret name that the client gave itself, the same at each visit",
        examples=["Zm9yZWNvdXJ0LTAwMQ"],
    ),
]
AuthenticatorCode = Annotated[
    str,
    Field(pattern=r"^[0-9]{6}$", description="The six digits of an authenticator", examples=["123456"]),
]
OperationKey = Annotated[
    str,
    Field(
        pattern=f"^{_ULID}$",
        description="The Idempotency-Key that the operation will be sent with",
        examples=["01JD3Q8Z6N5W4V3T2S1R0QPAMK"],
    ),
]
AccountNumber = Annotated[str, Field(pattern=r"^[0-9 ]{8,40}$", examples=["6222 0212 3456 7890"])]
FactorCode = Annotated[
    str,
    Field(
        # Recovery codes of ten characters were handed out before, and stay good.
        pattern=r"^([0-9]{6}|([0-9A-Za-z]{4}[- ]?){5}[0-9A-Za-z]{4}|[0-9A-Za-z]{5}[- ]?[0-9A-Za-z]{5}"
        r"|\{.{2,4000}\})$",
        description="The six digits of an authenticator, a recovery code, or a passkey's answer as JSON text",
        examples=["123456"],
    ),
]
PasskeyAnswer = Annotated[
    str,
    Field(
        pattern=r"^\{.{2,8000}\}$",
        description="What `navigator.credentials.create()` gave, by `toJSON()`, as JSON text",
        examples=['{"id":"…","rawId":"…","type":"public-key","response":{}}'],
    ),
]
InviteCode = Annotated[str, Field(min_length=12, max_length=20, examples=["7K3M9PQRS2TV"])]
PasskeyId = Annotated[str, Field(pattern=f"^psk_{_KEY}$", examples=["psk_7K3M9PQRS2TV"])]
PersonId = Annotated[str, Field(pattern=f"^(cus|stf)_{_KEY}$", examples=["cus_7K3M9PQRS2TV"])]
SessionId = Annotated[str, Field(pattern=f"^ses_{_KEY}$", examples=["ses_7K3M9PQRS2TV"])]
CustomerId = Annotated[str, Field(pattern=f"^cus_{_KEY}$", examples=["cus_7K3M9PQRS2TV"])]
DistributorId = Annotated[str, Field(pattern=f"^dst_{_KEY}$", examples=["dst_7K3M9PQRS2TV"])]
OrderId = Annotated[
    str, Field(pattern=f"^ord_{_KEY}{_ULID}$", examples=["ord_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"])
]
WithdrawalId = Annotated[
    str, Field(pattern=f"^wdr_{_KEY}{_ULID}$", examples=["wdr_7K3M9PQRS2TV01JD3Q8Z6N5W4V3T2S1R0QPAMK"])
]
CardId = Annotated[str, Field(pattern=r"^crd_[0-9A-Z]{26}$", examples=["crd_0123456789ABCDEFGHJKMNPQRS"])]
SkuId = Annotated[str, Field(pattern=r"^sku_[A-Za-z0-9_-]{1,60}$", examples=["sku_petro_500"])]


class Body(BaseModel):
    """A request body."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True
    )


class CaptchaAnswer(Body):
    """A captcha, and what was read or heard."""

    captcha_id: CaptchaId
    answer: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["123456"])]


class Path(BaseModel):
    """The variable parts of a path. What does not fit its pattern is not there: 404."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Query(BaseModel):
    """The parameters behind the question mark: texts, hence numbers are read from them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class PageQuery(Query):
    """One page of a list. A handler sees in `cursor` the position it gave as `next`, not its signed form."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(max_length=400, description="`next` of the page before")] = ""


class View(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True, defer_build=True)


Item = TypeVar("Item")


class MomentQuery(Query):
    at: AwareDatetime


class BalancesAtView(View):
    """What stood on an account at the end of the moment, in fen; nothing before its first line."""

    at: datetime
    balances: dict[str, int]


class Listing(NamedTuple):
    """What a handler returns for a page: domain values, and the position behind them or None."""

    items: Sequence[Any]
    next: str | None = None


class Page(View, Generic[Item]):
    """A page of a list; `next` is absent from the last one."""

    items: list[Item]
    next: str | None = None
