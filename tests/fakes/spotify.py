"""A Spotify: its accounts service and its Web API, stateful, as a new, an old or an extended app sees it."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.faults import Server

Mode = Literal["new", "old", "extended"]
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOT_REGISTERED = "Check settings on developer.spotify.com/dashboard, the user may not be registered."
HALF_A_YEAR = 182 * 86_400


def spotify_id(number: int, kind: str = "track") -> str:
    """An id of 22 letters, the same for the same number."""
    digest = int.from_bytes(hashlib.sha256(f"{kind}{number}".encode()).digest())
    letters = ""
    for _ in range(22):
        digest, place = divmod(digest, 62)
        letters += LETTERS[place]
    return letters


def isrc(number: int) -> str:
    return f"GBTST26{number:05d}"


def track(number: int, **changes: Any) -> dict[str, Any]:
    """A track as Spotify describes it to a new app: without popularity, preview and markets."""
    track_id = spotify_id(number)
    artist = {"id": spotify_id(number % 9, "artist"), "name": f"Artist {number % 9}", "type": "artist"}
    return {
        "album": {
            "id": spotify_id(number // 10, "album"),
            "name": f"Album {number // 10}",
            "album_type": "album",
            "artists": [artist],
            "external_urls": {},
            "href": "https://api.spotify.com/v1/albums/x",
            "images": [{"url": "https://i.scdn.co/image/ab67", "height": 64, "width": 64}],
            "release_date": "2019-05-01",
            "release_date_precision": "day",
            "total_tracks": 10,
            "type": "album",
            "uri": f"spotify:album:{spotify_id(number // 10, 'album')}",
        },
        "artists": [artist],
        "disc_number": 1,
        "duration_ms": 180_000 + number,
        "explicit": False,
        "external_ids": {"isrc": isrc(number)},
        "external_urls": {"spotify": f"https://open.spotify.com/track/{track_id}"},
        "href": f"https://api.spotify.com/v1/tracks/{track_id}",
        "id": track_id,
        "is_local": False,
        "name": f"Song {number}",
        "track_number": 1,
        "type": "track",
        "uri": f"spotify:track:{track_id}",
        **changes,
    }


def local_file() -> dict[str, Any]:
    made = track(0, is_local=True, uri="spotify:local:::Mine:10", name="Mine", external_ids={})
    return {key: value for key, value in made.items() if key not in {"id", "href"}}


def episode() -> dict[str, Any]:
    common = {"description": "", "html_description": "", "explicit": False, "external_urls": {}, "images": []}
    common |= {"is_externally_hosted": False, "languages": ["en"], "href": "https://api.spotify.com/v1/x"}
    show = {**common, "copyrights": [], "id": "s", "media_type": "audio", "name": "Talks", "publisher": "x"}
    show |= {"total_episodes": 1, "type": "show", "uri": "spotify:show:s"}
    told = {**common, "type": "episode", "id": spotify_id(1, "episode"), "name": "A talk", "uri": "spotify:episode:x"}
    told |= {"duration_ms": 1, "is_playable": True, "release_date": "2026", "release_date_precision": "year"}
    return {**told, "audio_preview_url": None, "show": show}


@dataclass
class Playlist:
    id: str
    name: str
    owner: str
    entries: list[dict[str, Any] | None]
    public: bool = True
    editorial: bool = False
    snapshot: str = "snapshot-1"
    description: str = ""


@dataclass
class User:
    id: str
    listed: bool = True  # on the app's list of five
    liked: list[dict[str, Any]] = field(default_factory=list)
    top: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass
class Grant:
    """What a token stands for; no user: the app itself."""

    user: str | None
    until: float
    scope: str = ""


class FakeSpotify(Server):
    """One application and everybody around it."""

    def __init__(self, mode: Mode = "new") -> None:
        super().__init__()
        self.mode: Mode = mode
        self.client_id, self.client_secret = "client-of-the-test", "secret-of-the-test"
        self.redirects: set[str] = set()
        self.users: dict[str, User] = {}
        self.playlists: dict[str, Playlist] = {}
        self.tracks: dict[str, dict[str, Any]] = {}
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.secrets: list[str] = []  # everything that must never be seen anywhere
        self._codes: dict[str, dict[str, str]] = {}
        self.token_life = 3600

    # --- what tests arrange

    def user(self, name: str, **values: Any) -> User:
        return self.users.setdefault(name, User(name, **values))

    def catalogue(self, tracks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.tracks |= {one["id"]: one for one in tracks if "id" in one}
        return tracks

    def playlist(self, number: int, name: str, owner: str, entries: list[Any], **values: Any) -> Playlist:
        self.catalogue([one for one in entries if one and one.get("type") == "track"])
        made = Playlist(spotify_id(number, "playlist"), name, owner, entries, **values)
        self.playlists[made.id] = made
        return made

    def forget_tokens(self) -> None:
        """Let every access token expire; refresh tokens stay."""
        self.access.clear()

    def revoke(self, name: str) -> None:
        """The user removes the app on Spotify's page."""
        for tokens in (self.access, self.refresh):
            for token in [token for token, grant in tokens.items() if grant.user == name]:
                del tokens[token]

    def routes(self) -> list[web.AbstractRouteDef]:
        api = "/v1"
        return [
            web.get("/authorize", self._authorize),
            web.post("/api/token", self._token),
            *(
                web.get(f"{api}{path}", handler)
                for path, handler in (
                    ("/me", self._me),
                    ("/me/", self._me),
                    ("/me/playlists", self._own_playlists),
                    ("/me/tracks", self._liked),
                    ("/me/top/tracks", self._top),
                    ("/tracks", self._several),
                    ("/tracks/", self._several),
                    ("/tracks/{id}", self._one),
                    ("/search", self._search),
                    ("/albums/{id}", self._album),
                    ("/albums/{id}/tracks", self._album_tracks),
                    ("/albums/{id}/tracks/", self._album_tracks),
                    ("/playlists/{id}", self._playlist),
                    ("/playlists/{id}/items", self._items),
                    ("/audio-features", self._features),
                    ("/audio-features/", self._features),
                    ("/audio-features/{id}", self._one_features),
                    ("/audio-analysis/{id}", self._analysis),
                )
            ),
            web.post(f"{api}/me/playlists", self._create),
            web.post(f"{api}/playlists/{{id}}/items", self._add),
        ]

    # --- accounts

    async def _authorize(self, request: web.Request) -> web.Response:
        """The page on which a user agrees; the test's browser says who that is, or that nobody does."""
        asked = dict(request.query)
        if asked.get("client_id") != self.client_id or asked.get("redirect_uri") not in self.redirects:
            return web.Response(status=400, text="INVALID_CLIENT: Invalid redirect URI")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return web.Response(status=400, text="unsupported_response_type")
        name = request.headers.get("X-User", "")
        if name:
            code = self._secret("code")
            self._codes[code] = {**asked, "user": name}
            answer = {"code": code, "state": asked["state"]}
        else:
            answer = {"error": "access_denied", "state": asked["state"]}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        values = {key: str(value) for key, value in form.items()}
        match values.get("grant_type"):
            case "client_credentials":
                pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
                if request.headers.get("Authorization") != f"Basic {pair}":
                    return _refused("invalid_client", "Invalid client")
                return web.json_response(self._grant(None, refresh=False))
            case "authorization_code":
                return self._exchange(values)
            case "refresh_token":
                old = self.refresh.pop(values.get("refresh_token", ""), None)
                if values.get("client_id") != self.client_id:
                    return _refused("invalid_client", "Invalid client")
                if old is None:
                    return _refused("invalid_grant", "Refresh token revoked")
                if old.until < time.time():
                    return _refused("invalid_grant", "Refresh token expired")
                return web.json_response(self._grant(old.user, scope=old.scope, until=old.until))
        return _refused("unsupported_grant_type", "grant_type parameter is missing")

    def _exchange(self, values: dict[str, str]) -> web.Response:
        asked = self._codes.pop(values.get("code", ""), None)  # single-use
        if asked is None:
            return _refused("invalid_grant", "Invalid authorization code")
        verifier = hashlib.sha256(values.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(verifier).decode().rstrip("=") != asked["code_challenge"]:
            return _refused("invalid_grant", "code_verifier was incorrect")
        if values.get("redirect_uri") != asked["redirect_uri"] or values.get("client_id") != self.client_id:
            return _refused("invalid_grant", "Invalid redirect URI")
        return web.json_response(self._grant(asked["user"], scope=asked.get("scope", "")))

    def _grant(
        self, user: str | None, *, refresh: bool = True, scope: str = "", until: float | None = None
    ) -> dict[str, Any]:
        token = self._secret("BQ")
        self.access[token] = Grant(user, time.time() + self.token_life, scope)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.token_life, "scope": scope}
        if refresh:
            answer["refresh_token"] = renewing = self._secret("AQ")
            self.refresh[renewing] = Grant(user, until or time.time() + HALF_A_YEAR, scope)
        return answer

    def _secret(self, kind: str) -> str:
        made = f"{kind}{secrets.token_urlsafe(60)}"
        self.secrets.append(made)
        return made

    # --- the Web API

    def _who(self, request: web.Request, scope: str = "") -> Grant:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self.access.get(token)
        if grant is None or grant.until < time.time():
            raise _problem(401, "The access token expired")
        if grant.user is not None and self.mode == "new" and not self.user(grant.user).listed:
            raise _problem(403, NOT_REGISTERED)
        if scope and scope not in grant.scope.split():
            raise _problem(403, "Insufficient client scope") if grant.user else _problem(401, "Valid user required")
        return grant

    async def _me(self, request: web.Request) -> web.Response:
        grant = self._who(request)
        if grant.user is None:
            raise _problem(401, "Valid user authentication required")
        return web.json_response(
            {"id": grant.user, "display_name": grant.user.title(), "type": "user", "uri": f"spotify:user:{grant.user}"}
        )

    async def _liked(self, request: web.Request) -> web.Response:
        user = self.user(self._who(request, "user-library-read").user or "")
        saved = [{"added_at": "2026-01-01T00:00:00Z", "track": one} for one in user.liked]
        return web.json_response(_page(request, saved))

    async def _top(self, request: web.Request) -> web.Response:
        user = self.user(self._who(request, "user-top-read").user or "")
        return web.json_response(_page(request, user.top.get(request.query.get("time_range", "medium_term"), [])))

    async def _several(self, request: web.Request) -> web.Response:
        self._who(request)
        if self.mode != "extended":
            raise _problem(403, "Forbidden")
        return web.json_response({"tracks": [self.tracks.get(one) for one in request.query["ids"].split(",")]})

    async def _one(self, request: web.Request) -> web.Response:
        self._who(request)
        found = self.tracks.get(request.match_info["id"])
        if found is None:
            raise _problem(404, "Resource not found")
        return web.json_response(found)

    async def _search(self, request: web.Request) -> web.Response:
        self._who(request)
        query, limit = request.query["q"].lower(), int(request.query.get("limit", "5"))
        if not 1 <= limit <= 10:
            raise _problem(400, "Invalid limit")
        words = query.replace("track:", " ").replace("artist:", " ").replace('"', " ").split()
        if query.startswith("isrc:"):
            found = [one for one in self.tracks.values() if one["external_ids"].get("isrc", "").lower() == query[5:]]
        else:
            found = [one for one in self.tracks.values() if all(word in _words(one) for word in words)]
        return web.json_response({"tracks": _page(request, found, limit)})

    async def _album(self, request: web.Request) -> web.Response:
        self._who(request)
        listed = self._on_album(request)
        page = _page(request, listed, 50, offset=0)
        more = {"copyrights": [], "external_ids": {}, "genres": [], "label": "", "popularity": 0}
        return web.json_response({**self.tracks[listed[0]["id"]]["album"], **more, "tracks": page})

    async def _album_tracks(self, request: web.Request) -> web.Response:
        self._who(request)
        return web.json_response(_page(request, self._on_album(request)))

    def _on_album(self, request: web.Request) -> list[dict[str, Any]]:
        on_it = [one for one in self.tracks.values() if one["album"]["id"] == request.match_info["id"]]
        if not on_it:
            raise _problem(404, "Resource not found")
        left_out = ("album", "external_ids")
        return [{key: value for key, value in one.items() if key not in left_out} for one in on_it]

    def _visible(self, request: web.Request, *, items: bool) -> Playlist:
        grant = self._who(request)
        found = self.playlists.get(request.match_info["id"])
        if found is None or (found.editorial and self.mode != "extended"):
            raise _problem(404, "Resource not found")
        if not found.public and grant.user != found.owner:
            raise _problem(404, "Resource not found")
        if items and self.mode == "new":
            if grant.user is None:
                raise _problem(401, "Valid user authentication required")
            if grant.user != found.owner:
                raise _problem(403, "Forbidden")
        return found

    async def _playlist(self, request: web.Request) -> web.Response:
        found = self._visible(request, items=False)
        body = {
            "id": found.id,
            "name": found.name,
            "owner": {"id": found.owner, "display_name": found.owner.title(), "type": "user"},
            "public": found.public,
            "collaborative": False,
            "snapshot_id": found.snapshot,
            "type": "playlist",
            "uri": f"spotify:playlist:{found.id}",
        }
        wanted = request.query.get("fields")
        if wanted:
            body = {key: value for key, value in body.items() if key in wanted.split(",")}
        return web.json_response(body)

    async def _items(self, request: web.Request) -> web.Response:
        found = self._visible(request, items=True)
        name = "item" if self.mode == "new" else "track"
        entries = [
            {"added_at": "2026-01-01T00:00:00Z", "is_local": bool(one and one.get("is_local"))}
            | ({name: one} if one else {})
            for one in found.entries
        ]
        return web.json_response(_page(request, entries))

    async def _own_playlists(self, request: web.Request) -> web.Response:
        """What the user has made, newest first."""
        grant = self._who(request, "playlist-read-private")
        own = [one for one in reversed(self.playlists.values()) if one.owner == grant.user]
        described = [
            {"id": one.id, "name": one.name, "description": one.description, "snapshot_id": one.snapshot} for one in own
        ]
        return web.json_response(_page(request, described))

    async def _create(self, request: web.Request) -> web.Response:
        grant = self._who(request, "playlist-modify-private")
        asked = await request.json()
        made = self.playlist(
            len(self.playlists) + 500, asked["name"], grant.user or "", [], public=asked.get("public", True)
        )
        made.description = asked.get("description", "")
        body = {"id": made.id, "name": made.name, "snapshot_id": made.snapshot, "type": "playlist"}
        body["external_urls"] = {"spotify": f"https://open.spotify.com/playlist/{made.id}"}
        return web.json_response(body, status=201)

    async def _add(self, request: web.Request) -> web.Response:
        grant = self._who(request, "playlist-modify-private")
        found = self.playlists.get(request.match_info["id"])
        if found is None or found.owner != grant.user:
            raise _problem(403, "Forbidden")
        uris = (await request.json())["uris"]
        if not 1 <= len(uris) <= 100:
            raise _problem(400, "You can add a maximum of 100 tracks per request.")
        found.entries += [self.tracks[uri.rsplit(":", 1)[1]] for uri in uris]
        found.snapshot = secrets.token_hex(8)
        return web.json_response({"snapshot_id": found.snapshot}, status=201)

    # --- closed to new apps since November 2024

    async def _features(self, request: web.Request) -> web.Response:
        self._measured(request)
        asked = request.query["ids"].split(",")
        return web.json_response(
            {"audio_features": [self._values(one) if one in self.tracks else None for one in asked]}
        )

    async def _one_features(self, request: web.Request) -> web.Response:
        self._measured(request)
        return web.json_response(self._values(request.match_info["id"]))

    async def _analysis(self, request: web.Request) -> web.Response:
        self._measured(request)
        segments = [
            {"start": i * 1.0, "duration": 1.0, "pitches": [0.1 * ((i + p) % 10) for p in range(12)]}
            | {"timbre": [float(i * p) for p in range(12)], "confidence": 1.0}
            for i in range(4)
        ]
        sections = [{"start": 2.0 * i, "duration": 2.0, "key": 2 * i, "mode": i % 2} for i in range(3)]
        return web.json_response({"segments": segments, "sections": sections, "track": {"duration": 6.0}})

    def _measured(self, request: web.Request) -> None:
        self._who(request)
        if self.mode != "extended":
            raise _problem(403, "Forbidden")

    def _values(self, track_id: str) -> dict[str, Any]:
        if track_id not in self.tracks:
            raise _problem(404, "analysis not found")
        part = (sum(map(ord, track_id)) % 100) / 100
        named = dict.fromkeys(
            ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence"), part
        )
        whole = {"key": 5, "mode": 1, "loudness": -7.5, "tempo": 120.0, "time_signature": 4, "duration_ms": 180_000}
        return {**named, **whole, "id": track_id, "type": "audio_features", "uri": f"spotify:track:{track_id}"}


def _words(one: dict[str, Any]) -> str:
    return f"{one['name']} {' '.join(artist['name'] for artist in one['artists'])}".lower()


def _page(
    request: web.Request, items: list[Any], limit: int | None = None, offset: int | None = None
) -> dict[str, Any]:
    limit = limit or int(request.query.get("limit", "20"))
    offset = int(request.query.get("offset", "0")) if offset is None else offset
    if not 1 <= limit <= 50:
        raise _problem(400, "Invalid limit")
    here = f"https://api.spotify.com{request.path}?limit={limit}"
    return {
        "href": here,
        "items": items[offset : offset + limit],
        "limit": limit,
        "offset": offset,
        "total": len(items),
        "next": f"{here}&offset={offset + limit}" if offset + limit < len(items) else None,
        "previous": f"{here}&offset={offset - limit}" if offset else None,
    }


def _problem(status: int, message: str) -> web.HTTPException:
    import json

    kinds = {400: web.HTTPBadRequest, 401: web.HTTPUnauthorized, 403: web.HTTPForbidden, 404: web.HTTPNotFound}
    body = json.dumps({"error": {"status": status, "message": message}})
    return kinds[status](text=body, content_type="application/json")


def _refused(error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=400)
