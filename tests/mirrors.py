"""Which file tests which module: the one of its name, or the one that is said here."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
# What is tested through something larger says so; whoever gives such a module a file of its own takes its line away.
ELSEWHERE = {
    "bot/flow/compare.py": "tests/flow/test_predict.py",
    "bot/flow/connect.py": "tests/end_to_end/test_spotify_accounts.py",
    "bot/flow/digits.py": "tests/end_to_end/test_digits_while_away.py",
    "bot/flow/jobs.py": "tests/flow/test_retrain.py",
    "bot/flow/learn.py": "tests/end_to_end/test_sessions.py",
    "bot/flow/match.py": "tests/end_to_end/test_spotify_tracks.py",
    "bot/flow/outside.py": "tests/end_to_end/test_spotify_tracks.py",
    "bot/flow/playlist_files.py": "tests/end_to_end/test_spotify.py",
    "bot/flow/pools.py": "tests/flow/test_private_ratings.py",
    "bot/flow/processes.py": "tests/flow/test_workers.py",
    "bot/flow/sent.py": "tests/flow/test_upload.py",
    "bot/flow/session_events.py": "tests/flow/test_session.py",
    "bot/flow/study_report.py": "tests/taste/test_study.py",
    "bot/flow/taste.py": "tests/flow/test_record.py",
    "bot/flow/voting.py": "tests/flow/test_gather.py",
    "bot/taste/group_rules.py": "tests/taste/test_group.py",
    "bot/taste/kernel.py": "tests/taste/test_regressor.py",
    "cogs/help.py": "tests/end_to_end/test_main_job.py",
    "cogs/muted.py": "tests/end_to_end/test_session_muted.py",
    "cogs/session.py": "tests/end_to_end/test_sessions.py",
    "cogs/session_access.py": "tests/end_to_end/test_sessions.py",
    "cogs/session_buttons.py": "tests/end_to_end/test_sessions.py",
    "cogs/stage.py": "tests/end_to_end/test_sessions.py",
    "storage/cards.py": "tests/storage/test_storage.py",
    "storage/check.py": "tests/storage/test_backup.py",
    "storage/clips.py": "tests/flow/test_clips.py",
    "storage/database.py": "tests/storage/test_storage.py",
    "storage/digits.py": "tests/storage/test_accounts.py",
    "storage/features.py": "tests/storage/test_catalogue.py",
    "storage/leftovers.py": "tests/storage/test_backup.py",
    "storage/migrate.py": "tests/storage/test_storage.py",
    "storage/models.py": "tests/storage/test_storage.py",
    "storage/playlist_rows.py": "tests/storage/test_linking.py",
    "storage/playlists.py": "tests/storage/test_storage.py",
    "storage/predictions.py": "tests/flow/test_record.py",
    "storage/presence.py": "tests/end_to_end/test_presence.py",
    "storage/rows.py": "tests/storage/test_catalogue.py",
    "storage/schema.py": "tests/storage/test_storage.py",
    "storage/schema_sessions.py": "tests/storage/test_sessions.py",
    "storage/schema_spotify.py": "tests/storage/test_storage.py",
    "storage/searches.py": "tests/end_to_end/test_spotify_tracks.py",
    "storage/seen.py": "tests/storage/test_catalogue.py",
    "storage/session_rows.py": "tests/storage/test_sessions.py",
    "storage/settings.py": "tests/storage/test_storage.py",
    "storage/spotify.py": "tests/end_to_end/test_spotify_accounts.py",
    "storage/studies.py": "tests/storage/test_accounts.py",
    "storage/unused.py": "tests/storage/test_linking.py",
    "storage/values.py": "tests/storage/test_catalogue.py",
    "storage/writer.py": "tests/storage/test_faults.py",
}


def of_its_name(module: str) -> str:
    """The file that a module's tests are looked for in: those of cogs type and click in the sandbox."""
    folder, _, name = module.rpartition("/")
    room = "end_to_end" if folder == "cogs" else folder.removeprefix("bot/")
    return f"tests/{room}/test_{name}"


def mirror(module: str) -> str:
    """The file that tests a module, both as paths from the root; it need not be there."""
    return ELSEWHERE.get(module, of_its_name(module))
