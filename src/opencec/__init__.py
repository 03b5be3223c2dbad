"""OpenCEC: an open-source cloud contact centre."""

__version__ = "0.1.0"
