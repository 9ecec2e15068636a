"""Which passwords may be chosen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorward.domain.methods.password.common_passwords import COMMON
from doorward.domain.methods.password.rules import check_password, shortest
from doorward.domain.methods.password.settings import PasswordSettings
from doorward.domain.methods.password.strength import estimate
from doorward.kernel.problem import InvalidInput

BALANCED = PasswordSettings()
NIST = PasswordSettings(policy="nist")
COMPOSITION = PasswordSettings(policy="composition")
ALL = [BALANCED, NIST, COMPOSITION]
JANE = ("Jane.Doeman@Example.com", "jdoeman77", "Jane Doeman")
# Takes any length and is never weak: no two neighbors of it follow any pattern.
SEED = "\u7530v7$Kq\u00e9Zp2!\u03b4Xw9#Bm\u0416t4&Hy" * 6


def refusals(password: str, policy: PasswordSettings = BALANCED, **options) -> list[str]:
    found = ()
    try:
        check_password(password, policy, **options)
    except InvalidInput as problem:
        found = problem.errors
    assert all(error.pointer == "/password" and error.detail for error in found)
    return [error.code for error in found]


@pytest.mark.parametrize(
    "password",
    ["purple-Tractor9 sings", "h7$kQp2!zz", "mein K\u00fcrbis tanzt nachts um vier", SEED[:8], "xK9$mQ2v", SEED[:128]],
)
def test_takes_a_good_password(password):
    assert refusals(password, personal=JANE) == []


@pytest.mark.parametrize(
    ("policy", "second_factor_required", "fewest"),
    [
        (BALANCED, False, 8),
        (BALANCED, True, 8),
        (NIST, False, 15),
        (NIST, True, 8),
        (COMPOSITION, False, 12),
        (PasswordSettings(policy="composition", composition_min_length=20), True, 20),
    ],
)
def test_holds_each_policy_to_its_lengths(policy, second_factor_required, fewest):
    options = {"second_factor_required": second_factor_required}
    assert shortest(policy, **options) == fewest
    assert refusals(SEED[: fewest - 1], policy, **options)[0] == "password-too-short"
    assert refusals(SEED[:fewest], policy, **options) == []
    assert refusals(SEED[:128], policy, **options) == []
    assert refusals(SEED[:129], policy, **options) == ["password-too-long"]


def test_raises_the_floor_when_the_second_factor_goes():
    assert refusals(SEED[:10], NIST, second_factor_required=True) == []
    assert refusals(SEED[:10], NIST, second_factor_required=False) == ["password-too-short"]


def test_counts_code_points_after_normalizing():
    decomposed = "e\u0301" * 4
    assert refusals(decomposed) == ["password-too-short"]
    assert refusals("\ufb03" * 3) != ["password-too-short"], "one ligature counts as its three letters"
    assert refusals("\U0001f468" * 7) == ["password-too-short"]


def test_refuses_a_huge_password_without_working_on_it():
    assert refusals("\ufdfa" * 10_000_000) == ["password-too-long"]


@pytest.mark.parametrize(
    "password", ["purple\x00Tractor9 sings", "purple\ud800Tractor9 sings", "\udfffpurple Tractor9 sings"]
)
def test_refuses_what_cannot_be_hashed_as_text(password):
    assert refusals(password) == ["password-characters"]


@pytest.mark.parametrize(
    "password",
    [
        "  purple Tractor9 sings  ",
        "purple\tTractor9\nsings",
        "\U0001f98a\U0001f4a1\u2603 \u00bfqu\u00e9 tal hoy? \U0001f98a",
    ],
)
@pytest.mark.parametrize("policy", [BALANCED, NIST])
def test_takes_spaces_and_every_script(password, policy):
    assert refusals(password, policy) == []


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Password1",
        "P@ssw0rd",
        "123456789",
        "qwertyuiop",
        "iloveyou",
        "trustno1",
        "1qaz2wsx",
        "sunshine",
        "football",
        "superman",
        "letmein1",
        "changeme",
        "baseball1",
        "11111111",
        "abcdefgh",
        "drowssap",
    ],
)
def test_refuses_well_known_passwords(password):
    assert refusals(password) == ["password-common"]
    assert refusals(password, NIST, second_factor_required=True) == ["password-common"]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "Correct-Horse-Battery-Staple",
        "The quick brown fox jumps over the lazy dog!",
        "qwertyuiopasdfghjkl",
        "passwordpassword",
        "123456789012345",
        "aaaaaaaaaaaaaaa",
        "1q2w3e4r5t6y7u8i9o0p",
    ],
)
@pytest.mark.parametrize("policy", [BALANCED, NIST])
def test_refuses_long_well_known_passwords(password, policy):
    assert refusals(password, policy) == ["password-common"]


def test_refuses_well_known_passwords_that_have_every_class():
    assert refusals("Password1!", PasswordSettings(policy="composition", composition_min_length=8)) == [
        "password-common"
    ]


@pytest.mark.parametrize("policy", [BALANCED, NIST])
def test_takes_a_long_phrase_with_a_well_known_word_in_it(policy):
    assert refusals("my password hides under the third lantern", policy) == []
    assert refusals("correct horse battery staple under a lantern", policy) == []


@pytest.mark.parametrize("word", sorted(COMMON))
def test_lists_well_known_passwords_as_they_are_compared(word):
    assert re.fullmatch("[a-z0-9]{8,}", word)
    assert refusals(word) == ["password-common"]


@pytest.mark.parametrize("password", ["Sunshine2024!", "Winter2025!", "zaq12wsxcd9", "Summer-2024"])
def test_refuses_a_weak_password_with_advice(password):
    with pytest.raises(InvalidInput) as refused:
        check_password(password, BALANCED)
    (error,) = refused.value.errors
    assert error.code == "password-weak"
    assert "Add another word or two." in error.detail
    assert password not in error.detail


def test_leaves_strength_to_length_under_nist():
    assert refusals("Sunshine2024!!!", NIST) == []


@pytest.mark.parametrize(
    "password",
    [
        "Jane.Doeman",
        "janedoeman1990",
        "naMeod-enaj",
        "JDoeman77!",
        "jane.doeman@example.com",
        "example.com/jane",
        "Doeman#2026",
        "d\u006feman-4$x",
    ],
)
def test_refuses_a_password_made_of_the_users_own_data(password):
    assert refusals(password, personal=JANE) == ["password-similar"]


def test_takes_the_users_name_within_a_long_phrase():
    assert refusals("jane keeps seven purple tractors", personal=JANE) == []


@pytest.mark.parametrize("policy", [NIST, COMPOSITION])
def test_compares_own_data_as_a_whole_under_the_other_policies(policy):
    loose = policy.model_copy(update={"composition_upper": False, "composition_digit": False})
    assert refusals("Jane.Doeman@Example.COM", loose, personal=JANE) == ["password-similar"]
    assert refusals("Jane.Doeman@Example.COM-42-tulips", loose, personal=JANE) == []


@pytest.mark.parametrize("own", ["", " ", "@", "ann", "\ud800", "\x00\x00", "x" * 100_000])
def test_bears_any_own_data(own):
    assert refusals("purple-Tractor9 sings", personal=[own]) == []


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("PURPLE-TRACTOR9 SINGS", ["password-needs-lower"]),
        ("purple-tractor9 sings", ["password-needs-upper"]),
        ("purple-Tractor sings", ["password-needs-digit"]),
        ("purple Tractor9 sings", ["password-needs-symbol"]),
        ("purple", ["password-too-short", "password-needs-upper", "password-needs-digit", "password-needs-symbol"]),
        ("P\u00fcrple-Tr\u00e4ctor\u0669 sings", []),
    ],
)
def test_names_every_class_that_is_missing(password, missing):
    assert refusals(password, COMPOSITION) == missing


@pytest.mark.parametrize("name", ["lower", "upper", "digit", "symbol"])
def test_requires_only_the_classes_that_are_set(name):
    every_other = {f"composition_{each}": each == name for each in ("lower", "upper", "digit", "symbol")}
    policy = PasswordSettings(policy="composition", **every_other)
    assert refusals("\u7530\u4e2d\u3055\u3093\u306e\u9752\u3044\u81ea\u8ee2\u8eca\u304c\u98db\u3076", policy) == [
        f"password-needs-{name}"
    ]


def test_estimates_own_words_as_guessed_first():
    stranger, friend = estimate("quibbleforth"), estimate("quibbleforth", ["quibbleforth"])
    assert friend.guesses < stranger.guesses
    assert friend.advice


@given(
    st.text(st.characters(), max_size=140) | st.text("19580/-. \u0661\u00b2\u2160", max_size=40),
    st.lists(st.text(max_size=20), max_size=3),
)
@settings(deadline=None, max_examples=300)
def test_never_fails_otherwise_than_by_refusing(password, personal):
    for policy in ALL:
        with_second = refusals(password, policy, personal=personal, second_factor_required=True)
        alone = refusals(password, policy, personal=personal)
        assert bool(alone) >= bool(with_second)
