"""The say-as normaliser: values and running text as words, English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opencec.workers.speech.say_as import BadValue, language_of, normalise
from opencec.workers.speech_protocol import SayAs, Text

pytestmark = pytest.mark.unit


def say(kind: str, value: str, language: str, currency: str = "") -> str:
    piece = SayAs(kind=kind, value=value, currency=currency)  # type: ignore[arg-type]
    return normalise((piece,), language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "english", "chinese"),
    [
        ("number", "0", "zero", "零"),
        ("number", "2", "two", "二"),
        ("number", "10", "ten", "十"),
        ("number", "12", "twelve", "十二"),
        ("number", "20", "twenty", "二十"),
        ("number", "21", "twenty one", "二十一"),
        ("number", "105", "one hundred five", "一百零五"),
        ("number", "110", "one hundred ten", "一百一十"),
        ("number", "200", "two hundred", "二百"),
        ("number", "1001", "one thousand one", "一千零一"),
        ("number", "2026", "two thousand twenty six", "两千零二十六"),
        ("number", "10003", "ten thousand three", "一万零三"),
        ("number", "20,000", "twenty thousand", "两万"),
        ("number", "120000", "one hundred twenty thousand", "十二万"),
        ("number", "1000200", "one million two hundred", "一百万零二百"),
        ("number", "200000000", "two hundred million", "两亿"),
        ("number", "-7.05", "minus seven point zero five", "负七点零五"),
        ("number", "-0", "zero", "零"),
        ("ordinal", "1", "first", "第一"),
        ("ordinal", "2", "second", "第二"),
        ("ordinal", "12", "twelfth", "第十二"),
        ("ordinal", "23", "twenty third", "第二十三"),
        ("ordinal", "30", "thirtieth", "第三十"),
        ("ordinal", "100", "one hundredth", "第一百"),
        ("digits", "0123", "zero one two three", "零一二三"),
        ("digits", "123456", "one two three, four five six", "一二三四五六"),
        ("digits", "12*#", "one two star pound", "一二星号井号"),
        ("telephone", "+1 555 0100", "plus one, five five five, zero one zero zero", "加幺，五五五，零幺零零"),
        (
            "telephone",
            "1-800-555-0199",
            "one, eight zero zero, five five five, zero one nine nine",
            "幺，八零零，五五五，零幺九九",
        ),
        (
            "telephone",
            "13900001111",
            "one, three nine zero, zero zero zero, one one one one",
            "幺三九，零零零零，幺幺幺幺",
        ),
        ("telephone", "9000", "nine zero zero zero", "九零零零"),
        ("date", "20260312", "March twelfth, twenty twenty six", "二零二六年三月十二日"),
        ("date", "2005-10-01", "October first, two thousand five", "二零零五年十月一日"),
        ("date", "19050131", "January thirty first, nineteen oh five", "一九零五年一月三十一日"),
        ("date", "2000-02-29", "February twenty ninth, two thousand", "二零零零年二月二十九日"),
        ("time", "15:30", "three thirty P.M.", "下午三点三十分"),
        ("time", "020500", "two oh five A.M.", "凌晨两点零五分"),
        ("time", "12:00", "noon", "中午十二点整"),
        ("time", "00:00:00", "midnight", "凌晨零点整"),
        ("time", "09:00", "nine A.M.", "上午九点整"),
        ("time", "20:15:01", "eight fifteen and one second P.M.", "晚上八点十五分一秒"),
        ("position", "1", "You are number one in the queue.", "您在队列中排在第一位。"),
        ("position", "12", "You are number twelve in the queue.", "您在队列中排在第十二位。"),
        ("position", "102", "You are number one hundred two in the queue.", "您在队列中排在第一百零二位。"),
    ],
)
def test_values(kind: str, value: str, english: str, chinese: str) -> None:
    assert say(kind, value, "en") == english
    assert say(kind, value, "zh") == chinese


@pytest.mark.parametrize(
    ("value", "currency", "english", "chinese"),
    [
        (
            "1249.99",
            "USD",
            "one thousand two hundred forty nine dollars and ninety nine cents",
            "一千二百四十九点九九美元",
        ),
        ("1", "USD", "one dollar", "一美元"),
        ("0.01", "GBP", "one penny", "零点零一英镑"),
        ("2", "EUR", "two euros", "两欧元"),
        ("0", "EUR", "zero euros", "零欧元"),
        ("12.5", "CNY", "twelve yuan and fifty fen", "十二元五角"),
        ("12.05", "CNY", "twelve yuan and five fen", "十二元零五分"),
        ("2.22", "CNY", "two yuan and twenty two fen", "两元两角两分"),
        ("0.5", "CNY", "fifty fen", "五角"),
        ("-3", "CNY", "minus three yuan", "负三元"),
        ("3", "XYZ", "three X Y Z", "三 X Y Z"),
    ],
)
def test_money(value: str, currency: str, english: str, chinese: str) -> None:
    assert say("money", value, "en", currency) == english
    assert say("money", value, "zh", currency) == chinese


def test_money_without_a_currency_is_the_languages_own() -> None:
    assert say("money", "5", "en") == "five dollars"
    assert say("money", "5", "zh") == "五元"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call 1-800-555-0199 now.", "Call one, eight zero zero, five five five, zero one nine nine now."),
        (
            "Since 2026-03-12 you owe $1,249.99 by 3:30 PM.",
            "Since March twelfth, twenty twenty six you owe $1,249.99 by 3:30 PM.",
        ),
        ("Press 1 or 2, room 4711.", "Press 1 or 2, room 4711."),
        ("The date 2026-13-99 is none.", "The date 2026-13-99 is none."),
    ],
)
def test_english_text(text: str, expected: str) -> None:
    assert normalise((Text(text=text),), "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您的卡尾号是6789。", "您的卡尾号是六七八九。"),
        ("2026年3月12日15:30", "二零二六年三月十二日下午三点三十分"),
        ("余额¥1,249.99", "余额一千二百四十九元九角九分"),
        ("还有2位客户，约10分钟", "还有两位客户，约十分钟"),
        ("请拨13900001111", "请拨幺三九，零零零零，幺幺幺幺"),
        ("气温-5.5度", "气温负五点五度"),
        ("按1键", "按一键"),
        ("日期2026-03-12", "日期二零二六年三月十二日"),
    ],
)
def test_chinese_text(text: str, expected: str) -> None:
    assert normalise((Text(text=text),), "zh") == expected


def test_pieces_make_one_utterance() -> None:
    pieces = (Text(text="Your number is "), SayAs(kind="digits", value="42"), Text(text=".\n Thank\x07 you."))
    assert normalise(pieces, "en") == "Your number is four two . Thank you."


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "abc"),
        ("number", ""),
        ("number", "1."),
        ("number", "1" * 16),
        ("ordinal", "-1"),
        ("ordinal", "1.5"),
        ("digits", " "),
        ("telephone", "+"),
        ("date", "20260230"),
        ("date", "tomorrow"),
        ("time", "25:00"),
        ("time", "9"),
        ("position", "0"),
        ("money", "five"),
    ],
)
def test_bad_values(kind: str, value: str) -> None:
    for language in ("en", "zh"):
        with pytest.raises(BadValue):
            say(kind, value, language)


def test_nothing_to_say_and_too_much_are_refused() -> None:
    for text in ("", " \n", "...", "x" * 4097):
        with pytest.raises(BadValue):
            normalise((Text(text=text),), "en")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789 -+()., :年¥号ab", max_size=60), st.sampled_from(["en", "zh"]))
def test_any_text_is_normalised_or_refused(text: str, language: str) -> None:
    try:
        words = normalise((Text(text="a" + text),), language)  # type: ignore[arg-type]
    except BadValue:
        return
    if language == "zh":
        assert not any(char.isdecimal() for char in words)


def test_languages() -> None:
    assert [language_of(tag) for tag in ("en_US", "en-GB", "zh_CN", "cmn", "fr_FR", "")] == [
        "en",
        "en",
        "zh",
        "zh",
        None,
        None,
    ]
