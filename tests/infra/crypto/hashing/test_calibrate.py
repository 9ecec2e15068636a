"""Finding the cost that fits the machine."""

from __future__ import annotations

from doorward.infra.crypto.hashing import HashingSettings, Measurement, calibrate


def test_never_goes_below_the_floor_however_short_the_target():
    found = calibrate(0.000001)
    assert (found.memory_kib, found.passes) == (19456, 2)
    assert found.seconds > 0.000001


def test_raises_the_memory_and_stays_below_the_target():
    seen: list[Measurement] = []
    target = calibrate(0).seconds * 3
    found = calibrate(target, report=seen.append)
    assert found in seen
    assert found.seconds <= target or (found.memory_kib, found.passes) == (19456, 2)
    assert found.memory_kib * found.passes == max(
        each.memory_kib * each.passes for each in seen if each.seconds <= target or each is seen[0]
    )


def test_raises_the_passes_once_the_memory_is_at_its_ceiling():
    target = calibrate(0).seconds * 4
    found = calibrate(target, memory_ceiling_kib=19456)
    assert found.memory_kib == 19456
    assert found.passes > 2


def test_its_result_is_accepted_as_settings():
    found = calibrate(0.05)
    HashingSettings(argon2_memory_kib=found.memory_kib, argon2_time=found.passes)
