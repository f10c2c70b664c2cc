"""Outside: payment channel, issuer, payout, queues and buckets."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import now, settings
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.secrecy import secret_texts

if TYPE_CHECKING:
    from chalicelib.gateways.counterparty import Counterparty
    from chalicelib.gateways.objects import S3Objects
    from chalicelib.gateways.queues import SqsQueue
    from chalicelib.usecases.ports import Issuer, PaymentChannel, Payout


@part
def counterparty() -> "Counterparty":
    """The sandbox's outside world: channel, issuer and payout behind one address."""
    from chalicelib.gateways.counterparty import Counterparty
    from chalicelib.gateways.key_ring import key_ring

    secret = settings().secret_sandbox_channel
    return Counterparty(settings().counterparties_url, lambda: key_ring(secret_texts().text(secret)), now)


@part
def channel(name: str) -> "PaymentChannel":
    """The payment channel of this name. Raises: ChannelUnknown."""
    from chalicelib.domain.payment import ChannelUnknown
    from chalicelib.gateways.key_ring import key_ring
    from chalicelib.gateways.sandbox_channel import SandboxChannel

    if name != "sandbox" or not settings().counterparties_url:
        raise ChannelUnknown(channel=name)
    secret = settings().secret_sandbox_channel
    public_url = settings().public_url.rstrip("/")
    return SandboxChannel(
        counterparty(),
        lambda: key_ring(secret_texts().text(secret)),
        now,
        notify_url=f"{public_url}/v1/payments/sandbox/callbacks",
        return_url=f"{public_url}/orders/",
    )


@part
def issuer() -> "Issuer":
    from chalicelib.gateways.sandbox_issuer import SandboxIssuer

    return SandboxIssuer(counterparty())


@part
def payout() -> "Payout":
    from chalicelib.gateways.sandbox_payout import SandboxPayout

    return SandboxPayout(counterparty())


@part
def order_timers() -> "SqsQueue":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.queues import SqsQueue

    return SqsQueue(client("sqs"), settings().queue_order_timers_url)


@part
def imports_queue() -> "SqsQueue":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.queues import SqsQueue

    return SqsQueue(client("sqs"), settings().queue_imports_url)


@part
def uploads() -> "S3Objects":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.objects import S3Objects

    return S3Objects(client("s3"), settings().bucket_uploads)


@part
def archive_objects() -> "S3Objects":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.objects import S3Objects

    return S3Objects(client("s3"), settings().bucket_archive)
