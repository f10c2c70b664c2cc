"""The engine: the AWS services that this product uses, in one process on 127.0.0.1.

    python -m local.engine --port 4566 --state .state/engine
    python -m local.engine --port 0 --volatile

It prints `ready PORT` when it serves, and ends when its standard input closes, so
that it never outlives whoever started it, not even one killed by `kill -9`.
"""

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from local import children, engine_environment


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. Exit code 2: the port is busy; 3: the engine or its state is not ours."""
    options = _parse(arguments)
    try:
        listener = _listen(options.port)
    except OSError as error:
        print(
            f"engine: port {options.port} on {engine_environment.HOST} is busy ({error.strerror})",
            file=sys.stderr,
        )
        return 2
    engine_environment.prepare(options.state, listener.getsockname()[1])
    from local import engine_private
    from local.engine_application import EngineApplication

    try:
        engine_private.check()
        application = EngineApplication.open(options.state)
    except (engine_private.EngineMismatch, ValueError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 3
    asyncio.run(_serve(application, listener, options.keep))
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local.engine", description="The embedded engine.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--state", type=Path, help="directory that keeps everything over restarts")
    where.add_argument("--volatile", dest="state", action="store_const", const=None, help="forget at exit")
    parser.add_argument("--keep", action="store_true", help="do not end when standard input closes")
    return parser.parse_args(arguments)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((engine_environment.HOST, port))
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


async def _serve(application: Any, listener: socket.socket, keep: bool) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unless_cancelled)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not keep:
        children.when_parent_ends(lambda: loop.call_soon_threadsafe(stop.set))

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5  # a pump that waits for changes need not be waited for
    config.loglevel = "WARNING"
    children.ready(listener.getsockname()[1])
    await serve(application, config, shutdown_trigger=stop.wait)


def _unless_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Python 3.11 reports a connection that was open at the end as an error; it is none."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


if __name__ == "__main__":
    sys.exit(main())
