"""What every worker that speaks RTP shares: sockets, latching, RTCP, and secured transports for browsers.

The media worker (audio) and the relay (video) are built on it; it knows neither.
"""
