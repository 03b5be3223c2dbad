"""Requests to servers of others."""

from opencec.adapters.outbound_http.outbound import HttpxOutbound

__all__ = ["HttpxOutbound"]
