"""A person moves the arms: keys of the terminal, a gamepad, a foot pedal."""
