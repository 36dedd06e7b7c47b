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
│   ├── PermissionUnreadable no key of the operator's opens the member's permission
│   ├── Disconnected         the member ended the connection while it was made or used; nothing is kept
│   ├── WriteUnfinished      a playlist was written in part, or nobody knows how far
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
│   ├── ThreadLocked         only who manages threads may speak in this one
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
├── DatabaseGone             its file was moved, deleted or replaced while the program runs
├── NotSealed                a backup is not sealed, though the operator has keys
├── NoBackup                 there is no such backup, or no database where one is named
├── BadBackup                a backup is damaged, or none of ours
│   └── BadDatabase          the database itself is
├── FileStands               a file would be replaced, which nobody allowed
├── Unwritable               an operator's file or folder cannot be written
├── TokenRefused             Discord does not know the token
├── DiscordUnreachable       no connection to Discord at the start
├── WrongKey                 sealed with another key, or changed since
├── BadSeal                  a sealed file was cut, changed, or put together from others
├── NotRunning               no bot answers on this port
├── PortInUse                another program has the port
├── FolderUnusable           the data folder cannot be made or written
├── FolderInUse              another instance owns the data folder
├── LockUnsupported          the data folder's filesystem cannot keep a second instance off
├── NewerDatabase            the file was written by a later version
├── ExtraMissing             a setting needs a package that is not installed
└── NotConfigured            an operator's setting is missing

Errors carry values, not prose: `cogs/ui/text_errors.py` says them.
"""

from bot.domain.errors.audio import (
    AudioDamaged,
    AudioError,
    AudioTooLarge,
    AudioTooLong,
    AudioTooShort,
    AudioUnfetched,
    AudioUnusual,
    NoSound,
    NotAudio,
)
from bot.domain.errors.base import EarmarkError
from bot.domain.errors.files import (
    EmptyFile,
    FileTooLarge,
    FileUnfetched,
    LinkError,
    LinkNotSupported,
    NoTracks,
    UnreadableFile,
)
from bot.domain.errors.members import (
    Busy,
    ErasedMeanwhile,
    FileTooSlow,
    Interrupted,
    NotConfirmed,
    NothingStored,
    TookTooLong,
    TooMuchStored,
    TooOften,
)
from bot.domain.errors.operator import (
    BadSeal,
    DiscordUnreachable,
    ExtraMissing,
    FileStands,
    FolderInUse,
    FolderUnusable,
    LockUnsupported,
    NotConfigured,
    NotRunning,
    PortInUse,
    TokenRefused,
    Unwritable,
    WrongKey,
)
from bot.domain.errors.ratings import (
    NoPlaylist,
    NothingToRate,
    NothingToUndo,
    NotYourCard,
    UnknownPlaylist,
    UnknownTrack,
)
from bot.domain.errors.session import (
    AllVetoed,
    AlreadyPlayed,
    BadSetting,
    GroupError,
    MissingPermissions,
    NoCandidates,
    NoMoreRounds,
    NoSession,
    NotInServer,
    NotInSession,
    NotPlayable,
    NotTheHost,
    NotThemed,
    OwnTrack,
    RoundClosed,
    RoundOpen,
    SessionError,
    SessionRunning,
    ThreadLocked,
    TooEarly,
    TooFewMembers,
    UnknownRound,
    UnknownSlot,
    VetoSpent,
    WrongPhase,
)
from bot.domain.errors.spotify import (
    AppRefused,
    BadState,
    CodeRefused,
    ConnectFirst,
    ConnectionGone,
    Declined,
    Disconnected,
    NoKeys,
    NoRedirect,
    NoSpotify,
    NothingThere,
    NotOnSpotify,
    NotOnTheList,
    PermissionUnreadable,
    PlaylistClosed,
    ShortLink,
    SpotifyBusy,
    SpotifyDown,
    SpotifyError,
    SpotifyForbids,
    WriteUnfinished,
    WrongLink,
)
from bot.domain.errors.storage import (
    BadBackup,
    BadDatabase,
    DatabaseClosed,
    DatabaseGone,
    NewerDatabase,
    NoBackup,
    NotSealed,
    StorageBusy,
)
from bot.domain.errors.taste import (
    AllRatingsEqual,
    AllTracksAlike,
    NobodyToCompare,
    NoFeatures,
    NotSharing,
    NotTrained,
    TooFewRatings,
)

__all__ = [
    "AllRatingsEqual",
    "AllTracksAlike",
    "AllVetoed",
    "AlreadyPlayed",
    "AppRefused",
    "AudioDamaged",
    "AudioError",
    "AudioTooLarge",
    "AudioTooLong",
    "AudioTooShort",
    "AudioUnfetched",
    "AudioUnusual",
    "BadBackup",
    "BadDatabase",
    "BadSeal",
    "BadSetting",
    "BadState",
    "Busy",
    "CodeRefused",
    "ConnectFirst",
    "ConnectionGone",
    "DatabaseClosed",
    "DatabaseGone",
    "Declined",
    "Disconnected",
    "DiscordUnreachable",
    "EarmarkError",
    "EmptyFile",
    "ErasedMeanwhile",
    "ExtraMissing",
    "FileStands",
    "FileTooLarge",
    "FileTooSlow",
    "FileUnfetched",
    "FolderInUse",
    "FolderUnusable",
    "GroupError",
    "Interrupted",
    "LinkError",
    "LinkNotSupported",
    "LockUnsupported",
    "MissingPermissions",
    "NewerDatabase",
    "NoBackup",
    "NoCandidates",
    "NoFeatures",
    "NoKeys",
    "NoMoreRounds",
    "NoPlaylist",
    "NoRedirect",
    "NoSession",
    "NoSound",
    "NoSpotify",
    "NoTracks",
    "NobodyToCompare",
    "NotAudio",
    "NotConfigured",
    "NotConfirmed",
    "NotInServer",
    "NotInSession",
    "NotOnSpotify",
    "NotOnTheList",
    "NotPlayable",
    "NotRunning",
    "NotSealed",
    "NotSharing",
    "NotTheHost",
    "NotThemed",
    "NotTrained",
    "NotYourCard",
    "NothingStored",
    "NothingThere",
    "NothingToRate",
    "NothingToUndo",
    "OwnTrack",
    "PermissionUnreadable",
    "PlaylistClosed",
    "PortInUse",
    "RoundClosed",
    "RoundOpen",
    "SessionError",
    "SessionRunning",
    "ShortLink",
    "SpotifyBusy",
    "SpotifyDown",
    "SpotifyError",
    "SpotifyForbids",
    "StorageBusy",
    "ThreadLocked",
    "TokenRefused",
    "TooEarly",
    "TooFewMembers",
    "TooFewRatings",
    "TooMuchStored",
    "TooOften",
    "TookTooLong",
    "UnknownPlaylist",
    "UnknownRound",
    "UnknownSlot",
    "UnknownTrack",
    "UnreadableFile",
    "Unwritable",
    "VetoSpent",
    "WriteUnfinished",
    "WrongKey",
    "WrongLink",
    "WrongPhase",
]
