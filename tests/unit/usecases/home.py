"""A home for tests: a town whose people correct, close and keep their accounts, in memory."""

from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.domain import closing
from chalicelib.domain.closing import (
    Obstacle,
)
from chalicelib.domain.consent import NOTICES
from chalicelib.domain.one_time_code import Purpose as CodePurpose
from chalicelib.domain.person import (
    Person,
)
from chalicelib.domain.record import canonical
from chalicelib.gateways.sandbox_identity import SandboxIdentities
from chalicelib.usecases.close_account import CloseAccount
from chalicelib.usecases.consents import Consents
from chalicelib.usecases.correct_person import CorrectPerson
from chalicelib.usecases.delete_people import DeletePeople
from chalicelib.usecases.prove_again import Proof
from tests.unit.usecases.town import (
    DEVICE,
    OTHER_PHONE,
    PASSWORD,
    Town,
)

PASSED = Proof(password=PASSWORD, device=DEVICE)


@dataclass
class Home(Town):
    """A town whose people correct, close and keep their accounts."""

    in_the_way: list[Obstacle] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.correct = CorrectPerson(
            self.books,
            self.documents,
            self.keys,
            SandboxIdentities(),
            self.codes,
            self.prove_again,
            self.factors,
            self.texts,
            lambda: "salt",
        )
        self.closing = CloseAccount(
            self.books,
            self.documents,
            self.keys,
            lambda _: self.in_the_way,
            self.prove_again,
            self.factors,
            self.texts,
        )
        self.consents = Consents(self.books, self.documents, NOTICES)
        self.deleting = DeletePeople(self.books, self.documents, lambda _: self.in_the_way)

    def moved(self, person: Person, phone: str = OTHER_PHONE, proof: Proof = PASSED, key: str = "") -> Person:
        """The person with another phone, by the code that came there."""
        code = self.code(phone, CodePurpose.ACCOUNT)
        return self.correct.phone(self.command(person.person_id, key), phone, code, proof, "en")

    def close(self, person: Person, proof: Proof = PASSED) -> closing.Closing:
        return self.closing.close(self.command(person.person_id), proof, "en")

    def later(self, by: timedelta) -> None:
        self.now += by

    def line(self, action: str) -> dict[str, object]:
        (found,) = [
            item
            for (table, _, sk), item in self.documents.items.items()
            if table == "people" and sk.startswith("history#") and item["action"] == action
        ]
        return found

    def journal(self) -> str:
        return "\n".join(canonical(record.body()).decode() for record in self.books.journal.values())
