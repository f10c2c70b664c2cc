"""The ports: on which does a run of one machine listen?

PORT is the API's; COUNTERPARTIES_PORT is the next one unless it is given;
ENGINE_PORT is whichever is free unless it is given.
"""

import os
import socket

from local.engine_environment import HOST

PORT_DEFAULT = 8080
PORT_MAX = 65_535


class PortRefused(Exception):
    """No such port, or not a free one; the text is one sentence that names what to set."""


def of_api() -> int:
    """Where the API listens. Raises: PortRefused."""
    return _named("PORT", PORT_DEFAULT)


def of_counterparties(api_port: int) -> int:
    """Where the counterparties listen. Raises: PortRefused."""
    if api_port == PORT_MAX and not os.environ.get("COUNTERPARTIES_PORT"):
        raise PortRefused(
            f"PORT={api_port} leaves no next port to the counterparties: "
            "choose a lower one, or give COUNTERPARTIES_PORT"
        )
    port = _named("COUNTERPARTIES_PORT", api_port + 1)
    if port == api_port:
        raise PortRefused(f"PORT and COUNTERPARTIES_PORT are both {port}: choose two")
    return port


def of_engine() -> int:
    """Where the engine listens; 0 takes a free one. Raises: PortRefused."""
    return _named("ENGINE_PORT", 0, lowest=0)


def _named(name: str, default: int, lowest: int = 1) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= PORT_MAX):
        raise PortRefused(f"{name}={text} is not a port: choose a number from {lowest} to {PORT_MAX}")
    return int(text)


def check_free(port: int, name: str) -> None:
    """Raise PortRefused when somebody listens on a port already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise PortRefused(f"port {port} is not allowed to us: choose another with {name}") from None
        except OSError:
            raise PortRefused(f"port {port} is busy: choose another with {name}") from None
