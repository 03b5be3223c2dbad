"""SIP over UDP, TCP, TLS, WS and WSS sockets: runs the sans-I/O user agent of `opencec.sip`."""

from opencec.adapters.sipwire.limits import WireLimits
from opencec.adapters.sipwire.local_addresses import LocalAddresses
from opencec.adapters.sipwire.wire import SipWire

__all__ = ["LocalAddresses", "SipWire", "WireLimits"]
