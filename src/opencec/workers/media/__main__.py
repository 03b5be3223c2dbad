"""`python -m opencec.workers.media`: one BLAS thread, no unused imports, then the worker."""

import os

from opencec.lean_imports import leave_out

leave_out()
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # numpy reads it when it is imported; its threads would fight the audio thread
# Or the first byte of each large, nearly empty matrix would take 2 MB: 70 MB a worker at rest.
os.environ["NUMPY_MADVISE_HUGEPAGE"] = "0"

from opencec.workers.media.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
