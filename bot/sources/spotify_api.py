"""spotipy's client as we use it, to say what to ask; imported where a request is made, for it takes a while to load."""

from dataclasses import dataclass
from typing import Any

import spotipy


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request to the Web API that is not sent yet; `path` is relative to the API's address."""

    method: str
    path: str
    query: dict[str, str]
    payload: Any = None


class Api(spotipy.Spotify):
    """spotipy's client, of which each method returns the request that it would make.

    spotipy itself would block a thread for each, for as long as Spotify likes.
    """

    def __init__(self) -> None:
        super().__init__(auth="", requests_session=False)  # pyright: ignore[reportArgumentType] - a flag or a session

    def _internal_call(self, method: str, url: str, payload: Any, params: dict[str, Any]) -> ApiRequest:
        query = {name: str(value) for name, value in params.items() if value is not None}
        return ApiRequest(method, url, query, payload or None)

    def add_to_playlist(self, playlist_id: str, uris: list[str]) -> Any:
        """Add to a playlist's end, in the shape that Spotify describes, which spotipy's own call does not have."""
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
