"""The media worker: RTP of many legs, mixed, played to, recorded and measured in one vectorised pass per 5 ms phase.

A program of its own (`python -m opencec.workers.media`), driven over a socket by `opencec.workers.protocol`.
"""

__all__: list[str] = []
