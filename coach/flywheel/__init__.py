"""The coaching experiment: homes with rules of their own, a coach that only speaks, and what its words are worth."""
