"""`python -m opencec.workers.speech --listen unix:/path --cache DIR`: the speech worker's process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from opencec.logs import LOG_LEVELS, set_up_logs
from opencec.workers.speech.cache import PromptCache
from opencec.workers.speech.engines import Espeak, Hibari
from opencec.workers.speech.server import SpeechServer, listening_socket
from opencec.workers.speech.studio import Studio


async def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    listener = listening_socket(arguments.listen)
    cache = PromptCache(arguments.cache, limit_bytes=arguments.cache_mb * 1024 * 1024)
    async with asyncio.TaskGroup() as tasks:
        studio = Studio(cache, (Hibari(), Espeak()), tasks, queue=arguments.queue)
        serving = tasks.create_task(SpeechServer(studio, worker=arguments.name).serve(listener))
        await stopped.wait()
        serving.cancel()
        studio.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="opencec-speech", description="OpenCEC speech worker")
    parser.add_argument("--listen", required=True, help="unix:/path or fd:N")
    parser.add_argument("--cache", required=True, type=Path, help="directory of the synthesized prompts")
    parser.add_argument("--cache-mb", type=int, default=512, help="largest size of that directory")
    parser.add_argument("--queue", type=int, default=64, help="syntheses that may wait or run; more are refused")
    parser.add_argument("--name", default="speech-1", help="name of this worker")
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="info", help="least level of log lines")
    arguments = parser.parse_args()
    set_up_logs(arguments.log_level)
    try:
        asyncio.run(run(arguments))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"speech worker: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
