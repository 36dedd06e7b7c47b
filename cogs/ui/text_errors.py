"""What the bot says when something cannot be done: each error its own sentence, and what to do next.

Names in an error are somebody's text. `quote` makes them harmless where they are shown: `plain` for Discord, which
knows markdown, `bare` for pages and terminals.
"""

from bot.domain import errors
from bot.i18n import N_, _, format_number, ngettext
from cogs.ui import text_spotify
from cogs.ui.text import Quote, all_rated, first_step, plain


def error(problem: errors.EarmarkError, quote: Quote = plain) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one case a sentence
    """Say what went wrong and what to do next."""
    match problem:
        case errors.EmptyFile():
            return _("{name} is empty. Export the playlist again, or paste its songs instead.").format(
                name=quote(problem.name)
            )
        case errors.FileUnfetched():
            return _("{name} could not be fetched from Discord. Send it again.").format(name=quote(problem.name))
        case errors.FileTooLarge(unit="bytes"):
            return _("{name} is too large: {limit} MB at most. Split it into parts.").format(
                name=quote(problem.name), limit=problem.limit // 1_000_000
            )
        case errors.FileTooLarge():
            return _("{name} has too many rows: {limit} at most. Split it into parts.").format(
                name=quote(problem.name), limit=format_number(problem.limit)
            )
        case errors.UnreadableFile():
            return _("I can't read {name} as text. A CSV or JSON export, or a plain list of songs, works.").format(
                name=quote(problem.name)
            )
        case errors.NoTracks():
            return _(
                "I found no track in {name}. It needs a column with track names, or lines like `Artist - Title`."
            ).format(name=quote(problem.name))
        case errors.LinkNotSupported():
            return _(
                "I can't read links to {host}. Export the playlist to a file, for example with Exportify, and "
                "upload that."
            ).format(host=quote(problem.host))
        case errors.AudioError():
            return _audio_error(problem, quote)
        case errors.FileTooSlow():
            return _("{name} takes too long to read, so I stopped. Send a smaller part of it.").format(
                name=quote(problem.name)
            )
        case errors.TookTooLong():
            return _("That took too long, so I stopped; nothing was changed. Try again, perhaps with less at once.")
        case errors.Interrupted(file=""):
            return _("I was interrupted; nothing was changed. Please try it again.")
        case errors.Interrupted():
            return _("I was interrupted while I read {file}. Please send it again.").format(file=quote(problem.file))
        case errors.SpotifyError():
            return text_spotify.error(problem, quote)
        case errors.NoPlaylist():
            return _("There is nothing to rate yet.") + " " + first_step()
        case errors.NothingToRate():
            return all_rated(problem.rated)
        case errors.UnknownTrack():
            return _(
                "I can't find “{asked}” among the tracks you can see here. `/playlist list` shows what is linked."
            ).format(asked=quote(problem.asked))
        case errors.UnknownPlaylist():
            return _("I can't find “{asked}” among your playlists. `/playlist list` shows them.").format(
                asked=quote(problem.asked)
            )
        case errors.NotYourCard():
            return _("This card is somebody else's. `/rate start` gives you your own.")
        case errors.NothingToUndo():
            return _("There is nothing left to take back.")
        case errors.TooFewRatings():
            return _(
                "I need {need} rated tracks whose sound I know, and have {have}. `/rate start` brings more."
            ).format(need=problem.need, have=problem.have)
        case errors.AllRatingsEqual():
            return _(
                "All your {count} ratings are {stars}, so there is no difference to learn from. Rate some that "
                "you like more or less."
            ).format(count=problem.count, stars=problem.stars)
        case errors.AllTracksAlike():
            return ngettext(
                "The {tracks} track that you rated sounds the same to me, so nothing can be studied: rate others, "
                "or link a file with more audio features.",
                "All {tracks} tracks that you rated sound the same to me, so nothing can be studied: rate "
                "others, or link a file with more audio features.",
                problem.rated,
            ).format(tracks=format_number(problem.rated))
        case errors.NoFeatures():
            return ngettext(
                "You rated {tracks} track, but I don't know how it sounds. Link a file with audio features "
                "(Exportify's, for example) that has them.",
                "You rated {tracks} tracks, but I don't know how any of them sounds. Link a file with audio features "
                "(Exportify's, for example) that has them.",
                problem.rated,
            ).format(tracks=format_number(problem.rated))
        case errors.NotTrained():
            if problem.rated < problem.need:
                return _("I don't know you yet: {rated} of {need} ratings. `/rate start`, then `/retrain`.").format(
                    rated=problem.rated, need=problem.need
                )
            return _("I have not learned from your ratings yet. `/retrain` takes a moment; then ask me again.")
        case errors.NothingStored():
            return _("I have nothing stored about you.") + " " + first_step()
        case errors.ErasedMeanwhile():
            return _("Everything about you was erased while I was working on this, so I kept nothing of it.")
        case errors.NotConfirmed():
            return _("Nothing was erased: to confirm, type {word} in capital letters.").format(word=problem.word)
        case errors.NotSharing(yours=True):
            return _(
                "A comparison shows each of you some of the other's ratings, so both must allow it. Allow it "
                "with `/account sharing`."
            )
        case errors.NotSharing():
            return _(
                "{member} has not allowed comparing here, and need not. If they would like to: `/account sharing`."
            ).format(member=f"<@{problem.listener_id}>")
        case errors.NobodyToCompare():
            return _("Choose another member: it takes two listeners to compare tastes.")
        case errors.SessionError() | errors.GroupError():
            return _session_error(problem, quote)
        case errors.Busy():
            return _("I'm already working on it. One moment, please.")
        case errors.TooOften():
            return too_often(problem.what, problem.seconds, problem.whose)
        case errors.TooMuchStored():
            if problem.what == "recordings":
                said = _("I keep at most {limit} recordings for one member, and with these there would be more.")
            else:
                said = _("I keep at most {limit} tracks for one member, and with these there would be more.")
            return said.format(limit=format_number(problem.limit)) + " " + _("`/playlist unlink` makes room.")
        case errors.StorageBusy():
            return _("I couldn't save that just now. Nothing was changed; please try again.")
        case errors.DatabaseClosed():
            return _("I am about to restart. Nothing was changed; please try again in a minute.")
        case errors.DatabaseGone():
            return _("I can't save anything: my database was moved or deleted. Whoever runs me has to restart me.")
        case errors.NotSealed():
            return _("{path} is not sealed, so anybody may have made it. If you trust it, add --unsealed.").format(
                path=problem.path
            )
        case errors.NoBackup():
            return _("There is nothing at {path}. Check the path, or name the data folder with --data.").format(
                path=problem.path
            )
        case errors.BadDatabase():
            return _(
                "{path} is damaged, or isn't a database of mine. `earmark restore FILE` puts a backup in its place "
                "and keeps what stands there."
            ).format(path=problem.path)
        case errors.FileStands():
            return _("{path} exists already. Choose another name, or add --overwrite to replace it.").format(
                path=problem.path
            )
        case errors.Unwritable():
            return _("{path} cannot be written: {reason}.").format(
                path=problem.path or _("The file"), reason=problem.reason
            )
        case errors.BadBackup():
            return _("{path} is damaged, or isn't a backup of mine. Nothing was changed; try another one.").format(
                path=problem.path
            )
        case errors.TokenRefused():
            return _("Discord does not accept this token. Copy it again from the developer portal into DISCORD_TOKEN.")
        case errors.DiscordUnreachable():
            return _("I can't reach Discord. Check this machine's network, and start again.")
        case errors.WrongKey():
            return _("None of the keys in EARMARK_KEYS opens this. Add the key that it was sealed with.")
        case errors.BadSeal():
            return _("This sealed file is damaged: a part of it is missing or was changed. Try another copy.")
        case errors.NotRunning():
            return _("No bot answers on port {port} of this machine. Start it, or set the port that it has.").format(
                port=problem.port
            )
        case errors.PortInUse():
            return _("Port {port} is in use. Stop what uses it, or set another one.").format(port=problem.port)
        case errors.FolderInUse():
            return _("Another instance is using {folder}. Stop it first, or choose another folder.").format(
                folder=problem.folder
            )
        case errors.FolderUnusable():
            return _(
                "{folder} cannot be used as a data folder: it is a file, or cannot be written. Choose another one."
            ).format(folder=problem.folder)
        case errors.LockUnsupported():
            return _(
                "{folder} lies on a filesystem without locks, so nothing would keep a second instance off it. Choose a "
                "folder on a disk of this machine."
            ).format(folder=problem.folder)
        case errors.NewerDatabase():
            return _("{path} was written by a later version of this program. Install that one.").format(
                path=problem.path
            )
        case errors.ExtraMissing():
            return _(
                "{setting} is set, and the package that it needs is missing. Start with `uv run --extra {extra} "
                "earmark`, or see the operator's guide, docs/operators.md."
            ).format(setting=problem.setting, extra=problem.extra)
        case errors.NotConfigured():
            return _("{setting} is missing or not understood. Set it and start again.").format(setting=problem.setting)
        case _:
            return unexpected("-")


def _session_error(  # noqa: C901, PLR0911, PLR0912 - as above
    problem: errors.SessionError | errors.GroupError, quote: Quote
) -> str:
    match problem:
        case errors.NoCandidates():
            return _("There is no track to choose from. Share a playlist with this server: `/playlist share`.")
        case errors.AllVetoed():
            return _(
                "All {tracks} tracks are vetoed: each is below {veto} for somebody. Lower the veto, or bring "
                "other playlists."
            ).format(tracks=format_number(problem.tracks), veto=format_number(problem.veto))
        case errors.WrongPhase():
            return _(PHASES.get(problem.phase, NOT_NOW))
        case errors.NotInSession():
            return _("You are not in this session. Press *Join* first.")
        case errors.NotTheHost():
            return _("Only the host, {member}, or somebody who may manage events can do that.").format(
                member=f"<@{problem.host_id}>"
            )
        case errors.TooFewMembers():
            return _("A session needs {need} members, and has {have}. Ask somebody to press *Join*.").format(
                need=problem.need, have=problem.have
            )
        case errors.SessionRunning():
            return _("A session is already running in {channel}. Finish or cancel it first.").format(
                channel=f"<#{problem.channel_id}>"
            )
        case errors.NoSession():
            return _("This session isn't here, or no longer exists. `/session start` opens one.")
        case errors.UnknownRound():
            return _("There is no round {number} in this session.").format(number=problem.number)
        case errors.RoundOpen():
            return _("Round {number} is still open. Let it end first.").format(number=problem.number)
        case errors.RoundClosed():
            return _("Round {number} is over; its votes are final.").format(number=problem.number)
        case errors.NoMoreRounds():
            return ngettext(
                "The {rounds} round is played. Go on to the reveal.",
                "All {rounds} rounds are played. Go on to the reveal.",
                problem.rounds,
            ).format(rounds=format_number(problem.rounds))
        case errors.TooEarly():
            return ngettext(
                "There is {seconds} second left to vote.", "There are {seconds} seconds left to vote.", problem.seconds
            ).format(seconds=format_number(problem.seconds))
        case errors.AlreadyPlayed():
            return _("This session has already had that track. Choose another one.")
        case errors.OwnTrack():
            return _("This track is your own submission: the others rate it.")
        case errors.UnknownSlot():
            return _("The playlist has no slot {place}.").format(place=problem.place + 1)
        case errors.NotPlayable():
            return _("That track was vetoed, or is already on the playlist. Choose another one.")
        case errors.NotThemed():
            return _("This session has no theme, so no track is submitted: I choose from the playlists.")
        case errors.VetoSpent():
            return ngettext(
                "You have used your {vetoes} veto in this session.",
                "You have used your {vetoes} vetoes in this session.",
                problem.limit,
            ).format(vetoes=format_number(problem.limit))
        case errors.MissingPermissions():
            return _("I need more permissions in this channel: {names}. Whoever manages it can grant them.").format(
                names=", ".join(problem.names)
            )
        case errors.ThreadLocked():
            return _("This thread is locked, so I can't write in it. Whoever manages it can unlock it.")
        case errors.NotInServer():
            return _(
                "A session needs a server's channel, with me invited to the server. Ask me there: `/session start`."
            )
        case errors.BadSetting():
            return _("*{name}* must be between {low} and {high}.").format(
                name=quote(problem.name), low=format_number(problem.low), high=format_number(problem.high)
            )
        case _:
            return unexpected("-")


def _audio_error(problem: errors.AudioError, quote: Quote) -> str:  # noqa: C901, PLR0911 - as above
    match problem:
        case errors.NotAudio():
            return _("{name} isn't audio that I can read. WAV, FLAC, OGG and MP3 work.").format(
                name=quote(problem.name)
            )
        case errors.AudioUnfetched():
            return _("{name} could not be fetched from Discord. Send it again.").format(name=quote(problem.name))
        case errors.AudioTooLarge():
            return _("{name} is too large: {limit} MB at most. An MP3 is smaller.").format(
                name=quote(problem.name), limit=problem.limit // 1_000_000
            )
        case errors.AudioTooShort():
            return ngettext(
                "{name} is too short: I need at least {seconds} second of sound.",
                "{name} is too short: I need at least {seconds} seconds of sound.",
                problem.least,
            ).format(name=quote(problem.name), seconds=format_number(problem.least))
        case errors.AudioTooLong():
            if problem.most >= 120:
                said = ngettext(
                    "{name} is too long: {minutes} minute of such sound at most. Cut out a part of it.",
                    "{name} is too long: {minutes} minutes of such sound at most. Cut out a part of it.",
                    problem.most // 60,
                )
            else:
                said = ngettext(
                    "{name} is too long: {seconds} second of such sound at most. Cut out a part of it.",
                    "{name} is too long: {seconds} seconds of such sound at most. Cut out a part of it.",
                    problem.most,
                )
            return said.format(
                name=quote(problem.name),
                minutes=format_number(problem.most // 60),
                seconds=format_number(problem.most),
            )
        case errors.AudioUnusual():
            return ngettext(
                "{name} has {channels} channel at {rate} Hz, which I can't read. Save it in stereo at 44,100 Hz.",
                "{name} has {channels} channels at {rate} Hz, which I can't read. Save it in stereo at 44,100 Hz.",
                problem.channels,
            ).format(
                name=quote(problem.name), channels=format_number(problem.channels), rate=format_number(problem.rate)
            )
        case errors.AudioDamaged(at=None):
            return _("{name} is cut off: its end is missing. Download or export it again.").format(
                name=quote(problem.name)
            )
        case errors.AudioDamaged():
            return _("{name} is damaged after {at} s. Download or export it again.").format(
                name=quote(problem.name), at=f"{problem.at:g}"
            )
        case errors.NoSound():
            return _("There is hardly any sound in {name}: I heard {seconds} s. Try another file.").format(
                name=quote(problem.name), seconds=f"{problem.seconds:g}"
            )
        case _:
            return unexpected("-")


ASKED = {  # by a member, in a server
    "link": (N_("That was a lot of playlists at once."), N_("That was a lot of playlists at once in this server.")),
    "upload": (N_("That was a lot of recordings at once."), N_("That was a lot of recordings at once in this server.")),
    "train": (N_("That was a lot of trainings at once."), N_("That was a lot of trainings at once in this server.")),
    "predict": (
        N_("That was a lot of predictions at once."),
        N_("That was a lot of predictions at once in this server."),
    ),
    "search": (N_("That was a lot of searches at once."), N_("That was a lot of searches at once in this server.")),
    "suggest": (
        N_("That was a lot of names to choose from at once."),
        N_("That was a lot of names to choose from at once in this server."),
    ),
    "session": (N_("That was a lot of sessions at once."), N_("That was a lot of sessions at once in this server.")),
    "export": (N_("That was a lot of archives at once."), N_("That was a lot of archives at once in this server.")),
    "hello": (N_("That was a lot of messages at once."), N_("That was a lot of messages at once in this server.")),
}


MUCH = N_("That was a lot at once."), N_("That was a lot at once in this server.")


def too_often(what: str, seconds: int, whose: str) -> str:
    many = _(ASKED.get(what, MUCH)[whose == "server"])
    minutes = round(seconds / 60)
    again = (
        ngettext(
            "Please ask me again in {seconds} second; nothing is lost.",
            "Please ask me again in {seconds} seconds; nothing is lost.",
            seconds,
        ).format(seconds=format_number(seconds))
        if seconds < 120
        else ngettext(
            "Please ask me again in {minutes} minute; nothing is lost.",
            "Please ask me again in {minutes} minutes; nothing is lost.",
            minutes,
        ).format(minutes=format_number(minutes))
    )
    return f"{many} {again}"


NOT_NOW = N_("You can't do that right now.")
PHASES = {
    "lobby": N_("You can't do that right now: the session is still gathering members."),
    "gathering": N_("You can't do that right now: the session is collecting tracks."),
    "rating": N_("You can't do that right now: the session is in its rating rounds."),
    "reveal": N_("You can't do that right now: the session is showing its votes."),
    "playlist": N_("You can't do that right now: the session's playlist is being settled."),
    "done": N_("You can't do that any more: the session is finished."),
    "cancelled": N_("You can't do that any more: the session was cancelled."),
    "abandoned": N_("You can't do that any more: the session is over, since nobody went on with it."),
}


def discord_failed() -> str:
    return _("Discord had trouble just now. What you saved is saved; please try the rest again in a moment.")


def unexpected(error_id: str) -> str:
    return _(
        "Something went wrong on my side, and it is written down as `{error_id}`. Nothing you saved is lost."
    ).format(error_id=error_id)
