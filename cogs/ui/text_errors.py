"""What the bot says when something cannot be done: each error its own sentence, and what to do next."""

from bot.domain import errors
from cogs.ui import text_spotify
from cogs.ui.text import all_rated, count, first_step, plain

DISCORD_FAILED = "Discord had trouble just now. What you saved is saved; please try the rest again in a moment."


def error(problem: errors.EarmarkError) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one case a sentence
    """Say what went wrong and what to do next."""
    match problem:
        case errors.EmptyFile():
            return f"{plain(problem.name)} is empty. Export the playlist again, or paste its songs instead."
        case errors.FileUnfetched():
            return f"{plain(problem.name)} could not be fetched from Discord. Send it again."
        case errors.FileTooLarge(unit="bytes"):
            return f"{plain(problem.name)} is too large: {problem.limit // 1_000_000} MB at most. Split it into parts."
        case errors.FileTooLarge():
            return f"{plain(problem.name)} has too many rows: {problem.limit:,} at most. Split it into parts."
        case errors.UnreadableFile():
            return (
                f"I cannot read {plain(problem.name)} as text. A CSV or JSON export, or a plain list of songs, works."
            )
        case errors.NoTracks():
            return (
                f"I found no track in {plain(problem.name)}. It needs a column with track names, or lines like "
                "`Artist - Title`."
            )
        case errors.LinkNotSupported():
            return (
                f"I cannot read links to {plain(problem.host)}. Export the playlist to a file, for example with "
                "Exportify, and upload that."
            )
        case errors.AudioError():
            return _audio_error(problem)
        case errors.FileTooSlow():
            return f"{plain(problem.name)} takes too long to read, so I stopped. Send a smaller part of it."
        case errors.TookTooLong():
            return "That took too long, so I stopped; nothing was changed. Try again, perhaps with less at once."
        case errors.Interrupted(file=""):
            return "I was interrupted at that; nothing was changed. Please try it again."
        case errors.Interrupted():
            return f"I was interrupted while I read {plain(problem.file)}. Please send it again."
        case errors.SpotifyError():
            return text_spotify.error(problem)
        case errors.NoPlaylist():
            return f"There is nothing to rate yet. {first_step()}"
        case errors.NothingToRate():
            return all_rated(problem.rated)
        case errors.UnknownTrack():
            return (
                f"I do not find “{plain(problem.asked)}” among the tracks you can see here. `/playlist list` shows "
                "what is linked."
            )
        case errors.UnknownPlaylist():
            return f"I do not find “{plain(problem.asked)}” among your playlists. `/playlist list` shows them."
        case errors.NotYourCard():
            return "This card is somebody else's. `/rate start` gives you your own."
        case errors.NothingToUndo():
            return "There is nothing left to take back."
        case errors.TooFewRatings():
            return (
                f"I need {problem.need} rated tracks whose sound is known, and have {problem.have}. "
                "`/rate start` brings more."
            )
        case errors.AllRatingsEqual():
            return (
                f"All your {problem.count} ratings are {problem.stars}, so there is no difference to learn from. "
                "Rate some that you like more or less."
            )
        case errors.AllTracksAlike():
            return (
                f"All {count(problem.rated, 'track')} that you rated sound the same to me, so nothing can be studied: "
                "rate others, or link a file with more audio features."
            )
        case errors.NoFeatures():
            return (
                f"You rated {count(problem.rated, 'track')}, but I know of none how it sounds. Link a file with audio "
                "features (Exportify's, for example) that holds them."
            )
        case errors.NotTrained():
            if problem.rated < problem.need:
                return (
                    f"I don't know you yet: {problem.rated} of {problem.need} ratings. `/rate start`, then `/retrain`."
                )
            return "I have not learned from your ratings yet. `/retrain` takes a moment; then ask me again."
        case errors.NothingStored():
            return f"I have nothing stored about you. {first_step()}"
        case errors.ErasedMeanwhile():
            return "Everything about you was erased while I was at this, so I kept nothing of it."
        case errors.NotConfirmed():
            return f"Nothing was erased: to confirm, type {problem.word} in capital letters."
        case errors.NotSharing(yours=True):
            return (
                "A comparison shows each of you some of the other's ratings, so both must allow it. You do so with "
                "`/account sharing`."
            )
        case errors.NotSharing():
            return (
                f"<@{problem.listener_id}> has not allowed comparing here, and need not. If they would like to: "
                "`/account sharing`."
            )
        case errors.NobodyToCompare():
            return "Choose another member: it takes two listeners to compare tastes."
        case errors.SessionError() | errors.GroupError():
            return _session_error(problem)
        case errors.Busy():
            return "I am at it already. One moment, please."
        case errors.TooOften():
            return too_often(problem.what, problem.seconds, problem.whose)
        case errors.TooMuchStored():
            return (
                f"I keep at most {problem.limit:,} {problem.what} for one member, and with these there would be more. "
                "`/playlist unlink` makes room."
            )
        case errors.StorageBusy():
            return "I could not save that just now. Nothing was changed; please try again."
        case errors.DatabaseClosed():
            return "I am about to restart. Nothing was changed; please try again in a minute."
        case errors.DatabaseGone():
            return "I cannot save anything: my database was moved or deleted. Whoever runs me has to restart me."
        case errors.NotSealed():
            return f"{problem.path} is not sealed, so anybody may have made it. If you trust it, add --unsealed."
        case errors.NoBackup():
            return f"There is nothing at {problem.path}. Check the path, or name the data folder with --data."
        case errors.BadDatabase():
            return (
                f"{problem.path} is damaged, or no database of mine. `earmark restore FILE` puts a backup in its place "
                "and keeps what stands there."
            )
        case errors.FileStands():
            return f"{problem.path} exists already. Choose another name, or add --overwrite to replace it."
        case errors.Unwritable():
            return f"{problem.path or 'The file'} cannot be written: {problem.reason}."
        case errors.BadBackup():
            return f"{problem.path} is damaged, or no backup of mine. Nothing was changed; try another one."
        case errors.TokenRefused():
            return "Discord does not accept this token. Copy it again from the developer portal into DISCORD_TOKEN."
        case errors.DiscordUnreachable():
            return "I cannot reach Discord. Check this machine's network, and start again."
        case errors.WrongKey():
            return "None of the keys in EARMARK_KEYS opens this. Add the key that it was sealed with."
        case errors.BadSeal():
            return "This sealed file is damaged: a part of it is missing or was changed. Try another copy."
        case errors.NotRunning():
            return f"No bot answers on port {problem.port} of this machine. Start it, or set the port that it has."
        case errors.PortInUse():
            return f"Port {problem.port} is in use. Stop what uses it, or set another one."
        case errors.FolderInUse():
            return f"Another instance is using {problem.folder}. Stop it first, or choose another folder."
        case errors.FolderUnusable():
            return (
                f"{problem.folder} cannot be used as a data folder: it is a file, or cannot be written. Take another."
            )
        case errors.NewerDatabase():
            return f"{problem.path} was written by a later version of this program. Install that one."
        case errors.ExtraMissing():
            return (
                f"{problem.setting} is set, and the package that it needs is missing. Start with "
                f"`uv run --extra {problem.extra} earmark`, or see the operator's guide in README.md."
            )
        case errors.NotConfigured():
            return f"{problem.setting} is missing or not understood. Set it and start again."
        case _:
            return unexpected("-")


def _session_error(problem: errors.SessionError | errors.GroupError) -> str:  # noqa: C901, PLR0911, PLR0912 - as above
    match problem:
        case errors.NoCandidates():
            return "There is no track to choose from. Share a playlist with this server: `/playlist share`."
        case errors.AllVetoed():
            return (
                f"All {problem.tracks:,} tracks are vetoed: each is below {problem.veto:.0f} for somebody. Lower the "
                "veto, or bring other playlists."
            )
        case errors.WrongPhase():
            return f"That does not go now: the session is {PHASES.get(problem.phase, problem.phase)}."
        case errors.NotInSession():
            return "You are not in this session. Press *Join* first."
        case errors.NotTheHost():
            return f"Only the host, <@{problem.host_id}>, or somebody who may manage events can do that."
        case errors.TooFewMembers():
            return f"A session needs {problem.need} members, and has {problem.have}. Ask somebody to press *Join*."
        case errors.SessionRunning():
            return f"A session is running in <#{problem.channel_id}> already. Finish or cancel it first."
        case errors.NoSession():
            return "This session is not here, or no longer. `/session start` opens one."
        case errors.UnknownRound():
            return f"There is no round {problem.number} in this session."
        case errors.RoundOpen():
            return f"Round {problem.number} is still open. Let it end first."
        case errors.RoundClosed():
            return f"Round {problem.number} is over; its votes are final."
        case errors.NoMoreRounds():
            return f"All {count(problem.rounds, 'round')} are played. Go on to the reveal."
        case errors.TooEarly():
            return f"There are {count(problem.seconds, 'second')} left to vote."
        case errors.AlreadyPlayed():
            return "This session has had that track already. Choose another one."
        case errors.OwnTrack():
            return "This track is your own submission: the others rate it."
        case errors.UnknownSlot():
            return f"The playlist has no slot {problem.place + 1}."
        case errors.NotPlayable():
            return "That track was vetoed, or is on the playlist already. Choose another one."
        case errors.NotThemed():
            return "This session has no theme, so no track is submitted: I choose from the playlists."
        case errors.VetoSpent():
            return f"You have used your {count(problem.limit, 'veto').replace('vetos', 'vetoes')} in this session."
        case errors.MissingPermissions():
            return f"I lack permissions in this channel: {', '.join(problem.names)}. Whoever manages it can grant them."
        case errors.ThreadLocked():
            return "This thread is locked, so I may not speak in it. Whoever manages it can unlock it."
        case errors.NotInServer():
            return "A session needs a server's channel, with me invited to the server. Ask me there: `/session start`."
        case errors.BadSetting():
            return f"The {plain(problem.name)} must lie between {problem.low} and {problem.high}."
        case _:
            return unexpected("-")


def _audio_error(problem: errors.AudioError) -> str:  # noqa: PLR0911 - as above
    match problem:
        case errors.NotAudio():
            return f"{plain(problem.name)} is no audio that I can read. WAV, FLAC, OGG and MP3 work."
        case errors.AudioUnfetched():
            return f"{plain(problem.name)} could not be fetched from Discord. Send it again."
        case errors.AudioTooLarge():
            return f"{plain(problem.name)} is too large: {problem.limit // 1_000_000} MB at most. An MP3 is smaller."
        case errors.AudioTooShort():
            return f"{plain(problem.name)} is too short: I need at least {count(problem.least, 'second')} of sound."
        case errors.AudioTooLong():
            most = count(problem.most // 60, "minute") if problem.most >= 120 else count(problem.most, "second")
            return f"{plain(problem.name)} is too long: {most} of such sound at most. Cut out a part of it."
        case errors.AudioUnusual():
            return (
                f"{plain(problem.name)} has {count(problem.channels, 'channel')} at {problem.rate:,} Hz, "
                "which I cannot read. Save it in stereo at 44,100 Hz."
            )
        case errors.AudioDamaged(at=None):
            return f"{plain(problem.name)} is cut off: its end is missing. Download or export it again."
        case errors.AudioDamaged():
            return f"{plain(problem.name)} is damaged after {problem.at:g} s. Download or export it again."
        case errors.NoSound():
            return (
                f"There is hardly any sound in {plain(problem.name)}: I heard {problem.seconds:g} s. Try another file."
            )
        case _:
            return unexpected("-")


ASKED = {
    "link": "playlists",
    "upload": "recordings",
    "train": "trainings",
    "predict": "predictions",
    "search": "searches",
    "suggest": "names to choose from",
    "session": "sessions",
    "export": "archives",
    "hello": "messages",
}


def too_often(what: str, seconds: int, whose: str) -> str:
    wait = count(seconds, "second") if seconds < 120 else count(round(seconds / 60), "minute")
    many = f"That was a lot of {ASKED.get(what, what)} at once"
    return f"{many}{' in this server' if whose == 'server' else ''}. Please ask me again in {wait}; nothing is lost."


PHASES = {
    "lobby": "still gathering members",
    "gathering": "collecting tracks",
    "rating": "in its rating rounds",
    "reveal": "showing its votes",
    "playlist": "at its playlist",
    "done": "finished",
    "cancelled": "cancelled",
    "abandoned": "over, since nobody went on with it",
}


def unexpected(error_id: str) -> str:
    return f"Something went wrong on my side, and it is written down as `{error_id}`. Nothing you saved is lost."
