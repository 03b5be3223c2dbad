"""The core: agents, queues, contacts and calls of one tenant, pure and deterministic. Start at `tenant.TenantCore`."""

__all__: list[str] = []
