"""Discord's side: one cog per step of the flow."""
