"""The stacks: they wire together what ``infra`` says elsewhere."""
