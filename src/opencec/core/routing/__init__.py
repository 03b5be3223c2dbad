"""Routing: who gets which contact, and what happens when nobody can."""
