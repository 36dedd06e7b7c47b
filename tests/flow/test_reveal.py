"""What a reveal shows, and what of the votes was missed while the bot was away."""

import dataclasses

import pytest

from bot.domain.session import Ballot, Guess, Phase, Round, Session, Settings, Slot
from bot.flow.reveal import heard, known_best, missed, season_table, shown, submitter
from bot.flow.session import start
from bot.flow.session_events import Actor, Unvote, Vote

ADA = Actor(1)
GUILD, CHANNEL, T = 99, 7, 1_800_000_000


@pytest.mark.parametrize(("ballot", "digits", "then"), [
    (None, [], None),
    (None, [4], ("vote", 4)),
    (None, [4, 6], ("vote", 6)),
    (Ballot(4, by_reaction=True), [4], None),
    (Ballot(4, by_reaction=True), [4, 9], None),
    (Ballot(4, by_reaction=True), [9], ("vote", 9)),
    (Ballot(4, by_reaction=True), [], ("unvote", None)),
    (Ballot(4), [], None),
    (Ballot(4), [9], None),
])  # fmt: skip
def test_what_was_missed(ballot: Ballot | None, digits: list[int], then: tuple[str, int | None] | None):
    found = missed(Round(1, 5, T, T, ballots={1: ballot} if ballot else {}), {1: digits}, T)
    said = [("vote", event.stars) if isinstance(event, Vote) else ("unvote", None) for event in found]
    assert said == ([then] if then else [])
    assert all(isinstance(event, Vote | Unvote) for event in found)


def revealed(hidden: bool = True, phase: Phase = Phase.REVEAL) -> Session:
    rounds = (
        Round(1, 10, T, T, 1, closed_at=T, ballots={2: Ballot(8), 3: Ballot(9)}, expected={2: Guess(6), 3: Guess(6.2)}),
        Round(2, 11, T, T, 2, closed_at=T, ballots={1: Ballot(4)}, expected={1: Guess(4.5), 3: Guess(1)}),
        Round(3, 12, T, T, 3, closed_at=T),
    )
    session = start(GUILD, CHANNEL, ADA, Settings("x", hidden=hidden, theme="rain"), T)
    return dataclasses.replace(session, phase=phase, rounds=rounds, slots=(Slot(10),))


def test_expected_and_given():
    first, _, third = (heard(round_) for round_ in revealed().rounds)
    assert (first.expected, first.given, first.votes) == (pytest.approx(6.1), 8.5, 2)
    assert (third.expected, third.given, third.votes) == (None, None, 0)


def test_whose_taste_was_predicted_best():
    assert [(known.listener_id, known.error) for known in known_best(revealed())] == [
        (1, 0.5), (2, 2.0), (3, pytest.approx(2.8))]  # fmt: skip


def test_votes_are_hidden_until_the_reveal_and_submitters_always():
    for hidden in (True, False):
        early = revealed(hidden, Phase.RATING)
        assert (shown(early, 1) is None) is hidden
        assert submitter(early, 1) is None
    assert set(shown(revealed(), 1) or ()) == {2, 3}
    assert submitter(revealed(), 1) == 1


def test_the_table_of_a_season():
    table = season_table([revealed(), revealed()])
    assert [(line.listener_id, line.points, line.tracks, line.best) for line in table] == [
        (1, 17.0, 2, 8.5), (2, 8.0, 2, 4.0)]  # fmt: skip
    assert table[0].surprise == pytest.approx(2.4)
    assert season_table([]) == []
