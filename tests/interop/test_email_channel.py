"""The e-mail channel against real servers: Dovecot for IMAP and POP3, aiosmtpd for SMTP; and against broken ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from fakes.chats import MemoryChats, MemoryJournal
from fakes.dovecot import PASSWORD, USER, Dovecot, dovecot
from fakes.media_files import folder_media, png
from fakes.smtp_server import SmtpServer, smtp_server
from opencec.adapters.channels.email import EmailChannel, email_settings
from opencec.adapters.channels.email.composing import as_bytes
from opencec.adapters.sqlite import Database, SqliteChannelMail
from opencec.adapters.system import SystemClock, SystemIds
from opencec.app.certificate import self_signed
from opencec.core.events.chats import MessagePosted
from opencec.core.ids import AgentId, ContactId
from opencec.ports.channel_configuration import ChannelConfig
from opencec.services.agent_port import TenantOverloaded
from opencec.services.channels.service import AdapterKind, ChannelService
from opencec.services.metrics import Counter

pytestmark = pytest.mark.interop

CHANNEL = "202611226632960090"
OWN = "help@example.com"
WAIT_S = 20.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate: tuple[Path, Path]) -> Iterator[Dovecot]:
    with dovecot(certificate=certificate[0], key=certificate[1]) as made:
        yield made


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    async with smtp_server() as made:
        yield made


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(tmp_path / "opencec.db")
    yield made
    await made.close()


def _parameters(server: Dovecot, smtp: SmtpServer, **more: str) -> dict[str, str]:
    return {
        "address": OWN,
        "sender_name": "Help",
        "in_protocol": "imap",
        "in_host": "127.0.0.1",
        "in_port": str(server.imap),
        "in_encryption": "none",
        "in_user": USER,
        "in_password": PASSWORD,
        "out_host": "127.0.0.1",
        "out_port": str(smtp.port),
        "out_encryption": "none",
        "poll_s": "5",
    } | more


def _channel(parameters: dict[str, str]) -> ChannelConfig:
    return ChannelConfig(channel=CHANNEL, type="EMAIL", name="mail", queue=4, parameters=parameters)


class Life:
    """One life of control, as far as channels are concerned."""

    def __init__(self, database: Database, folder: Path, chats: MemoryChats, journal: MemoryJournal) -> None:
        clock = SystemClock()
        self.mail = SqliteChannelMail(database, 1)
        self.chats = chats
        self.service = ChannelService(
            {"EMAIL": AdapterKind(EmailChannel.capabilities, lambda c: EmailChannel(email_settings(c.parameters)))},
            mail=self.mail,
            media=folder_media(folder / "media", database).for_tenant(1),
            clock=clock,
            ids=SystemIds(),
            sent=Counter("test_total", "", ("type", "result")),
        )
        self.media = folder_media(folder / "media", database).for_tenant(1)
        for body in journal.facts:
            self.service.outbox.replay(body)
        self._journal = journal
        self._task: asyncio.Task[None] | None = None

    def start(self, channel: ChannelConfig) -> None:
        self.service.configure([channel])
        self._task = asyncio.create_task(self.service.run(self._journal, self.chats))

    def say(self, message: str, contact: str, customer: str, text: str, *, file: str = "", number: int = 1) -> None:
        """An agent answers."""
        self.service.on_outcome(number, SystemClock().now(), [posted(message, contact, customer, text, file=file)])

    async def kill(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(BaseException):
                await self._task


def posted(message: str, contact: str, customer: str, text: str, *, file: str = "") -> MessagePosted:
    return MessagePosted(
        at=SystemClock().now(),
        contact=ContactId(contact),
        number=1,
        message=message,
        source="agent",
        agent=AgentId(101),
        content=text,
        file=file,
        channel=CHANNEL,
        customer=customer,
        sender_name="Bo",
    )


@pytest.fixture
async def life(database: Database, tmp_path: Path) -> AsyncIterator[Callable[..., Life]]:
    """Makes lives that share chats, journal, database; the one before is killed."""
    chats, journal = MemoryChats(), MemoryJournal(now=SystemClock().now)
    lives: list[Life] = []

    async def begin(channel: ChannelConfig) -> Life:
        for before in lives:
            await before.kill()
        lives.append(Life(database, tmp_path, chats, journal))
        lives[-1].start(channel)
        return lives[-1]

    yield begin
    for one in lives:
        await one.kill()


async def _until(is_true: Callable[[], object], seconds: float = WAIT_S) -> None:
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.02)


def _mail(number: int, text: str = "hello", **headers: str) -> bytes:
    mail = EmailMessage()
    given = {"From": "Ann <ann@example.org>", "To": OWN, "Subject": "Order", "Message-ID": f"<m{number}@example.org>"}
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        mail[name] = value
    mail.set_content(text)
    return as_bytes(mail)


MAILBOXES = {
    "imap": {},
    "imap-starttls": {"in_encryption": "starttls"},
    "imap-tls": {"in_encryption": "tls", "in_port": "imaps"},
    "pop3": {"in_protocol": "pop3", "in_port": "pop3"},
    "pop3-tls": {"in_protocol": "pop3", "in_encryption": "tls", "in_port": "pop3s"},
}


@pytest.mark.parametrize("way", MAILBOXES)
async def test_mails_become_messages_and_answers_mails_in_the_same_thread(
    way: str, server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    more = dict(MAILBOXES[way])
    if "in_port" in more:
        more["in_port"] = str(getattr(server, more["in_port"]))
    parameters = _parameters(server, smtp, in_certificate=server.certificate, **more)
    server.deliver(_mail(1, "First question"))
    now = await life(_channel(parameters))
    await _until(lambda: len(now.chats.said) == 1)
    said = now.chats.said[0]
    assert (said.customer, said.content) == ("ann@example.org", "Order\n\nFirst question")

    server.deliver(_mail(2, "And more", In_Reply_To="<m1@example.org>", References="<m1@example.org>"))
    await _until(lambda: len(now.chats.said) == 2)
    assert now.chats.said[1].contact == said.contact
    async with asyncio.timeout(WAIT_S):  # it is recorded just after it was said; no agent answers in between
        while len(await now.mail.of_contact(CHANNEL, said.contact, limit=2)) < 2:
            await asyncio.sleep(0.02)

    now.say("ab" * 32, said.contact, said.customer, "The answer")
    await _until(lambda: smtp.taken)
    answer = message_from_bytes(smtp.taken[0], policy=policy.default)
    assert smtp.recipients == [["ann@example.org"]]
    assert answer["In-Reply-To"] == "<m2@example.org>"
    assert answer["References"].split() == ["<m1@example.org>", "<m2@example.org>"]
    assert answer["Subject"] == f"Re: Order [#{said.contact}]"
    assert answer["From"].addresses[0].display_name == "Bo"
    assert answer.get_content().strip() == "The answer"
    await _until(lambda: now.service.outbox.state_of("ab" * 32) == "sent")

    # The customer goes on from another address, as people do: our id in it says whose thread it is.
    server.deliver(_mail(3, "From my phone", From="ann@phone.example.org", In_Reply_To=f"<{'ab' * 32}@example.com>"))
    await _until(lambda: len(now.chats.said) == 3)
    assert now.chats.said[2].customer == "ann@example.org"
    if way.startswith("pop3"):
        await _until(lambda: server.count() == 0)


async def test_a_file_comes_in_and_another_goes_out(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "ann@example.org", "<m1@example.org>"
    mail.set_content("See the picture")
    mail.add_attachment(png(), maintype="image", subtype="png", filename="cat.png")
    mail.add_attachment(b"<script>", maintype="text", subtype="html", filename="x.html")
    server.deliver(bytes(mail))
    now = await life(_channel(_parameters(server, smtp)))
    await _until(lambda: len(now.chats.said) == 2)
    text, picture = now.chats.said
    assert text.content == "See the picture\n\n[x.html: media_type_refused]"
    file = await now.media.for_customer(picture.content, channel=CHANNEL, customer="ann@example.org")
    assert (picture.media, await now.media.content(file)) == ("IMAGE", png())

    now.say("cd" * 32, text.contact, "ann@example.org", file.id, file=file.id)
    await _until(lambda: smtp.taken)
    part = next(message_from_bytes(smtp.taken[0], policy=policy.default).iter_attachments())  # type: ignore[attr-defined]
    assert (part.get_filename(), part.get_content()) == ("cat.png", png())


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_no_mail_is_lost_or_doubled_when_control_dies_in_between(
    protocol: str, server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    port = str(server.imap if protocol == "imap" else server.pop3)
    channel = _channel(_parameters(server, smtp, in_protocol=protocol, in_port=port, keeps_mail="yes"))
    for number in range(6):
        server.deliver(_mail(number, f"n{number}"))
    for taken in (1, 3, 4):
        now = await life(channel)
        await _until(lambda taken=taken, now=now: len(now.chats.said) >= taken)  # type: ignore[misc]
    server.deliver(_mail(6, "n6"))
    now = await life(channel)
    await _until(lambda: len(now.chats.said) >= 7)
    texts = [text.rpartition("\n")[2] for text in now.chats.texts()]
    assert texts == [f"n{number}" for number in range(7)]


async def test_a_mailbox_with_new_numbers_is_looked_through_again_and_nothing_comes_twice(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    channel = _channel(_parameters(server, smtp))
    server.deliver(_mail(0, "read long ago"), is_read=True)
    server.deliver(_mail(1, "n1"))
    now = await life(channel)
    await _until(lambda: now.chats.texts() == ["Order\n\nn1"])
    await now.kill()
    server.renumber()
    server.deliver(_mail(2, "n2"))
    now = await life(channel)
    await _until(lambda: len(now.chats.said) >= 2 and "n2" in now.chats.texts())
    assert now.chats.texts().count("Order\n\nn1") == 1


async def test_what_cannot_be_taken_now_is_taken_later_and_in_order(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    for number in (1, 2):
        server.deliver(_mail(number, f"n{number}"))
    channel = _channel(_parameters(server, smtp))
    now = await life(channel)
    now.chats.refuses = [TenantOverloaded()] * 2
    await _until(lambda: len(now.chats.said) == 2)
    assert now.chats.texts() == ["Order\n\nn1", "n2"]


async def test_answers_of_programs_and_bounces_open_no_talk_and_start_no_loop(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    server.deliver(_mail(1, "I am away", Auto_Submitted="auto-replied"))
    server.deliver(_mail(2, "Buy", From="news@example.org", List_Id="<n.example.org>"))
    server.deliver(_mail(3, "ours", From=OWN))
    server.deliver(_mail(4, "a person"))
    server.deliver(_mail(5, "I am away", Auto_Submitted="auto-replied"))
    now = await life(_channel(_parameters(server, smtp)))
    await _until(lambda: len(now.chats.said) == 2)
    assert now.chats.texts() == ["Order\n\na person", "I am away"]  # shown where there is a talk
    assert not smtp.taken


async def test_a_bounce_marks_the_message_as_failed(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    server.deliver(_mail(1))
    now = await life(_channel(_parameters(server, smtp)))
    await _until(lambda: now.chats.said)
    now.say("ef" * 32, now.chats.said[0].contact, "ann@example.org", "answer")
    await _until(lambda: now.service.outbox.state_of("ef" * 32) == "sent")
    server.deliver(
        b"From: MAILER-DAEMON@mx.example.org\r\nMessage-ID: <b1@mx>\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + b"ef" * 32 + b"@example.com>\r\n--x--\r\n"
    )
    await _until(lambda: now.service.outbox.state_of("ef" * 32) == "failed")
    assert len(now.chats.said) == 1


async def test_a_server_that_is_away_or_refuses_is_told_and_tried_again(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    now = await life(_channel(_parameters(server, smtp, in_password="wrong")))
    await _until(lambda: now.service.health()[0].state == "broken")
    assert "wrong" not in now.service.health()[0].problem
    now.service.configure([_channel(_parameters(server, smtp))])
    server.deliver(_mail(1))
    await _until(lambda: now.chats.said)
    server.stop()
    await _until(lambda: now.service.health()[0].state == "broken")
    server.start()
    server.deliver(_mail(2, "n2"))
    await _until(lambda: len(now.chats.said) == 2)
    assert now.service.health()[0].state == "receiving"


@pytest.mark.parametrize("way", ["starttls", "tls"])
async def test_sending_signs_in_over_tls(
    way: str, server: Dovecot, certificate: tuple[Path, Path], life: Callable[..., Life]
) -> None:
    async with smtp_server(*certificate, is_tls=way == "tls") as smtp:
        account = {"out_user": "help", "out_password": "correct-horse", "out_encryption": way}
        parameters = _parameters(server, smtp, out_certificate=certificate[0].read_text(), **account)
        checks = await EmailChannel(email_settings(parameters)).check()
        assert [(one.part, one.is_ok) for one in checks] == [("receiving (imap)", True), ("sending (smtp)", True)]
        checks = await EmailChannel(email_settings(parameters | {"out_password": "wrong"})).check()
        assert not checks[1].is_ok
        checks = await EmailChannel(email_settings(parameters | {"out_certificate": ""})).check()
        assert "certificate" in checks[1].text.lower()
        now = await life(_channel(parameters))
        now.say("ab" * 32, "1763978400-1", "ann@example.org", "hello")
        await _until(lambda: smtp.taken)


async def test_sending_keeps_each_customer_s_order_and_tells_passing_failures_from_final_ones(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    now = await life(_channel(_parameters(server, smtp)))
    smtp.answers = ["451 4.3.0 try later"]
    smtp.refused = {"gone@example.org"}
    for number in (1, 2, 3):
        now.say(f"{number:064x}", "1763978400-1", "ann@example.org", f"n{number}", number=number)
    now.say("f" * 64, "1763978400-2", "gone@example.org", "x", number=4)
    await _until(lambda: len(smtp.taken) == 3)
    texts = [message_from_bytes(one, policy=policy.default).get_content().strip() for one in smtp.taken]  # type: ignore[attr-defined]
    assert texts == ["n1", "n2", "n3"]
    await _until(now.service.outbox.dead)
    dead = now.service.outbox.dead(CHANNEL)[0]
    assert (dead.message.message, "5.1.1" in dead.reason) == ("f" * 64, True)
    assert now.service.health()[0].dead == 1

    smtp.refused.clear()
    await now.service.outbox.retry(now._journal, "f" * 64)
    await _until(lambda: ["gone@example.org"] in smtp.recipients)
    assert not now.service.outbox.dead()


async def test_a_crash_between_sending_and_its_receipt_repeats_the_same_mail(
    server: Dovecot, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    """At least once: SMTP cannot be asked. The copy has the same Message-ID."""
    channel = _channel(_parameters(server, smtp))
    now = await life(channel)
    smtp.answers = ["hang up"]
    now.say("ab" * 32, "1763978400-1", "ann@example.org", "hello")
    await _until(lambda: len(smtp.taken) == 2)
    first, second = (message_from_bytes(one)["Message-ID"] for one in smtp.taken)
    assert first == second == f"<{'ab' * 32}@example.com>"


@pytest.mark.parametrize("greeting", [b"", b"* BYE no\r\n", b"\xff\xfe\r\n", b"* OK\r\n" + b"x" * 300_000 + b"\r\n"])
async def test_servers_that_talk_nonsense_break_only_the_connection(
    greeting: bytes, smtp: SmtpServer, life: Callable[..., Life]
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(greeting)
            await writer.drain()
        writer.close()

    broken = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = str(broken.sockets[0].getsockname()[1])
    async with broken:
        for protocol in ("imap", "pop3"):
            settings = {
                "address": OWN, "in_protocol": protocol, "in_host": "127.0.0.1", "in_port": port, "in_user": "u",
                "in_encryption": "none", "out_host": "127.0.0.1", "out_port": port, "out_encryption": "none",
            }  # fmt: skip
            checks = await EmailChannel(email_settings(settings)).check()
            assert [one.is_ok for one in checks] == [False, False]
            now = await life(_channel(settings))
            await _until(lambda now=now: now.service.health()[0].state == "broken")  # type: ignore[misc]
