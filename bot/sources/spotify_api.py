"""spotipy's client as we call it; imported where a request is made, for it takes a while to load."""

from typing import Any

import spotipy

from bot.domain.errors import NotOnTheList
from bot.sources.queue import NoAnswer, TooMany, retry_after
from bot.sources.spotify_http import Forbidden, Missing, Unauthorised

Refused = spotipy.SpotifyException


class Api(spotipy.Spotify):
    """spotipy's client, with the one call that it makes in another shape than Spotify describes."""

    def add_to_playlist(self, playlist_id: str, uris: list[str]) -> Any:
        return self._post(f"playlists/{playlist_id}/items", payload={"uris": uris})

    def own_profile(self) -> Any:
        return self._get("me")

    def measured(self, track_id: str) -> Any:
        """Audio features; spotipy's own call warns, for it is closed to new apps."""
        return self._get(f"audio-features/{track_id}")

    def several_measured(self, track_ids: list[str]) -> Any:
        return self._get("audio-features", ids=",".join(track_ids))

    def analysed(self, track_id: str) -> Any:
        return self._get(f"audio-analysis/{track_id}")


def meaning(problem: spotipy.SpotifyException) -> Exception:
    status = problem.http_status
    said = f"{problem.msg} {problem.reason}"
    match status:
        case 401:
            return Unauthorised()
        case 403 if "registered" in said:
            return NotOnTheList()
        case 403:
            return Forbidden()
        case 400 | 404:
            return Missing()
        case 429:
            daily = "QUOTA_EXCEEDED" in said
            return TooMany(retry_after((problem.headers or {}).get("Retry-After")), daily)
        case _:
            return NoAnswer(status)
