"""The pay page: what does a customer see, in Chinese or English, and which buttons are there?"""

import sqlite3
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from local.counterparties.channel import state_of

TEMPLATE = Template(Path(__file__).with_name("pay_page.html").read_text(encoding="utf-8"))

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

TEXTS = {
    "en": {
        "sandbox": "Sandbox: no real money moves here",
        "heading": "Pay your order",
        "title_label": "For",
        "reference_label": "Order",
        "state_label": "State",
        "PENDING": "Waiting for your payment",
        "SUCCEEDED": "Paid",
        "CANCELLED": "Cancelled",
        "EXPIRED": "The time to pay is over",
        "pay": "Pay",
        "lost": "Pay, but the shop is never told",
        "late": "Pay, and the shop is told a minute later",
        "cancel": "Cancel",
        "back": "Back to the shop",
        "other_language": "zh-CN",
        "other_name": "中文",
    },
    "zh-CN": {
        "sandbox": "沙箱环境:不会发生真实资金往来",
        "heading": "支付订单",
        "title_label": "商品",
        "reference_label": "订单号",
        "state_label": "状态",
        "PENDING": "等待付款",
        "SUCCEEDED": "已付款",
        "CANCELLED": "已取消",
        "EXPIRED": "已超过付款时限",
        "pay": "付款",
        "lost": "付款,但不通知商户",
        "late": "付款,一分钟后才通知商户",
        "cancel": "取消",
        "back": "返回商户",
        "other_language": "en",
        "other_name": "English",
    },
}

# Button of the page -> what a program would send instead.
BUTTONS: dict[str, dict[str, Any]] = {
    "pay": {"action": "pay", "callback": "normal"},
    "lost": {"action": "pay", "callback": "lost"},
    "late": {"action": "pay", "callback": "late"},
    "cancel": {"action": "cancel", "callback": "normal"},
}


def language_of(asked: str, accepted: str) -> str:
    """The language of the address, else the browser's first one, else Chinese."""
    if asked in TEXTS:
        return asked
    return "en" if accepted.strip().lower().startswith("en") else "zh-CN"


def pay_page(payment: sqlite3.Row, language: str) -> bytes:
    texts, state = TEXTS[language], state_of(payment)
    yuan, fen = divmod(payment["amount_fen"], 100)
    page = TEMPLATE.substitute(
        texts,
        language=language,
        sum=f"¥{yuan:,}.{fen:02}",
        title=escape(payment["title"]),
        reference=escape(payment["reference"]),
        state=state,
        state_text=texts[state],
        buttons=_buttons(language) if state == "PENDING" else "",
        back=_back(payment["return_url"], texts["back"]),
    )
    return page.encode()


def _buttons(language: str) -> str:
    buttons = "".join(
        f'<button name="button" value="{name}"{" class=first" if name == "pay" else ""}>'
        f"{TEXTS[language][name]}</button>"
        for name in BUTTONS
    )
    return f'<form method="post" action="?language={language}">{buttons}</form>'


def _back(url: str, text: str) -> str:
    return f'<a href="{escape(url, quote=True)}">{text}</a>' if url else "<span></span>"
