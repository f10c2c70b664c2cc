"""Letters: how are the documents of given-up batches and messages found, noted and marked as done?

Nothing is ever removed or written over: a mark beside a document says that it is done
(chalicelib/domain/given_up.py draws the keys).
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.given_up import AGAIN, DONE, LETTERS, Message, is_letter
from chalicelib.gateways.objects import S3Objects

MESSAGES_AT_ONCE = 10  # SQS gives no more
HELD_SECONDS = 300  # nobody else sees a message that we look at
WAIT_SECONDS = 1  # who asks without waiting asks only a part of the queue's machines


@dataclass(frozen=True)
class S3Letters:
    """The bucket that the mappings give up into."""

    objects: S3Objects

    def waiting(self) -> list[str]:
        """The keys of all documents that are not done."""
        done = {key.removeprefix(DONE) for key in self.objects.list(DONE + LETTERS)}
        return [key for key in self.objects.list(LETTERS) if is_letter(key) and key not in done]

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def noted(self, key: str) -> bytes | None:
        return self.objects.get(AGAIN + key)

    def note(self, key: str, document: bytes) -> None:
        """The newest note; the bucket keeps the versions before it."""
        self.objects.client.put_object(
            Bucket=self.objects.bucket, Key=AGAIN + key, Body=document, ContentType="application/json"
        )

    def settle(self, key: str, document: bytes) -> bool:
        """Mark as done; whether it was not before."""
        return self.objects.put_new(DONE + key, document, "application/json")


@dataclass(frozen=True)
class SqsDeadLetters:
    """The dead-letter queue of one worker."""

    client: Any
    url: str
    wait_seconds: int = WAIT_SECONDS

    def receive(self) -> list[Message]:
        """Some messages, which nobody else sees for a while; none: there are no others."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=MESSAGES_AT_ONCE,
            VisibilityTimeout=HELD_SECONDS,
            WaitTimeSeconds=self.wait_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [_message(found) for found in answer.get("Messages", ())]

    def remove(self, message: Message) -> None:
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def release(self, message: Message) -> None:
        """Let others see it again, now. One whose time is over is seen already."""
        try:
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message.receipt, VisibilityTimeout=0
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in (
                "MessageNotInflight",
                "AWS.SimpleQueueService.MessageNotInflight",
                "ReceiptHandleIsInvalid",
            ):
                raise


def _message(found: dict[str, Any]) -> Message:
    """A message in the form in which Lambda hands it over."""
    attributes = found.get("Attributes", {})
    event = {
        "messageId": found["MessageId"],
        "receiptHandle": found["ReceiptHandle"],
        "body": found["Body"],
        "attributes": attributes,
        "messageAttributes": {},  # ours have none
        "md5OfBody": found["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": attributes.get("DeadLetterQueueSourceArn", ""),
        "awsRegion": "",
    }
    return Message(found["MessageId"], found["ReceiptHandle"], event)
