"""Outgoing HTTP to servers of others: one guard of addresses; a pool for events, httpx for single requests."""

from opencec.adapters.outbound_http.callbacks import CallbackClient, CallbackLimits
from opencec.adapters.outbound_http.guard import AddressGuard
from opencec.adapters.outbound_http.outbound import HttpxOutbound

__all__ = ["AddressGuard", "CallbackClient", "CallbackLimits", "HttpxOutbound"]
