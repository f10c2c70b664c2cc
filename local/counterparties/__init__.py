"""The counterparties: who stands outside and answers a sale, a top-up and a payout on one machine?

A payment channel with hosted pay pages, an oil company that loads cards, and a bank
that pays distributors: one process on 127.0.0.1 with a store of its own. They are
strangers to the product and share nothing with it but a signing key: whatever the
product believes about them, it learned over HTTP.

    /channel/…   payments, refunds, bills of days     signed requests; signed callbacks
    /pay/…       the page where a customer pays       for browsers, and JSON for programs
    /issuer/…    top-ups and closures of cards        signed requests
    /payout/…    payments to distributors             signed requests
    /control/…   scripts: how shall a party behave?   for demonstrations and tests
"""
