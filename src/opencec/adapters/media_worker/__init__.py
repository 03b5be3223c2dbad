"""Media workers over their local sockets."""

from opencec.adapters.media_worker.pool import MediaPool

__all__ = ["MediaPool"]
