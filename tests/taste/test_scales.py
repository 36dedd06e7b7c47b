"""Values of different services are never mixed silently."""

from bot.domain.scales import common, comparable, differs, merge

FILE = ("file", {"energy": 0.1, "tempo": 100.0})
RECCO = ("reccobeats", {"energy": 0.9, "valence": 0.8, "tempo": 101.0, "key": 5.0})
AUDIO = ("audio", {"tempo": 99.0, "pitch_0": 0.5})


def test_one_source_speaks_for_all_that_is_judged():
    values, speaks = merge([FILE, RECCO])
    assert values == {"energy": 0.1, "tempo": 100.0, "key": 5.0}, "another's valence beside this energy would mislead"
    assert speaks == {"judged": "file"}
    values, speaks = merge([AUDIO, RECCO])
    assert values == {"tempo": 99.0, "pitch_0": 0.5, "energy": 0.9, "valence": 0.8, "key": 5.0}
    assert speaks == {"spectral": "audio", "judged": "reccobeats"}


def test_the_commonest_scale_is_kept_and_units_always():
    scales = common([{"judged": "file"}, {"judged": "reccobeats"}, {"judged": "reccobeats"}, {}])
    assert scales == {"judged": "reccobeats"}
    values, speaks = merge([FILE])
    assert comparable(values, speaks, scales) == {"tempo": 100.0}
    assert differs(speaks, scales)
    assert comparable(*merge([RECCO]), scales) == RECCO[1]
    assert not differs({}, scales)
    assert comparable(values, speaks, {}) == values, "a model of before knows of no scales"


def test_of_equals_the_choice_is_always_the_same():
    assert common([{"judged": "reccobeats"}, {"judged": "file"}]) == {"judged": "file"}
