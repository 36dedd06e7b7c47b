"""How many inputs hypothesis tries."""

from hypothesis import HealthCheck, settings


def examples(usual: int) -> settings:
    """So many, or as many as the profile says where that is more (`--hypothesis-profile long`)."""
    most = max(usual, settings.get_profile(settings.get_current_profile_name()).max_examples)
    return settings(max_examples=most, deadline=None, suppress_health_check=[HealthCheck.too_slow])
