"""Forecourt: the table of contents of everything that AWS calls. No logic lives here.

HTTP routes by noun, then stream readers, queue workers and schedules. Each
line registers one blueprint; the entry points themselves are listed beside it.
"""

from chalice.app import Chalice

from chalicelib.handlers import queues, schedules, streams
from chalicelib.handlers.api import ROUTES

app = Chalice(app_name="forecourt")
app.debug = False

for routes in ROUTES:  # /v1: people, cards, orders, distributors, withdrawals, office, payments, docs
    app.register_blueprint(routes)

app.register_blueprint(streams.blueprint)  # pay_commission, watch_orders, project_*, archive_*
app.register_blueprint(queues.blueprint)  # close_unpaid_order, import_cards
app.register_blueprint(schedules.blueprint)  # release_commission, query_unknown, sweep_unpaid, seal_archive, close_books
