"""Mails of the wild: what is read of them, what is recognised as no message, and that no bytes break the reading."""

from __future__ import annotations

import random
from email.message import EmailMessage

import pytest

from opencec.adapters.channels.email.composing import as_bytes, compose
from opencec.adapters.channels.email.gateways import EmailSettings, email_settings
from opencec.adapters.channels.email.reading import read_mail
from opencec.adapters.channels.email.text import plain_of, safe_html, split_quoted
from opencec.ports.channels import DeliveryReport, InboundMessage, OutboundMessage, SendFailed
from opencec.services.channels.splitting import split_text

pytestmark = pytest.mark.unit

OWN = "help@example.com"
ID = "ab" * 32
PARAMETERS = {"address": OWN, "sender_name": "Help", "in_host": "192.0.2.1", "in_user": "u", "out_host": "192.0.2.1"}


def _mail(body: bytes = b"hello\r\n", **headers: str) -> bytes:
    given = {"From": "Ann <ann@example.org>", "To": OWN, "Subject": "Order", "Message-ID": "<m1@example.org>"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in given.items() if value).encode() + b"\r\n" + body


def _read(raw: bytes) -> InboundMessage:
    found = read_mail(raw, own=OWN)
    assert isinstance(found, InboundMessage)
    return found


def test_a_plain_mail() -> None:
    found = _read(_mail(Date="Tue, 24 Nov 2020 10:00:00 +0100"))
    assert (found.platform_id, found.customer, found.customer_name) == ("m1@example.org", "ann@example.org", "Ann")
    assert (found.text, found.subject, found.sent_at, found.is_automatic) == ("hello", "Order", 1606208400000, False)


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Grüße 你好".encode(), "Grüße 你好"),
        ("gb2312", "你好，囧".encode("gb18030"), "你好，囧"),
        ("iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("x-unknown", "Grüße".encode(), "Grüße"),
        ("utf-8", b"caf\xe9", "café"),
        ("us-ascii", "日本".encode(), "日本"),
    ],
)
def test_charsets_right_wrong_and_unknown(charset: str, body: bytes, text: str) -> None:
    assert _read(_mail(body, Content_Type=f'text/plain; charset="{charset}"')).text == text


def test_encoded_words_cannot_pretend_another_sender() -> None:
    found = _read(_mail(From="=?utf-8?q?boss=40example.com=3E=2C?= <ann@example.org>"))
    assert found.customer == "ann@example.org"


def test_html_alone_is_read_as_text_and_made_safe() -> None:
    html = (
        b"<html><head><style>p{}</style><title>T</title></head><body onload=x()><p>Hello <b>there</b></p>"
        b"<script>alert(1)</script><img src=http://192.0.2.1/track.gif><a href='javascript:x()'>a</a>"
        b"<a href='https://example.com/'>b</a><svg onload=x()></svg><ul><li>one<li>two</ul></body></html>"
    )
    found = _read(_mail(html, Content_Type="text/html; charset=utf-8"))
    assert found.text == "Hello there\n\nab\n\n- one\n- two"
    for bad in ("script", "onload", "track.gif", "javascript", "<svg", "<img", "style"):
        assert bad not in found.html
    assert 'href="https://example.com/"' in found.html


@pytest.mark.parametrize(
    "html",
    [
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>1</script>'>x</a>",
        "<form action=//x><input type=submit></form><iframe src=//x></iframe><base href=//x><meta http-equiv=refresh>",
        "<" * 50_000,
        "<div>" * 20_000,
    ],
)
def test_html_that_tries(html: str) -> None:
    safe = safe_html(html).lower()
    for bad in ("onerror=", "javascript:", "data:text", "<script", "<iframe", "<form", "<base", "<meta", "<img"):
        assert bad not in safe
    plain_of(safe)


def test_parts_attachments_and_alternatives() -> None:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "ann@example.org", "<m2@example.org>"
    mail.set_content("plain words")
    mail.add_alternative("<p>html words</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    inner = EmailMessage()
    inner.set_content("forwarded")
    mail.add_attachment(inner)
    found = _read(bytes(mail))
    assert (found.text, found.html) == ("plain words", "<p>html words</p>\n")
    assert [(file.name, file.declared_type) for file in found.files] == [
        ("Rechnung März.pdf", "application/pdf"),
        ("mail.eml", "message/rfc822"),
    ]


QUOTED = {
    "Please.\n\nOn Tue, 24 Nov 2026 at 10:00, Help <help@example.com> wrote:\n> Shall we?\n> Now?": "Please.",
    "Yes.\n\nOn Tue, 24 Nov 2026 at 10:00, Help Desk of Example\n<help@example.com> wrote:\n> Shall we?": "Yes.",
    "Ja.\n\nAm 24.11.2026 um 10:00 schrieb Help:\n> Frage": "Ja.",
    "好的\n\n在 2026年11月24日，Help 写道：\n> 问题": "好的",
    "Yes\n-----Original Message-----\nFrom: Help\nSent: today\n\nShall we?": "Yes",
    "Yes\n\nFrom: Help\nSent: Tuesday\nTo: Ann\nSubject: x\n\nShall we?": "Yes",
    "Yes\n\n> old\n> older\n": "Yes",
}


@pytest.mark.parametrize("text", QUOTED)
def test_quotations_are_folded(text: str) -> None:
    said, quoted = split_quoted(text)
    assert said == QUOTED[text]
    assert quoted


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\nFrom: here on it is plain\nbye",
        "> a question\nan answer\n> another\nyes",
        "On Monday I wrote: nothing\nmore words",
        "> only a quotation",
        "",
    ],
)
def test_what_is_no_quotation_stays(text: str) -> None:
    assert split_quoted(text) == (text, "")


def test_threads_name_our_message_and_what_went_before() -> None:
    found = _read(_mail(In_Reply_To=f"<{ID}@example.com>", References=f"<m0@example.org> <{ID}@example.com>"))
    assert found.reply_to == ID
    assert found.in_reply_to == (f"{ID}@example.com", "m0@example.org")
    assert _read(_mail(Subject="AW: Order [#1763978400-12]")).contact == "1763978400-12"


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.org>"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_mails_of_programs_are_known(header: dict[str, str]) -> None:
    assert _read(_mail(**header)).is_automatic


def test_our_own_mails_and_daemons_are_no_messages() -> None:
    assert read_mail(_mail(From=f"Help <{OWN.upper()}>"), own=OWN) is None
    assert read_mail(_mail(From="MAILER-DAEMON@mx.example.org"), own=OWN) is None
    assert read_mail(_mail(From=""), own=OWN) is None


def _bounce(action: str, id: str = f"{ID}@example.com") -> bytes:
    return _mail(
        f"--x\r\n\r\nSorry\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; ann@example.org\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{id}>\r\n--x--\r\n".encode(),
        Content_Type='multipart/report; report-type=delivery-status; boundary="x"',
        From="MAILER-DAEMON@mx.example.org",
    )


def test_reports_about_our_mails() -> None:
    failed = DeliveryReport(message=ID, state="failed", reason="smtp; 550 5.1.1 no such user")
    assert read_mail(_bounce("failed"), own=OWN) == failed
    assert read_mail(_bounce("delivered"), own=OWN) == DeliveryReport(message=ID, state="delivered")
    assert read_mail(_bounce("delayed"), own=OWN) is None
    assert read_mail(_bounce("failed", "other@example.org"), own=OWN) is None


def test_no_bytes_break_the_reading() -> None:
    chance = random.Random(7)
    seeds = [_mail(), _bounce("failed"), _mail(b"--x\r\n" * 500, Content_Type='multipart/mixed; boundary="x"')]
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_500))
    for raw in (b"", b"\0", b"\xff" * 1000, b"From: a@example.org\r\n" + nested, b"From: " + b"a" * 100_000):
        read_mail(raw, own=OWN)
    for _ in range(400):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 12)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        found = read_mail(bytes(raw), own=OWN)
        if isinstance(found, InboundMessage):
            (found.text + found.subject + found.customer_name).encode()


# --- what we write ---------------------------------------------------------------------------------------------------


def _settings(**more: str) -> EmailSettings:
    return email_settings(PARAMETERS | more)


def _answer(**fields: object) -> OutboundMessage:
    given = {
        "message": ID,
        "channel": "7",
        "customer": "ann@example.org",
        "contact": "17-3",
        "text": "Grüße",
        "at": 1606208400000,
    }
    return OutboundMessage(**(given | fields))  # type: ignore[arg-type]  # fmt: skip


def test_an_answer_has_the_headers_that_threads_need() -> None:
    answer = _answer(subject="Order", in_reply_to=("m0@example.org", "m1@example.org"))
    mail = compose(answer, (), _settings())
    assert mail["Message-ID"] == f"<{ID}@example.com>"
    assert mail["Subject"] == "Re: Order [#17-3]"
    assert mail["In-Reply-To"] == "<m1@example.org>"
    assert mail["References"].split() == ["<m0@example.org>", "<m1@example.org>"]
    assert mail["From"] == "Help <help@example.com>"
    assert bytes(mail) == bytes(compose(answer, (), _settings()))
    again = read_mail(bytes(mail), own="other@example.com")
    assert isinstance(again, InboundMessage)
    assert (again.text, again.contact) == ("Grüße", "17-3")


def test_long_ids_stay_whole_on_the_wire() -> None:
    before = tuple(f"{number:0100x}@mail.example.org" for number in range(30))
    raw = as_bytes(compose(_answer(subject="Grüße " * 30, in_reply_to=before), (), _settings()))
    head, _, body = raw.partition(b"\r\n\r\n")
    assert f"In-Reply-To: <{before[-1]}>".encode() in head
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    again = read_mail(raw, own="other@example.com")
    assert isinstance(again, InboundMessage)
    assert again.in_reply_to == before[:-21:-1]


def test_nothing_can_be_slipped_into_a_header() -> None:
    answer = _answer(subject="x\r\nBcc: eve@example.org", sender_name="Bo\nX: y", in_reply_to=("a@b>\r\nBcc: e@x",))
    head = bytes(compose(answer, (), _settings())).partition(b"\r\n\r\n")[0].lower()
    assert b"\nbcc:" not in head
    assert b"\nx:" not in head


_TOO_MANY = ",".join(f"a{number}@example.org" for number in range(11))


@pytest.mark.parametrize("customer", ["", OWN, "ann", "a b@example.org", "ann@example.org\nbcc:x@x.org", _TOO_MANY])
def test_recipients_that_cannot_be(customer: str) -> None:
    with pytest.raises(SendFailed) as caught:
        compose(_answer(customer=customer), (), _settings())
    assert caught.value.is_final


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"in_host": "a b"}, "in_host"),
        ({"in_port": "0"}, "in_port"),
        ({"in_port": "٣"}, "in_port"),
        ({"out_encryption": "ssl"}, "out_encryption"),
        ({"in_protocol": "smtp"}, "in_protocol"),
        ({"address": "x"}, "address"),
        ({"in_user": ""}, "in_user"),
        ({"in_password": "x" * 65}, "in_user, in_password"),
        ({"out_certificate": "x"}, "out_certificate"),
        ({"hots": "x"}, "hots"),
    ],
)
def test_settings_that_cannot_be_name_the_parameter(more: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        _settings(**more)


def test_settings_never_show_a_password() -> None:
    assert "s3cret" not in repr(_settings(in_password="s3cret"))


@pytest.mark.parametrize("most", [1, 2, 10, 160])
def test_long_texts_are_split_and_nothing_is_lost(most: int) -> None:
    text = "First sentence. Second one, with a comma; and more.\n\nA new paragraph 你好。再见！" * 20
    pieces = split_text(text, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert split_text(text, 0) == [text]
