"""SIP over UDP, TCP, TLS, WS and WSS sockets: runs the sans-I/O user agent of `opencec.sip`."""

from opencec.adapters.sipwire.wire import SipWire, WireLimits

__all__ = ["SipWire", "WireLimits"]
