"""Proofs: what does somebody who is signed in send to show once more that it is them?"""

from typing import Annotated

from pydantic import Field

from chalicelib.domain.person import PASSWORD_LENGTH_MAX
from chalicelib.handlers.fields import Body, Device, FactorCode
from chalicelib.usecases.prove_again import Proof

Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_LENGTH_MAX)]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["123456"])]


class Proofs(Body):
    """The password, or a code for `account` that was sent to the phone; and a second factor that is on."""

    password: Password | None = Field(default=None, repr=False)
    own_code: Code | None = Field(default=None, repr=False, description="As it was sent to the own phone")
    device: Device | None = Field(
        default=None, repr=False, description="That on which the codes were asked for"
    )
    second_factor: FactorCode | None = Field(default=None, repr=False)

    def proof(self) -> Proof:
        return Proof(self.password or "", self.own_code or "", self.second_factor or "", self.device or "")
