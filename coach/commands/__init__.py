"""One module a command.

Each holds `EXAMPLE` (lines that a person can paste), `configure(parser)`, which adds its own arguments, and
`run(args, config) -> int`, the exit status. `--config` and `--home` are added by `coach.__main__`, so is `--json`
where the table there says so. Only the chosen command's module is imported.
"""
