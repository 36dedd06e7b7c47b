"""What all our buttons, selects and forms have in common: they live on after a restart, and fail in words."""

import re
from typing import Any, Self

import discord

from bot.domain.tracks import sent_id
from bot.i18n import _
from cogs.ui.errors import answer, guard
from cogs.ui.text import bare


class LastingItem(discord.ui.DynamicItem[Any], template="earmark:never"):
    """A button or select whose custom id carries all its state; a subclass names the template and says what to do."""

    def __init__(self, item: discord.ui.Item[Any], state: re.Match[str]) -> None:
        super().__init__(item)
        self.state = state

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /) -> Self:
        return cls(item, match)

    def number(self, name: str) -> int:
        """A number of the custom id."""
        return sent_id(self.state[name])

    @property
    def chosen(self) -> str:
        """What was chosen from a select."""
        assert isinstance(self.item, discord.ui.Select)
        return self.item.values[0]

    async def callback(self, interaction: discord.Interaction) -> None:
        await guard(interaction, self.act)

    async def act(self, interaction: discord.Interaction) -> None:
        raise NotImplementedError


class LastingView(discord.ui.View):
    """Buttons and selects that are LastingItems: these answer for themselves, so nobody need keep the view.

    Of a view that has not stopped, discord.py keeps every item until the program ends, and for a private message
    also a task.
    """

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.stop()


class LastingModal(discord.ui.Modal):
    """A form with fixed ids, registered once at the start: what was typed while the bot restarted still arrives.

    Whoever opens it shares the one that is registered, so its values are read before anything is awaited. Its title and
    labels are marked with `N_`, and looked up when somebody opens it.
    """

    def __init__(self, custom_id: str) -> None:
        super().__init__(title=bare(_(self.title), 45), custom_id=custom_id)
        for label in self.children:
            if isinstance(label, discord.ui.Label):
                label.text = bare(_(label.text), 45)
                label.description = label.description and bare(_(label.description))
                if isinstance(label.component, discord.ui.TextInput):
                    placeholder = label.component.placeholder
                    label.component.placeholder = placeholder and bare(_(placeholder))

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        await guard(interaction, self.act)

    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:
        await answer(interaction, error)

    def stop(self) -> None:
        """Stay registered after a submission: others may have it open."""

    async def act(self, interaction: discord.Interaction) -> None:
        raise NotImplementedError
