"""`python -m opencec.app.jobs_process`: the jobs process, without the imports that it does not need."""

from opencec.lean_imports import leave_out

leave_out()

from opencec.app.jobs import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
