"""Text messages in memory: the port TextMessages."""

from dataclasses import dataclass, field

from chalicelib.domain.errors import Unavailable


@dataclass
class FakeTextMessages:
    """Every message that was sent, as (phone, what it is, the code in it, its language)."""

    sent: list[tuple[str, str, str, str]] = field(default_factory=list)
    is_away: bool = False

    def send_code(self, phone: str, code: str, purpose: str, language: str) -> None:
        self._send(phone, purpose, code, language)

    def send_notice(self, phone: str, notice: str, language: str) -> None:
        self._send(phone, notice, "", language)

    def code_of(self, phone: str) -> str:
        """The newest code that this number got, "" when none came."""
        return next((code for to, _, code, _ in reversed(self.sent) if to.endswith(phone) and code), "")

    def notices(self) -> list[str]:
        return [what for _, what, code, _ in self.sent if not code]

    def _send(self, *message: str) -> None:
        if self.is_away:
            raise Unavailable()
        self.sent.append(message)  # type: ignore[arg-type]
