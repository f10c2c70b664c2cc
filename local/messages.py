"""Messages: what was sent to whose phone in the run on this machine, and what do the authenticators show?

    http://localhost:8080/local/messages

A page of this machine alone: it shows what AWS would have sent. It is served beside the API,
never by it.
"""

from html import escape
from typing import Any

import httpx

from local import demo_world as demo
from local.people import MESSAGES, Authenticator

PATH = "/local/messages"
SHOWN_MAX = 50
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Text messages · 短信</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="5">
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 1rem auto; padding: 0 1rem; }}
:root {{ color-scheme: light dark; }}
td, th {{ text-align: start; vertical-align: top; padding: .3rem .8rem .3rem 0; }}
</style>
</head><body><h1>Text messages · 短信</h1>
<p>Nothing was really sent. Of each number the newest stands first; this page looks again every five
seconds. · 此处仅模拟，未实际发送。</p>
<table><tr><th>To · 收件人</th><th>Text · 内容</th></tr>{rows}</table>
<h2>Authenticators of the demo · 演示账号的验证器</h2>
<table><tr><th>Who · 账号</th><th>Phone · 手机号</th><th>Digits of now · 当前数字</th>
<th>Next, good already · 下一组，已可用</th></tr>{shown}</table>
</body></html>"""
ROW = "<tr><td>{phone}</td><td>{text}</td></tr>"
SHOWN = "<tr><td>{name}</td><td>{phone}</td><td>{digits}</td><td>{following}</td></tr>"


def page(engine_url: str) -> bytes:
    """The newest messages as HTML. Raises: httpx.HTTPError when the engine does not answer."""
    answer = httpx.get(engine_url + MESSAGES, timeout=5)
    answer.raise_for_status()
    sent: dict[str, list[dict[str, Any]]] = answer.json()["sms_messages"]
    newest = [(phone, one["Message"]) for phone in reversed(sent) for one in reversed(sent[phone])]
    rows = "".join(ROW.format(phone=escape(phone), text=escape(text)) for phone, text in newest[:SHOWN_MAX])
    shown = "".join(_shown(one) for one in demo.GUARDED)
    return PAGE.format(rows=rows, shown=shown).encode()


def _shown(one: demo.Somebody) -> str:
    phone = Authenticator(one.secret)
    return SHOWN.format(
        name=one.name, phone=one.phone, digits=phone.present_digits(), following=phone.present_digits(1)
    )
