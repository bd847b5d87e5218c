"""The vision-language-action model: π0 with the language head that writes thoughts."""
