"""Fetch a bill: the channel's file of a day, kept as it came before anything is made of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.channel_bill import Bill, BillMalformed
from chalicelib.domain.reconciliation_items import bill_key, date_of, refused_bill_key
from chalicelib.usecases.ports import Objects, PaymentChannel

CSV = "text/csv"


@dataclass(frozen=True)
class FetchBill:
    objects: Objects
    channels: Callable[[str], PaymentChannel]

    def __call__(self, channel_name: str, day: str) -> Bill | None:
        """What the file of a finished day says; None while it is not there.

        A file that is not believed is kept beside, and asked for again.
        Raises: BillMalformed, ChannelUnknown.
        """
        channel, key = self.channels(channel_name), bill_key(channel_name, day)
        kept = self.objects.get(key)
        if kept is not None:
            return channel.read_bill(date_of(day), kept)
        raw = channel.bill(date_of(day))
        if raw is None:
            return None
        try:
            bill = channel.read_bill(date_of(day), raw)
        except BillMalformed:
            digest = hashlib.sha256(raw).hexdigest()
            self.objects.put_new(refused_bill_key(channel_name, day, digest), raw, CSV)
            raise
        if self.objects.put_new(key, raw, CSV):
            return bill
        first = self.objects.get(key)  # somebody kept another copy at the same moment: that one counts
        assert first is not None
        return channel.read_bill(date_of(day), first)
