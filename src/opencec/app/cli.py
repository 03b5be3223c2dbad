"""The entry point of `opencec`. What must be quick runs before Typer is imported, which takes a third of a second."""

from __future__ import annotations

import sys

from opencec import __version__

__all__ = ["main"]


def main() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:] in (["version"], ["--version"]):
        print(f"opencec {__version__}")
        return
    if sys.argv[1:] in (["serve"], ["serve", "--demo"]):
        from opencec.app.serve import serve

        serve(demo="--demo" in sys.argv)
    from opencec.app.cli_commands import app

    try:
        app()
    except BrokenPipeError:
        # `opencec cdr list | head`: the reader has enough. Nothing is to be flushed at exit any more.
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
