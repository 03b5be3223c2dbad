"""The operating system's clock and randomness."""

from opencec.adapters.system.clock import SystemClock
from opencec.adapters.system.ids import SystemIds
from opencec.adapters.system.passwords import Argon2Passwords

__all__ = ["Argon2Passwords", "SystemClock", "SystemIds"]
