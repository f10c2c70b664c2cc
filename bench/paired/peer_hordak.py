"""django-hordak on PostgreSQL: three transfers an order. It runs in an environment of its own.

python peer_hordak.py <port>        then, on its input, a number of orders a line; each is answered by a line
"""

import sys
from decimal import Decimal

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": "127.0.0.1",
            "PORT": sys.argv[1],
        }
    },
    DEFAULT_CURRENCY="CNY",
    CURRENCIES=["CNY"],
    HORDAK_CURRENCIES=["CNY"],
    HORDAK_DEFAULT_CURRENCY="CNY",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from hordak.models import Account, AccountType  # noqa: E402
from moneyed import Money  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    buyer, sales, first, second, promotion = (_account(name, kind) for name, kind in ACCOUNTS)
    print("ready", flush=True)
    for line in sys.stdin:
        for _ in range(int(line)):
            with transaction.atomic():
                buyer.transfer_to(sales, Money(Decimal("100.00"), "CNY"))
                promotion.transfer_to(first, Money(Decimal("0.80"), "CNY"))
                promotion.transfer_to(second, Money(Decimal("0.30"), "CNY"))
        print("done", flush=True)


ACCOUNTS = (
    ("buyer", "liability"),
    ("sales", "income"),
    ("first level", "liability"),
    ("second level", "liability"),
    ("promotion", "expense"),
)


def _account(name: str, kind: str) -> Account:
    return Account.objects.create(name=name, type=getattr(AccountType, kind), currencies=["CNY"])


if __name__ == "__main__":
    main()
