"""The vision-language-action model with thought tokens, its training and its server."""
