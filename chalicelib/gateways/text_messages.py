"""Text messages: how does a code or a notice reach a phone?

Amazon SNS sends them; its sandbox, its limits and the sender's registration are the account's
business. The texts stand here, for each language, for they are what an operator registers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import TERM

MINUTES = TERM.seconds // 60
TEXTS = {
    "zh-CN": {
        "sign_in": f"【Forecourt】登录验证码 {{code}}，{MINUTES} 分钟内有效。请勿告诉任何人，包括客服。",
        "password": f"【Forecourt】重置密码验证码 {{code}}，{MINUTES} 分钟内有效。请勿告诉任何人，包括客服。",
        "account": "【Forecourt】更换手机号、启用二次验证或注销账户的验证码 {code}，"
        f"{MINUTES} 分钟内有效。请勿告诉任何人，包括客服。",
        "phone_changed": "【Forecourt】您的账户已更换手机号，本号码不再能登录。如非本人操作，请联系客服。",
        "closing": "【Forecourt】您的账户将于 14 天后注销。如非本人操作，请登录撤回并修改密码。",
        "new_password": "【Forecourt】您的账户刚设置了新密码。如非本人操作，请立即重置密码并联系客服。",
        "second_factor_on": "【Forecourt】您的账户刚启用了身份验证器。如非本人操作，请立即联系客服。",
        "second_factor_off": "【Forecourt】您的账户的身份验证器刚被停用。"
        "如非本人操作，请立即重置密码并联系客服。",
        "new_device": "【Forecourt】您的账户刚在新设备上登录。如非本人操作，请立即修改密码。",
        "new_city": "【Forecourt】您的账户刚在新的城市登录。如非本人操作，请立即修改密码。",
        "impossible_travel": "【Forecourt】您的账户刚在异地登录，且距离很远。如非本人操作，请立即修改密码。",
        "signed_out": "【Forecourt】客服已让您的账户在所有设备上退出登录，请重新登录。有疑问请联系客服。",
        "passkey_added": "【Forecourt】您的账户新增了一个通行密钥。如非本人操作，请立即移除并修改密码。",
        "passkey_removed": "【Forecourt】您的账户移除了一个通行密钥。如非本人操作，请立即修改密码。",
        "passkey_cloned": "【Forecourt】您的一个通行密钥疑似被复制，已停用。请移除该密钥并修改密码。",
    },
    "en": {
        "sign_in": f"Forecourt: {{code}} signs you in, for {MINUTES} minutes. Tell nobody.",
        "password": f"Forecourt: {{code}} resets your password, for {MINUTES} minutes. Tell nobody.",
        "account": f"Forecourt: {{code}} changes your number, sets up a second factor or closes your "
        f"account, for {MINUTES} minutes. Tell nobody.",
        "phone_changed": "Forecourt: this number no longer signs in to your account. Not you? "
        "Call support now.",
        "closing": "Forecourt: your account is deleted in 14 days. Not you? Sign in, take it back and "
        "change your password.",
        "new_password": "Forecourt: your account has a new password. Not you? "
        "Reset it now, and call support.",
        "second_factor_on": "Forecourt: an authenticator was turned on for your account. Not you? "
        "Call support now.",
        "second_factor_off": "Forecourt: your authenticator was turned off. Not you? "
        "Reset your password now, and call support.",
        "new_device": "Forecourt: a new device signed in to your account. Not you? Change your password now.",
        "new_city": "Forecourt: your account was used in a new city. Not you? Change your password now.",
        "impossible_travel": "Forecourt: your account was used far from the last place."
        " Not you? Change your password now.",
        "signed_out": "Forecourt: support signed your account out on every device. Sign in again; "
        "call us if in doubt.",
        "passkey_added": "Forecourt: you have a new passkey. Not you? Remove it, change your password now.",
        "passkey_removed": "Forecourt: a passkey of yours was removed. Not you? Change your password now.",
        "passkey_cloned": "Forecourt: your passkey was copied and is off. Remove it, change your password.",
    },
}
# Codes and warnings go before advertisements, and are never sent twice to save money.
TRANSACTIONAL = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}


@dataclass(frozen=True)
class SnsTextMessages:
    """The port TextMessages. Numbers and texts are in no log. `count_sent` hears of each message that is
    on its way."""

    client: Any
    count_sent: Callable[[], None] = lambda: None

    def send_code(self, phone: str, code: str, purpose: str, language: str) -> None:
        """Raises: Unavailable."""
        self._send(phone, TEXTS[language][purpose].format(code=code))

    def send_notice(self, phone: str, notice: str, language: str) -> None:
        """Raises: Unavailable."""
        self._send(phone, TEXTS[language][notice])

    def _send(self, phone: str, text: str) -> None:
        try:
            self.client.publish(PhoneNumber=phone, Message=text, MessageAttributes=TRANSACTIONAL)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable() from error
        self.count_sent()
