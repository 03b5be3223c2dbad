"""Media workers over their local sockets."""

from opencec.adapters.media_worker.pool import MediaPool
from opencec.adapters.media_worker.relay_pool import RelayPool

__all__ = ["MediaPool", "RelayPool"]
