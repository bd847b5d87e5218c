"""The measurements that the README quotes: each a function that returns rows, printed and stored by `coach bench`."""
