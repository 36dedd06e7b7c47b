"""What commands, their options and forms are called; Discord asks for it in every language."""

from bot.i18n import N_

# --- account

ACCOUNT = N_("See, take along or erase what is stored")
ACCOUNT_SHOW = N_("What is stored about you, counted")
ACCOUNT_SHARING = N_("With whom may your taste be compared? Nobody, until you say so")
ACCOUNT_SHARING_OPTIONS = {
    "scope": N_("Leave it out to see what you have chosen"),
    "openly": N_("Let your ratings count just as they are, at once: others can then tell what you gave"),
}
ACCOUNT_VOTES = N_("May your votes in group sessions become ratings of yours?")
ACCOUNT_VOTES_OPTIONS = {
    "become_ratings": N_("Leave it out to see what you have chosen"),
}
ACCOUNT_EXPORT = N_("Take everything along, as one archive")
ACCOUNT_ERASE = N_("Erase everything about you, for good")
ACCOUNT_PRIVACY = N_("What is kept, what for, how long, and who can see it")

# --- help

HELP = N_("How this works, and what to do next")

# --- link

PLAYLIST = N_("Link, list, share and unlink playlists")
PLAYLIST_LINK = N_("Link a playlist: upload a file, give a Spotify link, or paste songs")
PLAYLIST_LINK_OPTIONS = {
    "file": N_("A playlist file; leave all out to paste songs instead"),
    "url": N_("A Spotify link to a playlist, an album or a track"),
    "mine": N_("From your connected Spotify account (/spotify connect)"),
    "catalogue": N_("No file at hand? Music that comes with the bot"),
    "name": N_("What to call it"),
}
PLAYLIST_UPLOAD = N_("Upload your own recordings: I listen to them, and you can rate and predict them")
PLAYLIST_UPLOAD_OPTIONS = {
    "file": N_("An audio file; leave it out to send up to ten at once"),
    "name": N_("A playlist for them"),
}
PLAYLIST_LIST = N_("The playlists that you can see here")
PLAYLIST_UNLINK = N_("Remove a playlist of yours; your ratings stay")
PLAYLIST_SHARE = N_("Let everybody in this server rate a playlist of yours")
PLAYLIST_SHARE_OPTIONS = {
    "playlist": N_("Which one"),
    "stop": N_("Take it back"),
}

# --- predict

PREDICT = N_("What would you give to a track?")
PREDICT_TRACK = N_("What would you give to this track?")
PREDICT_TRACK_OPTIONS = {
    "track": N_("Its name (the list helps), a Spotify link, an ISRC, or Artist - Title"),
}
PREDICT_AUDIO = N_("What would you give to this recording? I listen to it, and keep nothing")
PREDICT_AUDIO_OPTIONS = {
    "file": N_("WAV, FLAC, OGG or MP3, up to 15 minutes"),
}
PREDICT_PLAYLIST = N_("A playlist in the order in which you would like it")
PREDICT_PLAYLIST_OPTIONS = {
    "playlist": N_("Which one; the list helps"),
}

# --- rate

RATE = N_("Rate tracks from 1 to 10")
RATE_START = N_("Rate tracks one after the other, from 1 to 10")
RATE_START_OPTIONS = {
    "playlist": N_("Only from this playlist"),
    "public": N_("Post the card for everybody, with digit reactions"),
}
RATE_HISTORY = N_("See and change what you have rated")
RATE_TRACK = N_("Rate one track that you can see")
RATE_TRACK_OPTIONS = {
    "track": N_("Its name"),
    "stars": N_("1 to 10; leave it out to see the card first"),
}

# --- retrain

RETRAIN = N_("Teach me your taste from your ratings, and see how well I know it")
RETRAIN_OPTIONS = {
    "thorough": N_("Redo the study of 2020 on your ratings: some minutes, in the background"),
}

# --- session

SESSION_OPTIONS = {
    "length": N_("Tracks on the playlist (10 unless you say otherwise)"),
    "rule": N_("How the playlist is chosen (fair)"),
    "rounds": N_("Tracks to rate first (8)"),
    "seconds": N_("To vote on each (60)"),
    "open_votes": N_("Show votes at once, not at the reveal only"),
    "veto": N_("Nobody gets a track that I expect them to rate below this (3); 0: no veto"),
}
SESSION = N_("Rate together, and get one fair playlist")
SESSION_START = N_("Open a session in this channel")
SESSION_START_OPTIONS = {
    "name": N_("What to call it"),
    "theme": N_("Each member submits a track for it, and all are rated"),
    "season": N_("Themed sessions of one season share a table"),
    "playlist": N_("Only from this playlist; else from all that members share here"),
}
SESSION_SETTINGS = N_("Change the session here")
SESSION_SUBMIT = N_("Submit a track for the theme of the session here")
SESSION_HANDOVER = N_("Make somebody else the host")
SESSION_CANCEL = N_("Give up the session here")
SESSION_SHOW = N_("Bring the session's card here down to the end of the channel")
SESSION_HISTORY = N_("Finished sessions of this server, and who is owed what")
SESSION_HISTORY_OPTIONS = {
    "season": N_("The table of a season of themed sessions"),
}

# --- spotify

SPOTIFY = N_("Connect your Spotify account, or forget it")
SPOTIFY_CONNECT = N_("Let me read your playlists, liked songs and top tracks")
SPOTIFY_EXPORT = N_("A playlist, best first as you would rank it: on Spotify, else as files")
SPOTIFY_EXPORT_OPTIONS = {
    "playlist": N_("Which one; the list helps"),
    "most": N_("How many tracks (50 unless you say otherwise)"),
}
SPOTIFY_DISCONNECT = N_("Forget your account, and the playlists that came through it")

# --- taste

TASTE = N_("Your taste, as I have learned it")
TASTE_SHOW = N_("What you like and dislike, in words and pictures, and how often I was right")
TASTE_STUDY = N_("How far your study is, or the report of the last one (/retrain thorough:True)")
TASTE_COMPARE = N_("Where your taste meets another member's; both must have allowed it")
TASTE_COMPARE_OPTIONS = {
    "member": N_("Who; both of you allow it with /account sharing"),
}

# --- forms: titles and labels of at most 45 letters, descriptions of at most 100

ERASE_FORM = N_("Erase everything about me")
# Translators: the word ERASE is typed as it is.
ERASE_FORM_WORD = N_("Type ERASE to confirm")
ERASE_FORM_GOES = N_("Playlists, ratings, your model: all of it goes, for good.")
FORM_NAME = N_("Name of the playlist")
LINK_FORM = N_("Link a playlist")
LINK_FORM_FILE = N_("A playlist file")
LINK_FORM_KINDS = N_("CSV, JSON or text: Exportify, TuneMyMusic, Soundiiz, Spotify account data …")
LINK_FORM_LINES = N_("Or paste songs, one per line")
LINK_FORM_LINE = N_("Track links, or Artist - Title")
UPLOAD_FORM = N_("Upload your own recordings")
UPLOAD_FORM_FILES = N_("Up to ten audio files")
UPLOAD_FORM_KINDS = N_("WAV, FLAC, OGG or MP3, up to 15 minutes each")
UPLOAD_FORM_LONGER = N_("An existing one gets longer")
PASTE_FORM = N_("Back from Spotify")
PASTE_FORM_ADDRESS = N_("The whole address of the page you landed on")
PASTE_FORM_LOOK = N_("It begins with http and contains code=; it doesn't matter if the page shows an error")

# --- choices

SHARING_SCOPES = {
    "off": N_("off: nobody"),
    "server": N_("this server"),
    "everywhere": N_("everywhere"),
}
