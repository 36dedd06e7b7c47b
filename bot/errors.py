"""Everything that can go wrong in a way a person can mend.

EarmarkError
├── LinkError
│   ├── EmptyFile            nothing in it
│   ├── FileTooLarge         bytes or rows over the limit
│   ├── FileUnfetched        Discord did not hand it out
│   ├── UnreadableFile       binary, or no encoding fits
│   ├── NoTracks             read, but no track was found
│   └── LinkNotSupported     a link to a service this bot cannot read
├── AudioError
│   ├── NotAudio             no wav, flac, ogg or mp3, whatever its name says
│   ├── AudioUnfetched       Discord did not hand it out
│   ├── AudioTooLarge        bytes over the limit
│   ├── AudioTooShort        less than a second; also no samples at all
│   ├── AudioTooLong         more than 15 minutes, by its header or by what comes out
│   ├── AudioUnusual         more channels or another sampling rate than can be read
│   ├── AudioDamaged         cut off, not decodable to its end, or samples that are no numbers
│   └── NoSound              silence, a constant, or a single click
├── SpotifyError             something between a member, this bot and Spotify
│   ├── NoSpotify            the operator has not set it up
│   ├── ShortLink            a shortened link: where it leads is unknown, and it is not followed
│   ├── WrongLink            a link to an artist, an episode ...: nothing to rate there
│   ├── ConnectFirst         needs the member's own account
│   ├── PlaylistClosed       somebody else's or an editorial playlist, which the app may not read
│   ├── NotOnSpotify         deleted, private or mistyped
│   ├── NothingThere         a playlist without a single song
│   ├── NotOnTheList         a new app serves five people, and this member is none of them
│   ├── SpotifyBusy          it asks to wait longer than a member would
│   ├── SpotifyDown          no usable answer, several times
│   ├── SpotifyForbids       the app may not do this at all
│   ├── ConnectionGone       the member's permission was revoked, or is half a year old
│   ├── NoKeys               tokens are kept sealed or not at all
│   ├── BadState             the way back from Spotify was not begun by this member, or too long ago
│   ├── CodeRefused          Spotify's code was used before, or is none
│   ├── Declined             the member said no on Spotify's page
│   ├── NoRedirect           what was pasted is not the address that Spotify led to
│   └── AppRefused           Spotify does not know the operator's client id or secret
├── NothingToRate            no visible track is left to rate
│   └── NoPlaylist           no playlist is linked yet
├── UnknownTrack             not among the tracks the member can see
├── UnknownPlaylist          not among the playlists the member can see
├── NotYourCard              somebody else's private card
├── NothingToUndo
├── TooFewRatings
├── AllRatingsEqual
├── AllTracksAlike           no feature tells the rated tracks apart
├── NoFeatures               none of the rated tracks has a known feature
├── NotTrained               no model stored yet
├── NothingStored            nothing is stored about this person
├── ErasedMeanwhile          the person was erased while work for them was under way
├── NotConfirmed             the word that confirms an erasure was not typed
├── NotSharing               one of the two has not allowed comparison here
├── NobodyToCompare          oneself, or a bot
├── GroupError
│   ├── NoCandidates         no member or no track to choose from
│   └── AllVetoed            somebody would get too little from every track
├── SessionError             a step that a group session does not allow now
│   ├── WrongPhase           right, but not in this phase
│   ├── NotInSession         the member has not joined
│   ├── NotTheHost           only the host, or who manages events, steers
│   ├── TooFewMembers
│   ├── SessionRunning       the channel has a session already
│   ├── NoSession            none is running here
│   ├── UnknownRound
│   ├── RoundOpen            one track at a time
│   ├── RoundClosed          its votes are final
│   ├── NoMoreRounds         all rounds of this session are played
│   ├── TooEarly             the time is not over yet
│   ├── AlreadyPlayed        each track is asked about once
│   ├── OwnTrack             a member's own submission, which the others rate
│   ├── UnknownSlot
│   ├── NotPlayable          the track was vetoed, or stands in the playlist already
│   ├── NotThemed            the session has no theme to submit a track for
│   ├── VetoSpent            one veto a member
│   ├── MissingPermissions   the bot lacks what a session needs in this channel
│   ├── NotInServer          a session needs a server, and the bot in it
│   └── BadSetting           a setting outside its range
├── TookTooLong              work that used up its time was ended
│   └── FileTooSlow          reading this file used up its processor time
├── Interrupted              the process at work was killed, twice
├── Busy                     the same work is already running for this member
├── TooMuchStored            more than one member may keep
├── TooOften                 asked for more often than is good for everybody
├── StorageBusy              the database is locked by another program, or its disk is full or failing
├── DatabaseClosed           the program is ending, and has let go of its file
├── NoBackup                 there is no such backup, or no database where one is named
├── BadBackup                a backup is damaged, or none of ours
│   └── BadDatabase          the database itself is
├── Unwritable               an operator's file or folder cannot be written
├── TokenRefused             Discord does not know the token
├── DiscordUnreachable       no connection to Discord at the start
├── WrongKey                 sealed with another key, or changed since
├── BadSeal                  a sealed file was cut, changed, or put together from others
├── NotRunning               no bot answers on this port
├── PortInUse                another program has the port
├── FolderUnusable           the data folder cannot be made or written
├── FolderInUse              another instance owns the data folder
├── NewerDatabase            the file was written by a later version
├── ExtraMissing             a setting needs a package that is not installed
└── NotConfigured            an operator's setting is missing

Errors carry values, not prose: `cogs/ui/text_errors.py` says them.
"""

from dataclasses import dataclass


class EarmarkError(Exception):
    """The root: a failure with a sentence of its own."""

    def __reduce__(self) -> tuple[type["EarmarkError"], tuple[object, ...]]:
        # Keyword arguments do not reach Exception.args, and an error may cross from a worker process.
        return type(self), tuple(vars(self).values())


class LinkError(EarmarkError):
    """A playlist could not be linked."""


@dataclass(eq=False)
class EmptyFile(LinkError):
    name: str


@dataclass(eq=False)
class FileUnfetched(LinkError):
    name: str


@dataclass(eq=False)
class FileTooLarge(LinkError):
    name: str
    size: int
    limit: int
    unit: str  # "bytes" or "rows"


@dataclass(eq=False)
class UnreadableFile(LinkError):
    name: str


@dataclass(eq=False)
class NoTracks(LinkError):
    name: str


@dataclass(eq=False)
class LinkNotSupported(LinkError):
    host: str


class AudioError(EarmarkError):
    """An audio file could not be analysed."""


@dataclass(eq=False)
class NotAudio(AudioError):
    name: str


@dataclass(eq=False)
class AudioUnfetched(AudioError):
    name: str


@dataclass(eq=False)
class AudioTooLarge(AudioError):
    name: str
    size: int  # bytes
    limit: int


@dataclass(eq=False)
class AudioTooShort(AudioError):
    name: str
    seconds: float
    least: int


@dataclass(eq=False)
class AudioTooLong(AudioError):
    name: str
    seconds: int  # as far as it was read, or as its header says
    most: int


@dataclass(eq=False)
class AudioUnusual(AudioError):
    name: str
    channels: int
    rate: int  # samples per second


@dataclass(eq=False)
class AudioDamaged(AudioError):
    name: str
    at: float | None  # seconds up to which it is sound; None: its end is missing


@dataclass(eq=False)
class NoSound(AudioError):
    name: str
    seconds: float  # in which something is heard
    least: float


class SpotifyError(EarmarkError):
    """Something between a member, this bot and Spotify."""


@dataclass(eq=False)
class NoSpotify(SpotifyError):
    pass


@dataclass(eq=False)
class ShortLink(SpotifyError):
    host: str


@dataclass(eq=False)
class WrongLink(SpotifyError):
    kind: str  # artist, episode, show, user ...


@dataclass(eq=False)
class ConnectFirst(SpotifyError):
    kind: str  # playlist, liked, top, export
    possible: bool  # whether this bot can connect accounts at all


@dataclass(eq=False)
class PlaylistClosed(SpotifyError):
    kind: str


@dataclass(eq=False)
class NotOnSpotify(SpotifyError):
    kind: str


@dataclass(eq=False)
class NothingThere(SpotifyError):
    name: str


@dataclass(eq=False)
class NotOnTheList(SpotifyError):
    pass


@dataclass(eq=False)
class SpotifyBusy(SpotifyError):
    seconds: int
    daily: bool  # the quota of the operator's account, not only too many requests at once
    done: int = 0
    total: int = 0


@dataclass(eq=False)
class SpotifyDown(SpotifyError):
    status: int  # 0: no answer, or none that can be read
    done: int = 0
    total: int = 0


@dataclass(eq=False)
class SpotifyForbids(SpotifyError):
    what: str


@dataclass(eq=False)
class ConnectionGone(SpotifyError):
    expired: bool  # half a year is over; else it was revoked


@dataclass(eq=False)
class NoKeys(SpotifyError):
    pass


@dataclass(eq=False)
class BadState(SpotifyError):
    why: str  # "unknown", "expired", "another"


@dataclass(eq=False)
class CodeRefused(SpotifyError):
    pass


@dataclass(eq=False)
class Declined(SpotifyError):
    pass


@dataclass(eq=False)
class NoRedirect(SpotifyError):
    pass


@dataclass(eq=False)
class AppRefused(SpotifyError):
    pass


@dataclass(eq=False)
class NothingToRate(EarmarkError):
    rated: int


@dataclass(eq=False)
class NoPlaylist(NothingToRate):
    rated: int = 0


@dataclass(eq=False)
class UnknownTrack(EarmarkError):
    asked: str


@dataclass(eq=False)
class UnknownPlaylist(EarmarkError):
    asked: str


@dataclass(eq=False)
class NotYourCard(EarmarkError):
    owner_id: int


class NothingToUndo(EarmarkError):
    """No verdict of this listener is left to take back."""


@dataclass(eq=False)
class TooFewRatings(EarmarkError):
    have: int
    need: int


@dataclass(eq=False)
class AllRatingsEqual(EarmarkError):
    stars: int
    count: int


@dataclass(eq=False)
class AllTracksAlike(EarmarkError):
    rated: int


@dataclass(eq=False)
class NoFeatures(EarmarkError):
    rated: int


@dataclass(eq=False)
class NotTrained(EarmarkError):
    rated: int
    need: int


@dataclass(eq=False)
class NotSharing(EarmarkError):
    listener_id: int
    yours: bool  # the one who asks has not allowed it; else the other


class NobodyToCompare(EarmarkError):
    """There is no second listener in this comparison."""


class GroupError(EarmarkError):
    """No playlist can be made for a group."""


@dataclass(eq=False)
class NoCandidates(GroupError):
    members: int
    tracks: int


@dataclass(eq=False)
class AllVetoed(GroupError):
    tracks: int
    veto: float


class SessionError(EarmarkError):
    """A step that a group session does not allow now; nothing was changed."""


@dataclass(eq=False)
class WrongPhase(SessionError):
    event: str
    phase: str
    allowed: tuple[str, ...]


@dataclass(eq=False)
class NotInSession(SessionError):
    listener_id: int


@dataclass(eq=False)
class NotTheHost(SessionError):
    host_id: int


@dataclass(eq=False)
class TooFewMembers(SessionError):
    have: int
    need: int


@dataclass(eq=False)
class SessionRunning(SessionError):
    session_id: int
    channel_id: int


@dataclass(eq=False)
class NoSession(SessionError):
    asked: int


@dataclass(eq=False)
class UnknownRound(SessionError):
    number: int


@dataclass(eq=False)
class RoundOpen(SessionError):
    number: int


@dataclass(eq=False)
class RoundClosed(SessionError):
    number: int


@dataclass(eq=False)
class NoMoreRounds(SessionError):
    rounds: int


@dataclass(eq=False)
class TooEarly(SessionError):
    seconds: int


@dataclass(eq=False)
class AlreadyPlayed(SessionError):
    track_id: int


@dataclass(eq=False)
class OwnTrack(SessionError):
    track_id: int


@dataclass(eq=False)
class UnknownSlot(SessionError):
    place: int


@dataclass(eq=False)
class NotPlayable(SessionError):
    track_id: int


class NotThemed(SessionError):
    """The session has no theme, so there is nothing to submit."""


@dataclass(eq=False)
class VetoSpent(SessionError):
    limit: int


@dataclass(eq=False)
class MissingPermissions(SessionError):
    names: tuple[str, ...]


class NotInServer(SessionError):
    """Not in a server, or the bot is installed for the user only and may not post there by itself."""


@dataclass(eq=False)
class BadSetting(SessionError):
    name: str
    low: int
    high: int


@dataclass(eq=False)
class NothingStored(EarmarkError):
    pass


class ErasedMeanwhile(EarmarkError):
    """The person was erased while this work went on, so nothing of it is kept."""


@dataclass(eq=False)
class NotConfirmed(EarmarkError):
    word: str


class TookTooLong(EarmarkError):
    """Work that used up its time was ended; nothing of it is kept."""


@dataclass(eq=False)
class FileTooSlow(TookTooLong):
    name: str


@dataclass(eq=False)
class Interrupted(EarmarkError):
    file: str = ""  # that was being read; empty for other work


@dataclass(eq=False)
class Busy(EarmarkError):
    doing: str


@dataclass(eq=False)
class TooOften(EarmarkError):
    what: str  # "link", "upload", "train", "predict", "session" or "export"
    seconds: int  # until it goes again
    whose: str  # "member" or "server"


@dataclass(eq=False)
class TooMuchStored(EarmarkError):
    what: str  # "tracks" (on playlists) or "recordings"
    limit: int


@dataclass(eq=False)
class StorageBusy(EarmarkError):
    code: int  # SQLite's


@dataclass(eq=False)
class DatabaseClosed(EarmarkError):
    pass


@dataclass(eq=False)
class NoBackup(EarmarkError):
    path: str


@dataclass(eq=False)
class BadBackup(EarmarkError):
    path: str


class BadDatabase(BadBackup):
    """The database itself is damaged, or none of ours."""


@dataclass(eq=False)
class Unwritable(EarmarkError):
    path: str  # empty where the operating system did not name it
    reason: str  # its words


class TokenRefused(EarmarkError):
    """Discord does not accept the bot's token."""


class DiscordUnreachable(EarmarkError):
    """Discord could not be reached when the bot wanted to log in."""


class WrongKey(EarmarkError):
    """None of the operator's keys opens this, or it was changed after it was sealed."""


class BadSeal(EarmarkError):
    """A sealed file is not as it was sealed: its end is missing, or parts were changed, left out or moved."""


@dataclass(eq=False)
class NotRunning(EarmarkError):
    port: int


@dataclass(eq=False)
class PortInUse(EarmarkError):
    port: int


@dataclass(eq=False)
class FolderInUse(EarmarkError):
    folder: str


@dataclass(eq=False)
class NotConfigured(EarmarkError):
    setting: str
    missing: bool = False  # not set at all; else not understood


@dataclass(eq=False)
class FolderUnusable(EarmarkError):
    folder: str


@dataclass(eq=False)
class ExtraMissing(EarmarkError):
    setting: str
    extra: str  # of this project


@dataclass(eq=False)
class NewerDatabase(EarmarkError):
    path: str
    revision: str
