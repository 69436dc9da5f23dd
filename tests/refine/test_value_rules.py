"""Rules that bring values into one form, by what they are learned from."""

from __future__ import annotations

import pytest

from tagkit.refine.value_rules import ValuePair, apply, learn


def rules(*pairs, category=""):
    return learn([ValuePair(category, raw, normal) for raw, normal in pairs])


def test_names_are_learned_and_their_category_counts():
    pairs = [
        ValuePair("IT", "HP", "Hewlett-Packard"),
        ValuePair("IT", "hp", "Hewlett-Packard"),
        ValuePair("Food", "HP", "HP Sauce"),
    ]
    learned = learn(pairs * 3)
    assert apply(learned, "IT", "Hp") == "Hewlett-Packard"
    assert apply(learned, "Food", "HP") == "HP Sauce"


def test_identifiers_lose_their_hyphens_and_others_stay():
    learned = rules(*((f"{number}-B{number % 7}", f"{number}B{number % 7}") for number in range(100, 130)))
    assert apply(learned, "", "644172-B21") == "644172B21"
    learned = rules(*((word, word) for word in ("steel", "gold", "14k rose gold", "high-carbon", "wood", "silver")))
    assert apply(learned, "", "stainless-steel") == "stainless-steel"


@pytest.mark.parametrize(
    ("pairs", "raw", "normal"),
    [
        ([(f"{n} ports", str(n)) for n in range(2, 9)], "24 ports", "24"),
        ([(f"{n}.2K RPM", f"{n}200") for n in range(2, 9)], "15K RPM", "15000"),
        ([(f"G{n}", f"Generation {n}") for n in range(1, 8)], "G9", "Generation 9"),
        ([(f"{n} x {m}GB", f"{n * m} Gigabytes") for n in (2, 4, 6) for m in (4, 8)], "2 X 16GB", "32 Gigabytes"),
        ([(f"{n}/Box", str(n)) for n in range(10, 60, 7)], "500 sheets per ream", "500"),
        ([(f"0{n}", str(n)[:5]) for n in range(12345678, 12999999, 90001)], "073852058710", "73852"),
    ],
)
def test_numbers_and_what_stands_around_them(pairs, raw, normal):
    assert apply(rules(*pairs), "", raw) == normal


def test_a_closed_list_gives_the_nearest_known_value():
    fibre, scsi = "Fibre Channel Interfaces", "SCSI Interfaces"
    pairs = [("FC fibre channel", fibre), ("Fibre Channel", fibre), ("fiber channel", fibre), ("dual fibre", fibre)]
    pairs += [("Ultra3 SCSI", scsi), ("SCSI", scsi), ("wide scsi", scsi), ("LVD/SE SCSI", scsi)]
    learned = rules(*pairs * 2)
    assert apply(learned, "", "Ultra320 SCSI") == scsi
    assert apply(learned, "", "2Gb fibre-channel") == fibre


def test_without_pairs_nothing_changes():
    assert learn([]) == [] and apply([], "", "12 Inch") == "12 Inch"
