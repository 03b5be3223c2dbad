"""The virus scanner clamd, over its socket."""

from opencec.adapters.clamd.scanner import ClamdScan

__all__ = ["ClamdScan"]
