"""The supervisor behind `coach run`: one small parent that keeps UI, bridge and policy alive. Standard library only."""
