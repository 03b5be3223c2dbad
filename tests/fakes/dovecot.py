"""A real mail server on loopback: Dovecot, unprivileged, on free ports, with one mailbox of IMAP and POP3."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["PASSWORD", "USER", "Dovecot", "dovecot"]

USER, PASSWORD = "help", "correct-horse"
_PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


class Dovecot:
    """A running server.

    Attributes:
        imap: Port of IMAP without TLS (STARTTLS offered), `imaps` with; `pop3`, `pop3s` the same.
        certificate: PEM that it is trusted by.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Dovecot refuses to run as root; its package brings users for it.
        self._owner = pwd.getpwnam("dovecot") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.imap, self.imaps, self.pop3, self.pop3s = _free_ports(4)
        self.certificate = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def deliver(self, mail: bytes, *, is_read: bool = False) -> None:
        """A mail comes in."""
        self._count += 1
        name = f"{int(time.time())}.M{self._count:06}P{os.getpid()}.test"
        (self._maildir / "tmp" / name).write_bytes(mail)
        self._give_away(self._maildir / "tmp" / name)
        target = self._maildir / ("cur" if is_read else "new") / (name + (":2,S" if is_read else ""))
        (self._maildir / "tmp" / name).rename(target)

    def count(self) -> int:
        """Mails in the mailbox."""
        return sum(len(list((self._maildir / part).iterdir())) for part in ("cur", "new"))

    def renumber(self) -> None:
        """Lose the index, as a restored backup does: UIDVALIDITY changes."""
        self.stop()
        for path in self._maildir.glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # UIDVALIDITY is made of seconds
        self.start()

    @property
    def _maildir(self) -> Path:
        return self.folder / "mail" / USER

    def start(self) -> None:
        """Start, and wait until it answers."""
        assert _PROGRAM is not None
        about = {} if os.getuid() else {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        self._process = subprocess.Popen([_PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")], **about)
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            try:
                with socket.create_connection(("127.0.0.1", self.imap), 1) as found:
                    if found.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        """End, with all its processes."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def prepare(self, certificate: Path, key: Path) -> None:
        """Write the configuration."""
        self.certificate = certificate.read_text()
        for part in ("cur", "new", "tmp"):
            (self._maildir / part).mkdir(parents=True)
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        for path, name in ((certificate, "cert.pem"), (key, "key.pem")):
            shutil.copy(path, self.folder / name)
        user, group = self._owner.pw_name, grp.getgrgid(self._owner.pw_gid).gr_name
        (self.folder / "dovecot.conf").write_text(
            f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 0
last_valid_uid = 0
first_valid_gid = 0
mail_uid = {self._owner.pw_uid}
mail_gid = {self._owner.pw_gid}
mail_location = maildir:{self.folder}/mail/%u
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{self.folder}/cert.pem
ssl_key = <{self.folder}/key.pem
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={self._owner.pw_uid} gid={self._owner.pw_gid} home={self.folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = {self.imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {self.pop3}
  }}
  inet_listener pop3s {{
    port = {self.pop3s}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""
        )
        for path in (self.folder, *self.folder.rglob("*")):
            self._give_away(path)

    def _give_away(self, path: Path) -> None:
        if os.getuid() == 0:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)


@contextmanager
def dovecot(*, certificate: Path, key: Path) -> Iterator[Dovecot]:
    """A running server; the test is skipped when there is none on this machine."""
    if _PROGRAM is None:
        pytest.skip("needs dovecot: run scripts/test-deps as root")
    with tempfile.TemporaryDirectory(prefix="opencec-mail-") as folder:
        made = Dovecot(Path(folder))
        made.prepare(certificate, key)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [found.getsockname()[1] for found in sockets]
    for found in sockets:
        found.close()
    return ports
