"""Payments: what refuses a payment through a channel?

Routes list these refusals that never speak with a channel, so nothing else stands here.
"""

from chalicelib.domain.errors import NotFound, Unprocessable


class ChannelUnknown(NotFound):
    code = "CHANNEL_UNKNOWN"
    advice = "Choose a payment channel that is offered here."


class AmountDiffers(Unprocessable):
    """A channel's word names another amount than was asked for, or than it named before: nothing is posted.

    The channel is asked what it was really paid before such a word is believed (check_payment.py).
    """

    code = "PAYMENT_AMOUNT_DIFFERS"
    advice = "Check the payment at the channel; it is reconciled by hand."
