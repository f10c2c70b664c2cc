"""Readers: which function is shown the changes of which table?

The mappings of the template say it for AWS and for one machine; a test holds the two together.
"""

READERS = {
    "pay_commission": "orders",
    "watch_orders": "orders",
    "project_journal": "journal",
    "archive_journal": "journal",
    "archive_edges": "edges",
    "project_accounts": "accounts",
    "project_cards": "cards",
}
