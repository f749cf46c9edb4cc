"""The persona explorer: a page that holds a survey's people, stories, prompts and answers."""
