"""Understanding by a language model, where the configuration asks for one; the rules stand behind it."""
