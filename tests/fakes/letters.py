"""Fake letters: the ports Letters and DeadLetters, in memory."""

from dataclasses import dataclass, field

from chalicelib.domain.given_up import Message, is_letter


@dataclass
class FakeLetters:
    """Documents, notes and marks by key."""

    documents: dict[str, bytes] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    marks: dict[str, bytes] = field(default_factory=dict)

    def waiting(self) -> list[str]:
        return sorted(key for key in self.documents if is_letter(key) and key not in self.marks)

    def get(self, key: str) -> bytes | None:
        return self.documents.get(key)

    def noted(self, key: str) -> bytes | None:
        return self.notes.get(key)

    def note(self, key: str, document: bytes) -> None:
        self.notes[key] = document

    def settle(self, key: str, document: bytes) -> bool:
        is_new = key not in self.marks
        self.marks.setdefault(key, document)
        return is_new


@dataclass
class FakeDeadLetters:
    """Messages in their order, ten at once; `hidden` from others while somebody looks at them."""

    messages: list[Message] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def receive(self) -> list[Message]:
        found = [one for one in self.messages if one.message_id not in self.hidden][:10]
        self.hidden |= {one.message_id for one in found}
        return found

    def remove(self, message: Message) -> None:
        self.messages = [one for one in self.messages if one.message_id != message.message_id]
        self.hidden.discard(message.message_id)

    def release(self, message: Message) -> None:
        self.hidden.discard(message.message_id)
