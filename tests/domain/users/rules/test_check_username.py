"""What may be a username."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.domain.users.rules.username import check_username, username_key
from doorward.domain.users.settings import UsersSettings
from doorward.kernel.problem import InvalidInput

ASCII = UsersSettings()
UNICODE = UsersSettings(username_unicode=True)


def refusal(text: str, policy: UsersSettings = ASCII) -> str:
    with pytest.raises(InvalidInput) as refused:
        check_username(text, policy)
    (error,) = refused.value.errors
    assert error.pointer == "/username"
    assert error.detail
    return error.code


@pytest.mark.parametrize("name", ["jane", "j.d", "0cool", "a-b_c.d", "x" * 32, "123", "trailing.", "a..b", "maria"])
@pytest.mark.parametrize("policy", [ASCII, UNICODE])
def test_takes_a_plain_name(name, policy):
    assert check_username(name, policy) == (name, name)


def test_lower_cases_name_and_key():
    assert check_username(" Jane.DOE ", ASCII) == ("jane.doe", "jane.doe")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "username-too-short"),
        ("ab", "username-too-short"),
        ("x" * 33, "username-too-long"),
        ("x" * 10_000, "username-too-long"),
        (".jane", "username-start"),
        ("_jane", "username-start"),
        ("-jane", "username-start"),
        ("jane doe", "username-characters"),
        ("jane\x00", "username-characters"),
        ("jane\ud800", "username-characters"),
        ("jane\u200b", "username-characters"),
        ("jane+1", "username-characters"),
        ("m\u00fcnchen", "username-characters"),
        ("j\u0430ne", "username-characters"),
        ("@jane", "username-like-email"),
        ("jane@example.com", "username-like-email"),
        ("jane\uff20example", "username-like-email"),
        ("jane-at-example.com", "username-like-email"),
        ("jane_at_example_dot_com", "username-like-email"),
        ("jane.gmail.com", "username-like-email"),
        ("gmail.com", "username-like-email"),
        ("usr_01h455vb4pex5vsknk084sn02q", "username-like-id"),
    ],
)
def test_names_the_rule_that_a_name_breaks(name, code):
    assert refusal(name) == code


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "Root",
        "support",
        "security",
        "sign-in",
        "console",
        "account",
        "well-known",
        "no-reply",
        "doorward",
        "api",
        "oauth2",
    ],
)
def test_refuses_a_reserved_word(name):
    assert refusal(name) == "username-reserved"
    assert refusal(name, UNICODE) == "username-reserved"


@pytest.mark.parametrize(
    "name", ["adm1n", "4dmin", "4dm1n", "r00t", "r.o.o.t", "su-pp_ort", "supp0rt", "5upport", "1ogin", "log1n", "he1p"]
)
def test_refuses_a_reserved_word_in_disguise(name):
    assert refusal(name) == "username-reserved"


@pytest.mark.parametrize(
    "name",
    [
        "\u00e4dmin",
        "root\u0301",
        "\uff41\uff44\uff4d\uff49\uff4e",
        "\u0441\u0435\u043e",  # ceo in Cyrillic letters
        "\u0442\u043e\u043a\u0435\u043f",  # token in Cyrillic letters
        "\u0438\u0455\u0435\u0433",  # user in Cyrillic letters
    ],
)
def test_refuses_a_reserved_word_in_letters_that_look_alike(name):
    assert refusal(name, UNICODE) == "username-reserved"


@pytest.mark.parametrize("name", ["administer", "rooted", "admin.jane", "supporter7", "jane1", "badminton"])
def test_takes_a_name_that_only_contains_a_reserved_word(name):
    assert check_username(name, ASCII).key == name


def test_refuses_the_words_that_the_operator_reserves():
    policy = UsersSettings(reserved_usernames_extra=["Acme-Corp", " board2 "])
    assert [refusal(name, policy) for name in ("acme.corp", "4cmecorp", "board2")] == ["username-reserved"] * 3
    assert check_username("acmecorp", ASCII).key == "acmecorp"


@pytest.mark.parametrize(
    ("typed", "shown", "key"),
    [
        ("M\u00fcnchen", "m\u00fcnchen", "m\u00fcnchen"),
        ("Stra\u00dfe", "stra\u00dfe", "strasse"),
        ("\u0418\u0432\u0430\u043d", "\u0438\u0432\u0430\u043d", "\u0438\u0432\u0430\u043d"),
        ("\u7530\u4e2d\u3055\u3093", "\u7530\u4e2d\u3055\u3093", "\u7530\u4e2d\u3055\u3093"),
        ("\uae40\ucca0\uc218", "\uae40\ucca0\uc218", "\uae40\ucca0\uc218"),
        ("\uff2a\uff21\uff2e\uff25", "jane", "jane"),
        ("jose\u0301", "jos\u00e9", "jos\u00e9"),
        ("\u0628\u0647\u0627\u0631_1", "\u0628\u0647\u0627\u0631_1", "\u0628\u0647\u0627\u0631_1"),
    ],
)
def test_takes_a_name_of_one_script_where_unicode_is_allowed(typed, shown, key):
    assert check_username(typed, UNICODE) == (shown, key)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("j\u0430ne", "username-mixed-scripts"),
        ("jane\u7530", "username-mixed-scripts"),
        ("\u0430\u03b2\u03b3", "username-mixed-scripts"),
        ("jane\u2603", "username-characters"),
        ("jane doe", "username-characters"),
        ("jane\u200d", "username-characters"),
        ("jane\u202edoe", "username-characters"),
        ("jane\ud800", "username-characters"),
        ("jane!", "username-characters"),
        ("\u0301jane", "username-start"),
        ("\u7530\u4e2d", "username-too-short"),
        ("\u7530" * 33, "username-too-long"),
        ("", "username-too-short"),
    ],
)
def test_names_the_rule_that_a_unicode_name_breaks(name, code):
    assert refusal(name, UNICODE) == code


@given(st.text(st.characters(), max_size=40) | st.from_regex(r"[\w.\-]{3,12}", fullmatch=True))
@settings(deadline=None, max_examples=300)
def test_finds_every_accepted_name_by_what_was_typed(text):
    for policy in (ASCII, UNICODE):
        try:
            name = check_username(text, policy)
        except InvalidInput:
            continue
        assert username_key(text) == name.key == username_key(name.display)
        assert check_username(name.display, policy) == name


@given(st.text("abcdefgXYZ0189._-@ ", max_size=40))
@settings(deadline=None, max_examples=300)
def test_judges_ascii_names_alike_under_both_policies(text):
    answers = []
    for policy in (ASCII, UNICODE):
        try:
            answers.append(check_username(text, policy))
        except InvalidInput as problem:
            answers.append([error.code for error in problem.errors])
    assert answers[0] == answers[1]
