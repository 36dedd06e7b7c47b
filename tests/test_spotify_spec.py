"""The check of what goes to Spotify finds what is wrong; without Spotify's document it is skipped, and says so."""

import pytest

from tests.fakes.faults import Exchange
from tests.openapi import present
from tests.spotify_spec import SpotifySpec


@pytest.fixture(scope="module")
def spec() -> SpotifySpec:
    return present(SpotifySpec.find(), "Spotify's")


def exchange(path: str, answered: object, method: str = "GET", asked: object = None, **query: str) -> Exchange:
    return Exchange(method, path, query, 200, asked, answered, at=0.0)


def test_a_good_exchange_has_no_problems(spec: SpotifySpec):
    good = exchange("/v1/me", {"id": "ada", "display_name": "Ada", "type": "user"})
    assert spec.problems([good]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        exchange("/v1/nothing/like/this", {}),
        exchange("/v1/me", {"id": 5}),
        exchange("/v1/search", {}, type="track"),  # q is missing
        exchange("/v1/search", {}, q="x", type="planet"),
    ],
)
def test_what_the_document_does_not_know_is_found(spec: SpotifySpec, wrong: Exchange):
    assert spec.problems([wrong]) != []
