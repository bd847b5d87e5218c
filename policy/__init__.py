"""The vision-language-action model with thought tokens, its training and its server."""

from policy.llvm import keep_triton_out

keep_triton_out()
