"""The demo tenant's credentials file: written by control in demo mode, read by people and tests."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from opencec.app.run_dir import DataDir

__all__ = ["CredentialsMissing", "read_credentials", "write_credentials"]


class CredentialsMissing(Exception):
    """There is no demo tenant yet."""

    code = "credentials_missing"


def read_credentials(data_dir: Path) -> str:
    """The JSON text, indented.

    Raises:
        CredentialsMissing: `opencec serve --demo` never became ready on this data folder.
    """
    path = DataDir(data_dir).demo_credentials
    try:
        return json.dumps(json.loads(path.read_text(encoding="utf-8")), indent=2, ensure_ascii=False)
    except FileNotFoundError:
        raise CredentialsMissing(
            f"There is no demo tenant in {data_dir}. Start it with: opencec serve --demo"
        ) from None
    except (OSError, ValueError) as error:
        raise CredentialsMissing(f"{path} cannot be read: {error}. Start again with: opencec serve --demo") from None


def write_credentials(data_dir: Path, credentials: Mapping[str, object]) -> None:
    """Write the file with mode 0600, whole or not at all."""
    path = DataDir(data_dir).demo_credentials
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(credentials, file, indent=2, ensure_ascii=False)
    draft.rename(path)
