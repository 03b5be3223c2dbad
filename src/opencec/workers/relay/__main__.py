"""`python -m opencec.workers.relay`."""

from opencec.lean_imports import leave_out

leave_out()

from opencec.workers.relay.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
