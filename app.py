"""Forecourt: the table of contents of everything that AWS calls. No logic lives here.

HTTP routes by noun, then stream readers, queue workers and schedules. Each
line registers one blueprint; the entry points themselves are listed beside it.
"""

from chalice.app import Chalice

from chalicelib.handlers import (
    callbacks,
    imports,
    on_demand,
    operations,
    queues,
    rotation,
    schedules,
    streams,
)

# Its log is our own: setting `debug`, even to False, would silence every warning in it.
app = Chalice(app_name="forecourt", configure_logs=False)

# Routes of /v1, each noun from its first request on: handlers/api/__init__.py says which paths are whose.
on_demand.serve(app)

# The same route of callbacks in a function of its own, which AWS calls: receive_callback.
app.register_blueprint(callbacks.blueprint)

# Readers: pay_commission, watch_orders, project_journal, project_accounts, project_cards, archive_journal,
# archive_edges.
app.register_blueprint(streams.blueprint)

# Workers of the queues: close_unpaid_order, import_cards.
app.register_blueprint(queues.blueprint)

# Schedules: release_commission, query_unknown, sweep_unpaid, seal_archive, close_books, reconcile_commission,
# reconcile_channels, fold_balances, delete_people, tally_books, verify_archive.
app.register_blueprint(schedules.blueprint)

# By hand: redrive, replay, rebuild_balances, migrate, enrol_admin,
# enrol_brought, seed_catalogue, drop_signing_keys; import_data, import_report.
app.register_blueprint(operations.blueprint)
app.register_blueprint(imports.blueprint)

# Asked by Secrets Manager: rotate_signing_keys.
app.register_blueprint(rotation.blueprint)
