"""Outgoing HTTP to receivers that tenants name: guarded addresses, pooled connections, bounded waiting."""

from opencec.adapters.callbacks.client import CallbackClient, CallbackLimits
from opencec.adapters.callbacks.guard import AddressGuard

__all__ = ["AddressGuard", "CallbackClient", "CallbackLimits"]
